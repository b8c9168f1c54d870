"""What is wired to the board's pins. Nothing is, until a `sensor` message or cfg["sensors"] says so."""

import errno

import simlink

_wired = {}  # (kind, pin) -> {"temperature": ..., ...}; ds18x20: {rom hex: celsius}
_faults = {}  # (kind, pin) -> "checksum" | "timeout"


def pin_number(pin):
    return getattr(pin, "_id", pin)


def fault(kind, pin):
    """What is wrong with the sensor on that pin; None: nothing."""
    return _faults.get((kind, pin_number(pin)))


def reading(kind, pin):
    """Values of the sensor on that pin; OSError(ETIMEDOUT) where none is wired or it is silent, as on real wires."""
    values = _wired.get((kind, pin_number(pin)))
    if values is None or fault(kind, pin) == "timeout":
        raise OSError(errno.ETIMEDOUT)
    return values


def roms(pin):
    if fault("ds18x20", pin) == "timeout":
        return []
    return sorted(_wired.get(("ds18x20", pin_number(pin)), {}))


def wire(message):
    """
    {"op":"sensor","kind":...,"pin":n,"temperature":celsius,"humidity":percent,"rom":hex,"present":bool,
    "fault": null | "checksum" | "timeout"}
    """
    kind, pin = message["kind"], message["pin"]
    if kind not in ("dht11", "dht22", "ds18x20"):
        raise ValueError("unknown sensor kind " + str(kind))
    if "fault" in message:
        _faults[(kind, pin)] = message["fault"]
    if not message.get("present", True):
        _wired.pop((kind, pin), None)
        _faults.pop((kind, pin), None)
        return
    values = _wired.setdefault((kind, pin), {})
    if kind == "ds18x20":
        rom = message.get("rom", "28ff640000000001")
        if "temperature" in message or not values:
            values[rom] = float(message.get("temperature", 21))
    else:
        for name in ("temperature", "humidity"):
            values[name] = float(message.get(name, values.get(name, 0)))


def start(cfg):
    for item in cfg.get("sensors") or ():
        wire(item)


simlink.ops["sensor"] = wire
simlink.views["sensors"] = lambda: [
    {"kind": k, "pin": p, "values": v, "fault": fault(k, p)} for (k, p), v in _wired.items()
]
