"""The only module above the front ends: picks the window, the gateway or a command."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; the exit code is 0 only when it worked."""
    words = list(sys.argv[1:] if argv is None else argv)
    from devtoolkit.cli._app import main as command_line

    if not words:
        from devtoolkit.cli._console import Console
        from devtoolkit.errors import UsageError

        error = UsageError(
            "the window is not part of this version yet.", hint="Use a command, for example --make or --help."
        )
        Console().error(error)
        return error.exit_code
    return command_line(words)


if __name__ == "__main__":
    sys.exit(main())
