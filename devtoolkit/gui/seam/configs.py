"""A node's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.configs import NodeConfig


class Configs(Seam):
    """A node's configuration."""

    def config(self, uid: str, handle: Handle) -> NodeConfig:
        return self._config("get", uid, handle)

    def set_config(self, uid: str, values: Mapping[str, str], handle: Handle) -> NodeConfig:
        return self._config("set", uid, handle, values=values)

    def _config(self, action: Any, uid: str, handle: Handle, **options: Any) -> NodeConfig:
        from devtoolkit.services import config_jobs

        config = config_jobs.run(action, uid, self.cache(), ask=handle.ask, **options).nodes[0].config
        assert config is not None  # noqa: S101 - of one single node failures are raised
        return config
