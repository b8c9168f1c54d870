"""The child process that is the VM, behind an inner pseudo-terminal."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path

from devtoolkit.errors import SimulatorError

_HERE = Path(__file__).resolve().parent
_LAUNCHER = _HERE / "launch_vm.py"
_BOOT = _HERE / "vm" / "boot.py"
_PLAIN = ("-I", "-S")  # without site: half the start-up time
SHIMS = _HERE / "shims"


def find_vm() -> Path:
    """The unix port: what `MICROPYTHON` names, else the folder of the installed package.

    Raises SimulatorError where there is neither.
    """
    named = os.environ.get("MICROPYTHON")
    if named:
        found = shutil.which(named)
        if found is None:
            raise SimulatorError(f"MICROPYTHON names {named}, which cannot be run.", executable=named)
        return Path(found).resolve()
    spec = importlib.util.find_spec("micropython_run")
    if spec is None or spec.origin is None:
        raise SimulatorError(
            "The MicroPython VM for virtual boards is not installed on this system.",
            hint="Set MICROPYTHON to an executable of MicroPython's unix port.",
        )
    return Path(spec.origin).parent


class VmProcess:
    """A running VM. `fd` is the master side of its terminal, non-blocking; reading it gives EIO when the VM is gone."""

    def __init__(self, vm: Path, config: Path, flash: Path, heap: int) -> None:
        self.fd, slave = os.openpty()
        try:
            os.set_blocking(self.fd, False)
            _prepare(slave)
            options = ["-X", f"heapsize={heap}"] if heap else []
            self._process = subprocess.Popen(
                [sys.executable, *_PLAIN, str(_LAUNCHER), str(vm), str(flash), *options, "-i", str(_BOOT), str(config)],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                cwd=config.parent,
                env={name: text for name, text in os.environ.items() if name != "HOME"},  # the REPL's history is there
                start_new_session=True,
            )
        except BaseException:
            os.close(self.fd)
            raise
        finally:
            os.close(slave)

    @property
    def pid(self) -> int:
        return self._process.pid

    def program_runs(self) -> bool:
        """Whether Python code runs (Ctrl-C is a signal), or the REPL reads (every byte is input)."""
        return bool(termios.tcgetattr(self.fd)[3] & termios.ISIG)

    def interrupt(self) -> None:
        """Ctrl-C while a program runs."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Kill the VM if it still runs, close its terminal; returns the exit status, negative for a signal."""
        if self.fd >= 0:
            self._process.poll()
            self._process.kill()
            os.close(self.fd)
            self.fd = -1
        return self._process.wait()

    def reap(self) -> int:
        """The exit status of a VM whose terminal has hung up."""
        with contextlib.suppress(subprocess.TimeoutExpired):  # it gave up its terminal, but stays: `end` kills it
            self._process.wait(1.0)
        return self.end()


def _prepare(slave: int) -> None:
    """A plain line: no echo, no line editing, no newline conversion; signals on, which marks a running program."""
    settings = termios.tcgetattr(slave)
    settings[0] = 0
    settings[1] = 0
    settings[3] = termios.ISIG | termios.NOFLSH
    settings[6][termios.VMIN] = 1
    settings[6][termios.VTIME] = 0
    termios.tcsetattr(slave, termios.TCSANOW, settings)
