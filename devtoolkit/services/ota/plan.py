"""What an update will do to a node, from what it has and what it should have; and what forbids it, with the reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from devtoolkit.codecs import ota as codec
from devtoolkit.codecs.mpy import ARCHITECTURES, parse_header
from devtoolkit.errors import UpdateError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.model.ota import NodeState, OtaManifest, Removal
from devtoolkit.services.ota.fileset import BOOT_FILES, LOADER, FileSet, twin

Mode = Literal["changed", "full", "modules", "files"]
_SPARE_BLOCKS = 8  # directories, journal, manifest, and what the node writes meanwhile
TRIAL_S = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One manifest with its trial; a full set that does not fit at once has two."""

    manifest: OtaManifest
    data: bytes

    @classmethod
    def of(cls, manifest: OtaManifest) -> "Part":
        """The manifest with its bytes."""
        return cls(manifest, codec.encode_manifest(manifest))

    @property
    def update_id(self) -> str:
        """The name that node and toolkit know the update by."""
        return codec.update_id(self.data)

    def named_anew(self, last: str) -> "Part":
        """The same under a name that differs from the node's last update's, so that its verdict can be told apart."""
        return Part.of(replace(self.manifest, again=True)) if self.update_id == last else self

    @property
    def size(self) -> int:
        """Bytes to send."""
        return sum(file.size for file in self.manifest.files)


@dataclass(frozen=True, slots=True)
class Plan:
    """`parts` is empty when there is nothing to do."""

    version: str
    parts: tuple[Part, ...]
    unchanged: int
    replaced: tuple[str, ...] = ()  # files of the user that give way; the toolkit keeps a copy

    @property
    def files(self) -> tuple[FileEntry, ...]:
        """All files to send."""
        return tuple(file for part in self.parts for file in part.manifest.files)

    @property
    def removed(self) -> tuple[str, ...]:
        """Paths of all files to remove."""
        return tuple(gone.path for part in self.parts for gone in part.manifest.removed)


@dataclass(frozen=True, slots=True)
class NodeFiles:
    """The node's state and program files; `staged`: those that wait in `/ota` already; `before`: what we put there."""

    state: NodeState
    files: Mapping[str, FileEntry]
    staged: frozenset[tuple[str, str]] = frozenset()
    before: Mapping[str, str] | None = None  # path -> hash, None when this toolkit has never updated the node

    def has(self, entry: FileEntry) -> bool:
        """Whether the node has exactly this file."""
        return entry.path in self.files and self.files[entry.path].sha256 == entry.sha256


def make_plan(
    node: NodeFiles, wanted: FileSet, *, mode: Mode = "changed", force: bool = False, trial_s: int = TRIAL_S
) -> Plan:
    """Raises UpdateError, with the reason, for what must not be tried: nothing has been sent then.

    `force`: every file, the loader too, and a user's module of the same name gives way.
    """
    chosen = _chosen(wanted, mode, loader=force)
    send = tuple(entry for entry in chosen if force or mode == "full" or not node.has(entry))
    shadows = _shadows(node, chosen, wanted) if wanted.complete else {}
    foreign = [path for path, ours in shadows.items() if not ours]
    if foreign and not force:
        raise _shadowed(foreign)
    taken_away = {twin(entry.path) for entry in send}  # by the node itself
    removed = sorted({*shadows, *_vanished(node, wanted, mode)} - taken_away)
    _check_bytecode(node.state, send, wanted)
    if not send and not removed:
        return Plan(wanted.version, (), len(chosen))
    base = OtaManifest(wanted.version, send, tuple(Removal(path) for path in removed), trial_s)
    manifests = _parts(node, replace(base, force=any(entry.path in LOADER for entry in send)), wanted)
    return Plan(wanted.version, tuple(map(Part.of, manifests)), len(chosen) - len(send), tuple(foreign))


def blocks(entries: Iterable[FileEntry], block: int) -> int:
    """File system blocks that these files take."""
    return sum(-(-entry.size // block) for entry in entries)


def _chosen(wanted: FileSet, mode: Mode, *, loader: bool) -> tuple[FileEntry, ...]:
    entries = (entry for entry in wanted.entries if loader or entry.path not in LOADER)
    return tuple(entry for entry in entries if mode != "modules" or entry.path not in wanted.core)


def _shadows(node: NodeFiles, chosen: tuple[FileEntry, ...], wanted: FileSet) -> dict[str, bool]:
    """Files on the node that the same import could take as one of ours; True for those that we (or the build) made.

    With files of the user this does not matter: the node takes the other one away by itself.
    """
    found = {}
    for entry in chosen:
        other = twin(entry.path)
        if other is None or other not in node.files:
            continue
        there = node.files[other].sha256
        known = {wanted.sources.get(entry.path), (node.before or {}).get(other)}
        found[other] = there in known
    return found


def _vanished(node: NodeFiles, wanted: FileSet, mode: Mode) -> list[str]:
    """What this toolkit once put there, nobody has changed since, and the new version has not."""
    if not wanted.complete or mode in ("modules", "files"):
        return []
    kept = {entry.path for entry in wanted.entries} | LOADER | BOOT_FILES
    before = (node.before or {}).items()
    return [path for path, sha in before if path not in kept and path in node.files and node.files[path].sha256 == sha]


def _parts(node: NodeFiles, whole: OtaManifest, wanted: FileSet) -> tuple[OtaManifest, ...]:
    """One manifest, or two where the whole does not fit: modules and core, whichever may come first."""
    api = node.state.api
    modules_only = all(entry.path not in wanted.core for entry in whole.files) and bool(wanted.core)
    if modules_only:
        if wanted.api > api:
            raise UpdateError(
                f"These modules need core API {wanted.api}, the node has {api}.", hint="Update the whole node."
            )
        whole = replace(whole, needs_api=wanted.api)
    if _fits(node, whole):
        return (whole,)
    core = tuple(entry for entry in whole.files if entry.path in wanted.core)
    modules = tuple(entry for entry in whole.files if entry.path not in wanted.core)
    first = replace(whole, files=modules, force=False, needs_api=wanted.api)
    second = replace(whole, files=core, removed=())
    pair = (first, second) if wanted.api <= api else (replace(second, needs_api=0), first)
    if not core or not modules or not all(_fits(node, part) for part in pair):
        raise _no_space(node, whole)
    return tuple(replace(part, part=f"{number}/2") for number, part in enumerate(pair, 1))


def _fits(node: NodeFiles, manifest: OtaManifest) -> bool:
    missing = [entry for entry in manifest.files if (entry.path, entry.sha256) not in node.staged]
    return node.state.free >= blocks(missing, node.state.block) + _SPARE_BLOCKS


def _check_bytecode(state: NodeState, send: tuple[FileEntry, ...], wanted: FileSet) -> None:
    for entry in send:
        if entry.path.endswith(".mpy"):
            header = parse_header(wanted.files[entry.path])
            version, sub, arch = state.mpy & 0xFF, state.mpy >> 8 & 3, state.mpy >> 10
            native = header.native and (ARCHITECTURES.index(header.arch), header.sub_version) != (arch & 0x0F, sub)
            if header.version != version or native:
                raise UpdateError(
                    f"The node's MicroPython {state.micropython} cannot load {entry.path} "
                    f"(bytecode {header.mpy_version}, the node takes {version}.{sub}).",
                    hint="Update it over USB: devToolKit.py -r.",
                    file=entry.path,
                )


def _shadowed(paths: list[str]) -> UpdateError:
    names = ", ".join(sorted(paths))
    return UpdateError(
        f"The node has a module of the user with the name of one of ours: {names}. Nothing was sent.",
        hint="Rename or remove it, or use -f: it gives way then.",
        files=sorted(paths),
    )


def _no_space(node: NodeFiles, manifest: OtaManifest) -> UpdateError:
    needed = blocks(manifest.files, node.state.block) + _SPARE_BLOCKS
    return UpdateError(
        f"The node has {node.state.free} free blocks, this update needs {needed}, and two halves do not fit either.",
        hint="Remove files from the node, or update it over USB: devToolKit.py -r.",
        free=node.state.free,
        needed=needed,
    )
