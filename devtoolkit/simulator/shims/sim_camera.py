"""
`camera`, a module of ESP32-CAM firmwares: one OV2640 sensor that yields JPEGs.

Two interfaces are in use, one at a time (op `camera`, "firmware"): `functions`, those of the driver
lemariva/micropython-camera-driver (init, capture, flip ...), are here; `class` is in sim_camera_class. What stands
before the lens is a test card with the number of the picture, or a JPEG given from outside, which the settings do not
change.
"""

import binascii
import sys

import sim_jpeg
import simcore
import simlink

JPEG, RGB565, YUV422, GRAYSCALE = 4, 0, 1, 3
DRAM, PSRAM = 0, 1
XCLK_10MHz, XCLK_20MHz = 10000000, 20000000
WB_NONE, WB_SUNNY, WB_CLOUDY, WB_OFFICE, WB_HOME = range(5)
EFFECT_NONE, EFFECT_NEG, EFFECT_BW, EFFECT_RED, EFFECT_GREEN, EFFECT_BLUE, EFFECT_RETRO = range(7)
FRAME_96X96, FRAME_QQVGA, FRAME_QCIF, FRAME_HQVGA, FRAME_240X240, FRAME_QVGA, FRAME_CIF = range(7)
FRAME_HVGA, FRAME_VGA, FRAME_SVGA, FRAME_XGA, FRAME_HD, FRAME_SXGA, FRAME_UXGA = range(7, 14)

_SIZES = ((96, 96), (160, 120), (176, 144), (240, 176), (240, 240), (320, 240), (400, 296))
_SIZES += ((480, 320), (640, 480), (800, 600), (1024, 768), (1280, 720), (1280, 1024), (1600, 1200))
_DEFAULTS = {"framesize": FRAME_VGA, "quality": 12, "xclk": XCLK_10MHz, "flip": 0, "mirror": 0, "effect": 0}
_DEFAULTS.update({"saturation": 0, "brightness": 0, "contrast": 0, "whitebalance": 0})

# A test card: eight bars, their colours in Y, Cb, Cr.
_ORDER = ("white", "yellow", "cyan", "green", "magenta", "red", "blue", "black")
_BARS = {
    "white": (235, 128, 128),
    "yellow": (210, 16, 146),
    "cyan": (170, 166, 16),
    "green": (145, 54, 34),
    "magenta": (106, 202, 222),
    "red": (81, 90, 240),
    "blue": (41, 240, 110),
    "black": (16, 128, 128),
}
_TINTS = {EFFECT_RED: (110, 200), EFFECT_GREEN: (100, 100), EFFECT_BLUE: (200, 110), EFFECT_RETRO: (100, 150)}
# Digits, three squares wide: five rows of three bits each.
_FONT = ("75557", "26227", "71747", "71717", "55711", "74717", "74757", "71111", "75757", "75717")


class _Sensor:
    firmware = "functions"  # which interface the firmware has; None: it has no camera module
    present = True
    fails = 0  # pictures that will fail next
    init_fails = 0
    jpeg = None
    settings = None  # while it is initialised
    pictures = 0


def _is_ink(digits, x, y):
    """bool: a square of the number is lit; its digits take four columns each."""
    number, column = divmod(x, 4)
    return x >= 0 and column < 3 and 0 <= y < 5 and int(_FONT[int(digits[number])][y]) >> (2 - column) & 1


def _card(width, height, number):
    """The test card in rows of squares."""
    across, down = (width + 15) // 16, (height + 15) // 16
    bars = [_ORDER[8 * i // across] for i in range(across)]
    rows = [list(bars) for _ in range(down)]
    digits = "%04d" % (number % 10000)
    left, top = 1, max(0, down // 2 - 2)
    for y in range(-1, 6):
        for x in range(-1, 16):
            if 0 <= left + x < across and 0 <= top + y < down:
                rows[top + y][left + x] = "white" if _is_ink(digits, x, y) else "black"
    return rows


def _colours(settings):
    """The colours of the card as the sensor's settings show them."""
    effect = settings["effect"]
    colours = {}
    for name, (y, cb, cr) in _BARS.items():
        y = 128 + (y - 128) * (4 + settings["contrast"]) / 4 + 20 * settings["brightness"]
        part = (2 + settings["saturation"]) / 2
        cb, cr = 128 + (cb - 128) * part, 128 + (cr - 128) * part
        if effect == EFFECT_NEG:
            y, cb, cr = 255 - y, 255 - cb, 255 - cr
        elif effect == EFFECT_BW:
            cb = cr = 128
        elif effect in _TINTS:
            cb, cr = _TINTS[effect]
        colours[name] = tuple(max(0, min(255, round(value))) for value in (y, cb, cr))
    return colours


def init(id=0, *, format=JPEG, framesize=FRAME_VGA, quality=12, xclk_freq=XCLK_10MHz, **pins):
    """True. OSError without a sensor that answers."""
    simcore.hook()
    if _Sensor.init_fails or not _Sensor.present:
        _Sensor.init_fails -= _Sensor.init_fails > 0
        raise OSError("Camera Init Failed")
    if format not in (JPEG, RGB565, YUV422, GRAYSCALE):
        raise ValueError("Image format is not valid")
    _check_size(framesize)
    _Sensor.settings = dict(_DEFAULTS)
    _Sensor.settings.update(framesize=framesize, quality=quality, xclk=xclk_freq)
    return True


def deinit():
    was, _Sensor.settings = _Sensor.settings, None
    return was is not None


def capture():
    """A picture, False without one."""
    simcore.hook()
    settings = _Sensor.settings
    if settings is None or _Sensor.fails or not _Sensor.present:
        _Sensor.fails -= _Sensor.fails > 0
        return False
    _Sensor.pictures += 1
    if _Sensor.jpeg:
        return _Sensor.jpeg
    width, height = _SIZES[settings["framesize"]]
    rows = _card(width, height, _Sensor.pictures)
    if settings["flip"]:
        rows.reverse()
    if settings["mirror"]:
        for row in rows:
            row.reverse()
    return sim_jpeg.encode(width, height, rows, _colours(settings), settings["quality"])


def _check_size(size):
    if not 0 <= size < len(_SIZES):
        raise ValueError("Image framesize is not valid")


def _set(name, value):
    """None; False before `init`."""
    if _Sensor.settings is None:
        return False
    _Sensor.settings[name] = int(value)
    return None


def framesize(size):
    _check_size(size)
    return _set("framesize", size)


def quality(value):
    return _set("quality", value)


def flip(on):
    return _set("flip", on)


def mirror(on):
    return _set("mirror", on)


def speffect(effect):
    return _set("effect", effect)


def whitebalance(mode):
    return _set("whitebalance", mode)


def saturation(value):
    return _set("saturation", value)


def brightness(value):
    return _set("brightness", value)


def contrast(value):
    return _set("contrast", value)


def _op_camera(message):
    """
    {"op":"camera","firmware":"functions"|"class"|null,"present":bool,"fails":n,"init_fails":n,"jpeg":base64|null}
    """
    if "firmware" in message:
        _Sensor.firmware = message["firmware"]
        sys.modules.pop("camera", None)
        if _Sensor.firmware:
            sys.modules["camera"] = sys.modules["sim_camera" if _Sensor.firmware == "functions" else "sim_camera_class"]
    for name in ("present", "fails", "init_fails"):
        if name in message:
            setattr(_Sensor, name, message[name])
    if "jpeg" in message:
        _Sensor.jpeg = binascii.a2b_base64(message["jpeg"]) if message["jpeg"] else None


def start(cfg):
    """cfg["camera"] is a message as above. Without one the chips that can have a camera have it."""
    default = "functions" if cfg["chip"] in ("esp32", "esp32s2", "esp32s3") else None
    _op_camera({"firmware": default} if cfg.get("camera") is None else cfg["camera"])


simlink.ops["camera"] = _op_camera
simlink.views["camera"] = lambda: {
    "firmware": _Sensor.firmware,
    "present": _Sensor.present,
    "pictures": _Sensor.pictures,
    "settings": _Sensor.settings,
}
