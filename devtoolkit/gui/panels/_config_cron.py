"""The editor for `crontasks`: a row for each task, its time checked by the scheduler's grammar and told in words."""

import re

from devtoolkit.errors import ConfigError
from devtoolkit.gui.qt import (
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import restyle
from devtoolkit.model.node_config import coerce
from devtoolkit.model.node_config_rules import EMPTY, cron_tasks, split_outside

_SAMPLES = ("*:8:0:0", "0-4:6:45:0", "*:*:0,30:0", "sunrise", "sunset", "sunset-30", "sunrise+90")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SUN = re.compile(r"(sunrise|sunset)(?:([+-])(\d+))?")
_WHEN_WIDTH = 150


class CronEditor(QWidget):
    """Behaves as a text field that holds the whole value."""

    textChanged = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.rows: list[TaskRow] = []
        self._given = EMPTY
        self._given_tasks: list[tuple[str, str]] = []
        self.add = QPushButton(tr("Add a task"))
        self.add.setAccessibleName(tr("Add a scheduled task"))
        self.add.clicked.connect(lambda _on: self._add_empty())
        line = QHBoxLayout()
        line.addWidget(self.add)
        line.addStretch(1)
        self._column.addLayout(line)

    def tasks(self) -> list[tuple[str, str]]:
        """(time, commands) of the rows that are not empty."""
        found = [(row.when.text().strip(), row.command.text().strip()) for row in self.rows]
        return [task for task in found if any(task)]

    def text(self) -> str:
        """As the node writes it; what was given, while nothing is changed."""
        tasks = self.tasks()
        return self._given if tasks == self._given_tasks else joined(tasks)

    def setText(self, text: str) -> None:
        for row in tuple(self.rows):
            self._drop(row)
        for task in cron_tasks(text):
            when, _, command = task.partition("!")
            self._add(when.strip(), command.strip())
        self._given, self._given_tasks = text, self.tasks()
        self._changed()

    def _add_empty(self) -> None:
        self._add("", "").when.setFocus()

    def _add(self, when: str, command: str) -> "TaskRow":
        row = TaskRow(when, command)
        self.rows.append(row)
        self._column.insertWidget(self._column.count() - 1, row)
        row.changed.connect(self._changed)
        row.gone.connect(lambda: self._removed(row))
        return row

    def _removed(self, row: "TaskRow") -> None:
        self._drop(row)
        self._changed()

    def _drop(self, row: "TaskRow") -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _changed(self) -> None:
        self.textChanged.emit(self.text())


class TaskRow(QWidget):
    """Time, commands, a button that takes the row away, and below what the time means."""

    changed = pyqtSignal()
    gone = pyqtSignal()

    def __init__(self, when: str, command: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.when = QLineEdit(when, placeholderText="*:8:0:0")
        self.when.setFixedWidth(_WHEN_WIDTH)
        self.when.setAccessibleName(tr("Time: weekday:hour:minute:second, sunrise or sunset"))
        self.when.setCompleter(QCompleter(list(_SAMPLES), self.when))
        self.command = QLineEdit(command, placeholderText=tr("module function; module function"))
        self.command.setAccessibleName(tr("Commands at this time"))
        remove = QToolButton(objectName="flat", text="\u2715", toolTip=tr("Remove this task"))
        remove.setAccessibleName(tr("Remove this task"))
        line.addWidget(self.when)
        line.addWidget(self.command, 1)
        line.addWidget(remove)
        column.addLayout(line)
        self.told = QLabel(objectName="soft", wordWrap=True)
        column.addWidget(self.told)
        self.when.textChanged.connect(lambda _text: self._edited())
        self.command.textChanged.connect(lambda _text: self._edited())
        remove.clicked.connect(lambda _on: self.gone.emit())
        self._tell()

    def _edited(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        when, command = self.when.text().strip(), self.command.text().strip()
        problem = _problem(when, command) if when or command else ""
        self.told.setObjectName("bad" if problem else "soft")
        self.told.setText(problem or (words(when) if when else tr("When, and what to do")))
        restyle(self.told)


def joined(tasks: list[tuple[str, str]]) -> str:
    """The value for these tasks; `;;` between them where one has several commands."""
    if not tasks:
        return EMPTY
    several = any(len([part for part in split_outside(command) if part.strip()]) > 1 for _when, command in tasks)
    texts = [f"{when}!{command}" for when, command in tasks]
    return ";;".join(texts) + (";;" if len(texts) == 1 else "") if several else ";".join(texts)


def words(when: str) -> str:
    """What a time means; empty for what is no time."""
    sun = _SUN.fullmatch(when)
    if sun is not None:
        event, sign, minutes = sun.groups()
        if sign is None:
            return tr("every day at {event}", event=tr(event))
        side = tr("before") if sign == "-" else tr("after")
        return tr("every day, {minutes} min {side} {event}", minutes=minutes, side=side, event=tr(event))
    fields = [field.strip() for field in when.split(":")]
    if len(fields) != len(("weekday", "hour", "minute", "second")):
        return ""
    days, *clock = fields
    named = re.sub(r"[0-6]", lambda found: tr(_DAYS[int(found[0])]), days)
    day = tr("every day") if days == "*" else named
    if all(field.isdigit() for field in clock):
        return tr("{day} at {time}", day=day, time=":".join(field.zfill(2) for field in clock))
    hour, minute, second = clock
    return tr("{day}, hours {h}, minutes {m}, seconds {s}", day=day, h=_any(hour), m=_any(minute), s=_any(second))


def _any(field: str) -> str:
    return tr("any") if field == "*" else field


def _problem(when: str, command: str) -> str:
    try:
        coerce("crontasks", joined([(when, command)]))
    except ConfigError as error:
        return error.message.removeprefix("crontasks: ")
    return ""
