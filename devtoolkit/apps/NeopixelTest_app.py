"""A test of the load module neopixel."""

from devtoolkit.apps._lights import Light, light
from devtoolkit.services.apps_kit import Dashboard, open_dashboard

_KEYS = ("R", "G", "B")
_COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
_MOST = 1000  # LEDs


def app(
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    pause_s: float = 0.3,
    led_pause_s: float = 0.03,
    fade_s: float = 1.0,
) -> None:
    """LED strip (WS2812): colours, brightness, each LED by itself, a fade; left as it was."""
    with open_dashboard(devfid, pwd) as board, light(board, "neopixel", "color", _KEYS) as strip:
        for name, colour in _COLOURS.items():
            board.say(name)
            strip.show(*colour)
            board.pause(pause_s)
        for percent in (25, 50, 100):
            board.json(f"neopixel brightness {percent} smooth=False")
            strip.count(board.call("neopixel brightness") == f"{percent} %")
            board.pause(pause_s)
        _each_led(board, strip, led_pause_s)
        board.say("fade to orange")
        strip.fade(fade_s, 255, 100, 0)


def _each_led(board: Dashboard, strip: Light, pause_s: float) -> None:
    """One after the other lights up green, then goes out; the strip's end is where the node refuses."""
    strip.show(0, 0, 0)
    lit = 0
    while lit < _MOST and "out of range" not in board.call(f"neopixel segment 0 255 0 s={lit}"):
        board.pause(pause_s)
        board.call(f"neopixel segment 0 0 0 s={lit}")
        lit += 1
    board.say(f"{lit} LEDs, each by itself")
    board.figure("LEDs", lit)
