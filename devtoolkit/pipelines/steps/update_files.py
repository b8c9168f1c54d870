"""Steps of a USB update: send what differs, remove what vanished, prove the whole, start the board."""

from devtoolkit.pipelines.base import Progress, Report, Skip
from devtoolkit.pipelines.steps.read_manifest import prove
from devtoolkit.pipelines.update_context import UpdateContext


class SendFiles:
    """Each file arrives under a temporary name, is hashed by the board, and is renamed: old or new, never half."""

    name = "send"
    title = "Send changed files"

    def run(self, context: UpdateContext) -> Report:
        if not context.send:
            yield Skip("every file is up to date")
            return
        sizes = {entry.path: entry.size for entry in context.send}
        total, before = sum(sizes.values()), 0
        yield Progress(0, total, context.send[0].path)
        for path, done in context.files.send({path: context.contents[path] for path in sizes}):
            if done == sizes[path]:
                context.sent.append(path)
                before, done = before + done, 0
            yield Progress(before + done, total, path)
        yield Progress(total, total, f"{len(context.send)} files")


class RemoveFiles:
    """Files of an older version, and unfinished ones of an interrupted run."""

    name = "remove"
    title = "Remove old files"

    def run(self, context: UpdateContext) -> Report:
        if not context.remove:
            yield Skip("nothing to remove")
            return
        for number, path in enumerate(context.remove, 1):
            context.files.remove(path, missing_ok=True)  # sending a file takes away what was left of an earlier try
            yield Progress(number, len(context.remove), path)


class ProveFiles:
    """The board hashes all files of this version once more."""

    name = "prove"
    title = "Prove every file"

    def run(self, context: UpdateContext) -> Report:
        if not context.sent and not context.remove:
            yield Skip("nothing was changed")
            return
        total = len(context.prove)
        yield Progress(0, total)
        prove(context.files, context.prove)
        yield Progress(total, total, f"{total} files")


class StartBoard:
    """Resets the board, so that the new version runs."""

    name = "start"
    title = "Start the node"

    def run(self, context: UpdateContext) -> Report:
        yield Progress(0, 1)
        context.start()
        yield Progress(1, 1)


UPDATE = (SendFiles(), RemoveFiles(), ProveFiles(), StartBoard())
