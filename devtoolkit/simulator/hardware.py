"""The simulated hardware of a running board as a Python object, for tests, the window and apps.

    with VirtualBoard.open("demo", root=folder) as board:
        hardware = Hardware(board.vm)
        hardware.press(4)
        hardware.state().leds(15)

From another process: `Hardware.over(ControlClient(address, token))`. Pins are GPIO numbers. Every method raises
SimulatorError when the board has no running VM, its program does not wait (so nothing is served), or it refuses.
"""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from devtoolkit.errors import SimulatorError
from devtoolkit.simulator.link import Message
from devtoolkit.simulator.oled import OledFrame, frame_of
from devtoolkit.simulator.sensors import Sensors

__all__ = ["Change", "Hardware", "Servo", "State", "Stepper"]

_BOUNCE_MS = ((0, 1), (1, 0), (3, 1), (4, 0), (6, 1))  # a worn push button: 5 edges in 6 ms
_POLL_S = 0.02


class ControlSocket(Protocol):
    """What is needed of a ControlClient."""

    def request(self, op: str, **values: Any) -> Message: ...


@dataclass(frozen=True, slots=True)
class Servo:
    """A servo wired to a pin: the arm's angle in degrees now, the last pulse in µs, pulses received."""

    angle: float
    pulse_us: float
    pulses: int


@dataclass(frozen=True, slots=True)
class Stepper:
    """A stepper motor wired to four pins: position in half steps from the start, steps lost."""

    half_steps: int
    lost: int


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded change of an output: milliseconds since the recording began, and the values of its kind."""

    ms: float
    kind: str
    pin: int
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The outputs (and inputs) of a board at one moment; `raw` is the whole answer."""

    raw: Mapping[str, Any]

    def level(self, pin: int) -> int | None:
        """0 or 1; None: the pin was never used."""
        found = self._at("pins", pin)
        return None if found is None else int(found["value"])

    def pwm(self, pin: int) -> tuple[int, float] | None:
        """(Hz, duty 0..1); None without PWM."""
        found = self._at("pwm", pin)
        return None if found is None else (int(found["freq"]), found["duty_u16"] / 65535)

    def leds(self, pin: int) -> tuple[tuple[int, ...], ...]:
        """Colours of a NeoPixel strip as last written, (red, green, blue[, white]) each."""
        return tuple(tuple(colour) for colour in self._at("leds", pin) or ())

    def adc(self, pin: int) -> int | None:
        """The input's present value 0..65535; None: not used."""
        found = self._at("adc", pin)
        return None if found is None else int(found)

    def servo(self, pin: int) -> Servo | None:
        """None: none is wired there."""
        found = self._at("servos", pin)
        return None if found is None else Servo(found["angle"], found["pulse_us"], found["pulses"])

    def stepper(self, first_pin: int) -> Stepper | None:
        """None: none is wired there."""
        found = self._at("steppers", first_pin)
        return None if found is None else Stepper(found["half_steps"], found["lost"])

    def i2c(self, address: int, scl: int = 22, sda: int = 21) -> Any:
        """State of a device on a bus (for `registers`: {register: byte}); None without one."""
        return self.raw["i2c"].get(f"{scl}/{sda}", {}).get(str(address))

    def oled(self, address: int = 0x3C, scl: int = 22, sda: int = 21) -> OledFrame | None:
        """What an ssd1306 or sh1106 on the bus shows; None without one."""
        found = self.i2c(address, scl, sda)
        return None if found is None else frame_of(found)

    def spi(self, sck: int) -> bytes:
        """The last bytes (at most 256) that were written to a bus."""
        found = self._at("spi", sck)
        return bytes.fromhex(found["written"]) if found else b""

    def uart(self, number: int) -> bytes:
        """The last bytes (at most 1024) that a serial line has sent."""
        found = self._at("uart", number)
        return bytes.fromhex(found["sent"]) if found else b""

    def _at(self, part: str, pin: int) -> Any:
        return self.raw[part].get(str(pin))


class Hardware(Sensors):
    """Sets inputs, wires devices and reads outputs; `ask` sends one message to the VM and returns its answer."""

    def __init__(self, ask: Callable[[Message], Message]) -> None:
        super().__init__(self)
        self._ask = ask

    @classmethod
    def over(cls, control: ControlSocket) -> Self:
        """The hardware of a board that another process runs."""
        return cls(lambda message: dict(control.request("vm", message=message)["answer"]))

    def request(self, op: str, **values: Any) -> Message:
        """Any operation of the simulated hardware (see shims/simshims.py); its answer."""
        answer = self._ask({"op": op, **values})
        if not answer.get("ok"):
            raise SimulatorError(f"The simulated hardware refuses {op!r}: {answer.get('error')}")
        return answer

    # --- outputs

    def state(self) -> State:
        """All outputs now."""
        return State(self.request("get"))

    def wait(self, reached: Callable[[State], object], timeout: float = 10.0) -> State:
        """Poll until `reached(state)` holds; that state. Raises SimulatorError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while True:
            state = self.state()
            if reached(state):
                return state
            if time.monotonic() > end:
                raise SimulatorError(f"The board's outputs are not as wanted after {timeout:g} s.")
            time.sleep(_POLL_S)

    def record(self, on: bool = True) -> None:
        """Begin to record every change of an output (at most 4000), or stop and forget."""
        self.request("trace", on=on)

    def recorded(self) -> tuple[Change, ...]:
        """Changes since the recording began. Kinds: pin (level), pwm (Hz, duty_u16; 0 0 is off), leds, i2c, spi."""
        return tuple(Change(row[0], row[1], row[2], tuple(row[3:])) for row in self.request("trace")["trace"])

    # --- inputs

    def drive(self, pin: int, level: int | None) -> None:
        """Put a level on a pin from outside; None lets go of it."""
        self.request("pin", pin=pin, value=level)

    def press(self, pin: int, level: int = 1, hold_ms: int = 80, bounce: bool = True) -> None:
        """A button that puts `level` on the pin for `hold_ms`, then lets go; with the bounce of real contacts."""
        edges = _BOUNCE_MS if bounce else ((0, 1),)
        down: list[list[int | None]] = [[ms, level if closed else None] for ms, closed in edges]
        release = [[hold_ms + ms, None if closed else level] for ms, closed in edges]
        self.request("pin", pin=pin, bounce=down + release)

    def adc(self, pin: int, value: int) -> None:
        """Value of an analog input, 0..65535."""
        self.request("adc", pin=pin, value=value)

    def touch(self, pin: int, reading: int | None) -> None:
        """Reading of a touch pad (lower when touched); None: untouched."""
        self.request("touch", pin=pin, value=reading)

    def uart(self, number: int, data: bytes) -> None:
        """Bytes arrive on a serial line."""
        self.request("uart", id=number, hex=data.hex())

    def sensor(self, kind: str, pin: int, **values: float) -> None:
        """Wire a dht11, dht22 or ds18x20, or change its temperature or humidity."""
        self.request("sensor", kind=kind, pin=pin, **values)

    def camera(self, **values: Any) -> None:
        """The camera: jpeg= bytes of the picture before its lens (None: the test card), present=, fails= (pictures)."""
        if values.get("jpeg"):
            values["jpeg"] = base64.b64encode(values["jpeg"]).decode()
        self.request("camera", **values)

    # --- wiring

    def wire_servo(self, pin: int, *, min_us: int = 500, max_us: int = 2500, degrees: int = 180) -> None:
        """A hobby servo; 0 and `degrees` are at pulses of `min_us` and `max_us`."""
        self.request("wire", kind="servo", pin=pin, min_us=min_us, max_us=max_us, range=degrees)

    def wire_stepper(self, pins: Sequence[int]) -> None:
        """A stepper motor whose four coils are at `pins`, in the order of its phases."""
        self.request("wire", kind="stepper", pins=list(pins))

    def attach_i2c(self, address: int, kind: str = "registers", *, scl: int = 22, sda: int = 21, **values: Any) -> None:
        """A device on the bus; for `registers`: registers={number: byte}, width= bytes of a register's number."""
        self.request("i2c", addr=address, kind=kind, scl=scl, sda=sda, **values)

    def detach_i2c(self, address: int, *, scl: int = 22, sda: int = 21) -> None:
        """The device does not answer any more."""
        self.request("i2c", addr=address, present=False, scl=scl, sda=sda)

    def attach_spi(self, sck: int, kind: str, *, cs: int | None = None, **values: Any) -> None:
        """A device on the bus with this clock pin: `loopback`, `apa102` (leds=count)."""
        self.request("spi", sck=sck, kind=kind, cs=cs, **values)
