"""The download mode: the boot ROM's serial loader, and the flasher stub after a tool has uploaded one.

Source: Espressif's esptool documentation, "Serial Protocol". The stub's code is accepted and thrown away; from then on
the loader answers with the stub's command set (two status bytes, erase and fast read commands, MD5 as 16 bytes).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from devtoolkit.codecs import slip
from devtoolkit.errors import CodecError, SimulatorError
from devtoolkit.settings import REPL_BAUD
from devtoolkit.simulator.chips import Chip
from devtoolkit.simulator.flash import Flash
from devtoolkit.simulator.flash_session import FlashReader, FlashWriter, InflateError
from devtoolkit.simulator.spi_controller import Registers

_SYNC_ANSWERS = 8  # a ROM answers one SYNC eight times, tools count on it
_ROM_SYNC_VALUE = 0x20120707  # not 0: a zero tells the tool that a stub is running
_SLOW_READ = 64  # the ROM's own read answers in blocks of 64 bytes
_BLOCK_HEAD = struct.Struct("<IIII")


@dataclass(frozen=True, slots=True)
class _Errors:
    unknown: int
    failed: int
    checksum: int
    inflate: int
    length: int


_ROM_ERRORS = _Errors(unknown=0x05, failed=0x06, checksum=0x07, inflate=0x0B, length=0x0A)
_STUB_ERRORS = _Errors(unknown=0xC3, failed=0xC4, checksum=0xC1, inflate=0xC7, length=0xC0)


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


class RomLoader:
    """A chip in download mode, as a machine of bytes: `feed` what the host sent, send back what it returns.

    `reset_wanted` becomes true when the host asked to run the program in flash. `baud` is the line speed that the host
    has set; `used` tells whether any valid command came.
    """

    def __init__(self, chip: Chip, flash: Flash, mac: bytes, baud: int = REPL_BAUD) -> None:
        self.baud = baud
        self.stub = False
        self.used = False
        self.reset_wanted = False
        self._chip = chip
        self._flash = flash
        self._registers = Registers(chip.registers(mac, baud), chip.spi, flash.size)
        self._decoder = slip.Decoder()
        self._writer: FlashWriter | None = None
        self._reader: FlashReader | None = None
        self._commands = self._rom_commands()

    def feed(self, data: bytes) -> bytes:
        """Handle all commands that `data` completes; returns the answers."""
        return b"".join(self._frame(payload) for payload in self._decoder.feed(data))

    def _frame(self, payload: bytes) -> bytes:
        if self._reader:
            return self._acknowledge(payload)
        try:
            command = slip.parse_command(payload)
        except CodecError:
            return b""
        self.used = True
        handler = self._commands.get(command.op)
        try:
            if handler is None:
                raise _Refused(self._errors.unknown)
            return handler(command)
        except _Refused as refused:
            return self._answer(command, error=refused.code)
        except InflateError:
            return self._answer(command, error=self._errors.inflate)
        except SimulatorError:
            return self._answer(command, error=self._errors.failed)
        except struct.error:
            return self._answer(command, error=self._errors.length)

    @property
    def _errors(self) -> _Errors:
        return _STUB_ERRORS if self.stub else _ROM_ERRORS

    def _answer(self, command: slip.Command, data: bytes = b"", *, value: int = 0, error: int = 0) -> bytes:
        status = bytes([1 if error else 0, error])
        return slip.build_response(command.op, data + status.ljust(2 if self.stub else 4, b"\0"), value)

    def _rom_commands(self) -> dict[int, Callable[[slip.Command], bytes]]:
        table: dict[int, Callable[[slip.Command], bytes]] = {
            0x02: self._flash_begin,
            0x03: self._block,
            0x04: self._end,
            0x05: self._answer,  # MEM_BEGIN: the stub's code is not kept
            0x06: self._mem_end,
            0x07: self._mem_data,
            0x08: self._sync,
            0x09: self._write_reg,
            0x0A: self._read_reg,
            0x0B: self._answer,  # SPI_SET_PARAMS
            0x0D: self._answer,  # SPI_ATTACH
            0x0E: self._read_slow,
            0x0F: self._change_baud,
            0x10: self._flash_begin,
            0x11: self._block,
            0x12: self._end,
            0x13: self._md5,
        }
        if self._chip.security_info:
            table[0x14] = self._security_info
        return table

    def _stub_commands(self) -> dict[int, Callable[[slip.Command], bytes]]:
        return self._rom_commands() | {
            0xD0: self._erase_all,
            0xD1: self._erase_region,
            0xD2: self._read_flash,
            0xD3: self._run_user_code,
        }

    # --- session

    def _sync(self, command: slip.Command) -> bytes:
        return self._answer(command, value=0 if self.stub else _ROM_SYNC_VALUE) * _SYNC_ANSWERS

    def _change_baud(self, command: slip.Command) -> bytes:
        self.baud = struct.unpack_from("<I", command.data)[0] or self.baud
        return self._answer(command)

    def _security_info(self, command: slip.Command) -> bytes:
        return self._answer(command, self._chip.security_answer())

    def _mem_data(self, command: slip.Command) -> bytes:
        self._checked_block(command)
        return self._answer(command)

    def _mem_end(self, command: slip.Command) -> bytes:
        entry = struct.unpack_from("<II", command.data)[1]
        answer = self._answer(command)
        if not entry:
            return answer
        self.stub = True
        self._commands = self._stub_commands()
        return answer + slip.encode(b"OHAI")

    def _run_user_code(self, _: slip.Command) -> bytes:
        self.reset_wanted = True
        return b""

    # --- registers

    def _read_reg(self, command: slip.Command) -> bytes:
        (address,) = struct.unpack_from("<I", command.data)
        return self._answer(command, value=self._registers.read(address))

    def _write_reg(self, command: slip.Command) -> bytes:
        for address, value, mask, _delay in struct.iter_unpack("<IIII", command.data):
            self._registers.write(address, value, mask)
        return self._answer(command)

    # --- flash

    def _flash_begin(self, command: slip.Command) -> bytes:
        size, _blocks, _block_size, offset = _BLOCK_HEAD.unpack_from(command.data)
        deflated = command.op == 0x10
        self._writer = FlashWriter(self._flash, offset, size, deflated=deflated, progressive=self.stub)
        return self._answer(command)

    def _checked_block(self, command: slip.Command) -> bytes:
        size = _BLOCK_HEAD.unpack_from(command.data)[0]
        block = command.data[_BLOCK_HEAD.size :]
        if size != len(block):
            raise _Refused(self._errors.length)
        if slip.checksum(block) != command.checksum & 0xFF:
            raise _Refused(self._errors.checksum)
        return block

    def _block(self, command: slip.Command) -> bytes:
        block = self._checked_block(command)
        if self._writer is None:
            raise _Refused(self._errors.failed)
        self._writer.write(block)
        return self._answer(command)

    def _end(self, command: slip.Command) -> bytes:
        (stay,) = struct.unpack_from("<I", command.data)
        self._writer = None
        self.reset_wanted = not stay
        return self._answer(command)

    def _erase_all(self, command: slip.Command) -> bytes:
        self._flash.erase_all()
        return self._answer(command)

    def _erase_region(self, command: slip.Command) -> bytes:
        self._flash.erase(*struct.unpack_from("<II", command.data))
        return self._answer(command)

    def _md5(self, command: slip.Command) -> bytes:
        digest = self._flash.md5(*struct.unpack_from("<II", command.data))
        return self._answer(command, digest if self.stub else digest.hex().encode())

    def _read_slow(self, command: slip.Command) -> bytes:
        offset, size = struct.unpack_from("<II", command.data)
        data = self._flash.read(offset, min(size, _SLOW_READ))
        return self._answer(command, data.ljust(_SLOW_READ, b"\0"))

    def _read_flash(self, command: slip.Command) -> bytes:
        self._reader = FlashReader(self._flash, *_BLOCK_HEAD.unpack_from(command.data))
        return self._answer(command) + self._acknowledge(bytes(4))

    def _acknowledge(self, payload: bytes) -> bytes:
        if self._reader is None or len(payload) != 4:
            return b""
        blocks = self._reader.blocks(int.from_bytes(payload, "little"))
        if self._reader.done:
            self._reader = None
        return b"".join(slip.encode(block) for block in blocks)
