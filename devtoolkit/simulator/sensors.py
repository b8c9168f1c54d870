"""Sensors of the simulated hardware as objects: setting a value wires the sensor, or tells it what is around it.

    hardware.bme280.temperature = 21.5
    hardware.sonar.distance = 730
    hardware.encoder.turn(-3)
    hardware.aht10.fault = "busy"
    hardware.microphone.tone(1000, level=80, ms=500)

Addresses and pins are those of the pin map `esp32`; `hardware.bme280.at(address=0x77)` is the same sensor elsewhere.
"""

import base64
from array import array
from collections.abc import Iterable
from copy import copy
from typing import Any, Protocol, Self

from devtoolkit.simulator.link import Message

__all__ = [
    "Aht",
    "Bme280",
    "Dht",
    "Ds18b20",
    "Encoder",
    "Microphone",
    "Mq135",
    "Sensors",
    "Sonar",
    "Temt6000",
    "Vl53l0x",
]


class Asks(Protocol):
    """What is needed of Hardware."""

    def request(self, op: str, **values: Any) -> Message: ...


class _Value:
    """A number that a sensor measures."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, sensor: "_Sensor", owner: type | None = None) -> float:
        return float(sensor.values()[self._name])

    def __set__(self, sensor: "_Sensor", value: float) -> None:
        sensor.put(**{self._name: value})


class _Fault:
    """What is wrong with a sensor; None: nothing."""

    def __get__(self, sensor: "_Sensor", owner: type | None = None) -> str | None:
        return sensor.broken

    def __set__(self, sensor: "_Sensor", value: str | None) -> None:
        sensor.broken = value
        sensor.put(fault=value)


class _Sensor:
    """One sensor; `where` are the keys of the message that say which."""

    op = "sensor"
    fault = _Fault()

    def __init__(self, hardware: Asks, **where: Any) -> None:
        self.broken: str | None = None
        self._hardware = hardware
        self._where = where

    def at(self, **where: Any) -> Self:
        """The sensor of this type at another address (address=, scl=, sda=) or other pins."""
        other = copy(self)
        other.broken = None
        other._where = {**self._where, **{"addr" if key == "address" else key: at for key, at in where.items()}}
        return other

    def put(self, **values: Any) -> None:
        """Wire it, or change values. Raises SimulatorError."""
        self._hardware.request(self.op, **self._where, **values)

    def remove(self) -> None:
        """It does not answer any more. Raises SimulatorError."""
        self.put(present=False)

    def values(self) -> Message:
        """What it measures now, from the board. Raises KeyError when it is not wired."""
        state = self._hardware.request("get")
        return self._found(state)

    def _found(self, state: Message) -> Message:
        for sensor in state["sensors"]:
            if (sensor["kind"], sensor["pin"]) == (self._where["kind"], self._where["pin"]):
                found: Message = sensor["values"]
                return found
        raise KeyError(self._where["kind"])


class _I2c(_Sensor):
    op = "i2c"

    def _found(self, state: Message) -> Message:
        bus = f"{self._where.get('scl', 22)}/{self._where.get('sda', 21)}"
        found: Message = state["i2c"][bus][str(self._where["addr"])]
        return found


class Bme280(_I2c):
    """°C, % and hPa; fault "busy"; `put(chip_id=0x58)` makes it another chip."""

    temperature = _Value()
    humidity = _Value()
    pressure = _Value()


class Aht(_I2c):
    """AHT10 (`at(kind="aht20")`: AHT20): °C and %; fault "busy", "checksum" (AHT20), "uncalibrated"."""

    temperature = _Value()
    humidity = _Value()


class Vl53l0x(_I2c):
    """Distance in mm, from 2000 on none; fault "busy"."""

    distance = _Value()


class Dht(_Sensor):
    """°C and %; fault "checksum", "timeout"."""

    temperature = _Value()
    humidity = _Value()


class Ds18b20(_Sensor):
    """Thermometers on one wire; `at(rom=...)`, 16 hex digits that begin with 28, is another one on it."""

    rom = "28ff640000000001"

    @property
    def temperature(self) -> float:
        """°C"""
        return float(self.values()[self._where.get("rom", self.rom)])

    @temperature.setter
    def temperature(self, celsius: float) -> None:
        self.put(temperature=celsius)


class Sonar(_Sensor):
    """HC-SR04: distance in mm; fault "silent"; `put(celsius=0)` is the air, which carries the sound."""

    op = "sonar"
    distance = _Value()

    def _found(self, state: Message) -> Message:
        found: Message = state["sonars"][str(self._where["trigger"])]
        return found


class Encoder(_Sensor):
    """A rotary encoder with a button of its own pin (`Hardware.press`)."""

    op = "encoder"

    def turn(self, detents: int, *, hz: int = 100, bounces: int = 0) -> None:
        """Turn by so many detents (negative: back) with `hz` edges a second, each bouncing so often."""
        self.put(detents=detents, hz=hz, bounces=bounces)

    @property
    def turning(self) -> bool:
        """It has not arrived yet."""
        return bool(self.values()["turning"])

    def _found(self, state: Message) -> Message:
        found: Message = state["encoders"][str(self._where["clk"])]
        return found


class _Analog(_Sensor):
    op = "adc"

    def remove(self) -> None:
        """The input has no voltage any more."""
        self.put(value=0)

    def _found(self, state: Message) -> Message:
        return {"value": state["adc"][str(self._where["pin"])]}


class Temt6000(_Analog):
    """A light sensor with 10 kOhm on an analog input of 2.45 V: 5 mV for a lux (Vishay 81579)."""

    @property
    def lux(self) -> float:
        """The light."""
        return float(self.values()["value"]) / 65535 * 490

    @lux.setter
    def lux(self, value: float) -> None:
        self.put(value=min(65535, round(value / 490 * 65535)))


class Mq135(_Analog):
    """A gas sensor with a load of 10 kOhm: carbon dioxide in ppm by the curve of its data sheet, at 20 °C and 33 %."""

    def set_ppm(self, ppm: float) -> None:
        """The resistance is R0 x (116.6 / ppm)^(1 / 2.769), R0 = 76.63 kOhm."""
        kohm = 76.63 * (116.6020682 / ppm) ** (1 / 2.769034857)
        self.put(value=round(65535 * 10 / (kohm + 10)))


class Microphone(_Sensor):
    """
    An INMP441 on the data pin of an I2S bus (`put(channel="left")`: its L/R pin), or `at(adc=39)` an electret capsule
    with an amplifier on an analog input. It hears the sound around the board, levels in dB (94: 1 Pa); fault "silent",
    "timeout" (the bus has no clock).
    """

    op = "microphone"

    def tone(self, hz: float, level: float = 70, ms: float | None = None) -> None:
        """A tone, for so many milliseconds or from now on."""
        self._sound(tone=hz, level=level, ms=ms)

    def noise(self, level: float | None) -> None:
        """White noise (33 before anything was set: that of the microphone itself); None: none at all."""
        self._sound(noise=level)

    def play(self, samples: Iterable[int], rate: int = 8000, repeat: bool = False) -> None:
        """A recording of 16-bit samples, as loud as for an INMP441 that gives them."""
        self._sound(samples=base64.b64encode(array("h", samples).tobytes()).decode(), rate=rate, repeat=repeat)

    def silence(self) -> None:
        """Tones and recordings end; the noise stays."""
        self._sound(silence=True)

    def _sound(self, **values: Any) -> None:
        self.put()
        self._hardware.request("sound", **values)

    def _found(self, state: Message) -> Message:
        found: Message = state["microphones"][str(self._where["pin"])]
        return found


class Sensors:
    """All of them at their usual places; a base of Hardware."""

    def __init__(self, hardware: Asks) -> None:
        self.bme280 = Bme280(hardware, kind="bme280", addr=0x76)
        self.aht10 = Aht(hardware, kind="aht10", addr=0x38)
        self.vl53l0x = Vl53l0x(hardware, kind="vl53l0x", addr=0x29)
        self.dht11 = Dht(hardware, kind="dht11", pin=32)
        self.dht22 = Dht(hardware, kind="dht22", pin=32)
        self.ds18 = Ds18b20(hardware, kind="ds18x20", pin=19)
        self.sonar = Sonar(hardware, trigger=32, echo=35)
        self.encoder = Encoder(hardware, clk=18, dt=19)
        self.light = Temt6000(hardware, pin=36)
        self.mq135 = Mq135(hardware, pin=35)
        self.microphone = Microphone(hardware, pin=33)
