"""The bytes of WebREPL's file protocol and login."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs import webrepl as codec
from devtoolkit.errors import CodecError


def fed(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data cut at these places."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def test_a_request_is_the_public_clients_record_of_82_bytes() -> None:
    record = codec.request(codec.PUT, "main.py", 0x01020304)
    assert record.hex() == (
        "5741" "01" "00" "0000000000000000" "04030201" "0700" + b"main.py".hex() + "00" * 57
    )  # fmt: skip
    assert len(record) == 82


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.integers(0, 2**32 - 1))
def test_every_name_of_64_bytes_can_be_asked_for_and_no_longer_one(name: str, size: int) -> None:
    encoded = name.encode()
    if len(encoded) > 64:
        with pytest.raises(CodecError):
            codec.request(codec.GET, name, size)
        return
    fields = struct.unpack("<2sBBQLH64s", codec.request(codec.GET, name, size))
    assert fields[:6] == (b"WA", 2, 0, 0, size, len(encoded))
    assert fields[6][: fields[5]] == encoded


@pytest.mark.parametrize("name", ["x" * 65, "ű" * 33, "a\0b"])
def test_a_name_that_a_record_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(CodecError, match="cannot carry"):
        codec.request(codec.GET, name)


@pytest.mark.parametrize("password", ["", "0123456789", "ab\rc", "ab\nc"])
def test_a_password_that_no_node_can_have_is_refused(password: str) -> None:
    assert codec.password_line("012345678") == b"012345678\r"
    with pytest.raises(CodecError, match="1 to 9"):
        codec.password_line(password)


def test_a_piece_longer_than_nodes_send_is_refused() -> None:
    reader = codec.RecordReader()
    reader.feed(struct.pack("<H", 257) + bytes(257))
    with pytest.raises(CodecError, match="257"):
        reader.piece()


@given(st.binary(max_size=5000))
def test_the_pieces_of_a_put_are_its_content_in_frames_a_node_takes(content: bytes) -> None:
    cut = list(codec.pieces(content))
    assert b"".join(cut) == content
    assert all(0 < len(piece) <= 1024 for piece in cut)


@given(st.lists(st.binary(min_size=1, max_size=256), max_size=4), st.lists(st.integers(0, 3000), max_size=8))
def test_a_get_is_read_the_same_however_its_bytes_were_cut(contents: list[bytes], cuts: list[int]) -> None:
    data = b"WB\0\0" + b"".join(struct.pack("<H", len(one)) + one for one in [*contents, b""]) + b"WB\0\0"
    reader, found, answers = codec.RecordReader(), [], 0
    for part in fed(data, cuts):
        reader.feed(part)
        while True:
            record = reader.answer() if answers != 1 else reader.piece()
            if record is None:
                break
            if isinstance(record, bytes):
                found.append(record)
                answers += not record
            else:
                assert record == 0
                answers += 1
                if answers == 3:
                    break
    assert found == [*contents, b""]
    assert (answers, reader.waiting) == (3, 0)


def test_an_answer_tells_its_status_and_other_bytes_are_refused() -> None:
    reader = codec.RecordReader()
    reader.feed(b"WB\x05\x01\x01\x1d\x02")
    assert reader.answer() == 0x0105
    assert reader.version() == (1, 29, 2)
    reader.feed(b"WX\0\0")
    with pytest.raises(CodecError):
        reader.answer()
    reader.feed(struct.pack("<H", 257))
    with pytest.raises(CodecError):
        reader.piece()


@given(st.lists(st.integers(0, 100), max_size=6))
def test_a_login_is_decided_however_its_text_was_cut(cuts: list[int]) -> None:
    for text, verdict in ((b"\r\nWebREPL connected\r\n>>> ", True), (b"\r\nAccess denied\r\n", False)):
        login = codec.Login()
        for part in fed(b"Password: ", cuts):
            login.feed(part)
        assert (login.asks, login.verdict) == (True, None)
        for part in fed(text, cuts):
            login.feed(part)
        assert login.verdict is verdict


def test_who_talks_but_asks_for_no_password_is_no_webrepl() -> None:
    login = codec.Login()
    login.feed(b"220 mail server ready\r\n")
    with pytest.raises(CodecError):
        login.feed(b"220 mail server ready\r\n" * 200)


@pytest.mark.parametrize("password", ["", "tenletters", "a\rb", "a\nb"])
def test_a_password_that_webrepl_cannot_have_is_refused(password: str) -> None:
    with pytest.raises(CodecError):
        codec.password_line(password)
    assert codec.password_line("nineligit") == b"nineligit\r"
