"""Whether the packages of the extra `gateway` are there."""

import importlib.util

from devtoolkit import extras
from devtoolkit.errors import ToolError

PACKAGES = ("fastapi", "uvicorn", "prometheus_client")


def require() -> None:
    """Raises ToolError that says what to install."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ToolError(
            f"The gateway needs packages that are not installed: {', '.join(missing)}.",
            hint=f"Install them with: {extras.command('gateway')}",
            missing=missing,
        )
