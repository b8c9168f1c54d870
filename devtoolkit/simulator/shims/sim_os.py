"""`os` as an ESP32 shows it: no host environment, but `uname` and `dupterm`."""

import sys as _sys
from collections import namedtuple as _namedtuple
from os import *  # noqa: F403 - all of the real module, then ours

import simcore as _simcore

for _name in ("getenv", "putenv", "unsetenv", "system"):
    globals().pop(_name, None)

_Uname = _namedtuple("uname_result", ("sysname", "nodename", "release", "version", "machine"))
_CHIP_NAMES = {
    "esp32": "ESP32",
    "esp32s2": "ESP32S2",
    "esp32s3": "ESP32S3",
    "esp32c3": "ESP32C3",
    "esp32c6": "ESP32C6",
    "esp32c5": "ESP32C5",
}


def platform():
    return "rp2" if _simcore.cfg.get("chip", "").startswith("rp2") else "esp32"


def machine_name():
    if platform() == "rp2":
        return "Virtual Raspberry Pi Pico W with RP2040"
    chip = _CHIP_NAMES.get(_simcore.cfg.get("chip"), "ESP32")
    return "Virtual " + chip + " module with " + chip


def uname():
    info = _sys.implementation
    release = ".".join(str(n) for n in info[1][:3])
    tag = release + ("-" + info[1][3] if len(info[1]) > 3 and info[1][3] else "")
    built = _sys.version.split(" on ")
    version = "v" + tag + (" on " + built[1] if len(built) > 1 else "")
    return _Uname(platform(), platform(), release, version, machine_name())


def dupterm(stream=None, index=0):
    return None
