"""A test of the load module cct."""

from devtoolkit.apps._lights import light, ramp
from devtoolkit.services.apps_kit import open_dashboard

_KEYS = ("CW", "WW")


def app(
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    steps: int = 10,
    pause_s: float = 0.1,
    fade_s: float = 1.0,
) -> None:
    """White strip: cold and warm up and down, fades from cold to warm; left as it was."""
    with open_dashboard(devfid, pwd) as board, light(board, "cct", "white", _KEYS) as strip:
        for number, name in enumerate(("cold", "warm")):
            board.say(f"{name} up and down")
            for value in ramp(steps, 1000):
                strip.show(*(value if place == number else 0 for place in range(2)))
                board.pause(pause_s)
        for cold, warm in ((1000, 0), (500, 500), (0, 1000)):
            board.say(f"fade to {cold}, {warm}")
            strip.fade(fade_s, cold, warm)
