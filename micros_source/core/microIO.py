"""
Pins by logical name. A map is a module `IO_<name>` of constants; `cstmpmap` chooses another map and overrides pins.

A map is imported for the look-up and dropped again, so it costs memory only while a module starts.
"""

import os
import sys

from Debug import errlog_add


class _Pins:
    map_name = None  # module IO_<map_name>
    booked = {}  # GPIO -> logical name
    custom = {}  # logical name -> GPIO


def detect_platform():
    """'tinypico', 'esp32s2', 'esp32s3', 'esp32c3', 'esp32' ...: name of the pin map that fits this board."""
    name = sys.platform
    board = os.uname()[-1].lower() if hasattr(os, "uname") else name
    if "esp32" not in name and "esp32" not in board:
        return "rp2" if "rp2" in board else name
    if "tinypico" in board:
        return "tinypico"
    for chip in ("esp32s2", "esp32s3", "esp32c3", "esp32c5", "esp32c6"):
        if chip in board:
            return chip
    return "esp32"


def _number(text):
    return int(text) if text.lstrip("-").isdigit() else text


def set_pinmap(map_data=None):
    """Takes the cstmpmap text (`map; name:pin; name:pin`); returns the name of the map in use."""
    _Pins.map_name = detect_platform()
    _Pins.custom = {}
    for part in (map_data or "n/a").split(";"):
        name, colon, pin = part.strip().partition(":")
        name = name.strip()
        if colon:
            _Pins.custom[name] = _number(pin.strip())
        elif name not in ("", "n/a"):
            if _exists("IO_" + name):
                _Pins.map_name = name
            else:
                errlog_add("[ERR][io] no pin map IO_%s, using %s" % (name, _Pins.map_name))
    return _Pins.map_name


def _exists(module):
    known = module in sys.modules
    try:
        __import__(module)
    except ImportError:
        return False
    if not known:
        sys.modules.pop(module)
    return True


def _resolve(key):
    """GPIO of a logical name; None when the map module is missing; raises when the map lacks the name."""
    if key in _Pins.custom:
        return _Pins.custom[key]
    module = "IO_" + (_Pins.map_name or set_pinmap())
    try:
        pins = __import__(module)
    except ImportError:
        return None
    sys.modules.pop(module, None)
    try:
        return pins.__dict__[key]  # not getattr: it keeps every name that was ever asked for
    except KeyError:
        raise Exception("[io-resolve] error: no pin %s in %s" % (key, module))


def physical_pin(key):
    """Resolves a logical name and books its pin. Raises when another name holds the pin, or the name is unknown."""
    pin = _resolve(key)
    if pin is not None and not callable(pin):
        number = abs(pin) if isinstance(pin, int) else pin
        owner = _Pins.booked.get(number, key)
        if owner != key:
            raise Exception("[io] Pin %s is busy: %s:%s" % (key, owner, number))
        _Pins.booked[number] = key
    return pin


def get_pinmap():
    """{'map': name, 'booked': {gpio: name}, 'custom': {name: gpio}}."""
    return {"map": _Pins.map_name, "booked": _Pins.booked, "custom": _Pins.custom}


def pinmap_dump(keys):
    """{name: GPIO or None} of one name or several, without booking."""
    pins = {}
    for key in (keys,) if isinstance(keys, str) else keys:
        try:
            pins[key] = _resolve(key)
        except Exception:
            pins[key] = None
    return pins
