"""EXPERIMENTAL: a node of the original to our system over the air, in the only way the original offers.

Its update mode takes files in place, without hashes, journal or a way back: a power cut in the middle may need USB
afterwards. So every file is read back, what starts the node goes last, and the user is asked twice before.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from devtoolkit import paths
from devtoolkit.errors import NodeLockedError, UpdateError
from devtoolkit.pipelines.base import Cancel, Listener, silent
from devtoolkit.services import build, configs
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.ota import fileset, records
from devtoolkit.services.ota import link as words
from devtoolkit.services.ota.deliver import AWAY
from devtoolkit.services.ota.fileset import LOADER, FileSet
from devtoolkit.services.ota.link import NodeLink
from devtoolkit.services.ota.plan import NodeFiles, Part, make_plan
from devtoolkit.services.ota.progress import Reporter, Step
from devtoolkit.services.ota.request import NodeUpdate, UpdateRequest
from devtoolkit.services.shell import AskPassword
from devtoolkit.transports.tcp_shell import TcpShell
from devtoolkit.transports.webrepl import WebRepl

_MODE_FILE = "/.if_mode"
_LAST = ("main.py",)  # with these the node starts differently
_TRIES = 3
_LEGACY = "legacy"


async def move(
    request: UpdateRequest,
    *,
    cache: DeviceCache,
    listener: Listener = silent,
    cancel: Cancel | None = None,
    ask: AskPassword | None = None,
) -> NodeUpdate:
    """Put our system on a node of the original; its configuration and its own modules stay.

    Raises UpdateError for a node that needs no such thing, and what its connections raise; a node that is left in
    update mode takes the next try.
    """
    link, reporter = NodeLink(request, cache, ask), Reporter(listener, cancel or Cancel())
    wanted = fileset.bundled(request.source)
    everything = build.read_files(request.source or paths.precompiled())
    with records.exclusive(request.device.uid or request.device.ip):
        with reporter.step("backup", "Keep the configuration"):
            version, kept = await _prepare(link)
        with reporter.step("stage", "Replace the files") as step:
            await _replace(link, reporter, everything, step)
        with reporter.step("apply", "Restart as a node of ours") as step:
            node = await _settled(link, reporter, wanted)
    hashes = {entry.path: entry.sha256 for entry in wanted.entries}
    records.remember(link.device.uid, wanted.version, hashes, whole=True)
    link.keep_password()
    done = NodeUpdate(link.device, "updated", confirmed=True, version_before=version, version=node.state.version)
    size, seconds = sum(map(len, everything.values())), dict(reporter.seconds)
    return replace(done, sent=tuple(everything), bytes=size, backup=kept, seconds=seconds)


async def _prepare(link: NodeLink) -> tuple[str, str | None]:
    """What it is, its configuration into the archive, its password; then into its update mode."""
    found: dict[str, str] = {}

    async def look(shell: TcpShell) -> None:
        found["version"] = " ".join(await shell.command("version"))
        try:
            await words.shell_state(shell)
        except UpdateError as error:
            if error.facts.get("code") != _LEGACY:
                raise
        else:
            raise UpdateError(f"{shell.name} is a node of ours already.", hint="Update it without --migrate.")
        await shell.command("conf")
        found["appwd"] = " ".join(await shell.command("appwd"))  # the original tells it
        await shell.command("noconf")

    await link.shell(look)
    link.learn_password(found["appwd"])
    kept = (await configs.keep(link.visit(), ConfigArchive())).file
    link.password()

    async def enter(shell: TcpShell) -> None:
        await shell.command("webrepl --update")

    await link.shell(enter)
    return found["version"], kept


async def _replace(link: NodeLink, reporter: Reporter, files: dict[str, bytes], step: Step) -> None:
    names = _in_order(files)
    total, done, news = sum(map(len, files.values())), set[str](), time.monotonic()
    while True:
        try:
            address, port = link.device.ip, link.request.webrepl_port
            async with WebRepl.connect(address, link.password(), port, link.limits.webrepl) as repl:
                await repl.put(_MODE_FILE, b"webrepl")
                for name in names:
                    if name not in done:
                        await _put_checked(repl, name, files[name])
                        done.add(name)
                        news = time.monotonic()
                        step.report(sum(len(files[one]) for one in done), total, name)
                await repl.put(_MODE_FILE, b"micros")
                return
        except NodeLockedError:
            raise
        except AWAY:
            if time.monotonic() - news > link.limits.gone_s:
                raise
        await reporter.pause(link.limits.again_s, step.title)


async def _put_checked(repl: WebRepl, name: str, content: bytes) -> None:
    for _ in range(_TRIES):
        await repl.put(f"/{name}", content)
        if await repl.get(f"/{name}") == content:
            return
    raise UpdateError(
        f"The node does not keep {name}: its disk is full.",
        hint="It waits in update mode. Remove files there, or deploy it over USB.",
        file=name,
    )


async def _settled(link: NodeLink, reporter: Reporter, wanted: FileSet) -> NodeFiles:
    """Until it answers as a node of ours, and has exactly the files it should have."""
    found: list[NodeFiles] = []
    started = time.monotonic()

    async def work(shell: TcpShell) -> None:
        await shell.command("lmpacman del_duplicates")  # the original's sources would win over our bytecode
        found.append(await words.shell_files(shell, None))

    while not found:
        try:
            await link.shell(work)
        except AWAY:
            if time.monotonic() - started > link.limits.gone_s:
                raise
        await reporter.pause(link.limits.again_s, "Restart as a node of ours")
    plan = make_plan(found[0], wanted, force=False)
    _complain(plan.parts)
    return found[0]


def _complain(parts: Sequence[Part]) -> None:
    wrong = [entry.path for part in parts for entry in part.manifest.files]
    if wrong:
        raise UpdateError(
            f"The node runs our system, but these files differ: {', '.join(wrong)}.", hint="Run --OTA now."
        )


def _in_order(files: dict[str, bytes]) -> list[str]:
    return sorted(files, key=lambda name: (name in _LAST, name in LOADER, name))
