"""A node's configuration: read, change, its kept versions, many nodes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.model.node_config import Value
    from devtoolkit.services.config_history import Imported, Version
    from devtoolkit.services.config_jobs import ConfigResult
    from devtoolkit.services.configs import NodeConfig


class Configs(Seam):
    """A node's configuration."""

    def config(self, uid: str, handle: Handle) -> NodeConfig:
        return self._config("get", uid, handle)

    def set_config(self, uid: str, values: Mapping[str, str], handle: Handle) -> NodeConfig:
        return self._config("set", uid, handle, values=values)

    def set_configs(self, uids: Sequence[str], values: Mapping[str, str], handle: Handle) -> ConfigResult:
        """The same values on several nodes; who failed stands in the result."""
        from devtoolkit.services import config_jobs

        return config_jobs.run("set", ",".join(uids), self.cache(), ask=handle.ask, values=values)

    def keep_config(self, uid: str, handle: Handle) -> NodeConfig:
        """Put the node's settings, as they are now, into the archive."""
        return self._config("archive", uid, handle)

    def config_versions(self, uid: str, name: str) -> tuple[Version, ...]:
        from devtoolkit.services import config_history

        return config_history.versions(uid, name)

    def config_diff(self, uid: str, file: Path, handle: Handle) -> NodeConfig:
        """How the node (`old`) differs from this file (`new`)."""
        return self._config("diff", uid, handle, file=file)

    def restore_config(self, uid: str, file: Path, handle: Handle) -> NodeConfig:
        return self._config("restore", uid, handle, file=file)

    def write_config(self, file: Path, values: Mapping[str, Value]) -> tuple[str, ...]:
        """Save to a file; the secrets that were left out."""
        from devtoolkit.services import config_history

        return config_history.write(file, values)

    def read_config(self, file: Path) -> Imported:
        from devtoolkit.services import config_history

        return config_history.read(file)

    def last_setting(self, uid: str) -> str:
        """What Undo would take back, empty when the last change at this node was none of its settings."""
        from devtoolkit.services import undo

        step = next((one for one in undo.steps() if one.uid == uid), None)
        return step.title if step is not None and step.kind == "config" else ""

    def _config(self, action: Any, uid: str, handle: Handle, **options: Any) -> NodeConfig:
        from devtoolkit.services import config_jobs

        config = config_jobs.run(action, uid, self.cache(), ask=handle.ask, **options).nodes[0].config
        assert config is not None  # noqa: S101 - of one single node failures are raised
        return config
