"""A child process that answers JSON lines with JSON lines."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

_PACKAGE_PARENT = Path(__file__).resolve().parents[2]
_QUIT_S = 3.0  # a worker that is asked to end has nothing left to do but to close its port


class WorkerProcess:
    """A child that runs `module`; `replies` holds what it sent, then None when it ended.

    After `end` or `kill` nothing of it is left: no process, no thread, no pipe.
    """

    def __init__(self, module: str) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self.replies: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._process = subprocess.Popen(
            # -P: nothing in the user's current folder is imported; our id tells the child when it has become an orphan
            [sys.executable, "-P", "-m", module, str(os.getpid())],
            env={**os.environ, "PYTHONPATH": _python_path()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._reader = threading.Thread(target=self._read, name=f"replies of {module}", daemon=True)
        self._reader.start()

    def send(self, ask: dict[str, Any], payload: bytes = b"") -> None:
        """Send a request and the raw bytes that belong to it; a dead child shows as None in `replies`."""
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - Popen was asked for one
        try:
            pipe.write(json.dumps(ask).encode() + b"\n")
            pipe.write(payload)
            pipe.flush()
        except (OSError, ValueError):
            self.replies.put(None)

    def end(self) -> None:
        """Close its stdin, which ends it; kill it when it does not."""
        self._close_stdin()
        try:
            self._process.wait(_QUIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._collect()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._close_stdin()
        self._collect()

    def last_words(self) -> list[str]:
        """The last lines it wrote to stderr."""
        self._process.wait(_QUIT_S)
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").splitlines()[-10:]

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - Popen was asked for one
        for line in pipe:
            self.replies.put(json.loads(line))
        self.replies.put(None)

    def _close_stdin(self) -> None:
        if self._process.stdin:
            with contextlib.suppress(OSError):  # it may have died with our last request unread
                self._process.stdin.close()

    def _collect(self) -> None:
        self._process.wait()
        if threading.current_thread() is not self._reader:
            self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()


def _python_path() -> str:
    """The child finds this package also when it is not installed and the current folder is another one."""
    return os.pathsep.join(filter(None, (str(_PACKAGE_PARENT), os.environ.get("PYTHONPATH"))))
