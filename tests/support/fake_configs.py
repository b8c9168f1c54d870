"""Configurations that only pretend: kept versions, restore, many nodes, what Undo would take back."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devtoolkit.model.device import Device
from devtoolkit.services.bulk import Failure
from devtoolkit.services.config_history import Version
from devtoolkit.services.config_jobs import ConfigAnswer, ConfigResult
from devtoolkit.services.configs import Change, NodeConfig

OLD = time.mktime((2026, 3, 1, 12, 0, 0, 0, 0, -1))


class FakeConfigs:
    """`takes_back` is what Undo would take back; `kept` are the versions of every node."""

    devices: tuple[Device, ...]
    calls: list[tuple[Any, ...]]
    takes_back = ""
    kept = (Version(Path("newest.json"), OLD, newest=True), Version(Path("older.json"), OLD - 86400, newest=False))

    def _of(self, uid: str) -> Device:
        return next(one for one in self.devices if one.uid == uid)

    def keep_config(self, uid: str, handle: Any) -> Any:
        self.calls.append(("keep_config", uid))
        return NodeConfig(self._of(uid), {}, file="newest.json")

    def config_versions(self, uid: str, name: str) -> Any:
        return self.kept

    def config_diff(self, uid: str, file: Path, handle: Any) -> Any:
        self.calls.append(("config_diff", uid, file.name))
        return NodeConfig(self._of(uid), changes=(Change("utc", 60, 120), Change("stapwd", "********", "********")))

    def restore_config(self, uid: str, file: Path, handle: Any) -> Any:
        self.calls.append(("restore_config", uid, file.name))
        return NodeConfig(self._of(uid), changes=(Change("utc", 60, 120),), skipped=("devip",))

    def set_configs(self, uids: Sequence[str], values: Mapping[str, str], handle: Any) -> Any:
        """The last one fails."""
        self.calls.append(("set_configs", tuple(uids), dict(values)))
        good = [
            ConfigAnswer(self._of(uid), NodeConfig(self._of(uid), changes=(Change("utc", 0, 1),))) for uid in uids[:-1]
        ]
        failure = Failure("NodeUnreachableError", "It does not answer.", "")
        return ConfigResult("set", (*good, ConfigAnswer(self._of(uids[-1]), None, failure)))

    def last_setting(self, uid: str) -> str:
        return self.takes_back
