"""Files over the REPL: the real MicroPython VM behind a pty."""

import hashlib
import os
import random

import pytest
from pty_board import MICROPYTHON, PtyBoard

from devtoolkit.errors import BoardError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.transports.board_files import BoardFiles
from devtoolkit.transports.serial_repl import SerialRepl

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="the MicroPython unix port is not installed"),
    # The VM needs the pty as its controlling terminal; nothing else of this process forks meanwhile.
    pytest.mark.filterwarnings("ignore:.*preexec_fn.*:DeprecationWarning"),
]


@pytest.fixture
def files(board: PtyBoard, repl: SerialRepl) -> BoardFiles:
    return BoardFiles(repl, f"{board.folder}/")


def test_all_files_are_hashed_by_the_board(board: PtyBoard, repl: SerialRepl) -> None:
    contents = {
        "main.py": b"import micrOS\n",
        "empty.txt": b"",
        "lib/deep/big.bin": os.urandom(100_000),
        "with blank 'quote\".txt": b"x",
        "näme😀.txt": b"y" * 513,
    }
    for path, data in contents.items():
        file = board.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    contents["boot.py"] = (board.folder / "boot.py").read_bytes()
    found = BoardFiles(repl, f"{board.folder}/").listing()
    assert found.folders == ("lib", "lib/deep")
    assert {entry.path: entry for entry in found.files} == {
        path: FileEntry(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in contents.items()
    }
    assert len(found.files) == len(contents)


def test_only_the_wanted_files_are_hashed_and_missing_ones_left_out(board: PtyBoard, repl: SerialRepl) -> None:
    (board.folder / "folder").mkdir()
    (board.folder / "it's.txt").write_bytes(b"abc")
    found = BoardFiles(repl, f"{board.folder}/").hashes(("it's.txt", "missing.txt", "folder"))
    assert found == {"it's.txt": FileEntry("it's.txt", 3, hashlib.sha256(b"abc").hexdigest())}


def test_hashing_takes_no_more_memory_for_a_big_file(board: PtyBoard, repl: SerialRepl) -> None:
    used = "import gc\ngc.collect()\nprint(gc.mem_alloc())"
    (board.folder / "small.bin").write_bytes(b"s")
    (board.folder / "big.bin").write_bytes(os.urandom(1_000_000))

    def growth(name: str) -> int:
        before = int(repl.run("import gc\ngc.collect()\ngc.disable()\nprint(gc.mem_alloc())"))
        BoardFiles(repl, f"{board.folder}/").hashes((name,))
        after = int(repl.run("print(gc.mem_alloc())\ngc.enable()"))
        repl.run(used)
        return after - before

    # With the collector off everything ever allocated counts: 2000 blocks of 512 bytes may cost a slice each, no copy.
    assert growth("big.bin") - growth("small.bin") < 500_000


CONTENTS = {
    "empty.txt": b"",
    "text.json": b'{"devfid": "node01"}' * 900,  # deflates well
    "noise.bin": random.Random(7).randbytes(20_001),  # does not
    "lib/deep/näme 'q\".txt": b"\x03\x04\x01\r\n" * 10,  # what a REPL would take as commands
}


@pytest.mark.parametrize("path", CONTENTS)
def test_a_file_is_written_and_read_back_byte_by_byte(board: PtyBoard, files: BoardFiles, path: str) -> None:
    data, steps = CONTENTS[path], list[int]()
    files.write(path, data, steps.append)
    assert (board.folder / path).read_bytes() == data
    assert steps == sorted(steps)
    assert steps[-1:] == [len(data)][: len(steps)]
    assert files.read(path) == data
    assert not list(board.folder.rglob("*.part"))


def test_an_older_file_is_replaced(board: PtyBoard, files: BoardFiles) -> None:
    files.write("a.txt", b"old" * 1000)
    files.write("a.txt", b"new")
    assert files.read("a.txt") == b"new"


def test_a_board_that_cannot_inflate_gets_the_same_file(board: PtyBoard, repl: SerialRepl, files: BoardFiles) -> None:
    repl.run("import sys\nclass _N:pass\nsys.modules['deflate']=_N")
    files.write("plain.txt", CONTENTS["text.json"])
    assert (board.folder / "plain.txt").read_bytes() == CONTENTS["text.json"]


def test_a_write_that_fails_leaves_the_older_file_and_nothing_beside_it(
    board: PtyBoard, repl: SerialRepl, files: BoardFiles
) -> None:
    files.write("a.txt", b"old")
    repl.run(
        "import builtins\nreal_open=open\nclass _Full:\n"
        " def __init__(s,f):s.f=f\n def write(s,d):raise OSError(28)\n def close(s):s.f.close()\n"
        "open=lambda p,m='r':_Full(real_open(p,m)) if 'w' in m else real_open(p,m)"
    )
    with pytest.raises(BoardError, match="28"):
        files.write("a.txt", b"new")
    repl.run("open=real_open")
    assert files.read("a.txt") == b"old"
    assert [file.name for file in board.folder.glob("a.txt*")] == ["a.txt"]


def test_a_byte_lost_on_the_way_is_noticed(board: PtyBoard, repl: SerialRepl, files: BoardFiles) -> None:
    repl.run(
        "real_open=open\nclass _Lossy:\n def __init__(s,f):s.f=f\n"
        " def write(s,d):s.f.write(d[:-1])\n def close(s):s.f.close()\n"
        "open=lambda p,m='r':_Lossy(real_open(p,m)) if 'w' in m else real_open(p,m)"
    )
    with pytest.raises(BoardError, match="not written whole"):
        files.write("a.txt", b"new")
    assert not (board.folder / "a.txt").exists()


def test_a_folder_is_removed_with_everything_in_it(board: PtyBoard, files: BoardFiles) -> None:
    files.write("lib/deep/a.txt", b"a")
    files.write("lib/b.txt", b"b")
    files.remove("lib")
    assert not (board.folder / "lib").exists()
    with pytest.raises(BoardError, match="ENOENT"):
        files.remove("lib")
    files.remove("lib", missing_ok=True)


def test_reading_what_is_not_there_says_so(files: BoardFiles) -> None:
    with pytest.raises(BoardError, match=r"no file nothing.txt"):
        files.read("nothing.txt")
