"""ESP images: built ones are valid to Espressif's own tool, damaged ones are noticed."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs import esp_image
from devtoolkit.codecs.esp_image import Segment
from devtoolkit.errors import CodecError

DRAM = 0x3FFB0000
IMAGE = esp_image.build([Segment(DRAM, b"virtual MicroPython"), Segment(DRAM + 64, bytes(range(100)))], 0x40080000, 9)

segments = st.lists(
    st.builds(Segment, st.integers(0, 0xFFFFFFFF), st.binary(max_size=200)), min_size=1, max_size=esp_image.MAX_SEGMENTS
)


@given(segments, st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFF), st.sampled_from([1, 2, 4, 8, 16, 32]))
def test_an_image_is_read_back_as_it_was_built(parts: list[Segment], entry: int, chip: int, megabytes: int) -> None:
    image = esp_image.build(parts, entry, chip, flash_size=megabytes << 20)
    header = esp_image.parse_header(image)
    assert (header.entry, header.chip_id, header.segment_count) == (entry, chip, len(parts))
    assert (header.flash_size, header.hash_appended) == (megabytes << 20, True)
    assert esp_image.check_complete(image) == esp_image.image_length(image) == len(image)
    for part, read in zip(parts, esp_image.segments(image), strict=True):
        assert read.address == part.address
        assert read.data == part.data + bytes(-len(part.data) % 4)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_with_codec_error(data: bytes) -> None:
    for read in (esp_image.check_complete, esp_image.image_length, esp_image.segments):
        with pytest.raises(CodecError):
            read(data)


@given(st.binary(max_size=300))
def test_random_bytes_behind_a_good_start_raise_nothing_but_codec_error(data: bytes) -> None:
    with pytest.raises(CodecError):
        esp_image.check_complete(IMAGE[:28] + data)


@given(st.integers(0, len(IMAGE) - 1))
def test_an_image_cut_off_anywhere_is_noticed(length: int) -> None:
    with pytest.raises(CodecError):
        esp_image.check_complete(IMAGE[:length])


@given(st.integers(0, len(IMAGE) - 1), st.integers(1, 255))
def test_every_changed_byte_is_noticed(position: int, change: int) -> None:
    damaged = bytearray(IMAGE)
    damaged[position] ^= change
    if position == 23:  # the flag that says whether a hash follows
        return
    with pytest.raises(CodecError):
        esp_image.check_complete(bytes(damaged))


def test_what_follows_an_image_does_not_matter() -> None:
    assert esp_image.check_complete(IMAGE + b"more") == len(IMAGE)


def test_an_image_without_hash_is_checked_by_its_checksum() -> None:
    plain = bytearray(IMAGE[:-32])
    plain[23] = 0
    assert esp_image.check_complete(bytes(plain)) == len(IMAGE) - 32
    plain[60] ^= 1
    with pytest.raises(CodecError, match="checksum"):
        esp_image.check_complete(bytes(plain))


@pytest.mark.parametrize(
    ("parts", "flash_size"),
    [
        ([], 4 << 20),
        ([Segment(0, b"")] * 17, 4 << 20),
        ([Segment(1 << 32, b"")], 4 << 20),
        ([Segment(0, b"")], 3 << 20),
    ],
)
def test_impossible_images_are_not_built(parts: list[Segment], flash_size: int) -> None:
    with pytest.raises(CodecError):
        esp_image.build(parts, 0, 0, flash_size=flash_size)


def test_esptool_accepts_a_built_image(tmp_path: Path) -> None:
    file = tmp_path / "image.bin"
    file.write_bytes(esp_image.build([Segment(DRAM, b"virtual MicroPython")], 0x40080000, 0))
    done = subprocess.run(
        [sys.executable, "-m", "esptool", "image-info", str(file)], capture_output=True, text=True, check=True
    )
    assert "Detected image type: ESP32" in done.stdout
    assert done.stdout.count("(valid)") == 2  # checksum and hash
