"""UF2 files: a whole one is recognised, a cut, damaged or doubled one is not."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs import uf2
from devtoolkit.errors import CodecError


def made(blocks: int, family: int = uf2.RP2040, start: int = 0x10000000) -> bytes:
    return b"".join(
        struct.pack(
            "<8I476sI", 0x0A324655, 0x9E5D5157, 0x2000, start + 256 * n, 256, n, blocks, family, bytes(256), 0x0AB16F30
        )
        for n in range(blocks)
    )


def test_a_whole_file_says_its_chip_and_size() -> None:
    assert uf2.check_complete(made(3)) == uf2.Uf2Info(uf2.RP2040, 0x10000000, 768, 3)


@given(st.integers(0, 5 * 512 - 1))
def test_a_file_cut_off_anywhere_is_noticed(length: int) -> None:
    with pytest.raises(CodecError):
        uf2.check_complete(made(5)[:length])


@given(st.binary(max_size=1100))
def test_random_bytes_are_refused_with_codec_error(data: bytes) -> None:
    with pytest.raises(CodecError):
        uf2.check_complete(data)


@pytest.mark.parametrize("data", [made(2) + made(2), made(2)[:512] + made(2, family=1)[512:]])
def test_two_files_in_one_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        uf2.check_complete(data)


@pytest.mark.firmware
def test_the_real_pico_w_firmware_is_whole(firmware_dir: Path) -> None:
    info = uf2.check_complete((firmware_dir / "RPI_PICO_W-20251209-v1.27.0.uf2").read_bytes())
    assert (info.family, info.start, info.blocks) == (uf2.RP2040, 0x10000000, 3422)
