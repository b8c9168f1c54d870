"""The page in the middle: each panel built when it is first wanted, or words where it has nothing to show."""

from collections.abc import Sequence

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import EmptyPage, Panel, PanelInfo
from devtoolkit.gui.qt import QStackedWidget


class PanelStack(QStackedWidget):
    """`panels` are those that were built, by name."""

    def __init__(self, infos: Sequence[PanelInfo], hub: Hub) -> None:
        super().__init__()
        self.panels: dict[str, Panel] = {}
        self._infos = {info.name: info for info in infos}
        self._hub = hub
        self._empty: dict[str, EmptyPage] = {}

    def panel(self, name: str) -> Panel:
        if name not in self.panels:
            info = self._infos[name]
            made = info.make(self._hub)
            made.info = info
            self.panels[name] = made
            self.addWidget(made)
        return self.panels[name]

    def open(self, name: str) -> None:
        """Show the panel, or why it has nothing to show for this selection."""
        info, nodes = self._infos[name], len(self._hub.nodes())
        if info.applies == "any" or nodes == 1 or (info.applies == "nodes" and nodes > 0):
            panel = self.panel(name)
            self.setCurrentWidget(panel)
            panel.refresh()
            return
        if name not in self._empty:
            self._empty[name] = EmptyPage(info, self._hub)
            self.addWidget(self._empty[name])
        self._empty[name].explain(nodes)
        self.setCurrentWidget(self._empty[name])

    def rows_changed(self, keys: set[str]) -> None:
        """The state of these rows changed; the panel that is open hears of it."""
        panel = self.currentWidget()
        if isinstance(panel, Panel):
            panel.rows_changed(keys)

    def leave(self) -> None:
        """The window is about to close."""
        for panel in self.panels.values():
            panel.leave()
