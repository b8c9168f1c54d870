"""One connection to an ESP bootloader through esptool's public Python API. Lives in the worker process.

Numbers that cross this border are bytes of flash: esptool's own progress counts compressed bytes and is translated.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from esptool import cmds
from esptool.loader import StubFlasher
from esptool.logger import log
from esptool.util import flash_size_bytes

from devtoolkit.codecs import flash_runs
from devtoolkit.codecs.flash_runs import SECTOR
from devtoolkit.tools.esptool_output import Failure, QuietLogger, translated

Report = Callable[[int, int], None]

ROM_BAUD = 115200  # what the ROM is spoken to with before the baud is changed
CONNECT_ATTEMPTS = 3  # resets with several reset sequences; esptool's own default of 7 takes half a minute
STUBS = ("1", "2")  # esptool's two sets, in the order of our choice: the older one is half as long, 0.3 s of wire
ERASE_STEP = 0x100000  # bytes per erase command: fine enough to show, coarse enough for 64 KiB block erases
_ADDRESS = re.compile(r"0x([0-9a-fA-F]{6,})")


class Session:
    """Opens a port, and works on the chip behind it. Every method raises Failure."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._logger = QuietLogger()
        self._esp: Any = None
        self._ask: dict[str, Any] = {}
        self._bauds: list[int] = []
        self._erased: set[int] = set()  # sectors that are blank because this session erased them
        log.set_logger(self._logger)
        StubFlasher.STUB_SUBDIRS = list(STUBS)

    def tail(self) -> list[str]:
        """The last lines that esptool has said."""
        return [line for line in self._logger.lines if line.strip()]

    def open(self, port: str, chip: str, bauds: Sequence[int], before: str) -> dict[str, Any]:
        """Connect, run the stub, use the fastest of `bauds` that works; say what the chip is."""
        self._ask = {"port": port, "chip": chip, "before": before}
        self._bauds = [baud for baud in bauds if baud > ROM_BAUD]
        self._connect()
        with translated("board"):
            return self._describe()

    def erase(self, offset: int = 0, size: int = 0) -> None:
        """Erase `size` bytes from `offset`; size 0 means: to the end of the flash."""
        with translated("board"):
            end = offset + size if size else flash_size_bytes(cmds.detect_flash_size(self._esp))
        self._report(0, end - offset)
        for done in self._erase_steps(offset, end):
            self._report(done, end - offset)

    def write(self, regions: Sequence[tuple[int, bytes]]) -> None:
        """Make each region read as its bytes and compare its MD5.

        Filled parts are written compressed, on a noisy line again with the next lower baud. Blank parts are erased,
        unless this session did so before.
        """
        total = sum(len(data) for _, data in regions)
        before = 0
        self._report(0, total)
        for offset, data in regions:
            for run in flash_runs.split(data, offset):
                if run.blank:
                    self._make_blank(offset + run.start, offset + run.end, before + run.start, total)
                else:
                    self._write_run(offset + run.start, data[run.start : run.end], before + run.start, total)
            self._compare(offset, len(data), hashlib.md5(data, usedforsecurity=False).hexdigest())
            before += len(data)

    def verify(self, regions: Sequence[dict[str, Any]]) -> None:
        """Ask the chip for the MD5 of what is in flash now and compare."""
        total = sum(part["size"] for part in regions)
        done = 0
        for part in regions:
            self._compare(part["offset"], part["size"], part["md5"])
            done += part["size"]
            self._report(done, total)

    def reset(self, after: str) -> None:
        """Leave the bootloader as `after` says and free the port.

        A port without control lines (a pseudo-terminal) cannot pull the chip's reset: there the loader is told to start
        the program. Its being closed would tell too, but not when the next client is as quick as ours.
        """
        with translated("board"):
            if after == "hard-reset" and not _has_lines(self._esp._port):
                self._esp.flash_begin(0, 0)
                with contextlib.suppress(OSError):  # a chip with USB of its own may be off the bus before it answers
                    self._esp.flash_finish(reboot=True)
            else:
                cmds.reset_chip(self._esp, after)
        self.close()

    def close(self) -> None:
        """Free the port; a second call does nothing."""
        if self._esp is not None:
            with contextlib.suppress(OSError):
                self._esp._port.close()
            self._esp = None

    def _connect(self) -> None:
        while True:
            with translated("no_answer"):
                self._esp = cmds.connect_esp(initial_baud=ROM_BAUD, connect_attempts=CONNECT_ATTEMPTS, **self._ask)
            if self._esp.secure_download_mode:
                raise Failure("board", "The chip is in secure download mode: it cannot be read or fully erased.")
            try:
                with translated("no_answer"):
                    self._start_stub()
                return
            except Failure:
                if not self._bauds:
                    raise
                self._slow_down()

    def _start_stub(self) -> None:
        self._esp = cmds.run_stub(self._esp)
        if self._bauds and not self._ask["port"].startswith("socket:"):
            self._esp.change_baud(self._bauds[0])
        cmds.attach_flash(self._esp)

    def _slow_down(self) -> None:
        self._bauds.pop(0)
        self.close()

    def _describe(self) -> dict[str, Any]:
        esp = self._esp
        size = cmds.detect_flash_size(esp)
        if size is None:
            raise Failure("board", "The size of the flash cannot be read: is the flash chip connected?")
        revision = esp.get_chip_revision()
        return {
            "name": esp.CHIP_NAME,
            "chip_id": esp.IMAGE_CHIP_ID,
            "description": esp.get_chip_description(),
            "revision": f"{revision // 100}.{revision % 100}",
            "mac": ":".join(f"{byte:02x}" for byte in esp.read_mac("BASE_MAC")),
            "flash_size": flash_size_bytes(size),
            "crystal_mhz": esp.get_crystal_freq(),
            "features": list(esp.get_chip_features()),
            "baud": esp.get_baud(),
        }

    def _erase_steps(self, start: int, end: int) -> Iterator[int]:
        for position in range(start, end, ERASE_STEP):
            step = min(ERASE_STEP, end - position)
            with translated("board"):
                cmds.erase_region(self._esp, position, step)
            self._erased.update(range(position, position + step, SECTOR))
            yield position + step - start

    def _make_blank(self, start: int, end: int, before: int, total: int) -> None:
        if self._erased.issuperset(range(start, end, SECTOR)):
            self._report(before + end - start, total)
            return
        for done in self._erase_steps(start, end):
            self._report(before + done, total)

    def _write_run(self, offset: int, data: bytes, before: int, total: int) -> None:
        self._erased.difference_update(range(offset - offset % SECTOR, offset + len(data), SECTOR))
        while True:
            self._logger.on_progress = _flash_bytes(self._report, offset, len(data), before, total)
            try:
                with translated("board"):
                    cmds.write_flash(self._esp, [(offset, data)])
                return
            except Failure as failure:
                if failure.kind != "noise" or not self._bauds:
                    raise
                self._slow_down()
                self._connect()
            finally:
                self._logger.on_progress = None

    def _compare(self, offset: int, size: int, md5: str) -> None:
        with translated("board"):
            found = self._esp.flash_md5sum(offset, size)
        if found != md5:
            raise Failure("content", f"its MD5 at {offset:#x} is {found}, not {md5}")


def _flash_bytes(report: Report, offset: int, size: int, before: int, total: int) -> Callable[[int, int, str], None]:
    """esptool says "Writing at 0x..." (flash address) beside compressed bytes; without it, the share is scaled."""

    def progress(current: int, all_of_it: int, prefix: str) -> None:
        found = _ADDRESS.search(prefix)
        done = int(found[1], 16) - offset if found else size * current // max(all_of_it, 1)
        report(before + min(max(done, 0), size), total)

    return progress


def _has_lines(port: Any) -> bool:
    try:
        return port.cts is not None
    except OSError:
        return False
