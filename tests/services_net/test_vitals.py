"""The signal of a node and whether it waits in update mode, asked of what answers at a port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from powercut_node import CutNode

from devtoolkit.model.device import Device
from devtoolkit.services import secrets, vitals

UID = "micr0000000047abOS"


@asynccontextmanager
async def node(answer: bytes) -> AsyncIterator[Device]:
    """Something that greets like a shell and gives this answer to every line."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"vital $ ")
        while await reader.read(100):
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        yield Device(UID, "vital", "127.0.0.1", port, "ONLINE")


async def looked(there: list[Device], gone: list[Device]) -> tuple[dict[str, int], dict[str, bool]]:
    signals: dict[str, int] = {}
    modes: dict[str, bool] = {}
    await vitals.look(there, gone, signals.__setitem__, modes.__setitem__)
    return signals, modes


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(b'{"VeryGood": -69}\nvital $ ', {UID: -69}), (b"Shell: for help\nvital $ ", {}), (b"", {})],
)
def test_a_signal_that_is_told_is_heard_and_anything_else_is_nobodys_error(
    answer: bytes, expected: dict[str, int]
) -> None:
    async def work() -> dict[str, int]:
        async with node(answer) as device:
            return (await looked([device], []))[0]

    assert asyncio.run(work()) == expected


def test_nobody_is_asked_outside_of_the_chosen_networks() -> None:
    far = Device(UID, "far", "203.0.113.7", 9008)
    assert asyncio.run(looked([far], [far])) == ({}, {})


def test_a_node_whose_password_is_not_kept_is_not_taken_for_one_in_update_mode() -> None:
    device = Device(UID, "vital", "127.0.0.1", 1)
    assert asyncio.run(looked([], [device])) == ({}, {UID: False})


def test_what_answers_but_is_no_webrepl_is_not_in_update_mode() -> None:
    async def work() -> bool:
        async with node(b"HTTP/1.1 400 Bad Request\r\n\r\n") as device:
            secrets.remember(UID, "ADmin123")
            return await vitals.in_update_mode(device, device.port)

    assert asyncio.run(work()) is False


@pytest.mark.vm
def test_a_node_that_waits_in_update_mode_is_found_with_the_password_that_is_kept(tmp_path: Path) -> None:
    board = CutNode(tmp_path / "node", {".if_mode": b"webrepl"}, wait=False)
    try:
        assert board.board.wait_console(60, "WebREPL server started")
        waiting = Device(UID, "vital", board.board.ip, 1)
        secrets.remember(UID, "ADmin123")
        assert asyncio.run(looked([], [waiting])) == ({}, {UID: True})
        secrets.remember(UID, "another1")
        assert asyncio.run(looked([], [waiting])) == ({}, {UID: False})
    finally:
        board.close()
