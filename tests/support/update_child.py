"""One update in a process of its own, which can be killed: `python update_child.py REQUEST`, a pickled UpdateRequest.

Prints a line per event, then one line with the outcome or the error's type.
"""

import asyncio
import base64
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtoolkit.errors import ToolkitError
from devtoolkit.pipelines.base import Event
from devtoolkit.services.ota.request import UpdateRequest
from devtoolkit.services.ota.update import update_node_async

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def updating(request: UpdateRequest, environment: dict[str, str]) -> Iterator["Child"]:
    """The child at work; killed at the end if it still runs."""
    text = base64.b64encode(pickle.dumps(request)).decode()
    process = subprocess.Popen(
        [sys.executable, __file__, text],
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    child = Child(process)
    try:
        yield child
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


class Child:
    """The lines of the child as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def until(self, beginning: str) -> bool:
        """Reads up to a line that begins so; False when the child has ended without one."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline().strip():
            self.lines.append(line)
            if line.startswith(beginning):
                return True
        return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def result(self) -> str:
        """The last line, when the child is done."""
        assert self.until("result ")
        return self.lines[-1].removeprefix("result ")


def _told(event: Event) -> None:
    sys.stdout.write(f"{event.kind} {event.step} {event.note}\n")
    sys.stdout.flush()


def main() -> None:
    request = pickle.loads(base64.b64decode(sys.argv[1]))
    try:
        result = str(asyncio.run(update_node_async(request, listener=_told)).outcome)
    except ToolkitError as error:
        result = f"{error.type}: {error.message}"
    sys.stdout.write(f"result {result}\n")


if __name__ == "__main__":
    main()
