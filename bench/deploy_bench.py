"""A whole `--make` on a virtual board: seconds per step, unthrottled and at the speed of a 460800 baud wire.

At that speed 8N1 carries 46 080 bytes a second. The wire limit is the time that the compressed regions alone need.
"""

import zlib
from pathlib import Path

from run import Figure

from devtoolkit import paths
from devtoolkit.services.deploy import Deployer, DeployReport, DeployRequest
from devtoolkit.simulator.board import VirtualBoard

BAUD = 460800


def make(name: str) -> DeployReport:
    return Deployer(DeployRequest(board="esp32", port=f"virtual:{name}", name=name), interfaces=("127.0.0.1",)).make()


def compressed_bytes(name: str, report: DeployReport) -> int:
    assert report.file_system is not None
    data = Path(paths.simulator() / name / "flash.bin").read_bytes()
    firmware = data[0x1000 : report.file_system.offset].rstrip(b"\xff")
    image = data[report.file_system.offset : report.file_system.offset + report.file_system.size]
    return len(zlib.compress(firmware, 9)) + len(zlib.compress(image, 9))


def run() -> list[Figure]:
    free = make("bench")
    figures = [Figure(f"make: {step.step}", step.seconds, "s") for step in free.steps]
    figures.append(Figure("make: everything", free.seconds, "s"))
    with VirtualBoard.open("wire", root=paths.simulator()) as board:
        board.throttle(BAUD)
        slow = make("wire")
        limit = compressed_bytes("wire", slow) / (BAUD / 10)
    flash = next(step.seconds for step in slow.steps if step.step == "flash")
    figures.append(Figure(f"wire limit at {BAUD} baud", limit, "s"))
    figures.append(Figure(f"flash at {BAUD} baud", flash, "s", flash / limit, "wire limit"))
    return figures
