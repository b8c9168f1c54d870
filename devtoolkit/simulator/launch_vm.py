"""The VM's process: takes the terminal it was given as its own, then becomes the VM.

Run as a script, with the standard library only: `launch_vm.py LIBRARY|EXECUTABLE ARGUMENTS...`. The terminal (stdin)
becomes the controlling terminal, so when the board process dies, in whatever way, the kernel hangs it up and ends
the VM, also below `nohup`. SIGINT is ignored until the VM has its own handler.
"""

import fcntl
import importlib
import os
import signal
import sys
import termios


def main(target: str, arguments: list[str]) -> int:
    """Become the VM: `target` is the unix port's executable, or the folder of its Python package."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    command = ["micropython", *arguments]
    if not os.path.isdir(target):  # noqa: PTH112 - importing pathlib would double the start-up time
        os.execv(target, command)  # noqa: S606 - the point of this file
    sys.path.insert(0, target)
    return int(importlib.import_module("micropython_run").run_main(command))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
