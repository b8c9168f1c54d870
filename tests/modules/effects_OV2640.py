"""LM_OV2640: settings that reach the sensor, pictures that come back, the white LED."""

import io
import re

from module_bench import Bench
from PIL import Image

SETTINGS = {"webui": True}
CONFIG = {"ports": {"80": 8080}}
LED = 4


def _settings_of(b: Bench) -> dict[str, int]:
    return b.hardware().state["camera"]["settings"] or {}


def _load_n_init(b: Bench) -> None:
    b.set("camera", init_fails=2)
    assert b.call("OV2640 load_n_init quality='high' freq='high' effect='BW'") == "Endpoints: /cam/snapshot /cam/stream"
    assert _settings_of(b)["framesize"] == 11
    assert (_settings_of(b)["xclk"], _settings_of(b)["effect"]) == (20000000, 2)
    b.call("OV2640 load_n_init")
    assert _settings_of(b)["framesize"] == 9


def _settings(b: Bench) -> None:
    b.call("OV2640 load_n_init")
    reply = b.call(
        "OV2640 settings quality='low' flip=True mirror=True effect='RETRO' saturation=0 brightness=100 contrast=75 "
        "whitebalace='OFFICE' q=40"
    )
    assert reply == "Settings applied."
    found = dict(_settings_of(b))
    assert found.pop("xclk") == 10000000
    assert found == {
        "framesize": 7,
        "quality": 40,
        "flip": 1,
        "mirror": 1,
        "effect": 6,
        "saturation": -2,
        "brightness": 2,
        "contrast": 1,
        "whitebalance": 3,
    }
    b.call("OV2640 settings flip=False")
    assert (_settings_of(b)["flip"], _settings_of(b)["mirror"]) == (0, 1)
    for wrong in ("quality='huge'", "q=9", "contrast=101", "effect='SEPIA'"):
        assert "Core error: LM_OV2640->settings: " in b.ask(f"OV2640 settings {wrong}")


def _capture(b: Bench) -> None:
    b.call("OV2640 load_n_init")
    before = b.hardware().state["camera"]["pictures"]
    assert b.call("OV2640 capture").startswith(r"b'\xff\xd8\xff")
    assert b.hardware().state["camera"]["pictures"] == before + 1
    b.set("camera", fails=1)
    assert b.call("OV2640 capture") == "False"


def _photo(b: Bench) -> None:
    b.call("OV2640 load_n_init quality='low'")
    found = re.fullmatch(r"Photo saved: me\.jpg, (\d+) bytes", b.call("OV2640 photo 'me.jpg'"))
    assert found
    data = (b.node.folder / "me.jpg").read_bytes()
    (b.node.folder / "me.jpg").unlink()
    assert len(data) == int(found[1])
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (480, 320))
    before = b.hardware().state["camera"]["pictures"]
    assert b.call("OV2640 photo").startswith("Photo saved: photo.jpg")
    assert b.hardware().state["camera"]["pictures"] == before + 1
    (b.node.folder / "photo.jpg").unlink()
    for name in ("../x.jpg", "main.py", ".x.jpg"):
        assert "bad name" in b.ask(f"OV2640 photo '{name}'")


def _set_photo_endpoint(b: Bench) -> None:
    b.call("lmpacman module 'OV2640'")
    b.set("camera", present=False)
    assert b.ask("OV2640 set_photo_endpoint").endswith("->set_photo_endpoint: no camera: Camera Init Failed")
    b.set("camera", present=True)
    assert b.call("OV2640 set_photo_endpoint") == "Endpoint: /photo"
    assert _settings_of(b)["framesize"] == 9


def _flashlight(b: Bench) -> None:
    assert b.json("OV2640 flashlight 300") == {"value": 300}
    b.until(lambda h: h.duty(LED) == 300)
    assert b.json("OV2640 flashlight") == {"value": 0}
    b.until(lambda h: h.duty(LED) == 0)
    assert b.json("OV2640 flashlight") == {"value": 100}
    b.until(lambda h: h.duty(LED) == 100)
    assert "out of range" in b.ask("OV2640 flashlight 1001")
    assert "Pin 4 is busy: flashlight" in b.ask("genIO set_out 4")


EFFECTS = {
    "load_n_init": _load_n_init,
    "settings": _settings,
    "capture": _capture,
    "photo": _photo,
    "set_photo_endpoint": _set_photo_endpoint,
    "flashlight": _flashlight,
}
