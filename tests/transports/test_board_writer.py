"""Many files in one session over the REPL: blocks, literals, and what a failure in the middle leaves."""

import hashlib
import random
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pty_board import MICROPYTHON, PtyBoard

from devtoolkit.errors import BoardError
from devtoolkit.transports.board_files import BoardFiles
from devtoolkit.transports.board_writer import BLOCK, Calls, blocks, literal
from devtoolkit.transports.serial_repl import SerialRepl

vm = [
    pytest.mark.vm,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="the MicroPython unix port is not installed"),
    # The VM needs the pty as its controlling terminal; nothing else of this process forks meanwhile.
    pytest.mark.filterwarnings("ignore:.*preexec_fn.*:DeprecationWarning"),
]
SIZES = (0, 1, 0, BLOCK - 2, BLOCK, BLOCK + 1, 3 * BLOCK, 0, *range(40), 10_000)


def many(seed: int) -> dict[str, bytes]:
    """Files of every awkward size, half of them text that deflates well, half noise."""
    chance = random.Random(seed)
    sizes = chance.sample(SIZES, len(SIZES))
    text = b"def load(pin=2, value=True):\n    return 'ok'\n" * 300
    return {
        f"{'lib/deep/' if number % 3 else ''}file{number}.bin": text[:size] if number % 2 else chance.randbytes(size)
        for number, size in enumerate(sizes)
    }


@pytest.fixture
def files(board: PtyBoard, repl: SerialRepl) -> BoardFiles:
    return BoardFiles(repl, f"{board.folder}/")


def on(board: PtyBoard) -> dict[str, bytes]:
    found = {str(path.relative_to(board.folder)): path.read_bytes() for path in board.folder.rglob("*.*")}
    return {name: data for name, data in found.items() if name != "boot.py"}


@given(st.lists(st.integers(0, 3 * BLOCK), max_size=60))
def test_blocks_hold_every_byte_once_and_in_order_and_none_is_too_big(sizes: list[int]) -> None:
    contents = {str(number): random.Random(number).randbytes(size) for number, size in enumerate(sizes)}
    made = list(blocks(contents))
    assert b"".join(block.data for block in made) == b"".join(contents.values())
    assert list(chain.from_iterable(block.starts for block in made)) == list(contents)
    assert list(chain.from_iterable(block.ended(contents) for block in made)) == list(contents)
    assert all(len(block.data) <= BLOCK and len(block.starts) <= 16 for block in made)


@given(st.binary(max_size=600))
def test_a_literal_has_nothing_in_it_that_a_raw_repl_or_a_line_takes_for_a_command(data: bytes) -> None:
    assert not set(literal(data)) & {*range(6), 0x0A, 0x0D, 0x11, 0x13}


def test_a_deflated_call_is_a_little_longer_than_what_it_carries() -> None:
    data = random.Random(3).randbytes(BLOCK)
    (block,) = blocks({"a": data})
    assert len(Calls({"a": data}, inflates=True).call(block)) < 1.08 * BLOCK


class TestOnTheVm:
    pytestmark = vm

    def test_a_literal_is_read_back_byte_by_byte(self, repl: SerialRepl) -> None:
        every = bytes(chain.from_iterable((byte, digit) for byte in range(256) for digit in b"07\\'\n9"))
        output = repl.run(
            b"import hashlib,binascii\nprint(binascii.hexlify(hashlib.sha256("
            + literal(every)
            + b").digest()).decode())"
        )
        assert output.strip() == hashlib.sha256(every).hexdigest()

    @pytest.mark.parametrize("inflates", [True, False])
    def test_files_of_every_size_arrive_and_are_told_in_order(
        self, board: PtyBoard, repl: SerialRepl, files: BoardFiles, inflates: bool
    ) -> None:
        if not inflates:
            repl.run("import sys\nclass _N:pass\nsys.modules['deflate']=_N")
        contents = many(seed=int(inflates))
        told = list(files.send(contents))
        assert on(board) == contents
        assert [path for path, done in told if done == len(contents[path])] == list(contents)
        assert told == sorted(told, key=lambda reached: (list(contents).index(reached[0]), reached[1]))

    def test_a_board_without_room_for_the_window_gets_the_same_files_as_they_are(
        self, board: PtyBoard, repl: SerialRepl, files: BoardFiles
    ) -> None:
        repl.run(
            "import sys\nclass _Small:\n ZLIB=0\n def DeflateIO(*_):raise MemoryError('allocating 16384 bytes')\n"
            "sys.modules['deflate']=_Small"
        )
        contents = many(seed=2)
        assert list(files.send(contents))
        assert on(board) == contents

    def test_a_second_sending_in_the_same_session_begins_anew(self, board: PtyBoard, files: BoardFiles) -> None:
        first, second = many(seed=5), {"later.txt": b"abc" * 4000}
        for contents in (first, second, first):
            assert list(files.send(contents))
        assert on(board) == first | second

    def test_what_cannot_be_written_stays_as_it_was_and_what_came_before_is_there(
        self, board: PtyBoard, repl: SerialRepl, files: BoardFiles
    ) -> None:
        files.write("b.txt", b"old")
        repl.run(
            "real_open=open\nclass _Full:\n def __init__(s,f):s.f=f\n def write(s,d):raise OSError(28)\n"
            " def close(s):s.f.close()\n"
            "open=lambda p,m='r':_Full(real_open(p,m)) if 'w' in m and 'b.txt' in p else real_open(p,m)"
        )
        contents = {"a.txt": b"one", "b.txt": b"new", "c.txt": b"three"}
        with pytest.raises(BoardError, match="28"):
            list(files.send(contents))
        assert on(board) == {"a.txt": b"one", "b.txt": b"old"}
        repl.run("open=real_open")
        assert list(files.send(contents))
        assert on(board) == contents

    def test_what_arrives_changed_is_named_and_what_follows_is_not_written(
        self, board: PtyBoard, repl: SerialRepl, files: BoardFiles
    ) -> None:
        repl.run(
            "real_open=open\nclass _Lossy:\n def __init__(s,f):s.f=f\n def write(s,d):s.f.write(d[:-1])\n"
            " def close(s):s.f.close()\n"
            "open=lambda p,m='r':_Lossy(real_open(p,m)) if 'w' in m and 'b.txt' in p else real_open(p,m)"
        )
        sending = files.send({"a.txt": b"one", "b.txt": b"two", "c.txt": b"three"})
        assert next(sending) == ("a.txt", 3)
        with pytest.raises(BoardError, match=r"b\.txt was not written whole"):
            list(sending)
        assert on(board) == {"a.txt": b"one"}

    def test_ending_it_in_the_middle_of_a_file_leaves_the_older_one_and_nothing_beside_it(
        self, board: PtyBoard, files: BoardFiles
    ) -> None:
        files.write("a.txt", b"old")
        sending = files.send({"a.txt": random.Random(1).randbytes(3 * BLOCK)})
        assert next(sending) == ("a.txt", BLOCK)
        sending.close()
        assert on(board) == {"a.txt": b"old"}
