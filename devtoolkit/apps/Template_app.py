"""A small app to copy into the folder of your own apps (`-a list` names it) under another name."""

from devtoolkit.services.apps_kit import open_dashboard


def app(devfid: str | None = None, pwd: str | None = None, *, samples: int = 5, pause_s: float = 1.0) -> None:
    """Memory in use: an example to copy.

    The first line above is what `-a list` shows. Parameters after the `*` can be set: `-a Template --set samples=10`.
    """
    with open_dashboard(devfid, pwd) as board:
        board.say(f"{board.device.fuid} has micrOS {board.call('version')}")  # `call` gives the answer as text
        plot = board.plot(f"Memory of {board.device.fuid}", ("used", "byte"))
        most = 0
        for _ in board.every(pause_s, samples):
            used = board.json("system memory_usage")["mem_used"]  # `json` gives the result as a value
            most = max(most, used)
            plot.add(used)
        board.figure("most", most, "byte")
