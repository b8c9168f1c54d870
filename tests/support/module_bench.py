"""
A node on a test bench: the real core and modules in the real VM, its shell on one side, its hardware on the other.

    with bench(folder) as b:
        b.call("rgb color 100 200 300 smooth=False")           # the shell; fails on "Core error"
        b.until(lambda h: h.duty("redgb") == 100)              # the hardware, polled until it holds

`b.until(condition)` asks the hardware model until `condition(Hardware)` is true; `b.hardware()` asks once. Inputs and
wiring: `b.set(op, **fields)`, the operations of simshims:

    b.set("adc", pin=33, value=30000)                     b.set("pin", pin=4, value=1, bounce=[[2, 0], [4, 1]])
    b.set("wire", kind="servo", pin=27)                   -> h.servo(27)["angle"], ["pulse_us"], ["pulses"]
    b.set("wire", kind="stepper", pins=[33, 25, 26, 27])  -> h.stepper(33)["half_steps"], ["lost"]
    b.set("i2c", addr=118, kind="registers", registers={"208": 96})      a device on pins scl 22, sda 21
    b.set("trace", on=True); ...; b.trace("pwm", 33)      every change since: [[ms, freq, duty_u16], ...]
                             ...; b.trace("pin", 33)      [[ms, level], ...]

`b.files(name)` is the content of a file on the node, `b.until_file` waits for it, `b.put(name, text)` writes one;
`b.restart()` is a power cycle.

A *table file* `tests/modules/effects_<module>.py` tells, function by function, which effect in the hardware model is
asserted. It holds

    SETTINGS = {...}     optional: node configuration (cstmpmap ...)
    CONFIG = {...}       optional: configuration of the simulated board (chip, sensors ...)
    FILES = {"LM_x.py": "source"}                         optional: extra files on the node
    def _color(b: Bench) -> None: ...                     an effect; must call `<module> color` over the shell
    EFFECTS = {"color": _color, "source": reply_only("only gives a text", "demo source", "http")}

`reply_only(reason, call, expected)` calls and searches the reply for the regular expression `expected`. `help`,
`pinmap` and `lmdep` need no entry: they have generated checks (help names every function, its typed entries are the
widgets of `Common.typed_help`; pinmap has the numbers of the map file). The generated tests in `tests/modules` run
every entry on one node per table, in the order of EFFECTS; an effect may not rely on what the board did before.

With `frozen=True` the hardware model is frozen, its file system included: it shows the state of boot and takes no
inputs. There `until` looks only once, and 90 % of the effects must fail (the test of the tests).
"""

import contextlib
import json
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_node import Connection, Node

_DEADLINE_S = 10.0


class Hardware:
    """One answer of the hardware model. A pin is a GPIO number or a logical name of the node's pin map."""

    def __init__(self, state: dict[str, Any], pins: Mapping[str, int]) -> None:
        self.state = state
        self._pins = pins

    def number(self, pin: int | str) -> int:
        return self._pins[pin] if isinstance(pin, str) else int(pin)

    def of(self, part: str, pin: int | str) -> Any:
        """State of one part ("pwm", "leds" ...) at a pin; None when nothing is there."""
        return self.state[part].get(str(self.number(pin)))

    def level(self, pin: int | str) -> int | None:
        """0 or 1; None: never used."""
        found = self.of("pins", pin)
        return None if found is None else int(found["value"])

    def pwm(self, pin: int | str) -> dict[str, Any]:
        """{"freq": Hz, "duty_u16": 0..65535}; empty without PWM."""
        return self.of("pwm", pin) or {}

    def duty(self, pin: int | str, full: int = 1000) -> int:
        """Duty rounded to a scale of `full`; -1 without PWM."""
        return round(self.pwm(pin).get("duty_u16", -65535 / full) * full / 65535)

    def pulse_us(self, pin: int | str) -> float:
        """Length of the PWM's high pulse in µs; 0 without PWM."""
        state = self.pwm(pin)
        return state["duty_u16"] / 65535 * 1e6 / state["freq"] if state else 0.0

    def leds(self, pin: int | str) -> list[list[int]]:
        """Colours as written to a NeoPixel strip."""
        return self.of("leds", pin) or []

    def servo(self, pin: int | str) -> dict[str, Any]:
        """{"angle": degrees, "pulse_us": last pulse, "pulses": how many}; empty when none is wired."""
        return self.of("servos", pin) or {}

    def stepper(self, pin: int | str) -> dict[str, Any]:
        """{"half_steps": position, "lost": steps lost}; `pin` is the first coil. Empty when none is wired."""
        return self.of("steppers", pin) or {}


class _Link:
    """The board process's end of the VM's link."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = list(self._listener.getsockname())
        self._socket: socket.socket | None = None
        self._data = b""
        self._number = 0

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Answer of the VM to one request."""
        if self._socket is None:
            self._listener.settimeout(_DEADLINE_S)
            self._socket, _ = self._listener.accept()
            self._socket.settimeout(_DEADLINE_S)
        self._number += 1
        self._socket.sendall(json.dumps({"op": op, "id": self._number, **fields}).encode() + b"\n")
        while True:
            line = self._line()
            message: dict[str, Any] = json.loads(line)
            if message.get("re") == self._number:
                return message

    def _line(self) -> bytes:
        assert self._socket is not None
        while b"\n" not in self._data:
            piece = self._socket.recv(65536)
            assert piece, "the VM went away"
            self._data += piece
        line, _, self._data = self._data.partition(b"\n")
        return line

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._listener.close()


class Bench:
    """A running node and its simulated hardware. `pins` are the logical names of its pin map."""

    def __init__(self, node: Node, link: _Link, config: Mapping[str, object], frozen: bool) -> None:
        self.node = node
        self.config = config
        self.calls: list[str] = []
        self._link = link
        self._shell: Connection | None = None
        self._boot = link.ask("get") if frozen else None
        self._boot_files = _texts(node.folder) if frozen else None
        self.pins = _pin_numbers(self)

    # --- shell

    def ask(self, command: str) -> str:
        """Reply text to one shell command."""
        if self._shell is None:
            self._shell = self.node.connect()
        self.calls.append(command)
        reply: str = self._shell.ask(command)
        return reply.removesuffix("\n")

    def call(self, command: str) -> str:
        """The same, for a command that must succeed."""
        reply = self.ask(command)
        assert "Core error" not in reply, reply
        return reply

    def json(self, command: str) -> Any:
        """The reply as JSON value (dict and help results)."""
        return json.loads(self.call(command + " >json"))

    def restart(self) -> None:
        """The node restarts with the same files (a power cycle); the link is new."""
        self.disconnect()
        self.node.stop()
        self._link.close()
        self._link = _Link()
        _power_on(self.node, self._link, self.config)

    # --- hardware

    def set(self, op: str, **fields: Any) -> dict[str, Any]:
        """An operation on the simulated hardware (see simshims); its answer. On a frozen bench nothing happens."""
        if self._boot is not None:
            return {"ok": True}
        answer = self._link.ask(op, **fields)
        assert answer["ok"], answer
        return answer

    def hardware(self) -> Hardware:
        return Hardware(self._boot or self._link.ask("get"), self.pins)

    def until(self, condition: Callable[[Hardware], object], seconds: float = 5.0) -> Hardware:
        """Ask the hardware until the condition holds; gives back the state in which it did."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.hardware()
            if condition(found):
                return found
            shown = {part: found.state[part] for part in ("pins", "pwm", "leds", "adc")}
            assert self._boot is None, f"frozen: {shown}"
            assert time.monotonic() < deadline, f"never reached; hardware: {shown}"
            time.sleep(0.01)

    def trace(self, kind: str, pin: int | str) -> list[list[float]]:
        """Changes of one pin's level ("pin"), PWM ("pwm") or strip ("leds") since the trace was switched on."""
        number = self.pins[pin] if isinstance(pin, str) else pin
        answer = self.set("trace")
        return [[row[0], *row[3:]] for row in answer.get("trace", ()) if row[1] == kind and row[2] == number]

    # --- files

    def files(self, name: str) -> str | None:
        """Content of a file on the node, None when missing."""
        if self._boot_files is not None:
            return self._boot_files.get(name)
        path = self.node.folder / name
        return path.read_text() if path.exists() else None

    def put(self, name: str, text: str) -> None:
        """Write a file on the node. On a frozen bench nothing happens."""
        if self._boot_files is None:
            (self.node.folder / name).write_text(text)

    def until_file(self, name: str, content: str, seconds: float = 5.0) -> None:
        """Wait until a file has this content (state files are written up to a second late)."""
        deadline = time.monotonic() + seconds
        while self.files(name) != content:
            assert self._boot_files is None, f"frozen: {name}: {self.files(name)!r}"
            assert time.monotonic() < deadline, f"{name}: {self.files(name)!r}, expected {content!r}"
            time.sleep(0.02)

    def disconnect(self) -> None:
        if self._shell is not None:
            self._shell.socket.close()
            self._shell = None

    def close(self) -> None:
        self.disconnect()
        self._link.close()
        self.node.stop()


def _texts(folder: Path) -> dict[str, str]:
    """The node's files by name."""
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def _pin_numbers(b: Bench) -> dict[str, int]:
    """The constants of the node's pin map file, with the overrides of cstmpmap."""
    maps = {path.stem.removeprefix("IO_"): path for path in b.node.folder.glob("IO_*.py")}
    chosen = "esp32"
    overrides: dict[str, int] = {}
    for part in str(b.node.settings.get("cstmpmap", "")).split(";"):
        name, colon, number = part.strip().partition(":")
        if colon:
            overrides[name.strip()] = int(number)
        elif name in maps:
            chosen = name
    found = re.findall(r"^(\w+) = (?:const\()?(-?\d+)", maps[chosen].read_text(), re.MULTILINE)
    return {name: int(number) for name, number in found} | overrides


def _power_on(node: Node, link: _Link, config: Mapping[str, object]) -> None:
    node.start(link=link.address, token="", **config)
    node.wait_shell()


@contextlib.contextmanager
def bench(
    folder: Path,
    *,
    settings: Mapping[str, object] | None = None,
    config: Mapping[str, object] | None = None,
    files: Mapping[str, str] | None = None,
    frozen: bool = False,
) -> Iterator[Bench]:
    """A node that answers, with its hardware on the link; stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    node = Node(folder, **{"dbg": False, **(settings or {})})
    for name, text in (files or {}).items():
        (folder / name).write_text(text)
    link = _Link()
    started: Bench | None = None
    try:
        _power_on(node, link, config or {})
        started = Bench(node, link, config or {}, frozen)
        yield started
    finally:
        if started is not None:
            started.close()
        node.stop()
        link.close()


@dataclass(frozen=True)
class ReplyOnly:
    """A function without effect on hardware: why, the call, and what its reply must match."""

    reason: str
    command: str
    expected: str

    def __call__(self, b: Bench) -> None:
        reply = b.call(self.command)
        assert re.search(self.expected, _LONG_DOUBLE.sub(_shortest, reply)), reply


# The VM's build writes some doubles with a last digit off (9.2 as 9.199999999999999), which a board's floats have not.
_LONG_DOUBLE = re.compile(r"\d+\.\d{14,}")


def _shortest(number: re.Match[str]) -> str:
    return str(round(float(number[0]), 12))


def reply_only(reason: str, command: str, expected: str) -> ReplyOnly:
    """Entry of a table for a function that only answers."""
    assert reason
    return ReplyOnly(reason, command, expected)
