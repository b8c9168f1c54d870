"""Fleet operations over this machine's own nodes and those of all sites: one call, one report.

Nodes here are worked on in this process, those of a site by a job to its worker; both run `perform`.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devtoolkit import paths
from devtoolkit.errors import BrokerError, NodeUnknownError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.model.node_status import NodeStatus
from devtoolkit.pipelines.base import Cancel, Listener, silent
from devtoolkit.services.bulk import BulkResult, Failure, NodeAnswer
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.cache_entries import RESERVED
from devtoolkit.services.config_jobs import Action, ConfigAnswer, ConfigResult, work_of
from devtoolkit.services.ota import fileset
from devtoolkit.services.ota.fleet import Rollout, update_fleet_async
from devtoolkit.services.ota.jobs import OUTDATED
from devtoolkit.services.ota.request import NodeUpdate, UpdateReport, UpdateRequest
from devtoolkit.services.sites.broker import Broker
from devtoolkit.services.sites.celery_app import away_errors
from devtoolkit.services.sites.centre import Centre
from devtoolkit.services.sites.executors import A, AtSite, Executor, Here, spread
from devtoolkit.services.sites.jobs import CommandJob, ConfigJob, Job, StatusJob, without_secrets
from devtoolkit.services.sites.model import HERE, Site, SiteNode
from devtoolkit.services.sites.rollout import RemoteUpdates
from devtoolkit.services.targets import ALL, TAG

DEADLINE_S = 60.0
UPDATE_DEADLINE_S = 1800.0


@dataclass(slots=True)
class Fleet:
    """This machine and the sites. `problem` is set when the broker is away and only own nodes were asked."""

    cache: DeviceCache
    centre: Centre
    deadline_s: float | None = None
    on_note: Callable[[str], object] = lambda _text: None
    problem: BrokerError | None = None
    _present: dict[str, bool] = field(default_factory=dict)

    # --- who there is

    def sites(self) -> tuple[Site, ...]:
        """All sites that were ever there. Raises BrokerError."""
        self.centre.check()
        try:
            return self.centre.registry.sites()
        except away_errors() as error:
            raise self.centre.away(error) from error

    def nodes(self, sites: str = ALL) -> tuple[SiteNode, ...]:
        """The nodes of `all`, `here` or `NAME,NAME`; one that is known twice belongs to its site, not to here.

        Raises BrokerError, and UsageError for a site that was never there.
        """
        named = [word.strip() for word in sites.split(",") if word.strip()]
        known = {} if named == [HERE] else {site.name: site.present for site in self.sites()}
        unknown = [word for word in named if word not in (ALL, HERE, *known)]
        if unknown or not named:
            raise UsageError(f"No site {', '.join(unknown)} is known.", hint=f"Known: {', '.join(known) or 'none'}.")
        self._present = known
        chosen = known if ALL in named else [word for word in named if word != HERE]
        found = [node for name in chosen for node in self.centre.registry.nodes(name)]
        theirs = {node.device.uid for node in found}
        own = self._own() if {ALL, HERE} & set(named) else ()
        return tuple(node for node in own if node.device.uid not in theirs) + tuple(found)

    def devices(self, sites: str = ALL) -> tuple[Device, ...]:
        """As `nodes`, without what only the site knows."""
        return tuple(node.device for node in self.nodes(sites))

    def chosen(self, selector: str, sites: str = ALL) -> tuple[Device, ...]:
        """The devices of `all`, `tag:NAME` or `NAME,NAME` (name, uid, SITE/NAME). Those of sites that are there first.

        Raises NodeUnknownError.
        """
        nodes = self.nodes(sites)
        if selector in (ALL, OUTDATED):
            found = [node.device for node in nodes]
        elif selector.startswith(TAG):
            found = [node.device for node in nodes if selector.removeprefix(TAG) in node.tags]
        else:
            words = [word.strip() for word in selector.split(",") if word.strip()]
            found = [device for word in words for device in _named(word, nodes)]
        if not found:
            raise NodeUnknownError(f"No node is known that {selector!r} means.", hint="See --sites.", selector=selector)
        return tuple(sorted({one.uid: one for one in found}.values(), key=lambda one: not self._is_there(one.site)))

    # --- what can be done

    def status(
        self, sites: str = ALL, *, details: bool = False, on_answer: Callable[[NodeStatus], object] = lambda _one: None
    ) -> tuple[NodeStatus, ...]:
        """How all nodes are. What belongs to a site that is away is OFFLINE, with that as the reason.

        A broker that is away is no error here: own nodes are asked, and `problem` says the rest.
        """
        try:
            devices = self.devices(sites)
        except BrokerError as error:
            self.problem = error
            devices = tuple(node.device for node in self._own()) if {ALL, HERE} & set(sites.split(",")) else ()

        def failed(device: Device, failure: Failure) -> NodeStatus:
            return NodeStatus(
                device.uid, device.fuid, device.ip, device.port, "OFFLINE", reason=failure.message, site=device.site
            )

        def job(uids: tuple[str, ...]) -> StatusJob:
            return StatusJob(uids, details)

        there = tuple(device for device in devices if self._is_there(device.site))
        away = (failed(one, _away(one.site)) for one in devices if not self._is_there(one.site))
        return (*self._all(there, job, failed, on_answer), *away)

    def command(
        self,
        commands: Sequence[str],
        selector: str,
        sites: str = ALL,
        *,
        on_answer: Callable[[NodeAnswer], object] = lambda _one: None,
    ) -> BulkResult:
        """The same commands to all these nodes; what goes wrong with one stands in its answer. Raises BrokerError."""
        devices = self.chosen(selector, sites)
        self._note_away(devices)

        def failed(device: Device, failure: Failure) -> NodeAnswer:
            return NodeAnswer(replace(device, status="OFFLINE"), (), failure)

        answers = self._all(devices, lambda uids: CommandJob(uids, tuple(commands)), failed, on_answer)
        return BulkResult(tuple(sorted(answers, key=lambda one: one.failure is not None)))

    def config(
        self,
        action: Action,
        selector: str,
        sites: str = ALL,
        *,
        keys: Sequence[str] = (),
        values: Mapping[str, str] | None = None,
    ) -> ConfigResult:
        """Settings of all these nodes; `archive` is the backup, kept at each site. Raises BrokerError, ConfigError."""
        work_of(action, keys, values or {})  # what is wrong with the values is told before anybody is asked
        devices = self.chosen(selector, sites)
        if any(device.site for device in devices):
            without_secrets(values or {})
        self._note_away(devices)

        def failed(device: Device, failure: Failure) -> ConfigAnswer:
            return ConfigAnswer(replace(device, status="OFFLINE"), None, failure)

        def job(uids: tuple[str, ...]) -> ConfigJob:
            return ConfigJob(uids, action, tuple(keys), dict(values or {}))

        answers = self._all(devices, job, failed, lambda _one: None)
        return ConfigResult(action, tuple(sorted(answers, key=lambda one: one.failure is not None)))

    def update(
        self,
        selector: str,
        sites: str = ALL,
        *,
        rollout: Rollout | None = None,
        listener: Listener = silent,
        cancel: Cancel | None = None,
        on_node: Callable[[NodeUpdate], object] = lambda _node: None,
        source: Path | None = None,
        **options: Any,
    ) -> UpdateReport:
        """Update all these nodes; canary and abort count over the whole fleet, `parallel` is for each site.

        `options` are fields of UpdateRequest. Raises BrokerError before anything is begun.
        """
        if options.get("files"):
            raise UsageError("Single files go to nodes of this machine.", hint="Leave --sites out, or do it there.")
        if selector == OUTDATED:
            options["only_older"] = True
        devices = self.chosen(selector, sites)
        version = fileset.bundled(source).version
        requests = tuple(UpdateRequest(one, source=source, repair=False, **options) for one in devices)
        self._note_away(devices)

        async def work() -> UpdateReport:
            async with self.centre.collector(self.deadline_s or UPDATE_DEADLINE_S) as collector:
                remote = RemoteUpdates(collector, self.centre.registry, source)
                return await update_fleet_async(
                    requests, version, rollout, listener=listener, cancel=cancel, on_node=on_node, execute=remote
                )

        return asyncio.run(work())

    # ---

    def _all(
        self,
        devices: Sequence[Device],
        job: Callable[[tuple[str, ...]], Job],
        failed: Callable[[Device, Failure], A],
        on_answer: Callable[[A], object],
    ) -> tuple[A, ...]:
        """The answers in the order of the devices; a batch that fails as a whole has the reason for each of its."""

        async def work() -> dict[str, A]:
            async with AsyncExitStack() as stack:
                executors: dict[str, Executor] = {"": Here(self.cache)}
                if any(device.site for device in devices):
                    collector = await stack.enter_async_context(self.centre.collector(self.deadline_s or DEADLINE_S))
                    executors |= {site: AtSite(site, collector) for site in {one.site for one in devices} if site}
                return await spread(devices, executors, job, failed, on_answer)

        found = asyncio.run(work())
        return tuple(found[device.uid] for device in devices)

    def _own(self) -> tuple[SiteNode, ...]:
        devices, facts = self.cache.snapshot()
        return tuple(
            SiteNode(one, facts[one.uid].tags if one.uid in facts else ()) for one in devices if one.uid not in RESERVED
        )

    def _is_there(self, site: str) -> bool:
        return not site or self._present.get(site, False)

    def _note_away(self, devices: Iterable[Device]) -> None:
        for site in sorted({one.site for one in devices if not self._is_there(one.site)}):
            self.on_note(f"The site {site} is away; its jobs wait for it until the deadline.")


@contextmanager
def connect(
    broker: Broker,
    *,
    cache: DeviceCache | None = None,
    deadline_s: float | None = None,
    on_note: Callable[[str], object] = lambda _text: None,
) -> Iterator[Fleet]:
    """The fleet behind this broker. `deadline_s`: how long a job may wait to be begun; by its kind if not given."""
    centre = Centre(broker)
    try:
        yield Fleet(cache or DeviceCache(paths.device_cache()), centre, deadline_s, on_note)
    finally:
        centre.app.close()


def _named(word: str, nodes: Sequence[SiteNode]) -> list[Device]:
    site, mark, name = word.rpartition("/")
    found = [
        one.device
        for one in nodes
        if name in (one.device.uid, one.device.fuid) and (not mark or one.device.site == site.replace(HERE, ""))
    ]
    if not found:
        raise NodeUnknownError(f"No node {word} is known here or at these sites.", hint="See --sites.", name=word)
    return found


def _away(site: str) -> Failure:
    return Failure("SiteAwayError", f"its site {site} is away", "Is its worker running? See --sites.")
