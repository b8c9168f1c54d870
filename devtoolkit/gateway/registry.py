"""Finds the route groups: every module of `routes/` whose name has no leading underscore and that has a GROUP."""

import importlib
import pkgutil
from dataclasses import dataclass

from fastapi import APIRouter

from devtoolkit.gateway.state import Background


@dataclass(frozen=True, slots=True)
class RouteGroup:
    """Some routes, and work that goes on beside them while the gateway runs. A lower `order` is matched first."""

    router: APIRouter | None = None
    order: int = 50
    background: Background | None = None


def groups() -> tuple[tuple[str, RouteGroup], ...]:
    """Name and group of each, in the order of matching."""
    from devtoolkit.gateway import routes

    found = []
    for module in pkgutil.iter_modules(routes.__path__):
        if not module.name.startswith("_"):
            group: RouteGroup = importlib.import_module(f"devtoolkit.gateway.routes.{module.name}").GROUP
            found.append((module.name, group))
    return tuple(sorted(found, key=lambda pair: (pair[1].order, pair[0])))
