"""esptool in a process of its own: requests as JSON lines on stdin, replies as JSON lines on stdout.

Started by `tools.esptool` as `python -m devtoolkit.tools.esptool_worker PARENT`. A process, because ending it is how
work is cancelled, and because esptool prints. A request is `{"op": ...}`; `write` is followed by the regions' raw
bytes. Replies: `{"event": "progress", "done", "total"}`, then one `{"event": "result", "value"}` or
`{"event": "error", "kind", "message", "tail"}`. The process ends when stdin ends, and does nothing for a parent (its
process id) that was killed meanwhile: the port may be somebody else's by now.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from devtoolkit.tools.esptool_output import Failure
from devtoolkit.tools.esptool_session import Session

Handler = Callable[[dict[str, Any]], Any]


class Worker:
    """Reads requests until stdin ends; `output` is the only place anything is written to. `parent` 0: nobody's."""

    def __init__(self, requests: BinaryIO, output: BinaryIO, parent: int = 0) -> None:
        self._parent = parent
        self._requests = requests
        self._output = output
        self._session = Session(self._progress)
        self._handlers: dict[str, Handler] = {
            "open": lambda ask: self._session.open(**ask),
            "erase": lambda ask: self._session.erase(**ask),
            "write": self._write,
            "verify": lambda ask: self._session.verify(ask["regions"]),
            "reset": lambda ask: self._session.reset(**ask),
        }

    def run(self) -> None:
        """Answer requests until the pipe ends, or the parent is gone."""
        try:
            for line in self._requests:
                if self._parent and os.getppid() != self._parent:
                    return
                self._answer(json.loads(line))
        finally:
            self._session.close()

    def _answer(self, ask: dict[str, Any]) -> None:
        handler = self._handlers[ask.pop("op")]
        try:
            value = handler(ask)
        except Failure as failure:
            self._send(event="error", kind=failure.kind, message=failure.message, tail=self._session.tail())
        else:
            self._send(event="result", value=value)

    def _write(self, ask: dict[str, Any]) -> None:
        regions = [(part["offset"], self._requests.read(part["size"])) for part in ask["regions"]]
        self._session.write(regions)

    def _progress(self, done: int, total: int) -> None:
        self._send(event="progress", done=done, total=total)

    def _send(self, **message: object) -> None:
        self._output.write(json.dumps(message).encode() + b"\n")
        self._output.flush()


def main() -> None:
    """Keep the real stdout for ourselves, so that nothing esptool prints can reach the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's matter: it ends us when it is done
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        Worker(sys.stdin.buffer, output, int(sys.argv[1]) if len(sys.argv) > 1 else 0).run()
    except BrokenPipeError:
        os._exit(1)  # the parent is gone; nobody is left to tell
    os._exit(0)  # the parent waits, and esptool's many modules take their time to go


if __name__ == "__main__":
    main()
