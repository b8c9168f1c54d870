"""A realistic mix of commands, seeded: what people, clients and home automation send to a node in months."""

import random
from dataclasses import dataclass

from device_heap import HeapNode, heap_of
from device_node import Connection

SETTLE = 1000  # commands after which everything a client may load has been loaded

# weight, command; `{n}` is a number that changes
_MIX = (
    (30, "hello"),
    (25, "system heartbeat"),
    (10, "system clock"),
    (6, "system memory_usage"),
    (4, "system info >json"),
    (4, "system rssi"),
    (3, "system alarms"),
    (3, "version"),
    (3, "task list"),
    (2, "task list >json"),
    (3, "system heartbeat &"),
    (1, "system clock &&{n}"),
    (2, "task show system.clock"),
    (2, "task kill system.*"),
    (2, "system pinmap 'builtin'"),
    (1, "system setclock 2026 5 {n} 10 20 30"),
    (2, "system no_such_function {n}"),
    (1, "nosuchmodule{n} go"),
    (1, "system heartbeat wrong{n}={n}"),
    (1, "help"),
    (1, "system {words}"),
)
_CONF = ("conf", "devfid", "soctout {n}", "soctout 30", "dump", "guimeta {{'page': {n}}}", "noconf")
_RECONNECT = 0.01  # share of commands before which a client goes and comes back
_CONFIGURE = 0.0005  # share of visits to the configure mode


@dataclass(frozen=True)
class Heap:
    """Bytes after garbage collection."""

    free: int
    largest: int


class Soak:
    """Runs the mix on a node, over one connection after the other."""

    def __init__(self, node: HeapNode, seed: int) -> None:
        self.node = node
        self.random = random.Random(seed)
        self.client: Connection = node.connect()
        self.sent = 0

    def run(self, commands: int) -> Heap:
        """Sends so many commands and looks at the heap."""
        weights = [weight for weight, _ in _MIX]
        end = self.sent + commands
        if not self.sent:
            self._configure()  # so that what the configure mode loads is there when the heap is first looked at
        while self.sent < end:
            chance = self.random.random()
            if chance < _RECONNECT:
                self.reconnect()
            if chance < _CONFIGURE:
                self._configure()
            self._send(self.random.choices(_MIX, weights)[0][1])
        return self.heap()

    def reconnect(self) -> None:
        """The client goes and comes back: its session's objects are made anew."""
        self.client.send("exit")
        self.client.rest()
        self.client.socket.close()
        self.client = self.node.connect()

    def _configure(self) -> None:
        for line in _CONF:
            self._send(line)

    def heap(self) -> Heap:
        self.client.ask("task kill system.*")
        state = heap_of(self.client)
        return Heap(state["free"], state["largest"])

    def _send(self, command: str) -> None:
        words = " ".join(f"word{n}" for n in range(self.random.randint(1, 150)))
        self.client.send(command.format(n=self.random.randint(1, 28), words=words))
        self.client.until("node01 $ ")
        self.sent += 1

    def close(self) -> None:
        self.client.socket.close()
