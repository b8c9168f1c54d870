"""Dashboard apps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from devtoolkit.gui.seam._base import Seam, raise_if

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.apps_types import AppEvent, AppList, AppResult


class Apps(Seam):
    """Dashboard apps."""

    def apps(self) -> AppList:
        from devtoolkit.services import apps

        return apps.available()

    def run_app(
        self,
        name: str,
        uid: str,
        values: Mapping[str, str],
        on_event: Callable[[AppEvent], None],
        stop: threading.Event,
        handle: Handle,
    ) -> AppResult:
        from devtoolkit.services import apps

        result = apps.run(name, uid, settings=values, cache=self.cache(), on_event=on_event, stop=stop, ask=handle.ask)
        for file in result.files:
            handle.say(f"Saved: {file}")
        raise_if(result.error)
        return result
