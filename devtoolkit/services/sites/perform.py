"""The work itself: plain functions on one node or one batch, the same here and at a site."""

from dataclasses import dataclass, replace

from devtoolkit.errors import NodeUnknownError, ToolkitError
from devtoolkit.model.device import Device
from devtoolkit.model.node_status import NodeStatus
from devtoolkit.pipelines.base import Event
from devtoolkit.services import bulk, config_jobs, status
from devtoolkit.services.bulk import Failure, NodeAnswer, failure_of
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.cache_entries import RESERVED
from devtoolkit.services.config_jobs import ConfigAnswer
from devtoolkit.services.ota.request import NodeUpdate, UpdateRequest
from devtoolkit.services.ota.update import update_node_async
from devtoolkit.services.sites import filesets
from devtoolkit.services.sites.jobs import Answer, CommandJob, ConfigJob, Job, SetJob, StatusJob, UpdateJob
from devtoolkit.services.sites.journal import Entries
from devtoolkit.services.sites.plain import from_plain, to_plain

BEGUN, INSTALLING, DONE = "begun", "installing", "done"


async def perform(job: Job, cache: DeviceCache, entries: Entries | None = None) -> tuple[Answer, ...]:
    """Do it; the answers in the order of the job. `entries`: what was done of it before, and where it is noted.

    What goes wrong with a node of several stands in its answer. Raises ToolkitError for an update and for a set.
    """
    if isinstance(job, StatusJob):
        return await _status(job, cache)
    if isinstance(job, CommandJob):
        return await _command(job, cache, entries)
    if isinstance(job, ConfigJob):
        return await _config(job, cache)
    if isinstance(job, UpdateJob):
        return (await _update(job, cache, entries),)
    if isinstance(job, SetJob):
        filesets.unpack(job)
    return ()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The devices of a job that this machine knows, and an error for each other."""

    devices: tuple[Device, ...]
    unknown: tuple[str, ...]


def _chosen(uids: tuple[str, ...], known: tuple[Device, ...]) -> _Chosen:
    by_uid = {device.uid: device for device in known if device.uid not in RESERVED}
    return _Chosen(tuple(by_uid[uid] for uid in uids if uid in by_uid), tuple(uid for uid in uids if uid not in by_uid))


def _unknown(uid: str) -> NodeUnknownError:
    return NodeUnknownError(f"The site does not know {uid} any more.", hint="See --sites.")


def _nobody(uid: str) -> Device:
    return Device(uid, uid, "", 0)


async def _status(job: StatusJob, cache: DeviceCache) -> tuple[NodeStatus, ...]:
    known, facts = cache.snapshot()
    chosen = _chosen(job.uids, known)
    found = await status.ask_known(chosen.devices, facts, cache, details=job.details)
    lost = (NodeStatus(uid, uid, "", 0, "OFFLINE", reason=_unknown(uid).message) for uid in chosen.unknown)
    return (*found, *lost)


async def _command(job: CommandJob, cache: DeviceCache, entries: Entries | None) -> tuple[NodeAnswer, ...]:
    """A node to which an earlier try may have said it is not told again: nobody knows whether it has done it."""
    chosen = _chosen(job.uids, cache.all())

    async def one(device: Device) -> NodeAnswer:
        before = entries.word(device.uid) if entries else ""
        if entries and before == DONE:
            return from_plain(NodeAnswer, entries.value(device.uid), strict=False)
        if before == BEGUN:
            return NodeAnswer(device, (), _INTERRUPTED)
        if entries:
            entries.note(device.uid, BEGUN)
        answer = await bulk.ask_one(job.commands, device, cache)
        if entries:
            entries.note(device.uid, DONE, to_plain(answer))
        return answer

    found = await bulk.side_by_side(chosen.devices, one)
    cache.put(*(answer.device for answer in found))
    lost = (NodeAnswer(_nobody(uid), (), failure_of(_unknown(uid))) for uid in chosen.unknown)
    return (*found, *lost)


_INTERRUPTED = Failure(
    "InterruptedJob",
    "The site's worker was ended while the node was told; it may have done it.",
    "Ask the node, then send the command again if it is needed.",
)


async def _config(job: ConfigJob, cache: DeviceCache) -> tuple[ConfigAnswer, ...]:
    """Without a journal: to set a value twice is to set it once."""
    chosen = _chosen(job.uids, cache.all())
    work = config_jobs.work_of(job.action, job.keys, job.values)

    async def one(device: Device) -> ConfigAnswer:
        return await config_jobs.do_one(work, device, cache)

    found = await bulk.side_by_side(chosen.devices, one)
    cache.put(*(answer.device for answer in found if answer.config))
    lost = (ConfigAnswer(_nobody(uid), None, failure_of(_unknown(uid))) for uid in chosen.unknown)
    return (*found, *lost)


async def _update(job: UpdateJob, cache: DeviceCache, entries: Entries | None) -> NodeUpdate:
    """The node's own journal lets the update go on; ours tells whether it was this job that installed it."""
    if entries and entries.word(job.uid) == DONE:
        return from_plain(NodeUpdate, entries.value(job.uid), strict=False)
    chosen = _chosen((job.uid,), cache.all())
    if not chosen.devices:
        raise _unknown(job.uid)
    request = UpdateRequest(
        chosen.devices[0],
        mode=job.mode,
        source=filesets.folder_of(job.set),
        force=job.force,
        dry_run=job.dry_run,
        only_older=job.only_older,
        trial_s=job.trial_s,
        confirm=job.confirm,
        repair=False,
    )
    installing = bool(entries and entries.word(job.uid) == INSTALLING)

    def tell(event: Event) -> None:
        if entries and event.kind == "start" and event.step == "stage" and entries.word(job.uid) != INSTALLING:
            entries.note(job.uid, INSTALLING, request.device.version)

    if installing:
        # What the first try has installed is not installed once more.
        request = replace(request, force=False, mode="changed" if job.mode == "full" else job.mode)
    update = await update_node_async(request, cache=cache, listener=tell)
    if entries and installing:
        update = _whole(update, str(entries.value(job.uid) or ""))
    if entries:
        entries.note(job.uid, DONE, to_plain(update))
    return update


def _whole(update: NodeUpdate, before: str) -> NodeUpdate:
    """The report on an update that a worker began and its successor found installed."""
    if update.outcome != "unchanged":
        return update
    note = "The site's worker was ended during the update; the one after it has finished it."
    return replace(
        update, outcome="updated", confirmed=True, version_before=before or update.version, notes=(*update.notes, note)
    )


def of_site(answer: Answer, site: str) -> Answer:
    """The answer with the site's name on its device."""
    if isinstance(answer, NodeStatus):
        return replace(answer, site=site)
    if isinstance(answer, ConfigAnswer) and answer.config:
        config = replace(answer.config, device=replace(answer.config.device, site=site))
        return ConfigAnswer(replace(answer.device, site=site), config, answer.failure)
    return replace(answer, device=replace(answer.device, site=site))


def retry_is_sensible(error: ToolkitError) -> bool:
    """Whether an update that failed like this may well work a little later: nothing was decided by the node."""
    return error.type in ("NodeUnreachableError", "NodeBusyError") or error.facts.get("code") == "busy"
