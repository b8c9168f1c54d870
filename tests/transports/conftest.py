"""A MicroPython VM behind a pty, for the tests of what speaks to a REPL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pty_board import PtyBoard

from devtoolkit.transports.serial_repl import SerialRepl


@pytest.fixture
def board(tmp_path: Path) -> Iterator[PtyBoard]:
    """It has a folder of its own."""
    folder = tmp_path / "board"
    folder.mkdir()
    with PtyBoard(folder) as board:
        yield board


@pytest.fixture
def repl(board: PtyBoard) -> Iterator[SerialRepl]:
    """Its raw REPL."""
    with SerialRepl(board.port, stall_s=3) as repl:
        repl.enter(8)
        yield repl
