"""Configuration work with one node, several, a tag or all, as the command line and the window ask for it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from devtoolkit.errors import ToolkitError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.services import configs
from devtoolkit.services.bulk import Failure, error_of, failure_of, side_by_side, visit_of
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.configs import NodeConfig
from devtoolkit.services.shell import AskPassword, Visit
from devtoolkit.services.targets import is_many, targets

Action = Literal["get", "set", "diff", "archive", "restore"]
Work = Callable[[Visit], Coroutine[Any, Any, NodeConfig]]


@dataclass(frozen=True, slots=True)
class ConfigAnswer:
    """One node's part; `config` is None when it failed."""

    device: Device
    config: NodeConfig | None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class ConfigResult:
    """What was done with which nodes, failures last."""

    action: Action
    nodes: tuple[ConfigAnswer, ...]

    @property
    def error(self) -> ToolkitError | None:
        """Set when a node failed: then the command has not worked."""
        return error_of(tuple(node.device for node in self.nodes if node.failure), len(self.nodes))


def run(
    action: Action,
    selector: str,
    cache: DeviceCache,
    *,
    keys: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
    file: Path | None = None,
    ask: AskPassword | None = None,
) -> ConfigResult:
    """Do it with `NAME`, `NAME,NAME`, `tag:NAME` or `all`. What is wrong with one single node is raised.

    `set` checks `values` before anybody is asked. Raises NodeUnknownError, ConfigError, UsageError and DataFileError.
    """
    work = work_of(action, keys, values or {}, file)
    chosen = targets(selector, cache)
    if not is_many(selector):
        visit = Visit(chosen[0].uid, cache, ask=ask, device=chosen[0])
        config = asyncio.run(work(visit))
        return ConfigResult(action, (ConfigAnswer(config.device, config),))
    if file:
        raise UsageError("One file cannot be the configuration of several nodes.", hint="Name one node with --dev.")

    async def one(device: Device) -> ConfigAnswer:
        return await do_one(work, device, cache)

    answers = asyncio.run(side_by_side(chosen, one))
    cache.put(*(answer.device for answer in answers if answer.config))
    return ConfigResult(action, tuple(sorted(answers, key=lambda answer: answer.failure is not None)))


def work_of(action: Action, keys: Sequence[str], values: Mapping[str, str], file: Path | None = None) -> Work:
    """What is done at each node; the values are checked here. Raises ConfigError and UsageError."""
    wanted = configs.checked(values)
    if action == "set" and not wanted:
        raise UsageError("There is nothing to set.", hint="Give --key NAME=VALUE.")
    archive = ConfigArchive()

    async def work(visit: Visit) -> NodeConfig:
        if action == "get":
            return await configs.get(visit, keys)
        if action == "set":
            return await configs.set_values(visit, wanted)
        if action == "archive":
            return await configs.keep(visit, archive)
        return await (configs.diff if action == "diff" else configs.restore)(visit, archive, file)

    return work


async def do_one(work: Work, device: Device, cache: DeviceCache) -> ConfigAnswer:
    """One node of many; what goes wrong stands in its answer."""
    try:
        config = await work(visit_of(device, cache))
    except ToolkitError as error:
        return ConfigAnswer(device, None, failure_of(error))
    return ConfigAnswer(config.device, config)
