"""Update (OTA): what changed, load modules only, every file, or own files; for one node, several, or a whole fleet."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle, Job
from devtoolkit.gui.panels._base import Panel, PanelInfo, buttons
from devtoolkit.gui.panels._ota_form import ALL, OUTDATED, OtaForm
from devtoolkit.gui.panels._ota_results import OtaResults
from devtoolkit.gui.qt import QLabel, pyqtSignal
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.pipelines.base import Event

if TYPE_CHECKING:
    from devtoolkit.services.ota.request import NodeUpdate

_STOPPED = "ota/stopped"  # in the window's settings: a rollout that can be gone on with, also after a restart
_NAMES_SHOWN = 8


class OtaPanel(Panel):
    """What is sent, to whom, and how each node took it."""

    _stepped = pyqtSignal(object)
    _node_done = pyqtSignal(object)

    def __init__(self, hub: Hub) -> None:
        intro = tr(
            "The node stages the files, changes over in one step and tries the new version. "
            "If that does not work, it goes back to the old one by itself."
        )
        super().__init__(hub, tr("Update (OTA)"), intro)
        self.form = OtaForm(hub)
        self.mode, self.loader, self.target = self.form.mode, self.form.loader, self.form.target
        self.column.addWidget(self.form)
        self.go = self.button(tr("Update (OTA)"), self._ask, icon="mdi6.cloud-upload-outline", primary=True)
        self.plan = self.button(tr("Dry run"), self._dry_run, tip=tr("Shows what would be sent; nothing is changed"))
        self.resume = self.button(tr("Go on"), self._resume, tip=tr("Go on with the update that was stopped"))
        self.undo = self.button(tr("Undo last change"), self._undo, icon="undo")
        self.form.column.addLayout(buttons(self.go, self.plan, self.resume, self.undo))
        self.note = QLabel(objectName="soft", wordWrap=True, visible=False)
        self.form.column.addWidget(self.note)
        self.outcomes = OtaResults(hub)
        self.results = self.outcomes.table
        self.outcomes.hide()
        self.column.addWidget(self.outcomes)
        self.column.addStretch(1)
        self._stepped.connect(self.outcomes.step)
        self._node_done.connect(self._take)
        for choice in (self.form.target, self.form.mode):
            choice.currentIndexChanged.connect(lambda _at: self._enable())

    def refresh(self) -> None:
        self.form.refresh()
        self._enable()

    def rows_changed(self, keys: set[str]) -> None:
        self._enable()

    def _enable(self) -> None:
        stopped = self._stopped()
        self.go.setEnabled(self.form.ready)
        self.plan.setEnabled(self.form.ready)
        self.undo.setEnabled(len(self.hub.nodes()) == 1)
        self.resume.setVisible(stopped is not None)
        if stopped is not None:
            self.resume.setToolTip(tr("Go on with the update of {names}", names=stopped["names"]))

    # --- what is asked

    def _names(self) -> str:
        word = self.target.currentData()
        if word in (OUTDATED, ALL):
            return str(self.target.currentText())
        rows = self.hub.nodes()
        more = tr(" and {count} more", count=len(rows) - _NAMES_SHOWN) if len(rows) > _NAMES_SHOWN else ""
        return ", ".join(row.name for row in rows[:_NAMES_SHOWN]) + more

    def _ask(self) -> None:
        uids, options, rollout, names = self._wanted()
        points = [tr("Kept: configuration, module state, your own modules.")]
        if options["force"]:
            points.append(tr("Careful: the loader is overwritten. A power cut then may need a USB cable."))
        question = Question(
            tr("Update (OTA)"),
            tr("Update {names} over the air?", names=names),
            tuple(points),
            yes=tr("Update"),
            danger=options["force"],
        )
        self.hub.ask(question, lambda: self._update(uids, names, options, rollout))

    def _dry_run(self) -> None:
        uids, options, rollout, names = self._wanted()
        self._update(uids, names, {**options, "dry_run": True}, rollout)

    def _resume(self) -> None:
        """As it was asked for; what is updated already is left out."""
        stopped = self._stopped()
        if stopped is not None:
            options = {**stopped["options"], "files": tuple(Path(file) for file in stopped["options"]["files"])}
            rollout = {**stopped["rollout"], "resume": True}
            self._update(tuple(stopped["uids"]), stopped["names"], options, rollout)

    def _undo(self) -> None:
        node = self.node()
        question = Question(
            tr("Undo last change"),
            tr("Take back what was changed last on {name}?", name=node.name),
            (tr("A module or file that was put there, or a setting. A whole update goes back only by itself."),),
        )
        title = tr("Undo on {name}", name=node.name)

        def work(handle: Handle) -> object:
            return self.hub.services.undo(node.uid, handle)

        self.hub.ask(question, lambda: self.hub.run(title, work, done=self._undone, key=f"node:{node.uid}"))

    def _undone(self, result: Any) -> None:
        self.note.setText(tr("Taken back: {what}", what=result.done))
        self.note.show()

    def _wanted(self) -> tuple[tuple[str, ...], dict[str, Any], dict[str, Any], str]:
        return self.form.targets(), self.form.options(), self.form.rollout(), self._names()

    # --- what is done

    def _update(self, uids: tuple[str, ...], names: str, options: dict[str, Any], rollout: dict[str, Any]) -> None:
        dry, many = bool(options.get("dry_run")), len(uids) > 1 or uids[0] in (OUTDATED, ALL)

        def work(handle: Handle) -> object:
            return self.hub.services.ota(
                uids, handle, rollout=rollout, on_node=self._node_done.emit, on_step=self._stepped.emit, **options
            )

        title = tr("Dry run for {names}", names=names) if dry else tr("Update (OTA) of {names}", names=names)
        job = self.hub.run(title, work, ended=self._ended, key=f"node:{','.join(uids)}")
        if job is None:
            return
        self.outcomes.expect([row for uid in uids if (row := self._row(uid)) is not None])
        self.show_part(self.outcomes)
        if many and not dry:
            self._keep({"uids": uids, "names": names, "options": options, "rollout": rollout})
            job.succeeded.connect(lambda _report: self._keep(None))
        if not many:
            job.event.connect(lambda event: self._single(uids[0], names, event))

    def _single(self, uid: str, name: str, event: Event) -> None:
        """The steps of one node's update are those of its job."""
        if event.kind in ("start", "progress"):
            self.outcomes.step(Event("progress", uid, name, event.done, event.total, event.title))

    def _take(self, node: "NodeUpdate") -> None:
        self.outcomes.node(node)
        if node.outcome not in ("failed", "not_started", "planned"):
            self.hub.watcher.seen(node.device)

    def _ended(self, job: Job) -> None:
        self.outcomes.end("" if job.error is None else job.error.message)
        self._enable()

    def _row(self, uid: str) -> Row | None:
        return self.hub.model.row_of(uid)

    # --- a rollout that was stopped

    def _stopped(self) -> dict[str, Any] | None:
        try:
            kept = json.loads(str(self.hub.settings.value(_STOPPED, "") or "null"))
            return kept if isinstance(kept, dict) and kept["uids"] and kept["options"] and kept["rollout"] else None
        except (ValueError, KeyError):
            return None

    def _keep(self, rollout: dict[str, Any] | None) -> None:
        self.hub.settings.put(_STOPPED, json.dumps(rollout, default=str) if rollout else "")
        self._enable()


PANEL = PanelInfo("ota", tr("Update (OTA)"), "mdi6.cloud-upload-outline", 30, OtaPanel, "any")
