"""LM_oled: what an SSD1306 shows of what was drawn."""

from module_bench import Bench
from oled_bench import display_of, frame_of, is_dark, plug, text_of, until_shows


def _fresh(b: Bench) -> None:
    """A display that was switched on a moment ago, dark."""
    plug(b)
    b.call("lmpacman module 'oled'")
    b.call("oled load_n_init")


def _load_n_init(b: Bench) -> None:
    plug(b)
    b.call("lmpacman module 'oled'")
    assert "Panel" in b.call("oled load_n_init")
    h = b.until(lambda h: display_of(h)["on"])
    assert is_dark(h), "the noise of the display's memory must never be seen"
    assert display_of(h)["unknown"] == []
    plug(b, height=32)
    b.call("oled load_n_init 128 32")
    b.call("oled text 'half' 96 24")
    b.call("oled show")
    h = b.until(lambda h: text_of(h) == ["half"])
    assert frame_of(h).size == (128, 32)


def _text(b: Bench) -> None:
    _fresh(b)
    b.call("oled text 'Hello micrOS 1.0' 0 28")
    b.call("oled text 42 100 50")
    b.call("oled show")
    until_shows(b, "text")


def _invert(b: Bench) -> None:
    _fresh(b)
    b.call("oled show")
    assert is_dark(b.hardware())
    b.call("oled invert")
    b.until(lambda h: frame_of(h).rows == ("#" * 128,) * 64)
    b.call("oled invert")
    b.until(is_dark)


def _clean(b: Bench) -> None:
    _fresh(b)
    b.call("oled clean 1")
    b.call("oled show")
    b.until(lambda h: frame_of(h).rows == ("#" * 128,) * 64)
    b.call("oled clean")
    b.call("oled show")
    b.until(is_dark)


def _line(b: Bench) -> None:
    _fresh(b)
    for end in ("127 0", "127 63", "0 63"):
        b.call(f"oled line 64 32 {end}")
    b.call("oled line 64 32 127 63 0")
    b.call("oled show")
    until_shows(b, "line")


def _rect(b: Bench) -> None:
    _fresh(b)
    b.call("oled rect 0 0 128 64")
    b.call("oled rect 10 10 50 44 1 True")
    b.call("oled rect 20 20 10 10 state=0 fill=True")
    b.call("oled show")
    until_shows(b, "rect")


def _poweron(b: Bench) -> None:
    _fresh(b)
    b.call("oled rect 0 0 128 64")
    b.call("oled show")
    b.call("oled poweroff")
    b.until(is_dark)
    b.call("oled poweron")
    assert frame_of(b.until(lambda h: not is_dark(h))).lit(0, 63)


def _poweroff(b: Bench) -> None:
    _fresh(b)
    b.call("oled clean 1")
    b.call("oled show")
    b.until(lambda h: not is_dark(h))
    b.call("oled poweroff")
    b.until(lambda h: is_dark(h) and not display_of(h)["on"])
    b.call("oled poweron")


def _show(b: Bench) -> None:
    _fresh(b)
    b.call("oled show")
    b.call("oled text 'later' 0 0")
    assert is_dark(b.hardware())
    b.set("trace", on=True)
    b.call("oled show")
    h = b.until(lambda h: text_of(h) == ["later"])
    written = sum(len(row[2]) // 2 for row in b.trace("i2c", 0x3C))
    assert written < 200, f"{written} bytes for one changed page of 128"
    assert display_of(h)["unknown"] == []


EFFECTS = {
    "load_n_init": _load_n_init,
    "text": _text,
    "invert": _invert,
    "clean": _clean,
    "line": _line,
    "rect": _rect,
    "poweron": _poweron,
    "poweroff": _poweroff,
    "show": _show,
}
