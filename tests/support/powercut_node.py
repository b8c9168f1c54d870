"""A node on a virtual board whose flash operations are recorded, and the boot of every state a power cut leaves."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from littlefs import LittleFS, UserContext

from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.simulator.power_cut import Cut, Recording, read_operations

SOURCE = Path(__file__).resolve().parents[2] / "micros_source"
_FIRMWARE_AT = 0x1000
_FS_AT = 0x200000
_BLOCK = 4096
_DISK_VERSION = 0x00020000  # what the deploy writes
_FLASH = 0x400000
_WAIT_S = 20.0

SETTINGS: dict[str, object] = {"staessid": "micrOS-virtual", "stapwd": "virtual-wifi", "devfid": "lamp"}
PROMPT = b"lamp $ "


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a node is after a boot: its answer to `hello`, and its files by name."""

    hello: str
    files: dict[str, bytes]

    @property
    def settings(self) -> dict[str, object]:
        """Those in force, read from the stored file after the boot."""
        loaded: dict[str, object] = json.loads(self.files["node_config.json"])
        return loaded


def _file_system(data: bytearray, version: int) -> LittleFS:
    context = UserContext(len(data))
    context.buffer = data
    return LittleFS(
        context=context,
        mount=False,
        block_size=_BLOCK,
        block_count=len(data) // _BLOCK,
        read_size=32,
        prog_size=32,
        cache_size=128,
        lookahead_size=32,
        disk_version=version,
    )


def image(files: dict[str, bytes]) -> bytes:
    """A file system with the node's sources and these files."""
    data = bytearray(b"\xff" * (_FLASH - _FS_AT))
    fs = _file_system(data, _DISK_VERSION)
    fs.format()
    fs.mount()
    for part in ("core", "modules", "pinmaps"):
        for file in sorted((SOURCE / part).glob("*.py")):
            with fs.open(file.name, "wb") as target:
                target.write(file.read_bytes())
    for name, content in files.items():
        folder = name.rpartition("/")[0]
        if folder:
            fs.makedirs(folder, exist_ok=True)
        with fs.open(name, "wb") as target:
            target.write(content)
    fs.unmount()
    return bytes(fs.context.buffer)


def files_of(flash: bytes) -> dict[str, bytes]:
    """Files in the root of a flash image, but the sources."""
    fs = _file_system(bytearray(flash[_FS_AT:]), 0)  # the VM raises it with its first write
    fs.mount()
    found = {}
    for name in fs.listdir("/"):
        if not name.endswith((".py", ".mpy")) and fs.stat("/" + name).type == 1:
            with fs.open(name, "rb") as source:
                found[name] = source.read()
    fs.unmount()
    return found


def tree_of(flash: bytes) -> dict[str, bytes]:
    """All files of a flash image by path, without the leading slash."""
    fs = _file_system(bytearray(flash[_FS_AT:]), 0)
    fs.mount()
    with contextlib.suppress(FileNotFoundError):
        fs.remove("none")  # ends a rename that was cut; until then LittleFS hides a file
    found = {}
    for folder, _, names in fs.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with fs.open(path, "rb") as source:
                found[path[1:]] = source.read()
    fs.unmount()
    return found


class CutNode:
    """A virtual board with a node, its own `files` added; returns when it answers, unless told not to `wait`.

    `cfg` goes to the simulated hardware.
    """

    def __init__(self, root: Path, files: dict[str, bytes] | None = None, *, wait: bool = True, **cfg: object) -> None:
        self.board = VirtualBoard.open("cut", root=root)
        self._record = root / "operations.bin"
        self.board.configure(join_ms=5, **cfg)
        content = {"node_config.json": json.dumps(SETTINGS).encode(), **(files or {})}
        self.board.load_flash({_FIRMWARE_AT: virtual_firmware(), _FS_AT: image(content)})
        if wait:
            self.ask("hello")

    def close(self) -> None:
        self.board.close()

    @property
    def flash(self) -> Path:
        return self.board.folder / "flash.bin"

    def ask(self, *commands: str) -> list[str]:
        """Replies to commands of one session, prompts removed; waits for the node's boot."""
        with self._connected() as line:
            replies = []
            for command in commands:
                line.sendall(command.encode())
                replies.append(_until_prompt(line).decode())
            return replies

    def _open(self) -> socket.socket:
        """A connection to the shell; waits for the node's boot."""
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                return socket.create_connection((self.board.ip, self.board.shell_port), timeout=_WAIT_S)
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, self.board.console
                self.board.wait_console(0.02)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        with self._open() as line:
            _until_prompt(line)
            yield line

    def record(self, change: Callable[["CutNode"], object], *, from_start: bool = False) -> Recording:
        """Boots, lets `change` happen, and gives the flash operations of it alone, or those of the boot too."""
        self.board.power_off()
        before = self.flash.read_bytes()
        self._record.unlink(missing_ok=True)
        self.board.configure(record=str(self._record))
        self.board.power_on()
        self.ask("hello")
        known = 0
        if not from_start:
            before = self.flash.read_bytes()
            known = len(read_operations(self._record))
        change(self)
        self.board.power_off()
        self.board.configure(record=None)
        return Recording(before, read_operations(self._record)[known:])

    def boot(self, flash: bytes) -> Outcome:
        """Powers the node on with that flash; fails when it does not serve its shell."""
        self.board.power_off()
        self.flash.write_bytes(flash)
        self.board.power_on()
        hello = self.ask("hello")[0].strip()
        self.board.power_off()
        return Outcome(hello, files_of(self.flash.read_bytes()))

    def outcomes(self, recording: Recording, cuts: list[Cut]) -> Iterator[tuple[Cut, Outcome]]:
        """Boots each of these states."""
        for cut in cuts:
            yield cut, self.boot(recording.state(cut))


def _until_prompt(line: socket.socket) -> bytes:
    data = b""
    while not data.endswith(PROMPT):
        piece = line.recv(4096)
        assert piece, data
        data += piece
    return data[: -len(PROMPT)].removesuffix(b"[configure] ")


# --- the scenarios

KEEPER = b"""
from Common import data_logger, state_file

_STATE = state_file("keeper", 0, 0.5, False, "none")


def change(*values):
    return _STATE.save(*values)


def values():
    return _STATE.values


def log(text):
    return data_logger("keeper", text, limit=3)
"""
OLD_LOG = b"".join(b"2026.11.22-1:2:%d [ERR] old %d\n" % (n, n) for n in range(5))
OLD_DATA = b"2026.11.22-1:2:3 one\n2026.11.22-1:2:4 two\n2026.11.22-1:2:5 three\n"
_FILES = {"LM_keeper.py": KEEPER, "keeper.pds": b"1,2.5,1,old", "err.log": OLD_LOG, "keeper.dat": OLD_DATA}
_REPEATS = 40  # so many writes make LittleFS compact its directory
_HOOK = "system heartbeat; " * 12 + "system clock"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Commands that make a change, and whether a file's content is one that a power cut may leave."""

    name: str
    commands: tuple[str, ...]
    file: str
    old: bytes
    is_new: Callable[[bytes], bool]

    def recorded(self, node: CutNode) -> Recording:
        return node.record(lambda _: node.ask(*self.commands))

    def problem(self, outcome: Outcome) -> str:
        """What is wrong with a node after a cut in this change; empty when nothing is."""
        if not outcome.hello.startswith("hello:lamp:micr"):
            return f"answers {outcome.hello!r}"
        settings = outcome.settings
        if {key: settings[key] for key in SETTINGS} != SETTINGS:
            return f"lost its configuration: {settings}"
        if "node_config.json.bad" in outcome.files:
            return "found a damaged configuration"
        content = outcome.files.get(self.file, b"")
        if content != self.old and not self.is_new(content):
            return f"{self.file} is neither old nor new: {content!r}"
        return ""

    def changed(self, outcome: Outcome) -> bool:
        return self.is_new(outcome.files.get(self.file, b""))


def _new_log(content: bytes) -> bool:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[:4]) == b"".join(OLD_LOG.splitlines(keepends=True)[1:]) and b"test alarm" in lines[4]


def _new_data(content: bytes) -> bool:
    """The last three of the old lines and some of `line 0`, `line 1` and so on, in order, without a gap."""
    lines = [line.split(b" ", 1)[1] for line in content.splitlines()]
    written = [b"one", b"two", b"three"] + [b"line %d" % n for n in range(_REPEATS)]
    return lines in [written[n : n + 3] for n in range(1, _REPEATS + 1)]


def scenarios(node: CutNode) -> list[Scenario]:
    """The writes of a node that a power cut must not spoil; `node` has the files they begin with."""
    files = files_of(node.flash.read_bytes())
    return [
        Scenario(
            "configuration",
            ("conf", f"boothook {_HOOK}", "noconf"),
            "node_config.json",
            files["node_config.json"],
            lambda content: json.loads(content)["boothook"] == _HOOK,
        ),
        Scenario(
            "state",
            ("keeper change 7 7.25 False 'new'",),
            "keeper.pds",
            files["keeper.pds"],
            lambda content: content == b"7,7.25,0,new",
        ),
        Scenario("error log", ("system alarms test=True",), "err.log", OLD_LOG, _new_log),
        Scenario(
            "data log",
            tuple(f"keeper log 'line {n}'" for n in range(_REPEATS)),
            "keeper.dat",
            OLD_DATA,
            _new_data,
        ),
    ]


@contextlib.contextmanager
def scenario_node(root: Path) -> Iterator[CutNode]:
    """A node with the files that `scenarios` begin with."""
    node = CutNode(root, _FILES)
    try:
        yield node
    finally:
        node.close()
