"""The only module above the front ends: picks the window, the gateway or a command."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devtoolkit.cli.gateway import GatewayOptions
    from devtoolkit.errors import ToolkitError


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

    return run()


def _gateway(options: "GatewayOptions") -> None:
    """Serve until SIGINT or SIGTERM. Raises ToolkitError when it cannot begin."""
    import logging
    import os

    from devtoolkit.gateway import extra
    from devtoolkit.gateway.settings import from_options

    settings = from_options(options.host, options.port, options.allow, watch=options.watch, mqtt=options.mqtt)
    extra.require()
    if settings.mqtt:
        from devtoolkit.gateway.mqtt_settings import broker

        broker(settings.mqtt)  # a wrong address is told now, not in the log
    level = os.environ.get("MICROS_LOG", "WARNING").upper()
    logging.basicConfig(level=level if level in logging.getLevelNamesMapping() else "WARNING")
    from devtoolkit.gateway.server import serve

    serve(settings, options.on_ready)


def _refused(error: "ToolkitError") -> int:
    from devtoolkit.cli._console import Console

    Console().error(error)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
