"""The simulated camera: real JPEGs of every size, settings that are seen in them, faults."""

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from devtoolkit.simulator.hardware import Hardware

Start = Callable[..., Any]
RGB = {"white": (235, 235, 235), "red": (235, 16, 16), "blue": (16, 16, 235), "black": (16, 16, 16)}
CAPTURE = """
import binascii, camera, time
camera.init(0, format=camera.JPEG, framesize={size}, fb_location=camera.PSRAM)
{settings}
picture = camera.capture()
print("jpeg", binascii.b2a_base64(picture).decode() if picture else picture)
while True:
    time.sleep_ms(20)
"""


def captured(start: Start, size: str = "camera.FRAME_HVGA", settings: str = "") -> Image.Image:
    """The first picture after the settings, decoded."""
    text = start(CAPTURE.format(size=size, settings=settings)).line("jpeg")
    image = Image.open(io.BytesIO(base64.b64decode(text)))
    image.load()
    return image


def near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("name", "size"),
    [("96X96", (96, 96)), ("QQVGA", (160, 120)), ("SVGA", (800, 600)), ("HD", (1280, 720)), ("UXGA", (1600, 1200))],
)
def test_a_picture_has_the_size_that_was_asked_for(start: Start, name: str, size: tuple[int, int]) -> None:
    assert captured(start, f"camera.FRAME_{name}").size == size


@pytest.mark.parametrize("quality", [1, 12, 63])
def test_the_test_card_has_its_colours_from_white_to_black_at_any_quality(start: Start, quality: int) -> None:
    image = captured(start, settings=f"camera.quality({quality})")
    bars = [image.getpixel((30 + 60 * bar, 8)) for bar in range(8)]
    for place, name in ((0, "white"), (5, "red"), (6, "blue"), (7, "black")):
        wanted = RGB[name]
        limit = 12 + 2 * quality
        assert all(abs(a - b) <= limit for a, b in zip(bars[place], wanted, strict=True)), (name, bars[place])


def test_flip_mirror_and_effects_are_seen_in_the_picture(start: Start) -> None:
    mirrored = captured(start, settings="camera.mirror(1)")
    assert near(mirrored.getpixel((470, 8)), RGB["white"])
    negative = captured(start, settings="camera.speffect(camera.EFFECT_NEG)")
    assert near(negative.getpixel((8, 8)), (20, 20, 20))
    plain, flipped = captured(start), captured(start, settings="camera.flip(1)")
    turned = plain.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    assert turned.getpixel((24, 150)) == flipped.getpixel((24, 150))
    assert plain.tobytes() != flipped.tobytes()
    dim = captured(start, settings="camera.brightness(-2)")
    assert dim.getpixel((8, 8))[0] < plain.getpixel((8, 8))[0] - 30


def test_a_picture_of_the_users_comes_through_and_faults_are_as_in_the_driver(start: Start) -> None:
    script = """
import camera, time
print("early", camera.capture())
for _ in range(2):
    try:
        print("opened", camera.init(0))
    except OSError as e:
        print("refused", e)
for name in ("ready", "failed", "again"):
    print(name, bytes(camera.capture() or b"none"))
try:
    camera.framesize(99)
except ValueError as e:
    print("size", e)
print("closed", camera.deinit(), camera.deinit())
while True:
    time.sleep_ms(20)
"""
    board = start(script, camera={"firmware": "functions", "init_fails": 1, "fails": 0, "jpeg": "/9j/2Q=="})
    assert board.line("early") == "False"
    assert board.line("refused") == "Camera Init Failed"
    assert board.line("opened") == "True"
    assert board.line("ready") == r"b'\xff\xd8\xff\xd9'"
    assert board.line("size") == "Image framesize is not valid"
    assert board.line("closed") == "True False"
    Hardware(lambda message: board.ask(**message)).camera(jpeg=b"\xff\xd8", present=False)
    state = board.ask("get")["camera"]
    assert (state["present"], state["pictures"], state["settings"]) == (False, 3, None)


def test_a_chip_without_camera_interface_has_no_such_module(start: Start) -> None:
    board = start("try:\n import camera\nexcept ImportError:\n print('none here')", chip="esp32c3")
    assert board.line("none") == "here"
