"""Sensors that can be wired to a virtual board, with what they measure and its limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devtoolkit.services.sim_pins import PinNames
from devtoolkit.simulator.hardware import Hardware, State

_LUX_FULL = 490  # lux at which the input of the light sensor is full, see Temt6000
_PPM_NO_MORE = 1e6


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a sensor measures: `low` and `high` are the limits of its data sheet, `usual` is where it begins."""

    name: str
    unit: str
    low: float
    high: float
    step: float
    usual: float


@dataclass(frozen=True, slots=True)
class SensorKind:
    """A sensor; `needs`: names of the pin map that it is wired to, `faults`: what can be wrong with it."""

    name: str
    title: str
    quantities: tuple[Quantity, ...]
    needs: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SensorState:
    """`values` by quantity when it is wired, None when it is not; `fault`: what is wrong with it now."""

    kind: SensorKind
    values: Mapping[str, float] | None
    fault: str | None = None


_CELSIUS = "\u00b0C"
_TEMPERATURE = Quantity("temperature", _CELSIUS, -40, 85, 0.5, 21.5)
_HUMIDITY = Quantity("humidity", "%", 0, 100, 1, 45)
_BUS = ("i2c_scl", "i2c_sda")

_BME280 = (_TEMPERATURE, _HUMIDITY, Quantity("pressure", "hPa", 300, 1100, 1, 1013))
_DHT11 = (Quantity("temperature", _CELSIUS, 0, 50, 1, 21), Quantity("humidity", "%", 20, 90, 1, 45))
_DHT22 = (Quantity("temperature", _CELSIUS, -40, 80, 0.5, 21.5), _HUMIDITY)
_WIRE = (Quantity("temperature", _CELSIUS, -55, 125, 0.5, 21.5),)
_NEAR, _FAR = (Quantity("distance", "mm", 0, 2000, 10, 500),), (Quantity("distance", "mm", 20, 4000, 10, 800),)
_SONAR_PINS = ("hcsrtrig", "hcsrecho")

SENSORS: tuple[SensorKind, ...] = (
    SensorKind("bme280", "BME280", _BME280, _BUS, ("busy",)),
    SensorKind("aht10", "AHT10", (_TEMPERATURE, _HUMIDITY), _BUS, ("busy", "uncalibrated")),
    SensorKind("dht22", "DHT22", _DHT22, ("dhtpin",), ("checksum", "timeout")),
    SensorKind("dht11", "DHT11", _DHT11, ("dhtpin",), ("checksum", "timeout")),
    SensorKind("ds18", "DS18B20", _WIRE, ("ds18",)),
    SensorKind("vl53l0x", "VL53L0X", _NEAR, _BUS, ("busy",)),
    SensorKind("sonar", "HC-SR04", _FAR, _SONAR_PINS, ("silent",)),
    SensorKind("light", "TEMT6000", (Quantity("lux", "lx", 0, _LUX_FULL, 5, 150),), ("temp6000",)),
    SensorKind("mq135", "MQ-135 (CO\u2082)", (Quantity("ppm", "ppm", 350, 10000, 50, 420),), ("co2",)),
)
BY_NAME = {sensor.name: sensor for sensor in SENSORS}


def sensors(raw: Mapping[str, Any], pins: PinNames) -> tuple[SensorState, ...]:
    """Those that this board has pins for, as the answer to `get` has them."""
    places = {sensor.name: _place(sensor, pins) for sensor in SENSORS}
    return tuple(
        SensorState(sensor, _read(sensor, raw, places[sensor.name]), _fault(sensor, State(raw), places[sensor.name]))
        for sensor in SENSORS
        if all(name in pins.gpio for name in sensor.needs)
    )


def put(hardware: Hardware, name: str, pins: PinNames, values: Mapping[str, float], fault: str | None) -> None:
    """Wire the sensor, or change what it measures. Raises SimulatorError."""
    sensor = BY_NAME[name]
    model = getattr(hardware, name).at(**_place(sensor, pins))
    if name == "light":
        model.lux = values["lux"]
    elif name == "mq135":
        model.set_ppm(values["ppm"])
    else:
        model.put(**values, **({"fault": fault} if sensor.faults else {}))


def remove(hardware: Hardware, name: str, pins: PinNames) -> None:
    """Take the sensor off. Raises SimulatorError."""
    getattr(hardware, name).at(**_place(BY_NAME[name], pins)).remove()


def _place(sensor: SensorKind, pins: PinNames) -> dict[str, int]:
    """Where the sensor is wired, in the words of the simulator's sensors."""
    at = pins.gpio.get
    if sensor.needs == _BUS:
        return {"scl": at("i2c_scl", 22), "sda": at("i2c_sda", 21)}
    if sensor.name == "sonar":
        return {"trigger": at("hcsrtrig", 0), "echo": at("hcsrecho", 0)}
    return {"pin": at(sensor.needs[0], 0)}


_ADDRESSES = {"bme280": 0x76, "aht10": 0x38, "vl53l0x": 0x29}  # those of Hardware's sensors


def _read(sensor: SensorKind, raw: Mapping[str, Any], place: Mapping[str, int]) -> Mapping[str, float] | None:
    return _READERS.get(sensor.name, _read_i2c)(sensor, State(raw), place)


def _fault(sensor: SensorKind, state: State, place: Mapping[str, int]) -> str | None:
    """None also for a sensor that is not wired."""
    if sensor.needs == _BUS:
        found = state.i2c(_ADDRESSES[sensor.name], place["scl"], place["sda"]) or {}
    elif sensor.name == "sonar":
        found = state.raw["sonars"].get(str(place["trigger"]), {})
    else:
        wired = (one for one in state.raw["sensors"] if (one["kind"], one["pin"]) == (sensor.name, place["pin"]))
        found = next(wired, {})
    return found.get("fault") or None


def _read_i2c(sensor: SensorKind, state: State, place: Mapping[str, int]) -> Mapping[str, float] | None:
    found = state.i2c(_ADDRESSES[sensor.name], place["scl"], place["sda"])
    return None if found is None else {one.name: float(found[one.name]) for one in sensor.quantities}


def _read_wired(sensor: SensorKind, state: State, place: Mapping[str, int]) -> Mapping[str, float] | None:
    kind = "ds18x20" if sensor.name == "ds18" else sensor.name
    for one in state.raw["sensors"]:
        if (one["kind"], one["pin"]) == (kind, place["pin"]):
            values = one["values"]
            if sensor.name == "ds18":
                return {"temperature": float(next(iter(values.values())))}
            return {quantity.name: float(values[quantity.name]) for quantity in sensor.quantities}
    return None


def _read_sonar(_sensor: SensorKind, state: State, place: Mapping[str, int]) -> Mapping[str, float] | None:
    found = state.raw["sonars"].get(str(place["trigger"]))
    return None if found is None else {"distance": float(found["distance"])}


def _read_light(_sensor: SensorKind, state: State, place: Mapping[str, int]) -> Mapping[str, float] | None:
    value = state.adc(place["pin"])
    return {"lux": value / 65535 * _LUX_FULL} if value else None


def _read_gas(_sensor: SensorKind, state: State, place: Mapping[str, int]) -> Mapping[str, float] | None:
    """The curve of Mq135.set_ppm, backwards."""
    value = state.adc(place["pin"])
    if not value:
        return None
    kohm = 65535 * 10 / value - 10
    return {"ppm": 116.6020682 / (kohm / 76.63) ** 2.769034857 if kohm > 0 else _PPM_NO_MORE}


_Reader = Callable[[SensorKind, State, Mapping[str, int]], Mapping[str, float] | None]
_READERS: Mapping[str, _Reader] = {
    **dict.fromkeys(("dht11", "dht22", "ds18"), _read_wired),
    "sonar": _read_sonar,
    "light": _read_light,
    "mq135": _read_gas,
}
