"""Which version a node runs."""

from devtoolkit.services.apps_kit import open_dashboard


def app(devfid: str | None = None, pwd: str | None = None) -> None:
    """Version of micrOS and of MicroPython on the node."""
    with open_dashboard(devfid, pwd) as board:
        version = board.call("version")
        lines = dict(line.strip().partition(": ")[::2] for line in board.ask("system info"))
        board.say(f"{board.device.fuid}: micrOS {version}")
        board.figure("micrOS", version)
        for name in ("upython", "board"):
            if name in lines:
                board.figure(name, lines[name].strip())
