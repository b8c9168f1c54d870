"""Runs in the VM: the flash partition as a MicroPython block device over the flash file.

No method allocates: LittleFS calls them also from within a garbage collection (a forgotten file is closed there), where
an allocation crashes the VM. And none has a jump, because a pending Ctrl-C is raised at jumps: it would leave
LittleFS in the middle of an operation, which cannot happen on a board. Only a power cut on purpose has loops.
Where it is raised all the same, the operation is done again, and the board process is asked for a new Ctrl-C.
(The unix port raises Ctrl-C wherever it is, also inside LittleFS: only a soft reset gives a sound VM for certain.)
"""

import array
import os

_BLOCK = 4096
_system = os.system  # of the unix port, before the board's own `os` takes its place


class FlashPartition:
    """`state_path` holds three 32-bit words shared with the board process: operations done (program and erase), the
    number of the operation that power fails in (0: none), and how (0: it does not happen, 1: half of it happens). The
    fourth word is set to 1 when power has failed. A `record_path` gets every operation appended, in the form that
    `devtoolkit.simulator.power_cut` reads.
    """

    def __init__(self, path, offset, size, state_path, record_path=None):
        self.flash = open(path, "r+b")
        self.seek = self.flash.seek  # bound once: LittleFS reads a path's folders in pieces of 32 bytes
        self.readinto = self.flash.readinto
        self.base = offset
        self.blank = bytearray(b"\xff" * _BLOCK)
        self.state = open(state_path, "r+b")
        self.words = array.array("I", (0, 0, 0, 0))
        self.state.readinto(self.words)
        self.count = array.array("I", (self.words[0],))
        self.byte = bytearray(1)
        self.gates = (self._pass, self._cut)
        self.record = open(record_path, "ab") if record_path else None
        self.note = self._note if record_path else self._no_note
        self.header = array.array("I", (0, 0, 0))
        blocks = size // _BLOCK
        none = self._none
        self.calls = {
            1: none,
            2: none,
            3: none,
            4: lambda _: blocks,
            5: lambda _: _BLOCK,
            6: self._erase,
        }

    def readblocks(self, block, buf, off=0):
        try:
            self.seek(block * _BLOCK + off + self.base)  # in this order it needs the least stack
            self.readinto(buf)
        except KeyboardInterrupt:
            self._again(block, buf, off)

    def writeblocks(self, block, buf, off=0):
        self.header[2] = 0
        self._safely(self.base + block * _BLOCK + off, buf)

    def interrupted(self):
        """Replaced by the link's when there is one: the Ctrl-C that was held back has to come again."""

    def ioctl(self, op, arg):
        return self.calls[op](arg)

    def _none(self, _):
        return 0

    def _erase(self, block):
        self.header[2] = 1
        self._safely(self.base + block * _BLOCK, self.blank)
        return 0

    def _again(self, block, buf, off):
        self.seek(self.base + block * _BLOCK + off)
        self.readinto(buf)
        self.interrupted()

    def _safely(self, address, buf):
        try:
            self._program(address, buf)
        except KeyboardInterrupt:
            self._program(address, buf)
            self.interrupted()

    def _program(self, address, buf):
        self.count[0] += 1
        self.state.seek(0)
        self.state.write(self.count)
        self.state.seek(0)
        self.state.readinto(self.words)
        self.gates[self.words[0] == self.words[1]](address, buf)
        self.flash.seek(address)
        self.flash.write(buf)
        self.note(address, buf)

    def _no_note(self, address, buf):
        pass

    def _note(self, address, buf):
        self.header[0] = address
        self.header[1] = len(buf)
        self.record.write(self.header)
        self.record.write(buf)

    def _pass(self, address, buf):
        pass

    def _cut(self, address, buf):
        """Power fails: the operation stays undone or half done, and this process is gone before it returns."""
        self.flash.seek(address)
        end = len(buf) // 2 * self.words[2]
        at = 0
        while at < end:
            self.byte[0] = buf[at]
            self.flash.write(self.byte)
            at += 1
        self.count[0] = 1
        self.state.seek(12)
        self.state.write(self.count)
        while True:
            _system("kill -9 $PPID")
