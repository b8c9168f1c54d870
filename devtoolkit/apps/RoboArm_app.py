"""A test of the load module roboarm."""

from devtoolkit.services.apps_kit import Dashboard, open_dashboard

_POINTS = ((77, 77), (40, 40), (40, 115), (115, 115), (115, 40), (60, 90), (77, 77))  # centre, corners of its range
_LATE_S = 3.0


def app(
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    rounds: int = 1,
    speed_ms: int = 10,
    pause_s: float = 0.1,
) -> None:
    """Arm on two servos: goes to the corners of its range, says how many were reached; then stands by."""
    with open_dashboard(devfid, pwd) as board:
        plot = board.plot(f"Arm ({board.device.fuid})", ("Y", "duty"), x=("X", "duty"))
        board.say(board.call("roboarm load_n_init"))
        reached = []
        try:
            for x, y in _POINTS * rounds:
                reached.append(_go(board, x, y, speed_ms, pause_s))
                place = board.json("roboarm status")
                plot.add(place["Y"], x=place["X"])
                board.say(f"X{x} Y{y}: {'reached' if reached[-1] else 'not reached: ' + str(place)}")
        finally:
            board.session.ask("roboarm standby")
        rate = round(100 * sum(reached) / len(reached), 1)
        board.say(f"Success rate: {rate} %")
        board.figure("success rate", rate, "%")


def _go(board: Dashboard, x: int, y: int, speed_ms: int, pause_s: float) -> bool:
    """Whether the arm says that it is there, within the time of the longest way and a little more."""
    board.call(f"roboarm control {x} {y} speed_ms={speed_ms}")
    limit = 75 * speed_ms / 1000 + _LATE_S
    return board.until(lambda: board.json("roboarm status") == {"X": x, "Y": y}, limit, pause_s)
