"""The partition table: what is built is read back, and nothing but CodecError comes from bad bytes."""

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs.partition_table import (
    TABLE_OFFSET,
    TABLE_SIZE,
    TYPE_APP,
    TYPE_DATA,
    Partition,
    build,
    parse,
)
from devtoolkit.errors import CodecError

NVS = Partition("nvs", TYPE_DATA, 2, 0x9000, 0x6000)
PHY = Partition("phy_init", TYPE_DATA, 1, 0xF000, 0x1000)
APP = Partition("factory", TYPE_APP, 0, 0x10000, 0x1F0000)

# The MD5 of the table as it stands in MicroPython 1.27 for ESP32_GENERIC.
RECORDED_MD5 = bytes.fromhex("8405a9bb5ce0b84c4f2ca5de9a76b050")


@st.composite
def tables(draw: st.DrawFn) -> list[Partition]:
    position, parts = 0x9000, []
    for number in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from([TYPE_APP, TYPE_DATA, 0x40]))
        step = 0x10000 if kind == TYPE_APP else 0x1000
        position += -position % step
        size = step * draw(st.integers(1, 40))
        name = draw(st.text("abcdefghijklmnop_0123456789é", max_size=8)) + str(number)
        parts.append(Partition(name, kind, draw(st.integers(0, 255)), position, size, draw(st.integers(0, 3))))
        position += size
    return draw(st.permutations(parts))


@given(tables())
def test_a_table_is_read_back_as_it_was_built(parts: list[Partition]) -> None:
    table = build(parts)
    assert len(table) == TABLE_SIZE
    assert parse(table) == tuple(parts)


@given(st.binary(max_size=200))
def test_random_bytes_raise_codec_error_or_give_partitions(data: bytes) -> None:
    with pytest.raises(CodecError):
        parse(data)


@given(st.integers(0, 3 * 32 + 31), st.integers(1, 255))
def test_every_changed_byte_of_a_table_with_md5_is_noticed(position: int, change: int) -> None:
    table = bytearray(build([NVS, PHY, APP]))
    table[position] ^= change
    if 3 * 32 + 2 <= position < 3 * 32 + 16:  # the filling of the MD5 entry means nothing
        assert parse(bytes(table)) == (NVS, PHY, APP)
    else:
        with pytest.raises(CodecError):
            parse(bytes(table))


@given(st.integers(0, 4 * 32))
def test_a_table_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(CodecError):
        parse(build([NVS, PHY, APP])[: min(length, 4 * 32 - 1)])


def test_the_md5_entry_is_the_one_micropython_ships() -> None:
    table = build([NVS, PHY, APP])
    assert table[96:112] == b"\xeb\xeb" + b"\xff" * 14
    assert table[112:128] == RECORDED_MD5 == hashlib.md5(table[:96]).digest()


def test_a_table_without_md5_entry_is_read() -> None:
    table = build([NVS, APP])[:64] + b"\xff" * 64
    assert parse(table) == (NVS, APP)


def test_an_entry_is_laid_out_as_espressif_says() -> None:
    entry = struct.pack("<2sBBII16sI", b"\xaa\x50", 1, 2, 0x9000, 0x6000, b"nvs", 0)
    assert build([NVS, APP])[:32] == entry


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "1 to"),
        ([NVS, NVS], "overlaps"),
        ([Partition("low", 1, 0, TABLE_OFFSET, 0x1000)], "overlaps"),
        ([Partition("odd", 1, 0, 0x9001, 0x1000)], "aligned"),
        ([Partition("app", 0, 0, 0x11000, 0x1000)], "aligned"),
        ([Partition("none", 1, 0, 0x9000, 0)], "impossible size"),
        ([Partition("huge", 1, 0, 0x9000, 1 << 32)], "impossible size"),
        ([Partition("a" * 17, 1, 0, 0x9000, 0x1000)], "16 bytes"),
        ([Partition("x", 300, 0, 0x9000, 0x1000)], "out of range"),
        ([Partition("x", 1, 0, 0x9000 + 0x1000 * n, 0x1000) for n in range(95)], "1 to"),
    ],
)
def test_impossible_tables_are_not_built(parts: list[Partition], said: str) -> None:
    with pytest.raises(CodecError, match=said):
        build(parts)
