"""What a starting VM is told about its board: the keys that `vm/boot.py` and the shims read (see `simshims`)."""

from collections.abc import Mapping

from devtoolkit.codecs.flash_layout import Region
from devtoolkit.simulator.flash import Flash
from devtoolkit.simulator.identity import Identity

# In another /24 than every board, so that a node does not hold on to its last address when its board gets a new one.
_GATEWAY = "127.0.255.1"


def board_config(
    identity: Identity, flash: Flash, region: Region, hosts: Mapping[str, str], settings: Mapping[str, object]
) -> dict[str, object]:
    """Who the board is and where its file system lies. `settings` win over names and gateway, not over the identity."""
    return {
        "hosts": dict(hosts),
        "gateway": _GATEWAY,
        **settings,
        "name": identity.name,
        "chip": identity.chip,
        "mac": identity.mac,
        "unique_id": identity.unique_id.hex(),
        "ip": identity.ip,
        "ports": identity.ports,
        "flash": str(flash.path),
        "flash_size": flash.size,
        "fs_offset": region.offset,
        "fs_size": region.size,
        "block_size": region.block_size,
    }
