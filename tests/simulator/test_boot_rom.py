"""SLIP frames and the boot ROM's answers, on bytes alone."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs import slip
from devtoolkit.errors import CodecError, SimulatorError
from devtoolkit.simulator import chips
from devtoolkit.simulator.flash import Flash
from devtoolkit.simulator.rom import RomLoader

MAC = bytes.fromhex("020102030405")


@pytest.fixture
def flash(tmp_path: Path) -> Iterator[Flash]:
    chip = Flash(tmp_path / "flash.bin", 0x400000)
    yield chip
    chip.close()


@pytest.fixture
def rom(flash: Flash) -> RomLoader:
    return RomLoader(chips.find("esp32"), flash, MAC)


@pytest.fixture
def stub(rom: RomLoader) -> RomLoader:
    """The loader after a tool has uploaded its stub."""
    assert ask(rom, 0x06, struct.pack("<II", 0, 0x40080000))[-1] == b"OHAI"
    return rom


def ask(rom: RomLoader, op: int, data: bytes, checksum: int = 0) -> list[bytes]:
    """The payloads that come back for one command."""
    return slip.Decoder().feed(rom.feed(slip.build_command(slip.Command(op, data, checksum))))


def status(payload: bytes) -> bytes:
    return payload[8:10]


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5), st.integers(1, 50))
def test_frames_come_back_whole_however_the_stream_is_cut(payloads: list[bytes], step: int) -> None:
    stream = b"noise" + b"".join(slip.encode(payload) for payload in payloads)
    decoder = slip.Decoder()
    found = []
    for start in range(0, len(stream), step):
        found += decoder.feed(stream[start : start + step])
    assert found == payloads


@given(st.binary(max_size=2000))
def test_no_stream_breaks_the_loader(data: bytes) -> None:
    decoder = slip.Decoder()
    for payload in decoder.feed(data):
        try:
            slip.parse_command(payload)
        except CodecError:
            continue


def test_a_frame_with_a_wrong_escape_is_dropped_and_the_next_one_is_found() -> None:
    assert slip.Decoder().feed(b"\xc0a\xdbb\xc0" + slip.encode(b"good")) == [b"good"]
    with pytest.raises(CodecError, match="db62"):
        slip.decode(b"a\xdbb")


def test_a_recorded_sync_frame_is_recognised_also_behind_other_bytes() -> None:
    frame = bytes.fromhex("c000082400000000000707122055") + b"\x55" * 31 + b"\xc0"
    assert slip.find_sync(b"\r\x03" + frame) == 2
    assert slip.find_sync(frame[:16]) == 0
    assert slip.find_sync(b"\xc0\x00\x08\x24\x00 nothing of that kind") == -1


def test_sync_is_answered_eight_times_and_tells_rom_from_stub(rom: RomLoader) -> None:
    data = slip.SYNC_MARK + b"\x55" * 32
    answers = ask(rom, 0x08, data)
    assert len(answers) == 8
    assert struct.unpack_from("<I", answers[0], 4)[0] != 0
    ask(rom, 0x06, struct.pack("<II", 0, 0x40080000))
    assert struct.unpack_from("<I", ask(rom, 0x08, data)[0], 4)[0] == 0


def test_the_rom_knows_no_stub_commands_and_says_so(rom: RomLoader) -> None:
    assert status(ask(rom, 0xD0, b"")[0]) == b"\x01\x05"
    assert status(ask(rom, 0x14, b"")[0]) == b"\x01\x05"  # the ESP32's ROM has no security info


def test_the_mac_stands_in_the_efuse_words(rom: RomLoader) -> None:
    def register(address: int) -> int:
        return int(struct.unpack_from("<I", ask(rom, 0x0A, struct.pack("<I", address))[0], 4)[0])

    low, high = register(0x3FF5A004), register(0x3FF5A008)
    assert struct.pack(">HI", high & 0xFFFF, low) == MAC
    assert high >> 16 == chips.mac_crc(MAC)


def test_a_block_with_a_wrong_checksum_is_refused_and_not_written(stub: RomLoader, flash: Flash) -> None:
    block = b"data" * 16
    ask(stub, 0x02, struct.pack("<IIII", len(block), 1, 0x4000, 0x10000))
    packet = struct.pack("<IIII", len(block), 0, 0, 0) + block
    assert status(ask(stub, 0x03, packet, slip.checksum(block) ^ 1)[0]) == b"\x01\xc1"
    assert flash.read(0x10000, 4) == b"\xff" * 4
    assert status(ask(stub, 0x03, packet, slip.checksum(block))[0]) == b"\x00\x00"
    assert flash.read(0x10000, len(block)) == block


def test_a_damaged_compressed_stream_is_refused(stub: RomLoader) -> None:
    block = b"\x00" + zlib.compress(b"x" * 100)
    ask(stub, 0x10, struct.pack("<IIII", 100, 1, 0x4000, 0x10000))
    packet = struct.pack("<IIII", len(block), 0, 0, 0) + block
    assert status(ask(stub, 0x11, packet, slip.checksum(block))[0]) == b"\x01\xc7"


def test_data_before_begin_and_a_short_command_are_refused(stub: RomLoader) -> None:
    assert status(ask(stub, 0x03, bytes(16), slip.checksum(b""))[0]) == b"\x01\xc4"
    assert status(ask(stub, 0x02, b"\x01")[0]) == b"\x01\xc0"


def test_a_write_erases_the_sectors_it_touches_and_no_more(stub: RomLoader, flash: Flash) -> None:
    flash.program(0xF000, bytes(0x4000))
    block = b"\x5a" * 0x1100
    ask(stub, 0x02, struct.pack("<IIII", len(block), 1, 0x4000, 0x10000))
    ask(stub, 0x03, struct.pack("<IIII", len(block), 0, 0, 0) + block, slip.checksum(block))
    assert flash.read(0xF000, 0x1000) == bytes(0x1000)
    assert flash.read(0x10000, 0x2000) == block.ljust(0x2000, b"\xff")
    assert flash.read(0x12000, 0x1000) == bytes(0x1000)


def test_md5_is_text_from_the_rom_and_bytes_from_the_stub(rom: RomLoader, flash: Flash) -> None:
    flash.program(0, b"some data")
    digest = hashlib.md5(b"some data", usedforsecurity=False)
    request = struct.pack("<IIII", 0, 9, 0, 0)
    assert ask(rom, 0x13, request)[0][8:40] == digest.hexdigest().encode()
    ask(rom, 0x06, struct.pack("<II", 0, 0x40080000))
    assert ask(rom, 0x13, request)[0][8:24] == digest.digest()


def test_the_end_of_a_write_asks_for_a_reset_only_when_the_tool_does(stub: RomLoader) -> None:
    ask(stub, 0x04, struct.pack("<I", 1))
    assert not stub.reset_wanted
    ask(stub, 0x04, struct.pack("<I", 0))
    assert stub.reset_wanted


def test_programming_a_flash_only_clears_bits_until_it_is_erased(flash: Flash) -> None:
    flash.program(0x1000, b"\xf0\x0f")
    flash.program(0x1000, b"\x3c\x3c")
    assert flash.read(0x1000, 2) == b"\x30\x0c"
    flash.erase(0x1001, 1)
    assert flash.read(0x1000, 2) == b"\xff\xff"


def test_addresses_outside_the_flash_and_a_file_of_another_size_are_refused(flash: Flash) -> None:
    with pytest.raises(SimulatorError, match="lie outside"):
        flash.read(0x3FFFFF, 2)
    with pytest.raises(SimulatorError, match="has 4194304 bytes"):
        Flash(flash.path, 0x800000)
