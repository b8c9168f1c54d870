"""A game of the load module catgame, watched."""

from devtoolkit.services.apps_kit import Dashboard, open_dashboard

_TASK = "catgame._game"


def app(
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    repeat: int = 10,
    delta: int = 20,
    pause_s: float = 0.1,
) -> None:
    """Toy on two servos: plays a game, shows where the servos go."""
    with open_dashboard(devfid, pwd) as board:
        plot = board.plot(f"Servos ({board.device.fuid})", ("S1", "duty"), ("S2", "duty"))
        board.say(board.call(f"catgame game repeat={repeat} delta={delta}"))
        seen: list[tuple[int, int]] = []
        try:
            while True:
                over = _TASK not in board.active_tasks()
                duties = board.json("servo status")
                seen.append((duties["S1"], duties["S2"]))
                plot.add(*seen[-1])
                if over:
                    break
                board.pause(pause_s)
        except BaseException:
            board.session.ask("catgame stop")
            raise
        _say_result(board, seen)


def _say_result(board: Dashboard, seen: list[tuple[int, int]]) -> None:
    """How far the servos went, and where they ended."""
    for number, name in enumerate(("servo 1", "servo 2")):
        duties = [pair[number] for pair in seen]
        board.figure(f"{name} lowest", min(duties), "duty")
        board.figure(f"{name} highest", max(duties), "duty")
    board.say(f"The game is over, the servos are at {seen[-1][0]} and {seen[-1][1]}.")
