"""
Camera OV2640 (data sheet: OmniVision, Version 2.2) of ESP32-CAM boards, for firmwares with a module `camera`: that of
lemariva/micropython-camera-driver, or the class `Camera` of cnadler86/micropython-camera-API. Pictures are JPEGs.
"""

import asyncio
import os
from Common import rest_endpoint, typed_help
from micropython import const

_TRIES = const(3)
_PIECE = const(2048)
_FLASH_PIN = const(4)  # the white LED of the ESP32-CAM; 100 % is brighter and hotter than it bears for long
_FLASH_HZ = const(20480)
_SIZES = {"high": "HD", "medium": "SVGA", "low": "HVGA"}  # 1280 x 720, 800 x 600, 480 x 320
_FREQS = {"low": 10000000, "high": 20000000}
_EFFECTS = ("NONE", "NEG", "BW", "RED", "GREEN", "BLUE", "RETRO")  # in the driver's order
_WHITES = ("NONE", "SUNNY", "CLOUDY", "OFFICE", "HOME")
_NOT_SUPPORTED = "Non supported feature - use esp32cam image!"


class _Data:
    driver = None  # the module `camera`, or the object of its class, once it is started
    is_class = False
    flash = None
    flash_value = 0


def _choice(value, options):
    """A text's value in a dict, or its place in a tuple. Raises ValueError."""
    name = str(value)
    name = name.lower() if isinstance(options, dict) else name.upper()
    if name not in options:
        raise ValueError("%s is none of %s" % (value, ", ".join(options)))
    return options[name] if isinstance(options, dict) else options.index(name)


def _size(quality):
    import camera

    name = _choice(quality, _SIZES)
    return getattr(camera.FrameSize, name) if _Data.is_class else getattr(camera, "FRAME_" + name)


def _open(quality, freq):
    """Starts the sensor. Raises OSError or RuntimeError when it does not answer, or is another one."""
    import camera

    _Data.is_class = hasattr(camera, "Camera")
    more = {} if freq == "default" else {"xclk_freq": _choice(freq, _FREQS)}
    size = _size(quality)
    if _Data.is_class:
        _Data.driver = camera.Camera(pixel_format=camera.PixelFormat.JPEG, frame_size=size, **more)
        return
    if hasattr(camera, "PSRAM"):
        more["fb_location"] = camera.PSRAM
    camera.init(0, format=camera.JPEG, framesize=size, **more)
    _Data.driver = camera


def _close():
    if _Data.driver:
        driver, _Data.driver = _Data.driver, None
        driver.deinit()


def _started():
    """The driver; started with the defaults when it is not yet."""
    if _Data.driver is None:
        _start("medium", "default")
    return _Data.driver


def _start(quality, freq):
    for left in range(_TRIES - 1, -1, -1):
        try:
            _close()
            return _open(quality, freq)
        except (OSError, RuntimeError) as e:
            if not left:
                raise OSError("no camera: %s" % e)


def load_n_init(quality="medium", freq="default", effect="NONE"):
    """
    Starts the camera (quality: see settings; freq: its clock, low 10 MHz or high 20 MHz) and makes the web endpoints
    cam/snapshot and cam/stream. Where the web was off it is switched on, and the node restarts.
    """
    try:
        import camera  # noqa: F401
    except ImportError:
        return _NOT_SUPPORTED
    _start(quality, freq)
    settings(effect=effect)
    rest_endpoint("cam/snapshot", _snapshot)
    rest_endpoint("cam/stream", _stream)
    return "Endpoints: /cam/snapshot /cam/stream"


def _level(percent):
    """0..100 % as the sensor's steps -2..2."""
    if not 0 <= percent <= 100:
        raise ValueError("%s is out of range: 0-100" % percent)
    return round(percent / 25) - 2


def _put(function, setter, value):
    driver = _started()
    if _Data.is_class:
        getattr(driver, "set_" + setter)(value)
    else:
        getattr(driver, function)(value)


def settings(
    quality=None,
    flip=None,
    mirror=None,
    effect=None,
    saturation=None,
    brightness=None,
    contrast=None,
    whitebalace=None,
    q=None,
):
    """
    Changes what is given: quality high (1280 x 720), medium (800 x 600), low (480 x 320); flip, mirror True or False;
    effect NONE, NEG, BW, RED, GREEN, BLUE, RETRO; saturation, brightness, contrast in percent, 50 is normal; white
    balance NONE, SUNNY, CLOUDY, OFFICE, HOME; q of the JPEG, 10 (best) to 63.
    """
    _started()
    if quality is not None:
        _put("framesize", "frame_size", _size(quality))
    if flip is not None:
        _put("flip", "vflip", int(bool(flip)))
    if mirror is not None:
        _put("mirror", "hmirror", int(bool(mirror)))
    if effect is not None:
        _put("speffect", "special_effect", _choice(effect, _EFFECTS))
    for name, percent in (("saturation", saturation), ("brightness", brightness), ("contrast", contrast)):
        if percent is not None:
            _put(name, name, _level(percent))
    if whitebalace is not None:
        _put("whitebalance", "wb_mode", _choice(whitebalace, _WHITES))
    if q is not None:
        if not 10 <= q <= 63:
            raise ValueError("q=%s is out of range: 10-63" % q)
        _put("quality", "quality", 100 - round(q * 100 / 63) if _Data.is_class else q)
    return "Settings applied."


def capture():
    """A picture as JPEG bytes, or False. It takes as long as the sensor needs for one, 40 to 160 ms."""
    try:
        picture = _started().capture()
    except (OSError, RuntimeError):
        if _Data.driver is None:
            raise
        return False
    return bytes(picture) if _Data.is_class and picture else picture


async def _frame():
    """The next picture, None without one; others run while it is being taken, where the firmware can tell."""
    try:
        driver = _started()
        if hasattr(driver, "frame_available"):
            while not driver.frame_available():
                await asyncio.sleep_ms(5)
        return capture() or None
    except (OSError, RuntimeError):
        return None


async def _snapshot():
    picture = await _frame()
    return ("image/jpeg", picture) if picture else ("text/plain", "No picture", 503)


def _stream():
    return "multipart/x-mixed-replace", {"callback": _frame, "content-type": "image/jpeg"}


async def photo(name="photo.jpg"):
    """Saves a picture under a name that ends with .jpg; others run while the flash is written."""
    if "/" in name or name.startswith(".") or not name.endswith(".jpg"):
        raise ValueError("bad name: %s" % name)
    picture = capture()
    if not picture:
        return "No picture"
    view = memoryview(picture)
    with open(name + ".tmp", "wb") as f:
        for at in range(0, len(view), _PIECE):
            f.write(view[at : at + _PIECE])
            await asyncio.sleep_ms(0)
    os.rename(name + ".tmp", name)
    return "Photo saved: %s, %d bytes" % (name, len(picture))


def _page():
    """The picture takes the place of the last one, also after an error."""
    return (
        "text/html",
        '<!DOCTYPE html><html><head><title>Photo</title><link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width"></head><body style="margin:0;background:#111">'
        '<img src="/cam/snapshot" alt="No picture" style="display:block;margin:auto;max-width:100%;color:#eee">'
        "<script>const i=document.images[0];i.onload=i.onerror=()=>setTimeout("
        "()=>i.src='/cam/snapshot?'+Date.now(),2000)</script></body></html>",
    )


def set_photo_endpoint():
    """Makes the web page /photo: a picture that is taken anew every 2 s."""
    _started()
    rest_endpoint("cam/snapshot", _snapshot)
    rest_endpoint("photo", _page)
    return "Endpoint: /photo"


def _led():
    from machine import PWM, Pin
    from microIO import get_pinmap

    owner = get_pinmap()["booked"].setdefault(_FLASH_PIN, "flashlight")
    if owner != "flashlight":
        raise Exception("[io] Pin flashlight is busy: %s:%d" % (owner, _FLASH_PIN))
    _Data.flash = PWM(Pin(_FLASH_PIN), freq=_FLASH_HZ, duty_u16=0)


def flashlight(value=None, default=100):
    """The white LED (GPIO 4), 0..1000; None switches between off and `default`. {'value'}"""
    if value is None:
        value = 0 if _Data.flash_value else default
    if not 0 <= value <= 1000:
        raise ValueError("value=%s is out of range: 0-1000" % value)
    if _Data.flash is None:
        _led()
    _Data.flash.duty_u16((value * 65535 + 500) // 1000)
    _Data.flash_value = value
    return {"value": value}


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "load_n_init quality='medium/low/high' freq='default' effect='NONE'",
            "settings quality=None flip=None mirror=None effect=None saturation=None brightness=None contrast=None "
            "whitebalace=None q=None",
            "capture",
            "BUTTON photo name='photo.jpg'",
            "BUTTON set_photo_endpoint",
            "SLIDER flashlight value=<0-1000-10> default=100",
        ),
        widgets,
    )
