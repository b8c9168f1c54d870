"""A site as the fleet's centre sees it."""

from dataclasses import dataclass

from devtoolkit.model.device import Device

HERE = "here"  # the word for this machine's own nodes; in data it is the empty text


@dataclass(frozen=True, slots=True)
class Site:
    """`present`: its worker was there within the last seconds. `online`: of its nodes, as it last saw them.

    `waiting`: jobs that no worker has taken yet. `last_seen` is Unix time by the broker's clock.
    """

    name: str
    present: bool
    host: str = ""
    toolkit: str = ""
    nodes: int = 0
    online: int = 0
    waiting: int = 0
    last_seen: float | None = None


@dataclass(frozen=True, slots=True)
class SiteNode:
    """One of a site's nodes, with what the site knows of it."""

    device: Device
    tags: tuple[str, ...] = ()
