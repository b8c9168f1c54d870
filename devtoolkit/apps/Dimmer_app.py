"""A test of the load module dimmer."""

from devtoolkit.apps._lights import light, ramp
from devtoolkit.services.apps_kit import open_dashboard


def app(
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    steps: int = 20,
    pause_s: float = 0.1,
    fade_s: float = 1.0,
) -> None:
    """Dimmer: up and down in steps, then as a fade; left as it was."""
    with open_dashboard(devfid, pwd) as board, light(board, "dimmer", "set_value", ("X",)) as lamp:
        board.say("up and down")
        for value in ramp(steps, 1000):
            lamp.show(value)
            board.pause(pause_s)
        for value in (1000, 100):
            board.say(f"fade to {value}")
            lamp.fade(fade_s, value)
