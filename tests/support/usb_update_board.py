"""A deployed virtual board with files of a user on it, for updates over USB that must not lose them."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit_process import Toolkit

from devtoolkit.simulator.firmware import virtual_firmware

OWN = {
    "LM_mine.py": b"def hello():\n    return 'mine'\n",
    "rgb.pds": b"10,20,30,1\n",
    "token.key": b"off-loaded secret\n",
    "logs/mine.log": b"2026-01-01 something\n" * 40,
}


@dataclass(frozen=True)
class UpdateBoard:
    """Made, with the user's files put on it. `words` are those of an update."""

    toolkit: Toolkit
    folder: Path
    name: str = "upd"

    @property
    def port(self) -> tuple[str, str]:
        return "--port", f"virtual:{self.name}"

    @property
    def firmware(self) -> Path:
        path = self.folder / "firmware.bin"
        if not path.exists():
            path.write_bytes(virtual_firmware("esp32"))
        return path

    def make(self) -> None:
        made = self.toolkit.json(*self.make_words)
        assert made["ok"], made["error"]
        folders: dict[str, list[str]] = {}
        for path, data in OWN.items():
            local = self.folder / "own" / path
            local.parent.mkdir(parents=True, exist_ok=True)
            local.write_bytes(data)
            folders.setdefault(str(Path(path).parent), []).append(str(local))
        for folder, files in folders.items():
            to = () if folder == "." else ("--to", folder)
            put = self.toolkit.json(*(word for file in files for word in ("--put", file)), *to, *self.port)
            assert put["ok"], put["error"]

    def words(self, *, reflash: bool) -> tuple[str, ...]:
        anew = ("--board", "esp32", "--firmware", str(self.firmware)) if reflash else ()
        return ("-r", "--yes", *self.port, *anew)

    def update(self, *, reflash: bool = False, more: tuple[str, ...] = ()) -> dict[str, Any]:
        answer = self.toolkit.json(*self.words(reflash=reflash), *more)
        assert answer["ok"], answer["error"]
        result = answer["result"]
        assert isinstance(result, dict)
        return result

    def change_one(self, name: str = "LM_rgb.mpy") -> None:
        """Another content in the place of a file of ours."""
        other = self.folder / name
        other.write_bytes(b"changed")
        assert self.toolkit.json("--put", str(other), *self.port)["ok"]

    @property
    def make_words(self) -> tuple[str, ...]:
        return ("-m", "--board", "esp32", *self.port, "--name", self.name, "--yes")

    def killed(self, words: tuple[str, ...], after_s: float) -> bool:
        """Run the toolkit and kill it (SIGKILL) `after_s` seconds later; False when it was done by then."""
        process = subprocess.Popen(
            self.toolkit.command(*words),
            env=self.toolkit.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True
        return False

    def contents(self) -> dict[str, bytes]:
        """The user's files and the configuration, read back."""
        wanted = [word for path in (*OWN, "node_config.json") for word in ("--get", path)]
        out = self.folder / "back"
        got = self.toolkit.json(*wanted, "--to", str(out), *self.port)
        assert got["ok"], got["error"]
        return {path: (out / path).read_bytes() for path in (*OWN, "node_config.json")}

    def check_nothing_lost(self, config: dict[str, Any]) -> None:
        """The user's files byte by byte; the configuration but for what the node writes itself."""
        now = self.contents()
        kept = json.loads(now.pop("node_config.json"))
        assert now == OWN
        for own in ("version", "devip", "hwuid"):
            kept.pop(own, None)
            config = {key: value for key, value in config.items() if key != own}
        assert kept == config
