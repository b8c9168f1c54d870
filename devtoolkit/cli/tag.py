"""`--tag [TAGS]`: name groups of nodes, for `--dev tag:NAME`; without TAGS, list them."""

from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import DEVICE, Command, Option
from devtoolkit.errors import UsageError

_NONE = "none"


@dataclass(frozen=True, slots=True)
class TaggedNode:
    """A node and its tags."""

    uid: str
    fuid: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TagResult:
    """The nodes that were tagged, or all of them."""

    nodes: tuple[TaggedNode, ...]


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.services.cache_entries import RESERVED
    from devtoolkit.services.targets import targets

    cache = DeviceCache(paths.device_cache())
    text, selector = session.args.tag, session.args.dev
    if text and not selector:
        raise UsageError("--tag needs the nodes that get the tags.", hint="Give them with --dev.")
    chosen = targets(selector, cache) if selector else tuple(one for one in cache.all() if one.uid not in RESERVED)
    if text:
        tags = [] if text == _NONE else [tag for tag in (part.strip() for part in text.split(",")) if tag]
        for device in chosen:
            cache.tag(device.uid, tags)
    facts = cache.snapshot()[1]
    return TagResult(
        tuple(TaggedNode(one.uid, one.fuid, facts[one.uid].tags if one.uid in facts else ()) for one in chosen)
    )


def show(console: Console, result: TagResult) -> None:
    from devtoolkit.cli._table import plain_table

    table = plain_table("UID", "FUID", "TAGS")
    for node in result.nodes:
        table.add_row(node.uid, node.fuid, ", ".join(node.tags))
    console.rich().print(table)


COMMAND = Command(
    option=Option(
        "--tag",
        "give the nodes of --dev these tags (none: take them away); alone: list",
        takes="optional",
        metavar="TAGS",
    ),
    order=14,
    group="Network",
    result="devtoolkit.cli.tag:TagResult",
    run=run,
    show=show,
    modifiers=(DEVICE,),
)
