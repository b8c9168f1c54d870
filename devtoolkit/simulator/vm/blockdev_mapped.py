"""Runs in the VM: the flash partition, read through a mapping of its file; seven times as fast as by system calls.

A file of its own, because it compiles only where the VM makes machine code for its processor. Writes stay what they are
in `blockdev`: they go through the file, whose pages the mapping shows at once.
"""

import micropython
from blockdev import FlashPartition
from micropython import const

_BLOCK = const(4096)
_WORD_BITS = const(2)  # LittleFS reads whole words: its read size is 32 bytes


class MappedPartition(FlashPartition):
    """`address` is that of the mapped flash file's first byte."""

    def __init__(self, address, path, offset, size, state_path, record_path=None):
        super().__init__(path, offset, size, state_path, record_path)
        self.first = address + offset

    @micropython.viper
    def readblocks(self, block: int, buf, off: int):
        try:
            source = ptr32(int(self.first) + block * _BLOCK + off)  # noqa: F821 - of viper
            target = ptr32(buf)  # noqa: F821 - of viper
            words = int(len(buf)) >> _WORD_BITS
            word = 0
            while word < words:  # machine code does not look for a Ctrl-C at a jump
                target[word] = source[word]
                word += 1
        except KeyboardInterrupt:
            self._again(block, buf, off)
