"""Nodes for the tests of updates: virtual boards with a build of the present source, and builds that differ from it."""

import contextlib
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from powercut_node import SOURCE, files_of

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs import manifest as manifest_codec
from devtoolkit.codecs.flash_layout import combined_partitions, file_system_region
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import BuiltFile, FileEntry
from devtoolkit.services import build, secrets, shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota.request import OtaLimits, UpdateRequest
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.tools import mpy_cross
from devtoolkit.tools.littlefs_image import build_image
from devtoolkit.transports.tcp_greeting import Limits
from devtoolkit.transports.webrepl import WebReplLimits

PASSWORD = "Test1pass"
LIMITS = OtaLimits(
    shell=Limits(connect_s=2.0, greeting_s=5.0, busy_pause_s=0.1),
    webrepl=WebReplLimits(connect_s=2.0, login_s=5.0, stall_s=10.0),
    again_s=0.05,
    gone_s=40.0,
    follow_s=60.0,
    ask_every_s=0.1,
)
_BOOT_S = 30.0


@functools.cache
def source_build() -> Path:
    """The present device source, compiled; made once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="micros-build-"))
    build.build(SOURCE, folder)
    return folder


def changed_build(folder: Path, changes: Mapping[str, bytes | None], version: str = "2.0.1-0") -> Path:
    """A build that has these files instead (None: not any more), under its own version."""
    shutil.copytree(source_build(), folder)
    manifest = build.load_manifest(folder)
    built = {file.entry.path: file for file in manifest.files}
    for path, content in changes.items():
        if content is None:
            del built[path]
            (folder / path).unlink()
            continue
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
        entry = FileEntry(path, len(content), hashlib.sha256(content).hexdigest())
        made_of = built[path].source if path in built else f"modules/{path}"
        built[path] = BuiltFile(entry, made_of, "0" * 64)
    new = replace(manifest, micros_version=version, files=tuple(built[path] for path in sorted(built)))
    (folder / build.MANIFEST).write_bytes(manifest_codec.encode(new))
    return folder


def deaf_shell() -> bytes:
    """A shell that does not know `ota`, as that of a node of the original."""
    source = (SOURCE / "core" / "Shell.py").read_bytes()
    assert b'"ota"' in source
    return mpy_cross.compile_source(source.replace(b'"ota"', b'"oto"'), "Shell.py")


class OtaNode:
    """A virtual node that has the present build, known to the toolkit's cache with its password."""

    def __init__(self, root: Path, name: str, *, files: Mapping[str, bytes] | None = None, **settings: object) -> None:
        self.name = name
        board = find_board("esp32")
        self.board = VirtualBoard.open(name, root=root, chip=board.chip)
        try:
            firmware = virtual_firmware(board.chip)
            region = file_system_region(combined_partitions(firmware, board.firmware_offset), self.board.flash_size)
            config = {
                "staessid": "micrOS-virtual",
                "stapwd": "virtual-wifi",
                "devfid": name,
                "appwd": PASSWORD,
                **settings,
            }
            content = {**build.read_files(source_build()), "node_config.json": json.dumps(config).encode()}
            content.update(files or {})
            self.board.configure(join_ms=5)
            image = build_image(content, region.size, board.littlefs)
            self.board.load_flash({board.firmware_offset: firmware, region.offset: image})
            self.device = Device(self.board.uid, name, self.board.ip, self.board.shell_port)
        except BaseException:
            self.board.close()
            raise

    def close(self) -> None:
        self.board.close()

    def __enter__(self) -> "OtaNode":
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self) -> "OtaNode":
        """Until its shell answers; then the toolkit knows it."""
        left = int(_BOOT_S / 0.05)
        while (device := shell.hello(self.device.ip, self.device.port)) is None:
            left -= 1
            assert left, self.board.console
            self.board.wait_console(0.05)
        self.device = replace(device, latency_s=None)
        DeviceCache(paths.device_cache()).put(device)
        secrets.remember(device.uid, PASSWORD)
        return self

    def request(self, **options: object) -> UpdateRequest:
        """An update of this node with short limits."""
        values = {"source": source_build(), "limits": LIMITS, "trial_s": 1, "interfaces": ("127.0.0.1",), **options}
        return UpdateRequest(self.device, **values)

    def ask(self, *commands: str) -> list[str]:
        """Replies to commands of one session."""
        result = shell.run(commands, self.device.uid, DeviceCache(paths.device_cache()), password=PASSWORD)
        return ["\n".join(lines) for _, lines in result.replies]

    def files(self) -> dict[str, bytes]:
        """Data files in the flash as it is now (the power is cut for that)."""
        self.board.power_off()
        return files_of((self.board.folder / "flash.bin").read_bytes())

    def pass_time(self, ms: int) -> None:
        assert self.board.vm({"op": "leap", "ms": ms})["ok"]


@contextlib.contextmanager
def nodes(root: Path, count: int, prefix: str = "fleet") -> Iterator[list[OtaNode]]:
    """Several nodes that answer."""
    with contextlib.ExitStack() as stack:
        made = []
        for number in range(1, count + 1):
            node = OtaNode(root, f"{prefix}{number}")
            stack.callback(node.close)
            made.append(node)
        yield [node.wait() for node in made]


def until(condition: Callable[[], bool], node: OtaNode, what: str, seconds: float = 30.0) -> None:
    """Waits, woken by the node's console."""
    left = int(seconds / 0.05)
    while not condition():
        left -= 1
        assert left, f"never: {what}\n{node.board.console[-2000:]}"
        node.board.wait_console(0.05)


def own_pid_name(text: str) -> str:
    """A node's name that no other test run has."""
    return f"{text}{os.getpid() % 10000}"
