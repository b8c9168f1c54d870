"""What can be done with the selected rows: the context menu of the list."""

from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle, Work
from devtoolkit.gui.qt import QDesktopServices, QDialog, QInputDialog, QMenu, QUrl, QWidget
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.secret import SecretDialog

_OPEN = (("shell", "Shell"), ("config", "Configure"), ("modules", "Load modules"), ("ota", "Update (OTA)"))


def menu_for(rows: tuple[Row, ...], hub: Hub, parent: QWidget) -> QMenu:
    """The menu for these rows; what does not apply to them is greyed."""
    menu = QMenu(parent)
    nodes = tuple(row for row in rows if row.device)
    one = nodes[0] if len(nodes) == 1 else None
    for panel, name in _OPEN:
        _add(
            menu, tr(name), lambda panel=panel: hub.panel_wanted.emit(panel), on=bool(one or (nodes and panel == "ota"))
        )
    _add(menu, tr("Deploy (USB)"), lambda: hub.panel_wanted.emit("deploy"), on=len(rows) == 1 and bool(rows[0].port))
    menu.addSeparator()
    _add(menu, tr("Reboot"), lambda: _reboot(nodes, hub), on=bool(nodes))
    _add(menu, tr("Open web page"), lambda: _open_page(one), on=one is not None)
    _add(
        menu, tr("Copy address"), lambda: copy(", ".join(row.device.ip for row in nodes if row.device)), on=bool(nodes)
    )
    _add(menu, tr("Password ..."), lambda: _password(one, hub, parent), on=one is not None)
    _add(menu, tr("Tags ..."), lambda: _tags(nodes, hub, parent), on=bool(nodes))
    menu.addSeparator()
    _add(menu, tr("Forget"), lambda: _forget(nodes, hub), on=bool(nodes))
    return menu


def _add(menu: QMenu, text: str, slot: object, *, on: bool) -> None:
    action = menu.addAction(text)
    if action is not None:
        action.setEnabled(on)
        action.triggered.connect(lambda _on: slot())  # type: ignore[operator]


def _reboot(nodes: tuple[Row, ...], hub: Hub) -> None:
    names = ", ".join(row.name for row in nodes)

    def go() -> None:
        for row in nodes:
            hub.run(tr("Restart {name}", name=row.name), _rebooting(hub, row.uid), key=f"node:{row.uid}")

    hub.ask(Question(tr("Reboot"), tr("Restart {names}?", names=names), yes=tr("Restart")), go)


def _rebooting(hub: Hub, uid: str) -> Work:
    def work(handle: Handle) -> object:
        return hub.services.shell(uid, ("reboot",), handle)

    return work


def _open_page(row: Row | None) -> None:
    if row is not None and row.device:
        QDesktopServices.openUrl(QUrl(f"http://{row.device.ip}/"))


def _password(row: Row | None, hub: Hub, parent: QWidget) -> None:
    if row is not None:
        SecretDialog(parent, hub, row).open()


def _tags(nodes: tuple[Row, ...], hub: Hub, parent: QWidget) -> None:
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(tr("Tags"))
    dialog.setLabelText(tr("Tags of {names}, separated by blanks:", names=", ".join(row.name for row in nodes)))
    dialog.setTextValue(" ".join(nodes[0].tags))

    def keep(result: int) -> None:
        if result == QDialog.Accepted:
            tags = tuple(dialog.textValue().replace(",", " ").split())
            uids = tuple(row.uid for row in nodes)
            hub.fetch(lambda _handle: hub.services.tag(uids, tags), lambda _done: _read_again(hub))

    dialog.finished.connect(keep)
    dialog.open()


def _forget(nodes: tuple[Row, ...], hub: Hub) -> None:
    uids = tuple(row.uid for row in nodes)
    names = ", ".join(row.name for row in nodes)
    question = Question(
        tr("Forget"),
        tr("Forget {names}?", names=names),
        (tr("Address and tags are removed from this computer. A node that is on comes back by itself."),),
        yes=tr("Forget"),
        danger=True,
    )

    def gone(_done: object) -> None:
        hub.watcher.tell(lambda roster: roster.forgotten(uids))

    hub.ask(question, lambda: hub.fetch(lambda _handle: hub.services.forget(uids), gone))


def _read_again(hub: Hub) -> None:
    def take(found: tuple[tuple[object, ...], dict[str, object]]) -> None:
        hub.watcher.tell(lambda roster: roster.known(*found))  # type: ignore[arg-type]

    hub.fetch(lambda _handle: hub.services.known(), take)
