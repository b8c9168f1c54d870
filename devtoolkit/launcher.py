"""The only module above the front ends: picks the window, the gateway or a command."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devtoolkit.cli.gateway import GatewayOptions
    from devtoolkit.errors import ToolkitError
    from devtoolkit.gui.seam.gateway import GatewayCondition, GatewayWish


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for, without any the window; the exit code is 0 only when it worked."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words:
        return _window()
    from devtoolkit.cli import gateway
    from devtoolkit.cli._app import main as command_line

    gateway.start = _gateway
    return command_line(words)


def _window() -> int:
    """The window, or one line that says what it lacks here and how to go on without it."""
    from devtoolkit.gui.check import missing

    lack = missing()
    if lack is not None:
        return _refused(lack)
    from devtoolkit.gui.app import run
    from devtoolkit.gui.seam import gateway

    gateway.serve = gateway_in_window
    return run()


def gateway_in_window(
    wish: "GatewayWish",
    on_ready: "Callable[[str], object]",
    tell: "Callable[[GatewayCondition], object]",
    log: "Callable[[str], object]",
    ended: "Callable[[], bool]",
) -> None:
    """Serve until `ended` says so. Raises ToolkitError when it cannot begin."""
    import os

    from devtoolkit.gateway import extra
    from devtoolkit.gateway.settings import AUTH, from_options

    extra.require()
    given = {AUTH: f"{wish.user}:{wish.password}"} if wish.user else {}
    settings = from_options(wish.host, str(wish.port), (), mqtt=wish.mqtt, environment={**os.environ, **given})
    _check_broker(settings.mqtt)
    from devtoolkit.gateway.in_window import serve

    serve(settings, on_ready, tell, log, ended)


def _gateway(options: "GatewayOptions") -> None:
    """Serve until SIGINT or SIGTERM. Raises ToolkitError when it cannot begin."""
    import logging
    import os

    from devtoolkit.gateway import extra
    from devtoolkit.gateway.settings import from_options

    settings = from_options(
        options.host, options.port, options.allow, watch=options.watch, mqtt=options.mqtt, site=options.site_name
    )
    extra.require()
    _check_broker(settings.mqtt)
    level = os.environ.get("MICROS_LOG", "WARNING").upper()
    logging.basicConfig(level=level if level in logging.getLevelNamesMapping() else "WARNING")
    from devtoolkit.gateway.server import serve

    serve(settings, options.on_ready)


def _check_broker(url: str) -> None:
    """A wrong address is told now, not in the log."""
    if url:
        from devtoolkit.gateway.mqtt_settings import broker

        broker(url)


def _refused(error: "ToolkitError") -> int:
    from devtoolkit.cli._console import Console

    Console().error(error)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
