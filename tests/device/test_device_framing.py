"""Where a command ends: TCP pieces, long lines, and the rest of a line that was too long."""

import random

import pytest
from device_node import Connection

pytestmark = pytest.mark.vm


def echo_of(size: int) -> tuple[str, str]:
    """A command of exactly `size` bytes and its reply."""
    text = "x" * (size - len("probe echo ''"))
    return f"probe echo '{text}'", f"(('{text}',), [])\n"


@pytest.mark.parametrize(("size", "first"), [(1500, 1440), (2048, 1440), (2048, 512), (1024, 1023), (600, 599)])
def test_a_long_command_may_come_in_two_pieces(shell: Connection, size: int, first: int) -> None:
    command, reply = echo_of(size)
    shell.send(command[:first])
    shell.send(command[first:])
    assert shell.until("node01 $ ") == reply + "node01 $ "


@pytest.mark.parametrize("size", [511, 512, 1440, 2047, 2048])
def test_a_command_in_one_piece_runs_without_a_newline(shell: Connection, size: int) -> None:
    command, reply = echo_of(size)
    assert shell.ask(command) == reply


@pytest.mark.parametrize("size", [2049, 4096, 20000])
def test_a_longer_line_is_refused_once_and_nothing_of_it_runs(shell: Connection, size: int) -> None:
    shell.send("probe count\n" * (size // 12 + 1))
    assert shell.until("node01 $ ") == "Shell: command too long\nnode01 $ "
    assert shell.ask("probe calls") == "0\n"


def test_random_splits_of_a_long_command_give_one_reply(shell: Connection) -> None:
    rng = random.Random(9008)
    for _ in range(20):
        command, reply = echo_of(rng.randint(1100, 2048))
        cut = rng.randint(520, len(command) - 1)
        shell.send(command[:cut])
        shell.send(command[cut:])
        assert shell.until("node01 $ ") == reply + "node01 $ "
