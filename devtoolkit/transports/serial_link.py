"""mpremote's serial transport, wrapped in one class because its API is announced to change.

Differences: opening says why it failed, entering the raw REPL never prints and never resets on its own, every wait has
a limit.
"""

import contextlib
import errno
import time
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import serial
from mpremote import transport_serial
from mpremote.transport_serial import SerialTransport

from devtoolkit.errors import PortBusyError, PortError, PortMissingError

_BANNER = b"raw REPL; CTRL-B to exit\r\n"
_SOFT_REBOOT = b"soft reboot\r\n"
_INTERRUPT = b"\r\x03\x03"  # twice: the first may only end a running task's sleep
_ENTER_RAW = b"\r\x01"
_RESET_PULSE_S = 0.1  # esptool's own figure for its hard reset
_POLL_S = 0.05
_LOOK_S = 0.002  # mpremote's own 10 ms cost more than the wire: a call waits for the board five times
_CTRL_C_EVERY_S = 0.02
_PROMPT = b">>> "
_BOOT_TEXT = b",boot:0x"  # the ROM of every ESP chip says so at each start; with USB of its own it leaves the bus
_BOOT_LINE = 160  # bytes


# It prints what it did not understand, into the middle of what a program of ours prints as JSON.
transport_serial.print = lambda *_: None


class RestartedError(Exception):
    """The board's boot text came where an answer was expected."""


class SerialLink(SerialTransport):  # type: ignore[misc]  # mpremote has no types
    """An open port that speaks the raw REPL. `stall_s` limits every single read."""

    def __init__(self, device: str, baud: int, stall_s: float) -> None:
        # The base class' constructor drops the reason of a failure and prints; its attributes are set here instead.
        self.in_raw_repl = False
        self.use_raw_paste = True
        self.device_name = device
        self.mounted = False
        self._received = bytearray()
        self.is_pty = False  # its reads would block for the whole time limit
        # pyserial's rfc2217 port raises NotImplementedError for these two limits.
        limits: dict[str, Any] = (
            {} if device.startswith("rfc2217:") else {"write_timeout": stall_s, "inter_byte_timeout": 1}
        )
        self.serial = serial.serial_for_url(device, baud, timeout=stall_s, exclusive=True, **limits)

    def read_until(
        self,
        min_num_bytes: int,  # noqa: ARG002 - obsolete in mpremote too
        ending: bytes,
        timeout: float | None = 10,
        data_consumer: Callable[[bytes], object] | None = None,
        timeout_overall: float | None = None,
    ) -> bytes:
        """As mpremote's, which calls it: what came, ending with `ending` unless one of the limits is over.

        Raises RestartedError when the board restarts while code runs on it.
        """
        data = self._received = bytearray()
        began = last = time.monotonic()
        while not data.endswith(ending):
            if self.serial.in_waiting:
                new = self.serial.read(1)
                data += new
                if data_consumer:
                    data_consumer(new)
                if new == b"\n" and self.in_raw_repl and _BOOT_TEXT in data[-_BOOT_LINE:]:
                    self.in_raw_repl = False
                    raise RestartedError
                last = time.monotonic()
                continue
            now = time.monotonic()
            silent = timeout is not None and now - last >= timeout
            if silent or (timeout_overall is not None and now - began >= timeout_overall):
                break
            time.sleep(_LOOK_S)
        return bytes(data)

    def has_restarted(self) -> bool:
        """Whether what came last, or comes now, is a board that boots."""
        self._received += self.serial.read(self.serial.in_waiting)
        return _BOOT_TEXT in self._received[-_BOOT_LINE * 4 :]

    def catch_boot(self, seconds: float) -> None:
        """Interrupt again and again while the board boots, until its prompt shows: before a program can refuse it."""
        self.in_raw_repl = False
        seen, deadline = b"", time.monotonic() + seconds
        again = 0.0
        while _PROMPT not in seen and (now := time.monotonic()) < deadline:
            if now >= again:
                self.serial.write(b"\x03")
                again = now + _CTRL_C_EVERY_S
            time.sleep(_LOOK_S)
            waiting = self.serial.in_waiting
            seen = (seen + self.serial.read(waiting))[-_BOOT_LINE:] if waiting else seen

    def try_enter(self, seconds: float) -> bytes:
        """One rung: interrupt what runs and ask for the raw REPL. `in_raw_repl` tells; returns what was received."""
        self.in_raw_repl = False
        self._drain(0)
        self.serial.write(_INTERRUPT)
        self._drain(_POLL_S, _PROMPT)
        self.serial.write(_ENTER_RAW)
        data = bytes(self.read_until(1, _BANNER, timeout_overall=seconds))
        if data.endswith(_BANNER):
            self._agree(seconds)
        return data

    def _agree(self, seconds: float) -> None:
        """Banners of earlier tries may still come: the answer to a number that nobody has used is behind them all.

        Sets `in_raw_repl`; then exactly one `>` is left to be read.
        """
        number = token_hex(4).encode()
        self.serial.write(b"print('" + number + b"')\x04")
        ends = (number, b"\x04", b"\x04")
        self.in_raw_repl = all(self.read_until(1, end, timeout_overall=seconds).endswith(end) for end in ends)

    def soft_reset(self, seconds: float) -> bool:
        """Restart MicroPython and come back to the raw REPL, without main.py; False when it does not come back."""
        self.serial.write(b"\x04")
        for text in (_SOFT_REBOOT, _BANNER):
            if not bytes(self.read_until(1, text, timeout_overall=seconds)).endswith(text):
                self.in_raw_repl = False
                return False
        self._agree(seconds)
        return self.in_raw_repl

    def pulse_reset(self) -> bool:
        """Reset the board by its control lines; False where the port has none (a pty, some native USB)."""
        try:
            self.serial.dtr = False
            self.serial.rts = True
            time.sleep(_RESET_PULSE_S)  # the length of an electrical pulse
            self.serial.rts = False
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Return to the friendly REPL where possible and free the port; never raises."""
        with contextlib.suppress(OSError):
            if self.in_raw_repl:
                self.exit_raw_repl()
        for line in ("rts", "dtr"):  # in this order a Windows driver does not reset the board
            with contextlib.suppress(OSError):
                setattr(self.serial, line, False)
        with contextlib.suppress(OSError):
            self.serial.close()

    def _drain(self, silence_s: float, end: bytes = b"") -> None:
        """Throw away what comes until nothing has come for `silence_s`, or `end` has; two seconds at most."""
        now = time.monotonic()
        quiet, deadline, seen = now + silence_s, now + 2, b""
        while True:
            waiting = self.serial.in_waiting
            if waiting:
                seen = (seen + self.serial.read(waiting))[-_BOOT_LINE:]
                if end and seen.endswith(end):
                    return
                quiet = time.monotonic() + silence_s
            now = time.monotonic()
            if now >= deadline or (not waiting and now >= quiet):
                return
            time.sleep(min(_LOOK_S, silence_s))


def await_reset(port: serial.Serial, seconds: float) -> None:
    """After a reset was asked for: until the boot text comes or the port is gone (a chip with USB of its own)."""
    seen, deadline = b"", time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while _BOOT_TEXT not in seen and time.monotonic() < deadline:
            waiting = port.in_waiting
            seen = (seen + port.read(waiting))[-_BOOT_LINE * 4 :] if waiting else seen
            time.sleep(_LOOK_S)


def open_link(device: str, baud: int, *, stall_s: float, wait_s: float) -> SerialLink:
    """Open the port; a missing or held one is tried again for `wait_s` (native USB leaves and returns at a reset).

    Raises PortMissingError, PortBusyError or PortError.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            return SerialLink(device, baud, stall_s)
        except (OSError, ValueError) as error:
            problem = _translated(device, error)
            if time.monotonic() >= deadline or not isinstance(problem, PortMissingError | PortBusyError):
                raise problem from error
        time.sleep(_POLL_S)


def _translated(device: str, error: OSError | ValueError) -> PortError:
    number = getattr(error, "errno", None)
    text = str(error)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV) or "FileNotFoundError" in text:
        return PortMissingError(
            f"There is no port {device}.", hint="Plug the board in; list the ports with -l.", port=device
        )
    if number in (errno.EBUSY, errno.EAGAIN) or "lock" in text or "busy" in text.lower():
        return PortBusyError(
            f"The port {device} is held by another program.", hint="Close serial monitors and editors.", port=device
        )
    if number == errno.EACCES or "PermissionError" in text:
        return PortError(
            f"The port {device} may not be opened by this user.",
            hint="On Linux: join the group dialout (or uucp), then log in again. Or another program holds it.",
            port=device,
        )
    return PortError(
        f"The port {device} cannot be opened: {text}.", hint="Unplug the board and try again.", port=device
    )
