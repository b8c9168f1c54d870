"""The control socket of a running board: what another program can ask of it, and the client to ask with.

Requests are JSON lines {"op": ..., "id": ...}; the first message also carries the "token" from board.json. See `OPS`.
"""

import json
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from devtoolkit.errors import SimulatorError, ToolkitError
from devtoolkit.simulator.link import Message, Peer
from devtoolkit.simulator.machine import Machine

_ANSWER_S = 10.0  # a request to the VM takes at most half of this
_TORN = ("none", "half")


class Control:
    """Answers requests about one board. For the loop's thread only."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._ops: dict[str, Callable[[Message], Message | None]] = {
            "state": self._state,  # -> state, vm (process id or null), port, firmware
            "console": self._console,  # -> text: the last output
            "reset": lambda _: machine.reset(),
            "download": lambda _: machine.download(),
            "power_off": lambda _: machine.power_off(),
            "power_on": lambda _: machine.reset("power_on"),
            "throttle": self._throttle,  # baud: number or null
            "cut_after": self._cut_after,  # operations: number or null, torn: "none" or "half"
            "ops_count": lambda _: {"count": machine.operations.done},
            "configure": self._configure,  # values: for the VM's configuration, from its next start on
        }

    async def handle(self, peer: Peer, message: Message) -> None:
        """Answer one message. `vm` passes "message" on to the simulated hardware, `events` subscribes to events."""
        op = message.get("op")
        answer: Message = {"re": message.get("id")}
        try:
            if op == "vm":
                answer |= {"ok": True, "answer": await self._machine.ask_vm(_object(message, "message"))}
            elif op == "events":
                self._machine.observers.add(peer)
                answer["ok"] = True
            elif op in self._ops:
                answer |= {"ok": True, **(self._ops[op](message) or {})}
            else:
                answer |= {"ok": False, "error": f"unknown op {op!r}"}
        except ToolkitError as error:
            answer |= {"ok": False, "error": str(error)}
        peer.send(answer)

    def _state(self, _: Message) -> Message:
        machine = self._machine
        return {
            "state": machine.state,
            "vm": machine.vm_pid,
            "port": machine.port.path,
            "firmware": machine.has_firmware,
        }

    def _console(self, _: Message) -> Message:
        return {"text": self._machine.log.text()}

    def _throttle(self, message: Message) -> None:
        self._machine.throttle(_count(message, "baud"))

    def _cut_after(self, message: Message) -> None:
        torn = message.get("torn", "none")
        if torn not in _TORN:
            raise SimulatorError(f"A power cut can be torn in these ways: {', '.join(_TORN)}.")
        self._machine.operations.cut_after(_count(message, "operations"), torn)

    def _configure(self, message: Message) -> None:
        self._machine.settings.update(_object(message, "values"))


def _count(message: Message, key: str) -> int | None:
    value = message.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise SimulatorError(f"{key!r} is a number from 1 on, or null.")
    return value


def _object(message: Message, key: str) -> Message:
    value = message.get(key)
    if not isinstance(value, dict):
        raise SimulatorError(f"{key!r} is an object.")
    return value


class ControlClient:
    """A connection to a board that another process runs. Use as a context manager.

    Raises SimulatorError when the board is not there or refuses.
    """

    def __init__(self, address: tuple[str, int], token: str) -> None:
        try:
            self._socket = socket.create_connection(address, _ANSWER_S)
        except OSError as error:
            raise SimulatorError(f"The virtual board's control socket cannot be reached: {error}.") from None
        self._file = self._socket.makefile("rb")
        self._token: str | None = token
        self._number = 0

    def request(self, op: str, **values: Any) -> Message:
        """Send one request; returns its answer."""
        self._number += 1
        message = {**values, "op": op, "id": self._number}
        if self._token:
            message["token"], self._token = self._token, None
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
            while True:
                answer = self.next_message()
                if answer.get("re") == self._number:
                    break
        except OSError as error:
            raise SimulatorError(f"The virtual board does not answer {op!r}: {error}.") from None
        if not answer.get("ok"):
            raise SimulatorError(f"The virtual board refuses {op!r}: {answer.get('error')}")
        return answer

    def next_message(self) -> Message:
        """The next message, also an event. Raises SimulatorError when the board has closed the connection."""
        line = self._file.readline()
        if not line:
            raise SimulatorError("The virtual board has closed the connection.")
        message: Message = json.loads(line)
        return message

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
