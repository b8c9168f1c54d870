"""The main window: devices on the left, panels in the middle, jobs at the bottom."""

from collections.abc import Callable

from devtoolkit.errors import ToolkitError, UsageError
from devtoolkit.gui import icons
from devtoolkit.gui import theme as themes
from devtoolkit.gui.device_actions import menu_for
from devtoolkit.gui.device_model import ALL, HERE
from devtoolkit.gui.device_view import DeviceView
from devtoolkit.gui.dialogs import AskDialog, ErrorDialog, PasswordDialog
from devtoolkit.gui.doctor_dialog import DoctorDialog
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle, Job
from devtoolkit.gui.jobs_bar import JobsBar
from devtoolkit.gui.panels._base import EmptyPage, Panel, PanelInfo, find_panels
from devtoolkit.gui.qt import (
    QApplication,
    QCloseEvent,
    QFrame,
    QHBoxLayout,
    QKeySequence,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QPoint,
    QShortcut,
    QSize,
    QSplitter,
    QStackedWidget,
    Qt,
    QTimer,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from devtoolkit.gui.settings_dialog import SettingsDialog
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme

_SIZE, _LEAST = QSize(1240, 800), QSize(1000, 620)
_LEFT, _NAV = 300, 176
_ENDING_TICK_MS = 50


class MainWindow(QMainWindow):
    """Built around a hub. `begin` starts looking for devices; closing ends everything that runs."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub
        self.infos = find_panels()
        self.panels: dict[str, Panel] = {}
        self._shown: dict[str, QWidget] = {}
        self._empty: dict[str, EmptyPage] = {}
        self._ending: QTimer | None = None
        self.ended = False
        self.setWindowTitle("micrOS DevToolKit")
        self.setMinimumSize(_LEAST)
        self.resize(_SIZE)
        self._build()
        self._connect()
        self._shortcuts()
        self._restore()

    def begin(self) -> None:
        """Look for devices, from now until the window is closed."""
        self.hub.watcher.start()

    def panel(self, name: str) -> Panel:
        """The panel, built when it is first wanted."""
        if name not in self.panels:
            info = self._info(name)
            made = info.make(self.hub)
            made.info = info
            self.panels[name] = made
            self.stack.addWidget(made)
        return self.panels[name]

    def open_panel(self, name: str) -> None:
        """Show the panel, or why it has nothing to show for this selection."""
        at = next((at for at, info in enumerate(self.infos) if info.name == name), 0)
        if self.nav.currentRow() != at:
            self.nav.setCurrentRow(at)  # comes back here
            return
        info = self.infos[at]
        nodes = len(self.hub.nodes())
        fits = info.applies == "any" or nodes == 1 or (info.applies == "nodes" and nodes > 0)
        if fits:
            panel = self.panel(info.name)
            self.stack.setCurrentWidget(panel)
            panel.refresh()
        else:
            page = self._empty_page(info)
            page.explain(nodes)
            self.stack.setCurrentWidget(page)

    @property
    def current(self) -> str:
        """The name of the panel that is open."""
        return str(self.infos[max(0, self.nav.currentRow())].name)

    # --- parts

    def _build(self) -> None:
        self.devices = DeviceView(self.hub.model, self.hub.theme)
        self.stack = QStackedWidget()
        self.jobs_bar = JobsBar(self.hub)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header())
        column.addWidget(_rule(horizontal=True))
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._navigation())
        middle.addWidget(_rule(horizontal=False))
        middle.addWidget(self.stack, 1)
        column.addLayout(middle, 1)
        self.splitter = QSplitter(Qt.Horizontal, childrenCollapsible=False, handleWidth=1)
        self.splitter.addWidget(self.devices)
        self.splitter.addWidget(centre)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([_LEFT, _SIZE.width() - _LEFT])
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.splitter, 1)
        rows.addWidget(_rule(horizontal=True))
        rows.addWidget(self.jobs_bar)
        self.setCentralWidget(whole)

    def _header(self) -> QWidget:
        header = QFrame(objectName="nav")
        row = QHBoxLayout(header)
        row.setContentsMargins(16, 8, 10, 8)
        self.subject = QLabel(objectName="heading", textFormat=Qt.PlainText)
        self.subject_line = QLabel(objectName="soft", textFormat=Qt.PlainText)
        self.settings_button = QToolButton(objectName="flat", toolTip=tr("Settings"), focusPolicy=Qt.StrongFocus)
        self.settings_button.setAccessibleName(tr("Settings"))
        self.settings_button.setIcon(icons.icon("settings", self.hub.theme.text))
        self.settings_button.setIconSize(QSize(20, 20))
        self.doctor_button = QToolButton(objectName="flat", toolTip=tr("Doctor"), focusPolicy=Qt.StrongFocus)
        self.doctor_button.setAccessibleName(tr("Doctor: what is wrong with this machine"))
        self.doctor_button.setIcon(icons.icon("doctor", self.hub.theme.text))
        self.doctor_button.setIconSize(QSize(20, 20))
        row.addWidget(self.subject)
        row.addWidget(self.subject_line, 1)
        row.addWidget(self.doctor_button)
        row.addWidget(self.settings_button)
        return header

    def _navigation(self) -> QWidget:
        holder = QFrame(objectName="nav")
        column = QVBoxLayout(holder)
        column.setContentsMargins(8, 10, 8, 10)
        self.nav = QListWidget(iconSize=QSize(20, 20), horizontalScrollBarPolicy=Qt.ScrollBarAlwaysOff)
        self.nav.setAccessibleName(tr("Panels"))
        self.nav.setFixedWidth(_NAV)
        for info in self.infos:
            item = QListWidgetItem(icons.icon(info.icon, self.hub.theme.text), info.title)
            item.setData(Qt.AccessibleTextRole, info.title)
            self.nav.addItem(item)
        column.addWidget(self.nav)
        return holder

    def _empty_page(self, info: PanelInfo) -> EmptyPage:
        if info.name not in self._empty:
            self._empty[info.name] = EmptyPage(info, self.hub)
            self.stack.addWidget(self._empty[info.name])
        return self._empty[info.name]

    def _info(self, name: str) -> PanelInfo:
        return next(info for info in self.infos if info.name == name)

    # --- what happens

    def _connect(self) -> None:
        hub = self.hub
        self.devices.chosen.connect(hub.select)
        self.devices.menu_wanted.connect(self._menu)
        self.devices.search_wanted.connect(self._search)
        self.devices.virtual_wanted.connect(lambda: self.open_panel("simulator"))
        self.nav.currentRowChanged.connect(lambda at: self.open_panel(self.infos[at].name))
        self.settings_button.clicked.connect(self._settings)
        self.doctor_button.clicked.connect(lambda _on: DoctorDialog(self, hub).open())
        hub.selection_changed.connect(lambda _rows: self._selected())
        hub.rows_changed.connect(self._rows_changed)
        hub.panel_wanted.connect(self.open_panel)
        hub.error.connect(self._show_error)
        hub.question.connect(self._ask)
        hub.jobs.refused.connect(self._refused)
        hub.jobs.asked.connect(lambda job, name: PasswordDialog(self, hub.theme, job, name).open())
        hub.theme_changed.connect(self._use_theme)
        hub.watcher.trouble.connect(hub.logged)
        hub.watcher.first_look.connect(self._first_look)

    def _shortcuts(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+F": self.devices.field.setFocus,
            "Ctrl+L": self.devices.list.setFocus,
            "Ctrl+P": self.nav.setFocus,
            "Ctrl+,": self._settings,
            "F5": self._search,
            "Ctrl+Q": self.close,
        }
        for key, slot in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(slot)
        QShortcut(QKeySequence("Menu"), self.devices.list).activated.connect(self._menu_at_row)
        QShortcut(QKeySequence("Shift+F10"), self.devices.list).activated.connect(self._menu_at_row)

    def _selected(self) -> None:
        self._tell_subject()
        self.open_panel(self.current)

    def _tell_subject(self) -> None:
        rows = tuple(self.hub.model.row_of(row.key) or row for row in self.hub.selection)
        if not rows:
            self.subject.setText(tr("Nothing selected"))
            self.subject_line.setText("")
        elif len(rows) == 1:
            self.subject.setText(rows[0].name)
            self.subject_line.setText(f"{rows[0].state}  \u00b7  {rows[0].line}")
        else:
            self.subject.setText(tr("{count} selected", count=len(rows)))
            self.subject_line.setText(", ".join(row.name for row in rows[:6]) + (" ..." if len(rows) > 6 else ""))

    def _rows_changed(self, keys: set[str]) -> None:
        mine = {row.key for row in self.hub.selection} & keys
        if mine:
            now = (self.hub.model.row_of(row.key) or row for row in self.hub.selection)
            self.hub.selection = tuple(now)
            self._tell_subject()
        self.devices.set_tags(sorted({tag for row in self.hub.model.rows() for tag in row.tags}))
        panel = self.stack.currentWidget()
        if isinstance(panel, Panel):
            panel.rows_changed(keys)

    def _menu(self, at: QPoint) -> None:
        rows = self.devices.rows()
        viewport = self.devices.list.viewport()
        if rows and viewport is not None:
            menu_for(rows, self.hub, self).popup(viewport.mapToGlobal(at))

    def _menu_at_row(self) -> None:
        self._menu(self.devices.list.visualRect(self.devices.list.currentIndex()).center())

    def _search(self) -> None:
        hub = self.hub
        found: list[str] = []

        def work(handle: Handle) -> object:
            def on_found(device: object) -> None:
                found.append(str(getattr(device, "fuid", "")))
                hub.watcher.seen(device)  # type: ignore[arg-type]
                handle.say(f"{found[-1]}")

            return hub.services.search(on_found)

        hub.run(tr("Search the network"), work, key="search")

    def _settings(self) -> None:
        dialog = SettingsDialog(self, self.hub)
        dialog.theme_chosen.connect(self._theme_chosen)
        dialog.open()

    def _theme_chosen(self, name: str) -> None:
        self.hub.settings.setValue("theme", name)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            if name == themes.SYSTEM:
                application.setPalette(application.style().standardPalette())
            theme = themes.choose(name, application)
            themes.apply(theme, application)
            self.hub.use_theme(theme)

    def _use_theme(self, theme: Theme) -> None:
        self.devices.use_theme(theme)
        for at, info in enumerate(self.infos):
            item = self.nav.item(at)
            if item is not None:
                item.setIcon(icons.icon(info.icon, theme.text))
        self.settings_button.setIcon(icons.icon("settings", theme.text))
        self.doctor_button.setIcon(icons.icon("doctor", theme.text))

    def _show_error(self, error: ToolkitError, job: Job | None) -> None:
        """One dialog at a time; further errors stay in the list of jobs."""
        if self._ending is None and not any(dialog.isVisible() for dialog in self.findChildren(ErrorDialog)):
            ErrorDialog(self, self.hub.theme, error, job).open()

    def _ask(self, question: Question, on_yes: Callable[[], object]) -> None:
        AskDialog(self, self.hub.theme, question, on_yes).open()

    def _refused(self, title: str) -> None:
        self.hub.show_error(
            UsageError(
                tr("Something already works on this: {title}.", title=title), hint=tr("Wait for it, or stop it.")
            )
        )

    def _first_look(self) -> None:
        """Nothing is here, but something is known: show that instead of an empty list."""
        rows = self.hub.model.rows()
        if rows and not any(row.here for row in rows) and self.devices.filter.mode == HERE:
            self.devices.mode.setCurrentIndex(self.devices.mode.findData(ALL))

    # --- beginning and end

    def _restore(self) -> None:
        settings = self.hub.settings
        for key, restore in (("geometry", self.restoreGeometry), ("splitter", self.splitter.restoreState)):
            state = settings.value(key)
            if state is not None:
                restore(state)
        self._tell_subject()
        first = str(settings.value("panel", "welcome"))
        names = [info.name for info in self.infos]
        self.nav.setCurrentRow(names.index(first) if first in names else 0)

    def _keep(self) -> None:
        settings = self.hub.settings
        settings.setValue("geometry", self.saveGeometry())
        settings.setValue("splitter", self.splitter.saveState())
        settings.setValue("panel", self.current)
        settings.sync()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Asks while something runs that the user would miss; then ends all of it, and only then goes."""
        if event is None or self.ended:
            return
        event.ignore()
        busy = self.hub.jobs.visible
        if self._ending is not None:
            return
        if not busy:
            self._end()
            return
        question = Question(
            tr("Close"),
            tr("Something is still running. Stop it and close the window?"),
            tuple(f"\u2022 {job.title}: {job.line()}" for job in busy),
            yes=tr("Stop and close"),
            danger=True,
        )
        self._ask(question, self._end)

    def _end(self) -> None:
        self._keep()
        self.hub.jobs.stop_all()
        for panel in self.panels.values():
            panel.leave()
        self.setEnabled(False)
        self._ending = QTimer(self, interval=_ENDING_TICK_MS)
        self._ending.timeout.connect(self._end_when_quiet)
        self._ending.start()

    def _end_when_quiet(self) -> None:
        if self.hub.jobs.running or self._ending is None or self.ended:
            return
        self._ending.stop()
        self.hub.watcher.stop()
        self.ended = True
        self.close()


def _rule(*, horizontal: bool) -> QFrame:
    rule = QFrame(objectName="rule")
    if horizontal:
        rule.setFixedHeight(1)
    else:
        rule.setFixedWidth(1)
    return rule
