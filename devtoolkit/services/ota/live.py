"""Files into a running node, without a restart: dropped load modules, plain files over WebREPL, deletion; with undo."""

import ast
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from devtoolkit.codecs import ota as codec
from devtoolkit.errors import NodeUnreachableError, UpdateError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services import undo
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota import fileset
from devtoolkit.services.ota import link as words
from devtoolkit.services.ota.fileset import MODULE_PREFIX, FileSet, read_user_file, twin
from devtoolkit.services.ota.link import NodeLink
from devtoolkit.services.ota.request import UpdateRequest
from devtoolkit.services.shell import AskPassword
from devtoolkit.transports.tcp_shell import TcpShell
from devtoolkit.transports.webrepl import WebRepl

LIVE_PREFIXES = (MODULE_PREFIX, "IO_")  # what a node takes while it runs


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A file under the name it will have on the node."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Installed:
    """What became of one file: `loaded` tells that the module was running and runs again, in its new form.

    `problem`: it does not import on the node; undo brings the old one back.
    """

    name: str
    previous: str = ""
    loaded: bool = False
    unchanged: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class LiveReport:
    """What was put on a running node, or taken from it."""

    device: Device
    files: tuple[Installed, ...]
    missing: tuple[str, ...] = ()  # modules that the uploaded ones need and the node has not

    @property
    def error(self) -> UpdateError | None:
        """Set when a module does not import."""
        broken = [file for file in self.files if file.problem]
        if not broken:
            return None
        told = "; ".join(f"{file.name}: {file.problem}" for file in broken)
        return UpdateError(f"Not every module works on {self.device.fuid}: {told}.", hint="--undo takes it back.")


def dropped(files: Sequence[Path], *, prefix: Callable[[str], bool]) -> tuple[LiveFile, ...]:
    """The files as they will be called: one without `LM_` gets it when `prefix` (asked with its name) says so.

    Raises UsageError for what a node does not take while it runs: that needs an update (`--OTA --files`).
    """
    found = []
    for file in files:
        name = file.name
        if name.endswith((".py", ".mpy")) and not name.startswith(LIVE_PREFIXES) and prefix(name):
            name = MODULE_PREFIX + name
        if not name.startswith(LIVE_PREFIXES) or not name.endswith((".py", ".mpy")):
            raise UsageError(f"{name} is no load module.", hint="Other files are sent by an update: --OTA --files.")
        found.append(LiveFile(name, read_user_file(file)))
    return tuple(found)


def is_live(file: Path) -> bool:
    """Whether a node takes this file while it runs."""
    return file.name.startswith(LIVE_PREFIXES) and file.suffix in (".py", ".mpy")


def needs(file: LiveFile) -> tuple[str, ...]:
    """The modules (without `LM_`) that a module's `lmdep` names, read without running it; none for bytecode."""
    if not file.name.endswith(".py"):
        return ()
    try:
        tree = ast.parse(file.content, file.name)
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{file.name} is no valid Python: {error}.", hint="Correct it first.") from error
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "lmdep":
            texts = (leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant))
            documented = ast.get_docstring(node, clean=False)
            return tuple(
                text.removeprefix(MODULE_PREFIX) for text in texts if isinstance(text, str) and text != documented
            )
    return ()


def from_bundle(names: Sequence[str], bundle: FileSet | None = None) -> tuple[LiveFile, ...]:
    """Bundled modules by their names without `LM_`; those that the bundle does not have are left out."""
    bundle = bundle or fileset.bundled()
    paths_ = [f"{MODULE_PREFIX}{name}{ending}" for name in names for ending in (".mpy", ".py")]
    return tuple(LiveFile(path, bundle.files[path]) for path in paths_ if path in bundle.files)


async def upload(
    request: UpdateRequest,
    files: Sequence[LiveFile],
    *,
    cache: DeviceCache,
    ask: AskPassword | None = None,
    journal: bool = True,
) -> LiveReport:
    """Install modules in a running node; its uptime and its other sessions go on. `journal`: can be undone.

    Raises NodeLockedError, NodeUnreachableError, UpdateError; a file that was not installed is not there at all.
    """
    link = NodeLink(request, cache, ask)
    done: list[Installed] = []
    missing: list[str] = []

    async def work(shell: TcpShell) -> None:
        there = await _names(shell, files)
        have = {*there, *(file.name for file in files)}
        wanted = {name for file in files for name in needs(file)}
        missing.extend(sorted(name for name in wanted if not _is_there(name, have)))
        async with live_webrepl(link, shell) as repl:
            for file in files:
                done.append(await _install(link, shell, repl, file, there, journal=journal))

    await link.shell(work, repair=request.repair)
    link.keep_password()
    return LiveReport(replace(link.device, status="ONLINE"), tuple(done), tuple(missing))


async def delete(
    request: UpdateRequest, name: str, *, cache: DeviceCache, ask: AskPassword | None = None, journal: bool = True
) -> LiveReport:
    """Remove a load module from a running node; it can be undone. Raises UpdateError when there is no such module."""
    link = NodeLink(request, cache, ask)

    async def work(shell: TcpShell) -> None:
        there = await _names(shell, ())
        if name not in there and not is_live(Path(name)):
            raise UpdateError(
                f"{name} is no load module; only those are removed over the network.",
                hint="Over USB it goes: --rm PATH --port PORT.",
            )
        if name not in there:
            raise UpdateError(f"{shell.name} has no {name}.", hint="See --webrepl ls.")
        content = b""
        if journal:
            async with live_webrepl(link, shell) as repl:
                content = await repl.get(f"/{name}")
        reply = " ".join(await shell.command(f"lmpacman dellm '{name}'"))
        if not reply.startswith("Deleted"):
            raise UpdateError(f"{shell.name} does not remove {name}: {reply}.", hint="Nothing was changed.")
        module = name.removeprefix(MODULE_PREFIX).rpartition(".")[0]
        await shell.command(f"lmpacman module unload='{module}'")
        if journal:
            undo.module_deleted(link.device, name, content)

    await link.shell(work, repair=request.repair)
    return LiveReport(replace(link.device, status="ONLINE"), (Installed(name, name),))


@asynccontextmanager
async def live_webrepl(link: NodeLink, shell: TcpShell) -> AsyncIterator[WebRepl]:
    """WebREPL beside the running shell; it ends by itself after ten minutes."""
    password = await link.prove_password(shell)
    address, port, limits = link.device.ip, link.request.webrepl_port, link.limits.webrepl
    await shell.command("webrepl")
    async with WebRepl.connect(address, password, port, limits) as repl:
        yield repl


async def _install(
    link: NodeLink,
    shell: TcpShell,
    repl: WebRepl,
    file: LiveFile,
    there: frozenset[str],
    *,
    journal: bool,
) -> Installed:
    entry = FileEntry.of(file.name, file.content)
    both = sorted((file.name, twin(file.name) or file.name), reverse=True)  # `.py` wins on the node
    old = next((name for name in both if name in there), "")
    content = await repl.get(f"/{old}") if old else b""
    if old == file.name and content == file.content:
        return Installed(file.name, old, unchanged=True)
    await repl.put(codec.LIVE, file.content)
    reply = await words.shell_word(shell, f"install {codec.LIVE} {entry.sha256} {file.name}")
    if journal:
        undo.module_uploaded(link.device, file.name, old, content)
    return Installed(file.name, old, bool(reply.get("loaded")), problem=str(reply.get("text") or ""))


async def _names(shell: TcpShell, files: Sequence[LiveFile]) -> frozenset[str]:
    """The node's load modules; with pin maps among `files` all of its program files, whose hashes take a moment."""
    if all(file.name.startswith(MODULE_PREFIX) for file in files):
        reply = await shell.ask("lmpacman listmods")
        names = frozenset(line.strip() for line in (*reply.lines, *reply.streamed))
        if any(name.startswith(MODULE_PREFIX) for name in names):
            return names
    return frozenset((await words.shell_files(shell, None)).files)


def _is_there(module: str, names: set[str]) -> bool:
    return any(f"{MODULE_PREFIX}{module}{ending}" in names for ending in (".py", ".mpy"))


async def take_back(step: "undo.Step", request: UpdateRequest, cache: DeviceCache, ask: AskPassword | None) -> None:
    """Undo an upload or a deletion: the previous content under its previous name, or nothing where nothing was."""
    if step.previous:
        await upload(request, [LiveFile(step.previous, step.content)], cache=cache, ask=ask, journal=False)
    elif step.name.startswith(MODULE_PREFIX):
        await delete(request, step.name, cache=cache, ask=ask, journal=False)
    else:
        await _shell_undo(request, step.name, cache, ask)


async def _shell_undo(request: UpdateRequest, name: str, cache: DeviceCache, ask: AskPassword | None) -> None:
    async def work(shell: TcpShell) -> None:
        await words.shell_word(shell, f"undo {name}")

    await NodeLink(request, cache, ask).shell(work)


Work = Callable[[WebRepl], Awaitable[None]]


async def with_webrepl(link: NodeLink, work: Work) -> None:
    """Work over WebREPL, in update mode or beside the running system, whichever the node is in."""

    async def beside(shell: TcpShell) -> None:
        async with live_webrepl(link, shell) as repl:
            await work(repl)

    try:
        await link.shell(beside)
    except NodeUnreachableError:
        async with link.update_mode() as mode:
            await work(mode.repl)
