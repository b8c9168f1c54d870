"""What can be done with the selected rows: the context menu of the list."""

from collections.abc import Callable

from devtoolkit.gui.bulk_dialog import BulkDialog, run_on
from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.qt import QDesktopServices, QMenu, QUrl, QWidget
from devtoolkit.gui.roster import Row
from devtoolkit.gui.tags_dialog import TagsDialog
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.secret import SecretDialog
from devtoolkit.model.device import Device

_NAMES_SHOWN = 12


def menu_for(rows: tuple[Row, ...], hub: Hub, parent: QWidget) -> QMenu:
    """The menu for these rows; what does not apply to them is greyed."""
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    every = tuple(row for row in rows if row.device)
    nodes = tuple(row for row in every if not row.elsewhere)
    one = nodes[0] if len(nodes) == 1 else None
    usb = len(rows) == 1 and bool(rows[0].port)

    def add(text: str, slot: Callable[[], object], *, on: bool) -> None:
        action = menu.addAction(text)
        if action is not None:
            action.setEnabled(on)
            action.triggered.connect(lambda _on: slot())

    def opens(panel: str) -> Callable[[], object]:
        return lambda: hub.panel_wanted.emit(panel)

    add(tr("Shell"), opens("shell"), on=one is not None)
    add(tr("Configure"), opens("config"), on=one is not None)
    add(tr("Load modules"), opens("modules"), on=one is not None)
    add(tr("Update (OTA)"), opens("ota"), on=bool(nodes))
    add(tr("Deploy (USB)"), opens("deploy"), on=usb)
    menu.addSeparator()
    add(tr("Command ..."), lambda: BulkDialog(parent, hub, every).open(), on=bool(every))
    add(tr("Reboot"), lambda: _reboot(every, hub), on=bool(every))
    add(tr("Open web page"), lambda: _open_page(one), on=one is not None)
    add(tr("Copy address"), lambda: copy(", ".join(row.device.ip for row in nodes if row.device)), on=bool(nodes))
    add(tr("Password ..."), lambda: _password(one, hub, parent), on=one is not None)
    add(tr("Tags ..."), lambda: TagsDialog(parent, hub, nodes).open(), on=bool(nodes))
    menu.addSeparator()
    add(tr("Forget"), lambda: _forget(nodes, hub), on=bool(nodes))
    return menu


def search(hub: Hub) -> None:
    """Look for nodes in the network; each is in the list as soon as it is found."""

    def work(handle: Handle) -> object:
        def on_found(device: Device) -> None:
            hub.watcher.seen(device)
            handle.say(device.fuid)

        return hub.services.search(on_found)

    hub.run(tr("Search the network"), work, key="search")


def _names(nodes: tuple[Row, ...]) -> str:
    more = tr(" and {count} more", count=len(nodes) - _NAMES_SHOWN) if len(nodes) > _NAMES_SHOWN else ""
    return ", ".join(row.name for row in nodes[:_NAMES_SHOWN]) + more


def _reboot(nodes: tuple[Row, ...], hub: Hub) -> None:
    def go() -> None:
        if len(nodes) > 1 or nodes[0].elsewhere:
            run_on(hub, nodes, ("reboot",), lambda _answer: None)
            return
        (row,) = nodes
        title = tr("Restart {name}", name=row.name)
        hub.run(title, lambda handle: hub.services.shell(row.uid, ("reboot",), handle), key=f"node:{row.uid}")

    hub.ask(Question(tr("Reboot"), tr("Restart {names}?", names=_names(nodes)), yes=tr("Restart")), go)


def _open_page(row: Row | None) -> None:
    if row is not None and row.device:
        QDesktopServices.openUrl(QUrl(f"http://{row.device.ip}/"))


def _password(row: Row | None, hub: Hub, parent: QWidget) -> None:
    if row is not None:
        SecretDialog(parent, hub, row).open()


def _forget(nodes: tuple[Row, ...], hub: Hub) -> None:
    uids = tuple(row.uid for row in nodes)
    question = Question(
        tr("Forget"),
        tr("Forget {names}?", names=_names(nodes)),
        (tr("Address and tags are removed from this computer. A node that is on comes back by itself."),),
        yes=tr("Forget"),
        danger=True,
    )

    def gone(_done: object) -> None:
        hub.watcher.tell(lambda roster: roster.forgotten(uids))

    hub.ask(question, lambda: hub.fetch(lambda _handle: hub.services.forget(uids), gone))
