"""The list of sites, in the Redis that also keeps the results: who is there, and which nodes it reaches."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from devtoolkit.errors import BrokerError, UsageError
from devtoolkit.services.sites.celery_app import client_of, queue_of, refused_errors
from devtoolkit.services.sites.jobs import check_name
from devtoolkit.services.sites.model import Site, SiteNode
from devtoolkit.services.sites.plain import ShapeError, from_plain, to_plain

BEAT_S = 5.0
AWAY_S = 15  # three beats missed
_SITES = "micros:sites"
_LOG = logging.getLogger(__name__)
_VERSIONS = "Has the site's worker the same version as this toolkit?"
_TRUSTED = "Is its certificate in the folder signing_trusted? See docs/guide/sites.md."


@dataclass(frozen=True, slots=True)
class Card:
    """What a site says of itself with each beat. `owner` is one worker's number; `sets` are digests of file sets."""

    name: str
    owner: str
    host: str
    toolkit: str
    nodes: int = 0
    online: int = 0
    sets: tuple[str, ...] = ()
    seen: float | None = None


@dataclass(frozen=True, slots=True)
class _Roll:
    nodes: tuple[SiteNode, ...]


class Registry:
    """Both sides of the list. What is written is signed where messages are; all methods raise the client's errors."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._last_roll = ""

    # --- a site's side

    def owner(self, name: str) -> str:
        """The number of the worker that serves this site now, empty for none."""
        found = client_of(self._app).get(_alive(name))
        return found.decode() if found else ""

    def beat(self, card: Card, nodes: Sequence[SiteNode]) -> None:
        """Written every BEAT_S seconds; the nodes only when they have changed."""
        client = client_of(self._app)
        roll = self._encoded(to_plain(_Roll(tuple(nodes))))
        digest = hashlib.sha256(json.dumps(to_plain(_Roll(tuple(nodes)))).encode()).hexdigest()
        seconds, micros = client.time()
        card = replace(card, seen=seconds + micros / 1e6)
        with client.pipeline() as pipe:
            if digest != self._last_roll or not client.exists(_nodes(card.name)):
                pipe.set(_nodes(card.name), roll)
            pipe.hset(_SITES, card.name, self._encoded(to_plain(card)))
            pipe.set(_alive(card.name), card.owner, ex=AWAY_S)
            pipe.execute()
        self._last_roll = digest

    def leave(self, card: Card) -> None:
        """The site is away from now on; what is known of it stays."""
        if self.owner(card.name) == card.owner:
            client_of(self._app).delete(_alive(card.name))

    # --- the centre's side

    def cards(self) -> dict[str, Card]:
        """All sites that were ever there. An entry that is forged or damaged is left out, and logged."""
        found = {}
        for name, raw in client_of(self._app).hgetall(_SITES).items():
            try:
                card = from_plain(Card, self._decoded(raw), strict=False)
                if check_name(card.name) != name.decode(errors="replace"):
                    raise ShapeError("it stands under another name")
            except (ShapeError, BrokerError, UsageError) as error:
                _LOG.warning("An entry of the list of sites is refused: %s", error)
                continue
            found[card.name] = card
        return dict(sorted(found.items()))

    def sites(self) -> tuple[Site, ...]:
        """All that were ever there, by name. Raises what the broker's client raises."""
        client, cards = client_of(self._app), self.cards()
        with client.pipeline(transaction=False) as pipe:
            for name in cards:
                pipe.exists(_alive(name))
                pipe.llen(queue_of(name))
            answers = pipe.execute()
        return tuple(
            Site(name, bool(there), card.host, card.toolkit, card.nodes, card.online, int(waiting), card.seen)
            for (name, card), there, waiting in zip(cards.items(), answers[::2], answers[1::2], strict=True)
        )

    def present(self, name: str) -> bool:
        """Whether the site has said so within the last seconds."""
        return bool(client_of(self._app).exists(_alive(name)))

    def nodes(self, name: str) -> tuple[SiteNode, ...]:
        """The nodes of a site, its name on them. Raises BrokerError for an entry that is forged or damaged."""
        raw = client_of(self._app).get(_nodes(name))
        if raw is None:
            return ()
        try:
            roll = from_plain(_Roll, self._decoded(raw), strict=False)
        except ShapeError as error:
            raise BrokerError(f"The list of nodes of {name} cannot be read: {error}.", hint=_VERSIONS) from error
        return tuple(replace(node, device=replace(node.device, site=name)) for node in roll.nodes)

    def forget(self, name: str) -> None:
        """A site that will not come back."""
        client = client_of(self._app)
        client.hdel(_SITES, name)
        client.delete(_nodes(name), _alive(name))

    def _encoded(self, value: Any) -> bytes | str:
        payload: bytes | str = self._app.backend.encode(value)
        return payload

    def _decoded(self, raw: bytes) -> Any:
        try:
            return self._app.backend.decode(raw)
        except refused_errors() as error:
            raise BrokerError(
                f"Not signed by a known site, or damaged ({type(error).__name__}).", hint=_TRUSTED
            ) from error


def _nodes(name: str) -> str:
    return f"micros:site:{name}:nodes"


def _alive(name: str) -> str:
    return f"micros:site:{name}:alive"
