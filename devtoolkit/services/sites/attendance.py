"""That a site is there, and which nodes it has: said every few seconds, and at the end taken back."""

import contextlib
import logging
import platform
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import devtoolkit
from devtoolkit import paths
from devtoolkit.errors import BrokerError, ToolkitError
from devtoolkit.model.device import Status
from devtoolkit.services import datafile
from devtoolkit.services.cache import DeviceCache, DeviceFacts
from devtoolkit.services.cache_entries import RESERVED
from devtoolkit.services.sites import filesets
from devtoolkit.services.sites.celery_app import away_errors
from devtoolkit.services.sites.journal import Journal
from devtoolkit.services.sites.model import SiteNode
from devtoolkit.services.sites.registry import AWAY_S, BEAT_S, Card, Registry
from devtoolkit.services.status import status

_ROUND_S = 60.0  # how often the site asks its nodes by itself
_CLEAN_S = 3600.0  # between two looks at the journal for what is old
_LOG = logging.getLogger(__name__)


def card_of(name: str) -> Card:
    """This machine as a site. Its number is made once and kept with the user's data."""
    file = paths.user_data() / "sites" / "worker.json"
    with datafile.locked(file):
        kept, _note = datafile.read_object(file)
        number = kept.get("number")
        if not isinstance(number, str) or not number:
            number = uuid.uuid4().hex
            datafile.write_object(file, {"schema": 1, "number": number})
    return Card(name, number, platform.node(), devtoolkit.__version__)


@dataclass(slots=True)
class Presence:
    """Says every few seconds that the site is there, and which nodes it has."""

    app: Any
    cache: DeviceCache
    journal: Journal
    card: Card
    _end: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _registry: Registry | None = None

    def refuse_second(self) -> None:
        """Another worker under the same name would take this one's jobs; the successor of a killed one has its number.

        Raises BrokerError.
        """
        registry = Registry(self.app)
        try:
            other, number = registry.cards().get(self.card.name), registry.owner(self.card.name)
        except away_errors() as error:  # nobody can be asked yet
            _LOG.warning("The broker cannot be reached yet: %s", type(error).__name__)
            return
        if number and number != self.card.owner:
            raise BrokerError(
                f"The site {self.card.name} is served by {other.host if other else 'another machine'}.",
                hint=f"Choose another name, or end it there and wait {AWAY_S} s.",
            )

    def nodes(self) -> tuple[SiteNode, ...]:
        """The site's nodes as its cache knows them."""
        devices, facts = self.cache.snapshot()
        none = DeviceFacts()
        return tuple(
            SiteNode(replace(device, status=_status(facts.get(device.uid, none))), facts.get(device.uid, none).tags)
            for device in devices
            if device.uid not in RESERVED
        )

    def start(self, *, watch: bool) -> None:
        """Say it from now on. `watch`: ask the nodes every minute too."""
        self._registry = Registry(self.app)
        self._say()  # at once: who is told that the site is ready finds it in the list
        work = [self._beats] + ([self._rounds] if watch else [])
        self._threads = [threading.Thread(target=one, daemon=True) for one in work]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Say no more, and take the site out of the list."""
        self._end.set()
        for thread in self._threads:
            thread.join(BEAT_S)
        if self._registry:
            with contextlib.suppress(*away_errors()):  # the broker has gone first
                self._registry.leave(self.card)

    def _beats(self) -> None:
        next_clean = time.monotonic()
        while not self._end.wait(BEAT_S):
            self._say()
            if time.monotonic() >= next_clean:
                self.journal.forget_old()
                next_clean += _CLEAN_S

    def _say(self) -> None:
        expected: tuple[type[Exception], ...] = (*away_errors(), ToolkitError)  # no broker, or no cache just now
        try:
            self._beat()
        except expected as error:
            _LOG.warning("The site cannot say that it is there: %s", type(error).__name__)

    def _beat(self) -> None:
        nodes = self.nodes()
        online = sum(node.device.status == "ONLINE" for node in nodes)
        card = replace(self.card, nodes=len(nodes), online=online, sets=filesets.known())
        if self._registry:
            self._registry.beat(card, nodes)

    def _rounds(self) -> None:
        """What the nodes are is kept in the cache, from which the beats tell it."""
        while True:
            try:
                status(self.cache)
            except (ToolkitError, OSError) as error:
                _LOG.warning("The nodes could not be asked: %s", error)
            if self._end.wait(_ROUND_S):
                return


def _status(facts: DeviceFacts) -> Status:
    """What is kept is a text that another toolkit may have written."""
    known: tuple[Status, ...] = get_args(Status)
    return next((one for one in known if one == facts.status), "OFFLINE")
