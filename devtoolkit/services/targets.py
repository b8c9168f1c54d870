"""Which nodes a selector means: a name, several, a tag, or all."""

from devtoolkit.errors import NodeUnknownError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.cache_entries import RESERVED

ALL = "all"
TAG = "tag:"


def is_many(selector: str) -> bool:
    """Whether the selector means a group, also when it has one member."""
    return selector == ALL or selector.startswith(TAG) or "," in selector


def targets(selector: str, cache: DeviceCache) -> tuple[Device, ...]:
    """The devices of `all`, `tag:NAME`, `NAME,NAME` or `NAME` (name, uid or address), each once.

    `all` leaves out the reserved entries. Raises NodeUnknownError for an unknown name and for an empty group.
    """
    if selector == ALL:
        found = tuple(device for device in cache.all() if device.uid not in RESERVED)
    elif selector.startswith(TAG):
        found = cache.tagged(selector.removeprefix(TAG))
    else:
        found = tuple(cache.find(name.strip()) for name in selector.split(",") if name.strip())
    if not found:
        hint = "Give nodes the tag with --tag." if selector.startswith(TAG) else "Search for devices: devToolKit.py -s"
        raise NodeUnknownError(f"No node is known that {selector!r} means.", hint=hint, selector=selector)
    return tuple({device.uid: device for device in found}.values())
