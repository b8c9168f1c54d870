"""The VM's process: takes the terminal it was given as its own, then becomes the VM.

Run as a script, with the standard library only: `launch_vm.py LIBRARY|EXECUTABLE FLASH ARGUMENTS...`.
The terminal (stdin) becomes the controlling terminal, so when the board process dies, in whatever way, the kernel hangs
it up and ends the VM, also below `nohup`. SIGINT is ignored until the VM has its own handler.
"""

# The modules below `ctypes` and `signal`: those import enough Python code to double the start-up time.
import _ctypes
import _signal  # type: ignore[import-not-found]  # typeshed does not know it
import fcntl
import mmap
import os
import sys
import termios


class _Byte(_ctypes._SimpleCData):  # type: ignore[type-arg]  # it has none when it runs
    """As `ctypes.c_char`."""

    _type_ = "c"


def mapped(path: str) -> mmap.mmap:
    """The flash file in this process's memory; what is written to the file shows there at once."""
    fd = os.open(path, os.O_RDWR)
    try:
        return mmap.mmap(fd, 0)
    finally:
        os.close(fd)


def main(target: str, flash: str, arguments: list[str]) -> int:
    """Become the VM: `target` is the unix port's executable, or the folder of its Python package.

    The package's VM lives in this process: it gets the address of the mapped flash file as its last argument.
    """
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    _signal.signal(_signal.SIGHUP, _signal.SIG_DFL)
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    command = ["micropython", *arguments]
    if not os.path.isdir(target):  # noqa: PTH112 - importing pathlib would double the start-up time
        os.execv(target, command)  # noqa: S606 - the point of this file
    sys.path.insert(0, target)
    memory = mapped(flash)
    address = _ctypes.addressof(_Byte.from_buffer(memory))
    return int(__import__("micropython_run").run_main([*command, str(address)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
