"""The header of .mpy files (MicroPython bytecode).

Source: MicroPython documentation, "MicroPython .mpy files". Byte 0 is `M`, byte 1 the version, byte 2 the sub-version
(bits 0-1, matters for native code only), the native architecture (bits 2-5) and whether architecture flags follow
(bit 6), byte 3 the number of bits in a small integer.
"""

from dataclasses import dataclass

from devtoolkit.errors import CodecError

ARCHITECTURES = (
    "none", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa", "xtensawin",
    "rv32imc", "rv64imc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MpyHeader:
    """`arch` is "none" for bytecode that runs on every chip; `arch_flags` is 0 unless the file says otherwise."""

    version: int
    sub_version: int
    arch: str
    small_int_bits: int
    arch_flags: int = 0

    @property
    def mpy_version(self) -> str:
        """Bytecode version as MicroPython's release notes write it: `6` for plain bytecode, `6.3` for native code."""
        return f"{self.version}.{self.sub_version}"

    @property
    def native(self) -> bool:
        """Whether it holds machine code, which runs on one architecture only."""
        return self.arch != ARCHITECTURES[0]


def parse_header(data: bytes) -> MpyHeader:
    """The header at the start of `data`. Raises CodecError when this is not a .mpy file."""
    if len(data) < 4:
        raise CodecError(f"The .mpy file is cut off: it has {len(data)} bytes.")
    if data[:1] != b"M":
        raise CodecError(f"This is no .mpy file: it starts with {data[:1].hex()} instead of 4d.")
    version, feature, bits = data[1], data[2], data[3]
    arch = (feature >> 2) & 0x0F
    if arch >= len(ARCHITECTURES):
        raise CodecError(f"The .mpy file is for an unknown architecture ({arch}).")
    if not 8 <= bits <= 64:
        raise CodecError(f"The .mpy file is damaged: small integers of {bits} bits.")
    flags = _variable_uint(data, 4) if feature & 0x40 else 0
    return MpyHeader(version, feature & 0x03, ARCHITECTURES[arch], bits, flags)


def _variable_uint(data: bytes, position: int) -> int:
    value = 0
    for byte in data[position : position + 5]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return value
    raise CodecError("The .mpy file is damaged: its architecture flags have no end.")
