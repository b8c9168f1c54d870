"""What can be fitted to a virtual board besides sensors: servos, a rotary encoder, microphones and what they hear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from devtoolkit.services.sim_pins import PinNames
from devtoolkit.services.sim_wiring import Quantity
from devtoolkit.simulator.hardware import Hardware, State

_SERVOS = ("servo_1", "servo_2")
_MICROPHONES: Mapping["MicrophoneKind", str] = {"i2s": "i2s_sd", "analog": "mic"}
_I2S_FAULTS = ("silent", "timeout")
_ENCODER = ("rot_clk", "rot_dt")
_USUAL_ENCODER = {"esp32": (18, 19)}  # its map names no pins for one; `cstmpmap` does
_EDGES = 4  # of a detent
_TURN_HZ = 200  # edges a second: fast fingers
_BOUNCES = 2  # of worn contacts, at each edge

MicrophoneKind = Literal["i2s", "analog"]
# 33 dB are an INMP441's own noise, from 120 dB on it clips (data sheet: equivalent input noise, acoustic overload).
NOISE = Quantity("noise", "dB", 0, 110, 1, 33)
PITCH = Quantity("pitch", "Hz", 50, 4000, 10, 440)
LOUDNESS = Quantity("loudness", "dB", 30, 120, 1, 70)


@dataclass(frozen=True, slots=True)
class Servo:
    """`angle`: of its arm in degrees, None when none is fitted; `pulse_us`: the last pulse, 0 before the first one."""

    name: str
    gpio: int
    angle: float | None = None
    pulse_us: float = 0


@dataclass(frozen=True, slots=True)
class Encoder:
    """`detents`: how far it was turned since it was fitted, clockwise is positive; None when none is.

    `named`: the pin map has its pins; where it has not, the node needs them in `cstmpmap`.
    """

    clk: int
    dt: int
    named: bool
    detents: float | None = None


@dataclass(frozen=True, slots=True)
class Microphone:
    """`i2s`: an INMP441, `gpio` is its data pin; `analog`: a capsule with an amplifier. `faults`: what it can have."""

    kind: MicrophoneKind
    gpio: int
    fitted: bool = False
    fault: str | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sound:
    """Around the board: `noise` in dB, `tone` as (Hz, dB) or None. 94 dB are 1 Pa."""

    noise: float
    tone: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """All of them that this board has pins for."""

    servos: tuple[Servo, ...] = ()
    encoder: Encoder | None = None
    microphones: tuple[Microphone, ...] = ()
    sound: Sound = Sound(0)


def parts(raw: Mapping[str, Any], pins: PinNames, chip: str) -> Parts:
    """As the answer to `get` has them."""
    return Parts(
        tuple(_servo(State(raw), name, pins.gpio[name]) for name in _SERVOS if name in pins.gpio),
        _encoder(raw, pins, chip),
        tuple(_microphone(raw, kind, pins.gpio[name]) for kind, name in _MICROPHONES.items() if name in pins.gpio),
        _sound(raw["sound"]),
    )


def fit_servo(hardware: Hardware, servo: Servo, *, on: bool) -> None:
    """Put one on, its arm at 0 degrees, or take it off. Raises SimulatorError."""
    if on:
        hardware.wire_servo(servo.gpio)
    else:
        hardware.request("wire", kind="servo", pin=servo.gpio, present=False)


def fit_encoder(hardware: Hardware, encoder: Encoder, *, on: bool) -> None:
    """Put it on, at rest, or take it off. Raises SimulatorError."""
    hardware.encoder.at(clk=encoder.clk, dt=encoder.dt).put(present=on)


def turn(hardware: Hardware, encoder: Encoder, detents: int, *, bounces: bool) -> None:
    """Turn it by so many detents, negative is back; with the bounces of worn contacts. Raises SimulatorError."""
    model = hardware.encoder.at(clk=encoder.clk, dt=encoder.dt)
    model.turn(detents, hz=_TURN_HZ, bounces=_BOUNCES if bounces else 0)


def fit_microphone(hardware: Hardware, microphone: Microphone, *, on: bool, fault: str | None = None) -> None:
    """Put it on or take it off; `fault` is one of its `faults`. Raises SimulatorError."""
    if microphone.kind == "analog":
        hardware.request("microphone", adc=microphone.gpio, present=on)
    else:
        hardware.microphone.at(pin=microphone.gpio).put(present=on, fault=fault)


def make_sound(hardware: Hardware, sound: Sound) -> None:
    """What is heard from now on, in the place of what was. Raises SimulatorError."""
    tone = {"tone": sound.tone[0], "level": sound.tone[1]} if sound.tone else {}
    hardware.request("sound", silence=True, noise=sound.noise, **tone)


def _servo(state: State, name: str, gpio: int) -> Servo:
    found = state.servo(gpio)
    return Servo(name, gpio) if found is None else Servo(name, gpio, found.angle, found.pulse_us)


def _encoder(raw: Mapping[str, Any], pins: PinNames, chip: str) -> Encoder | None:
    named = all(name in pins.gpio for name in _ENCODER)
    place = tuple(pins.gpio[name] for name in _ENCODER) if named else _USUAL_ENCODER.get(chip)
    if place is None:
        return None
    clk, dt = place
    found = raw["encoders"].get(str(clk))
    return Encoder(clk, dt, named, None if found is None else found["edges"] / _EDGES)


def _microphone(raw: Mapping[str, Any], kind: MicrophoneKind, gpio: int) -> Microphone:
    if kind == "analog":
        return Microphone(kind, gpio, gpio in raw["sound"]["analog"])
    found = raw["microphones"].get(str(gpio))
    return Microphone(kind, gpio, found is not None, found["fault"] if found else None, _I2S_FAULTS)


def _sound(raw: Mapping[str, Any]) -> Sound:
    tones = raw["tones"]
    return Sound(float(raw["noise"] or 0), (float(tones[-1][0]), float(tones[-1][1])) if tones else None)
