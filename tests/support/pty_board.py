"""The real MicroPython VM (unix port) behind a pty: enough of a board for the REPL, restarted when it resets."""

import contextlib
import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

MICROPYTHON = Path(sys.executable).parent / "micropython"
BOOT = """
import sys
class machine:
    unique_id = staticmethod(lambda: bytes([0x24, 0x0a, 0xc4, 0xf6, 0x79, 0xe8]))
    reset = staticmethod(lambda: sys.exit(7))
sys.modules['machine'] = machine
"""


class PtyBoard:
    """`port` is what a client opens. `main` is run after each boot, before the REPL, as a board's main.py is."""

    def __init__(self, folder: Path, main: str = "", silent: bool = False) -> None:
        self.folder = folder
        self.boots = 0
        self.booted = threading.Condition()
        boot = folder / "boot.py"
        boot.write_text(BOOT + main)
        self._command: Sequence[str] = (str(MICROPYTHON), "-i", str(boot))
        if silent:
            self._command = ("sleep", "60")
        self._client, client_end = pty.openpty()
        self._keep = client_end  # without an open other end the client's closing would end the line
        tty.setraw(client_end)
        self.port = os.ttyname(client_end)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="pty board")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join(10)
        assert not self._thread.is_alive()
        for handle in (self._client, self._keep, self._stop_read, self._stop_write):
            os.close(handle)

    def wait_boot(self, number: int, seconds: float = 10) -> bool:
        with self.booted:
            return self.booted.wait_for(lambda: self.boots >= number, seconds)

    def _serve(self) -> None:
        while self._run_once():
            pass

    def _run_once(self) -> bool:
        """One life of the VM; False when the board is to be switched off."""
        board, vm_end = pty.openpty()
        mode = termios.tcgetattr(vm_end)
        mode[1] &= ~termios.OPOST
        mode[3] &= ~(termios.ECHO | termios.ICANON)  # ISIG stays: Ctrl-C interrupts
        mode[0] &= ~(termios.ICRNL | termios.IXON)
        termios.tcsetattr(vm_end, termios.TCSANOW, mode)
        vm = subprocess.Popen(
            self._command,
            stdin=vm_end,
            stdout=vm_end,
            stderr=vm_end,
            cwd=self.folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(vm_end)
        with self.booted:
            self.boots += 1
            self.booted.notify_all()
        try:
            return self._relay(board)
        finally:
            vm.kill()
            vm.wait()
            os.close(board)

    def _relay(self, board: int) -> bool:
        """Copy both ways; True when the VM has ended, False when the board is to be switched off."""
        while True:
            ready, _, _ = select.select([board, self._client, self._stop_read], [], [])
            if self._stop_read in ready:
                return False
            with contextlib.suppress(BlockingIOError):
                if self._client in ready:
                    os.write(board, os.read(self._client, 256))
            if board in ready:
                try:
                    data = os.read(board, 4096)
                except OSError:
                    return True
                if not data:
                    return True
                os.write(self._client, data)
