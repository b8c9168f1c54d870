"""USB: first install at the wire's limit, against ampy and mpremote; updates; ten boards at once.

The serial line of the virtual board carries what a real one would: in the bootloader the speed that esptool has set, in
MicroPython 115 200 baud. 8N1: a tenth of that in bytes per second.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from run import Figure

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs.flash_layout import combined_partitions, file_system_region
from devtoolkit.model.manifest import BuiltFile, FileEntry, Manifest
from devtoolkit.pipelines.base import Runner
from devtoolkit.pipelines.deploy_context import DeployContext, DeployPlan
from devtoolkit.pipelines.steps.check import Check, with_config
from devtoolkit.pipelines.steps.detect import Detect
from devtoolkit.pipelines.steps.first_boot import FirstBoot
from devtoolkit.pipelines.steps.flash import Flash
from devtoolkit.pipelines.steps.read_manifest import ReadManifest
from devtoolkit.pipelines.steps.verify import Verify
from devtoolkit.services import build, usb_files
from devtoolkit.services.deploy import Deployer, DeployReport, DeployRequest
from devtoolkit.services.node_setup import initial_config
from devtoolkit.services.usb_update import Updater, UpdateRequest
from devtoolkit.settings import REPL_BAUD
from devtoolkit.simulator.board import DEFAULT_FLASH, VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.tools.littlefs_image import build_image

BAUDS = (115200, 460800, 921600)
SUBSET, BOARDS, ROUNDS = 20, 10, 3
PROGRAMS = Path(sys.executable).parent
BOARD = find_board("esp32")


def files(name: str) -> dict[str, bytes]:
    return with_config(build.read_files(paths.precompiled()), initial_config(name=name, wifi=None, virtual=True))


def compressed(contents: dict[str, bytes], *, firmware: bool = True) -> int:
    """Bytes on the wire at the least: firmware and file-system image, each deflated as a whole."""
    data = virtual_firmware(BOARD.chip)
    region = file_system_region(combined_partitions(data, BOARD.firmware_offset), DEFAULT_FLASH)
    image = build_image(contents, region.size, BOARD.littlefs)
    return len(zlib.compress(image, 9)) + (len(zlib.compress(data, 9)) if firmware else 0)


def make(name: str, baud: int) -> DeployReport:
    request = DeployRequest(board=BOARD.id, port=f"virtual:{name}", name=name, baud=baud)
    return Deployer(request, interfaces=("127.0.0.1",)).make()


def wired(name: str) -> VirtualBoard:
    board = VirtualBoard.open(name, root=paths.simulator())
    board.throttle(REPL_BAUD)
    return board


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def first_install() -> list[Figure]:
    figures = []
    for baud in BAUDS:
        with wired(f"wire{baud}") as board:
            taken = seconds(partial(make, board.name, baud))
            wire = compressed(files(board.name)) / (baud / 10)
        figures.append(Figure(f"first install at {baud}: wire alone", wire, "s"))
        figures.append(Figure("  everything", taken, "s", taken / (1.15 * wire + 4), "goal 1.15 x wire + 4 s"))
    return figures


def subset() -> dict[str, bytes]:
    """Twenty files that stand for all: of the files by size, the middle one of each twentieth."""
    contents = build.read_files(paths.precompiled())
    by_size = sorted(contents, key=lambda path: (len(contents[path]), path))
    chosen = [by_size[(2 * number + 1) * len(by_size) // (2 * SUBSET)] for number in range(SUBSET)]
    return {path: contents[path] for path in chosen}


def install_image(board: VirtualBoard, contents: dict[str, bytes]) -> None:
    """Our way for a new board, with just these files: one image, written, verified, booted, every hash read back."""
    built = tuple(BuiltFile(FileEntry.of(path, data), path, "") for path, data in contents.items())
    manifest = Manifest("", "", "", built)
    plan = DeployPlan(
        board=BOARD,
        device=board.port,
        firmware_name="virtual",
        firmware=virtual_firmware(BOARD.chip),
        manifest=manifest,
        files=contents,
        config={"devfid": "bench"},
        find_node=lambda _uid, _seconds: None,
        networked=False,
        baud=REPL_BAUD,
    )
    with ExitStack() as stack:
        steps = (Detect(), Check(), Flash("files"), Verify("files"), FirstBoot(), ReadManifest())
        Runner(steps).run(DeployContext(plan, resources=stack))


def by_program(board: VirtualBoard, contents: dict[str, bytes], words: Callable[[str, str], Sequence[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path, data in contents.items():
            (Path(folder) / path).write_bytes(data)
            subprocess.run(
                [str(PROGRAMS / words(path, "")[0]), *words(path, board.port)[1:]],
                cwd=folder,
                check=True,
                capture_output=True,
                timeout=300,
            )


def on_empty_board(name: str, work: Callable[[VirtualBoard], None]) -> float:
    """Seconds for `work` with a board that holds MicroPython and no file."""
    with wired(name) as board:
        Deployer(DeployRequest(BOARD.id, f"virtual:{board.name}", baud=921600)).deploy()
        board.wait_state("running")
        return seconds(lambda: work(board))


def by_session(board: VirtualBoard, contents: dict[str, bytes]) -> None:
    """Our way for a board that runs MicroPython (`--put`): all files in one session, as ampy and mpremote get them."""
    with tempfile.TemporaryDirectory() as folder:
        for path, data in contents.items():
            (Path(folder) / path).write_bytes(data)
        usb_files.put_files(f"virtual:{board.name}", sorted(Path(folder).iterdir()))


def median(way: str, work: Callable[[VirtualBoard], None]) -> float:
    return statistics.median(on_empty_board(f"{way}{number}", work) for number in range(ROUNDS))


def against_others() -> list[Figure]:
    contents = subset()
    total = sum(map(len, contents.values()))
    image = median("image", lambda board: install_image(board, contents))
    ours = median("session", lambda board: by_session(board, contents))
    ampy = on_empty_board(
        "ampy", lambda board: by_program(board, contents, lambda path, port: ("ampy", "-p", port, "put", path))
    )
    remote = on_empty_board(
        "mpremote",
        lambda board: by_program(
            board, contents, lambda path, port: ("mpremote", "connect", port, "fs", "cp", path, f":{path}")
        ),
    )
    every = build.read_files(paths.precompiled())
    share = sum(map(len, every.values())) / total
    with wired("whole") as board:
        whole = seconds(partial(make, board.name, REPL_BAUD))
    return [
        Figure(f"{len(contents)} files, {total:,} bytes at {REPL_BAUD}: ours (--put)", ours, "s"),
        Figure("  ours as a flash image, with its boot", image, "s", image / ours, "--put"),
        Figure("  ampy put per file", ampy, "s", ampy / ours, "ours, goal 10"),
        Figure("  mpremote cp per file", remote, "s", remote / ours, "ours, goal 4"),
        Figure(f"all {len(every)} files and MicroPython: ours", whole, "s"),
        Figure("  ampy, from the 20 (files alone)", ampy * share, "s", ampy * share / whole, "ours, goal 10"),
        Figure("  mpremote, from the 20 (files alone)", remote * share, "s", remote * share / whole, "ours, goal 4"),
    ]


def update(name: str, *, wait: bool) -> float:
    request = UpdateRequest(f"virtual:{name}", wait=wait)
    return seconds(lambda: Updater(request, interfaces=("127.0.0.1",)).update())


def updates() -> list[Figure]:
    """Medians: a board that is caught in the first moment of its boot lets the first try for its REPL pass."""
    changed = "LM_rgb.mpy"
    contents = build.read_files(paths.precompiled())
    wire = len(zlib.compress(contents[changed], 9)) * 4 / 3 / (REPL_BAUD / 10)
    figures = []
    with wired("update") as board, tempfile.TemporaryDirectory() as folder:
        make(board.name, 921600)
        other = Path(folder) / changed
        other.write_bytes(b"changed")

        def one_changed(*, wait: bool) -> float:
            usb_files.put_files(f"virtual:{board.name}", [other])
            return update(board.name, wait=wait)

        for wait in (False, True):
            how = ", until the node answers" if wait else ""
            nothing = statistics.median(update(board.name, wait=wait) for _ in range(ROUNDS))
            one = statistics.median(one_changed(wait=wait) for _ in range(ROUNDS))
            figures.append(Figure(f"update of nothing{how}", nothing, "s", nothing / 1.5, "goal 1.5 s"))
            figures.append(
                Figure(f"update of one module{how}", one, "s", one / (2 + wire), f"goal 2 s + {wire:.2f} s wire")
            )
    return figures


def ten_at_once() -> list[Figure]:
    with ExitStack() as stack:
        names = [stack.enter_context(wired(f"many{number}")).name for number in range(BOARDS)]
        one = seconds(lambda: make(names[0], REPL_BAUD))
        with ThreadPoolExecutor(BOARDS) as pool:
            ten = seconds(lambda: list(pool.map(lambda name: make(name, REPL_BAUD), names)))
    return [
        Figure(f"first install of one board at {REPL_BAUD}", one, "s"),
        Figure(f"first install of {BOARDS} at once", ten, "s", ten / one / 1.5, "goal 1.5 x one"),
    ]


def run() -> list[Figure]:
    return [*first_install(), *against_others(), *updates(), *ten_at_once()]
