"""What a site has done of a job, so that the same job, delivered once more, goes on and repeats nothing.

One file for each job, a line for each step; written without waiting for the disk: it is for a worker that is killed.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devtoolkit import paths
from devtoolkit.services.config_archive import safe_name

KEEP_S = 14 * 86400  # longer than any deadline, and than results are kept


@dataclass(slots=True)
class Entries:
    """The journal of one job: by uid, the last word and what was noted with it."""

    file: Path
    known: dict[str, dict[str, object]] = field(default_factory=dict)

    def note(self, uid: str, word: str, value: object = None) -> None:
        """Write down what has just been done with a node."""
        line = {"uid": uid, "word": word, "value": value}
        self.known[uid] = line
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def word(self, uid: str) -> str:
        """The last word on this node, empty for none."""
        return str(self.known.get(uid, {}).get("word", ""))

    def value(self, uid: str) -> object:
        """What was noted with the last word; None for none."""
        return self.known.get(uid, {}).get("value")


class Journal:
    """All jobs of a site. The same job is open once at a time; a second delivery waits for the first."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or paths.user_data() / "sites" / "journal"
        self._guard = threading.Lock()
        self._open: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def job(self, number: str) -> Iterator[Entries]:
        """The journal of one job, for the block."""
        with self._guard:
            lock, users = self._open.get(number, (threading.Lock(), 0))
            self._open[number] = (lock, users + 1)
        try:
            with lock:
                yield _read(self.folder / f"{safe_name(number)}.jsonl")
        finally:
            with self._guard:
                lock, users = self._open.pop(number)
                if users > 1:
                    self._open[number] = (lock, users - 1)

    def forget_old(self) -> None:
        """Remove what nobody can ask for any more."""
        for file in self.folder.glob("*.jsonl"):
            if time.time() - file.stat().st_mtime > KEEP_S:
                file.unlink(missing_ok=True)


def _read(file: Path) -> Entries:
    """A last line that was cut off is as good as none."""
    entries = Entries(file)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return entries
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and isinstance(value.get("uid"), str):
            entries.known[value["uid"]] = value
    return entries
