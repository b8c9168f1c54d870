"""What a USB update would do, in words."""

from typing import TYPE_CHECKING

from devtoolkit.gui.text import size, tr

if TYPE_CHECKING:
    from devtoolkit.services.usb_update import UpdatePreview

_NAMED = 4  # files that are named in a sentence
_CONFIG = "node_config.json"


def points_of(found: "UpdatePreview", *, force: bool) -> tuple[str, ...]:
    """What is sent, removed and kept, one sentence each."""
    plan = found.plan
    if found.resumes and found.boot_drive:
        return (
            tr("The update of {name} ({uid}) was interrupted.", name=found.name, uid=found.uid),
            tr("It is finished through the boot drive {folder}, with your saved files.", folder=found.boot_drive),
            tr("The drive does not tell whose board it is: everything on another one would be overwritten."),
        )
    if found.resumes:
        return (tr("An update was interrupted here. It is finished now, and your saved files are put back."),)
    points = [_version(found), *_sent(found)]
    if plan.vanished:
        points.append(tr("Removed: {names}, which came with the older version.", names=_names(plan.vanished)))
    own = [entry.path for entry in plan.own if entry.path != _CONFIG]
    kept = tr("Kept: the configuration, and your own files: {names}.", names=_names(own))
    points.append(kept if own else tr("Kept: the configuration."))
    if plan.shadowing and force:
        points.append(tr("{names} of yours give way to ours; they are saved first.", names=_names(plan.shadowing)))
    elif plan.shadowing:
        points.append(tr("Note: {names} of yours run in the place of ours.", names=_names(plan.shadowing)))
    return tuple(points)


def files_of(found: "UpdatePreview") -> list[str]:
    """One line for each file that is sent or removed."""
    sent = [f"{tr('send')}  \u00b7  {entry.path}  \u00b7  {size(entry.size)}" for entry in found.plan.changed]
    gone = (*found.plan.vanished, *found.plan.leftovers)
    return [*sent, *(f"{tr('remove')}  \u00b7  {path}" for path in gone)]


def _version(found: "UpdatePreview") -> str:
    before = found.before or tr("an unknown version")
    return tr("{name} runs {before}; this is {version}.", name=found.name, before=before, version=found.version)


def _sent(found: "UpdatePreview") -> list[str]:
    if found.reflash:
        return [
            tr("MicroPython and micrOS are written anew. Your files are saved on this computer first, and put back.")
        ]
    if found.plan.nothing:
        return [tr("Nothing has to be sent.")]
    bytes_ = sum(entry.size for entry in found.plan.changed)
    return [tr("Sent: {count} files, {bytes}.", count=len(found.plan.changed), bytes=size(bytes_))]


def _names(paths: "tuple[str, ...] | list[str]") -> str:
    more = tr(" and {count} more", count=len(paths) - _NAMED) if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more
