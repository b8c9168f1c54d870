"""LM_oled_sh1106: what an SH1106 shows of what was drawn."""

from module_bench import Bench
from oled_bench import display_of, frame_of, is_dark, plug, text_of, until_shows


def _fresh(b: Bench) -> None:
    """A display that was switched on a moment ago, dark."""
    plug(b, "sh1106")
    b.call("lmpacman module 'oled_sh1106'")
    b.call("oled_sh1106 clean")
    b.call("oled_sh1106 show")


def _text(b: Bench) -> None:
    _fresh(b)
    b.call("oled_sh1106 text 'Hello micrOS 1.0' 0 28")
    b.call("oled_sh1106 text 42 100 50")
    b.call("oled_sh1106 show")
    until_shows(b, "text")


def _invert(b: Bench) -> None:
    _fresh(b)
    b.call("oled_sh1106 invert")
    b.until(lambda h: frame_of(h).rows == ("#" * 128,) * 64)
    b.call("oled_sh1106 invert")
    b.until(is_dark)


def _clean(b: Bench) -> None:
    _fresh(b)
    b.call("oled_sh1106 clean 1")
    b.call("oled_sh1106 show")
    b.until(lambda h: frame_of(h).rows == ("#" * 128,) * 64)


def _line(b: Bench) -> None:
    _fresh(b)
    for end in ("127 0", "127 63", "0 63"):
        b.call(f"oled_sh1106 line 64 32 {end}")
    b.call("oled_sh1106 line 64 32 127 63 0")
    b.call("oled_sh1106 show")
    until_shows(b, "line")


def _rect(b: Bench) -> None:
    _fresh(b)
    b.call("oled_sh1106 rect 0 0 128 64")
    b.call("oled_sh1106 rect 10 10 50 44 1 True")
    b.call("oled_sh1106 rect 20 20 10 10 state=0 fill=True")
    b.call("oled_sh1106 show")
    until_shows(b, "rect")


def _pixel(b: Bench) -> None:
    _fresh(b)
    for x, y in ((0, 0), (127, 0), (0, 63), (127, 63), (64, 32)):
        b.call(f"oled_sh1106 pixel {x} {y}")
    b.call("oled_sh1106 pixel 64 32 0")
    b.call("oled_sh1106 show")
    frame = frame_of(b.until(lambda h: not is_dark(h)))
    assert [(x, y) for y in range(64) for x in range(128) if frame.lit(x, y)] == [(0, 0), (127, 0), (0, 63), (127, 63)]


def _poweron(b: Bench) -> None:
    _fresh(b)
    b.call("oled_sh1106 clean 1")
    b.call("oled_sh1106 show")
    b.call("oled_sh1106 poweroff")
    b.until(is_dark)
    b.call("oled_sh1106 poweron")
    b.until(lambda h: not is_dark(h))


def _poweroff(b: Bench) -> None:
    _fresh(b)
    b.call("oled_sh1106 clean 1")
    b.call("oled_sh1106 show")
    b.until(lambda h: not is_dark(h))
    b.call("oled_sh1106 poweroff")
    b.until(lambda h: is_dark(h) and not display_of(h)["on"])


def _flip(b: Bench) -> None:
    _fresh(b)
    b.call("oled_sh1106 text 'turn' 8 8")
    b.call("oled_sh1106 show")
    upright = frame_of(b.until(lambda h: text_of(h) == ["turn"])).rows
    b.call("oled_sh1106 flip")
    b.until(lambda h: frame_of(h).rows == tuple(row[::-1] for row in upright[::-1]))
    b.call("oled_sh1106 flip")
    b.until(lambda h: frame_of(h).rows == upright)


def _show(b: Bench) -> None:
    _fresh(b)
    b.call("oled_sh1106 text 'later' 0 0")
    assert is_dark(b.hardware())
    b.set("trace", on=True)
    b.call("oled_sh1106 show")
    h = b.until(lambda h: text_of(h) == ["later"])
    written = sum(len(row[2]) // 2 for row in b.trace("i2c", 0x3C))
    assert written < 200, f"{written} bytes for one changed row of 8 dots"
    assert display_of(h)["unknown"] == []


EFFECTS = {
    "text": _text,
    "invert": _invert,
    "clean": _clean,
    "line": _line,
    "rect": _rect,
    "pixel": _pixel,
    "poweron": _poweron,
    "poweroff": _poweroff,
    "flip": _flip,
    "show": _show,
}
