"""The throttled line carries exactly what a wire would, also when its timers come late."""

import os
import select
from collections.abc import Callable
from typing import Any

import pytest

from devtoolkit.simulator.serial_port import PortWatch, SerialPort

BAUD = 115200
RATE = BAUD / 10
LATE_S = 0.003  # what each timer comes late by
SIZE = 3000


class Timer:
    """Stands for asyncio's."""

    def __init__(self, when: float, call: Callable[[], None]) -> None:
        self._when, self.call, self.over = when, call, False

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        self.over = True


class LateLoop:
    """A loop whose clock the test turns; timers run too late, readers as soon as there is something."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []
        self.readers: dict[int, Callable[[], None]] = {}

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(when, call))
        return self.timers[-1]

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return self.call_at(self.now + seconds, call)

    def add_reader(self, fd: int, call: Callable[[], None]) -> None:
        self.readers[fd] = call

    def remove_reader(self, fd: int) -> None:
        self.readers.pop(fd, None)

    def add_writer(self, fd: int, call: Callable[[], None]) -> None:
        raise AssertionError("the line is never full here")

    def remove_writer(self, _fd: int) -> None:
        pass

    def run(self, end: Callable[[], bool]) -> float:
        """Until `end`; the time it took."""
        began = self.now
        while not end():
            for fd in [fd for fd in self.readers if select.select([fd], [], [], 0)[0]]:
                self.readers[fd]()
            due = min((timer for timer in self.timers if not timer.over), key=Timer.when)
            self.timers.remove(due)
            self.now = max(self.now, due.when() + LATE_S)
            due.call()
        return self.now - began


class Board:
    """What the port hands bytes to."""

    def __init__(self) -> None:
        self.got = b""

    def received(self, data: bytes) -> None:
        self.got += data

    def client_closed(self) -> None:
        pass

    def drained(self) -> None:
        pass


@pytest.fixture
def line() -> Any:
    """Loop, board, port and the client's side of the line."""
    loop: Any = LateLoop()
    board = Board()
    port = SerialPort(loop, PortWatch(loop), board)
    port.throttle(BAUD)
    client = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    loop.run(lambda: port.has_client)
    yield loop, board, port, client
    os.close(client)
    port.close()


def test_the_board_gets_a_client_s_bytes_at_the_speed_of_the_wire(line: Any) -> None:
    loop, board, _, client = line
    os.write(client, bytes(SIZE))
    taken = loop.run(lambda: len(board.got) == SIZE)
    assert SIZE / RATE - 0.006 <= taken <= SIZE / RATE + 2 * LATE_S


def test_the_client_gets_a_board_s_bytes_at_the_speed_of_the_wire_however_small_the_pieces(line: Any) -> None:
    loop, _, port, client = line
    got = bytearray()
    for _ in range(SIZE // 10):
        port.write(bytes(10))

    def all_there() -> bool:
        while select.select([client], [], [], 0)[0]:
            got.extend(os.read(client, 4096))
        return len(got) == SIZE

    taken = loop.run(all_there)
    assert SIZE / RATE - 0.006 <= taken <= SIZE / RATE + 2 * LATE_S
