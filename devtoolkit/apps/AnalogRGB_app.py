"""A test of the load module rgb."""

from devtoolkit.apps._lights import light, ramp
from devtoolkit.services.apps_kit import open_dashboard

_KEYS = ("R", "G", "B")


def app(
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    steps: int = 10,
    pause_s: float = 0.1,
    fade_s: float = 1.0,
) -> None:
    """RGB strip: each colour up and down, fades between them; left as it was."""
    with open_dashboard(devfid, pwd) as board, light(board, "rgb", "color", _KEYS) as strip:
        for number, name in enumerate(("red", "green", "blue")):
            board.say(f"{name} up and down")
            for value in ramp(steps, 1000):
                strip.show(*(value if place == number else 0 for place in range(3)))
                board.pause(pause_s)
        for colour in ((1000, 1000, 1000), (1000, 400, 0), (0, 200, 1000)):
            board.say(f"fade to {colour}")
            strip.fade(fade_s, *colour)
