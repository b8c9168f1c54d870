"""The picture of a board: complete, readable, true to tables of maker and chip, the same every time."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from devtoolkit.boards.loader import board, load_boards
from devtoolkit.errors import UsageError
from devtoolkit.gui.theme import contrast
from devtoolkit.services.devtools import pin_maps, pinout, pins
from devtoolkit.services.devtools.board_guess import board_of
from devtoolkit.services.devtools.pinout_picture import COLOURS, Palette

BOARDS = [one.id for one in load_boards()]
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("board_id", BOARDS)
def test_every_board_has_a_picture_with_every_name_of_its_map(board_id: str) -> None:
    svg = pinout.of_board(board_id)
    assert svg == pinout.of_board(board_id)
    shown = " ".join(texts(svg)).replace(",", " ").split()
    assert set(pins.map_of(board_id)) <= set(shown)
    assert board(board_id).title in texts(svg)
    assert "<script" not in svg
    assert "href" not in svg


@pytest.mark.parametrize("board_id", BOARDS)
def test_nothing_is_drawn_outside_the_picture_and_no_texts_of_a_row_overlap(board_id: str) -> None:
    for compact in (False, True):
        svg = pinout.draw(board(board_id), pins.map_of(board_id), compact=compact)
        root = ET.fromstring(svg)
        wide, high = (float(part) for part in root.attrib["viewBox"].split()[2:])
        spans: dict[float, list[tuple[float, float]]] = {}
        for one in root.iter(f"{SVG}text"):
            x, y, length = float(one.attrib["x"]), float(one.attrib["y"]), len(one.text or "") * 6.6
            length *= float(one.attrib.get("font-size", 12)) / 12
            shift = {"middle": 0.5, "end": 1.0}.get(one.attrib.get("text-anchor", ""), 0.0)
            spans.setdefault(y, []).append((x - length * shift, x + length * (1 - shift)))
            assert 0 < y < high
        for row in spans.values():
            row.sort()
            assert row[0][0] > 0
            assert row[-1][1] < wide
            assert all(left[1] < right[0] + 4 for left, right in pairwise(row)), row


@pytest.mark.parametrize("board_id", BOARDS)
def test_the_order_of_pins_is_published_or_the_picture_says_that_it_is_none(board_id: str) -> None:
    words = " ".join(texts(pinout.of_board(board_id)))
    source = pinout.source_of(board_id)
    if source:
        assert source.split(",")[0] in words
        assert "logical layout" not in words
    else:
        assert "A logical layout by GPIO number, not the order of the pins on the board" in words


@pytest.mark.parametrize("board_id", [one for one in BOARDS if pinout.source_of(one)])
def test_the_makers_table_has_only_pins_of_the_chip_each_once(board_id: str) -> None:
    one = board(board_id)
    chip = pin_maps.facts().chip(one)
    drawing = pinout.drawing_of(one, chip)
    gpios = [place for place in (*drawing.left, *drawing.right) if isinstance(place, int)]
    assert len(gpios) == len(set(gpios))
    assert set(gpios) <= chip.gpios | chip.memory
    assert {"GND", "AGND"} & {*drawing.left, *drawing.right}


def test_a_pins_limits_stand_beside_it_as_sign_and_word() -> None:
    svg = pinout.of_board("esp32")
    described = re.search("<desc>(.*)</desc>", svg)
    assert described is not None
    facts = dict(part.split(": ", 1) for part in described[1].split("; "))
    assert facts["GPIO 12"].startswith("strapping")
    assert facts["GPIO 36"].startswith("input only, analog")
    assert facts["GPIO 6"] == "memory"
    assert facts["GPIO 1"] == "console"
    assert {"\u25b2 strapping", "\u25c4 input only", "\u00d7 memory"} <= set(texts(svg))
    radio = pinout.draw(board("rp2"), {"x": 23})
    assert "\u00d7 Wi-Fi chip" in texts(radio)
    assert "Not on a pin header" in texts(radio)


def test_modules_that_clash_are_named_at_the_pin_and_nothing_else_is() -> None:
    report, svg = pinout.of_check("esp32", ("rgb", "neopixel"))
    assert report.error is not None
    words = texts(svg)
    assert "! clash" in words
    assert any("neop\u00a0(neopixel)" in word and "rgbue\u00a0(rgb)" in word for word in words)
    assert not any("i2c_sda" in word for word in words)
    assert "\u25cf in use" in words


def test_a_configured_pin_is_where_the_configuration_puts_it() -> None:
    config = {"boothook": "neopixel load", "cstmpmap": "neop:23"}
    _report, svg = pinout.of_check("esp32", (), config)
    assert "GPIO 23: in use, neop (neopixel)" in svg
    plain = pinout.of_check("esp32", (), {"cstmpmap": "neop:23"})[1]
    assert "GPIO 23: neop" in plain


def test_words_in_the_picture_are_escaped() -> None:
    svg = pinout.draw(board("esp32"), {"a<b>&": 4})
    assert "a<b>&" in " ".join(texts(svg))


def test_an_unknown_board_is_refused_in_plain_words() -> None:
    with pytest.raises(UsageError):
        pinout.of_board("toaster")


@pytest.mark.parametrize("palette", ["light", "dark"])
def test_every_text_of_the_picture_has_the_contrast_that_wcag_asks(palette: Palette) -> None:
    ink = COLOURS[palette]
    for name in ("text", "soft", "note", "used", "warn", "bad"):
        assert contrast(ink[name], ink["back"]) >= 4.5, name
    assert contrast(ink["text"], ink["board"]) >= 4.5
    assert contrast(ink["soft"], ink["board"]) >= 4.5
    for name in ("text", "soft"):
        assert contrast(ink[name], ink["pad"]) >= 4.5
    for name in ("used", "bad"):
        assert contrast(ink["on"], ink[name]) >= 4.5
    assert contrast(ink["edge"], ink["back"]) >= 3


@pytest.mark.parametrize(
    ("machine", "wanted"),
    [
        ("Generic ESP32 module with ESP32", "esp32"),
        ("ESP32 module with ESP32", "esp32"),
        ("Generic ESP32S3 module with ESP32S3", "esp32s3"),
        ("Generic ESP32S3 module with Octal-SPIRAM with ESP32S3", "esp32s3_spiram_oct"),
        ("ESP32C3 module with ESP32C3", "esp32c3"),
        ("ESP32-C6 module with ESP32-C6", "esp32c6"),
        ("TinyPICO with ESP32-PICO-D4", "tinypico"),
        ("Raspberry Pi Pico W with RP2040", "rp2"),
        ("linux [GCC 12] version", ""),
        ("", ""),
    ],
)
def test_a_nodes_own_word_on_its_machine_tells_the_board(machine: str, wanted: str) -> None:
    assert board_of(machine) == wanted
