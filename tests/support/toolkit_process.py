"""Runs the toolkit as a user does: the real command in a child process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 100


@dataclass(frozen=True)
class Toolkit:
    """Runs `devToolKit.py` as a user does, with its own user data and no terminal."""

    user_data: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "MICROS_USER_DATA": str(self.user_data), "MICROS_INTERFACES": "127.0.0.1"}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "devToolKit.py"), *words]

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def json(self, *words: str) -> dict[str, Any]:
        """stdout as the one object that it must be."""
        done = self(*words, "--json")
        value = json.loads(done.stdout)
        assert value["ok"] == (done.returncode == 0), done.stderr
        assert isinstance(value, dict)
        return value

    @contextmanager
    def simulated(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """`--simulate ...` until the block ends; yields when the node answers."""
        process = subprocess.Popen(
            self.command("--simulate", *words),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            said = ""
            while "Ctrl-C" not in said:
                line = process.stderr.readline()
                assert line, f"--simulate ended: {said}"
                said += line
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=LIMIT_S)

    def board_info(self, name: str) -> dict[str, Any]:
        value = json.loads((self.user_data / "simulator" / name / "board.json").read_text())
        assert isinstance(value, dict)
        return value
