"""A short run of the soak: the long one is `python3 dev.py bench soak`."""

from pathlib import Path

import pytest
from device_heap import running_compiled
from device_soak import SETTLE, Soak

pytestmark = pytest.mark.vm

_COMMANDS = 8000
_HEAP = 500_000
_LOOKS, _BETWEEN = 20, 200


def test_after_thousands_of_commands_the_heap_is_as_free_and_as_whole_as_after_the_first(tmp_path: Path) -> None:
    with running_compiled(tmp_path / "node", _HEAP, aioqueue=5) as node:
        soak = Soak(node, seed=3)
        first = soak.run(SETTLE)
        last = soak.run(_COMMANDS - SETTLE)
        for _ in range(
            _LOOKS
        ):  # one session's objects may lie in the middle for a while; what stays there is the matter
            if last.largest >= first.largest * 0.95:
                break
            soak.reconnect()
            last = soak.run(_BETWEEN)
        soak.close()
        assert soak.sent >= _COMMANDS
    assert last.free >= first.free * 0.95
    assert last.largest >= first.largest * 0.95
