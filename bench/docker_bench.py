"""The Dockerfile's steps in chroots made by debootstrap: does the image build, start, pass its health check, and end?

Needs root and debootstrap, and Debian's and Python's package servers as this machine has them configured (apt sources,
certificates and pip's settings are taken over into the chroot).
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from run import Figure

sys.path.insert(0, str(Path(__file__).parent))
from dockerfile_steps import Builder, Stage, is_root, run as ran, size_mb  # noqa: I001 - beside this file

ROOT = Path(__file__).resolve().parents[1]
DOCKER = ROOT / "env" / "docker"
_LIMIT_S = 60.0
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_IMPORTS = """
import importlib, pkgutil, devtoolkit.gateway
walked = [one.name for one in pkgutil.walk_packages(devtoolkit.gateway.__path__, "devtoolkit.gateway.")]
for name in (*walked, "devtoolkit.services.discovery", "devtoolkit.services.presence"):
    importlib.import_module(name)
print(len(walked) + 2)
"""
_MACHINE = (
    "etc/apt/sources.list",
    "etc/apt/sources.list.d",
    "etc/apt/apt.conf.d",
    "etc/apt/auth.conf.d",
    "etc/pip.conf",
)


def run() -> list[Figure]:
    if not is_root() or not shutil.which("debootstrap"):
        print("docker: needs root and debootstrap (Debian package debootstrap); not measured", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="micros-docker-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        began = time.monotonic()
        base = base_system(work)
        figures = [Figure("base system (debootstrap)", time.monotonic() - began, "s")]
        builder = Builder(DOCKER / "Dockerfile", ROOT, base, work)
        image = builder.build()
        figures += [
            Figure(one.step.replace("\n", " ")[:44], one.seconds, "s") for one in builder.took if one.seconds > 0.5
        ]
        added = size_mb(image.root) - size_mb(base)
        figures.append(Figure("image above its base", added, "MB", added / size_mb(base), "base"))
        figures.append(Figure("of it the environment", size_mb(image.root / "opt" / "micros"), "MB"))
        with with_proc(image.root):
            return figures + _container(image)


def base_system(work: Path) -> Path:
    """A minimal Debian 12 that reaches the package servers as this machine does."""
    base = work / "base"
    ran(["debootstrap", "--variant=minbase", "bookworm", str(base)])
    for name in _MACHINE:
        source, target = Path("/") / name, base / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copy2(source, target)
    certificates = base / _CERTIFICATES.lstrip("/")
    if Path(_CERTIFICATES).is_file():
        certificates.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(_CERTIFICATES, certificates)
        shutil.copytree(
            "/usr/local/share/ca-certificates", base / "usr/local/share/ca-certificates", dirs_exist_ok=True
        )
    shutil.copy2("/etc/resolv.conf", base / "etc" / "resolv.conf")
    return base


@contextlib.contextmanager
def with_proc(root: Path) -> Iterator[None]:
    """The root with a /proc, as an engine gives it. Its /dev are the few nodes that debootstrap has made."""
    ran(["mount", "-t", "proc", "proc", str(root / "proc")])
    try:
        yield
    finally:
        ran(["umount", str(root / "proc")])


def _container(image: Stage) -> list[Figure]:
    """Start it as the engine would, until its health check passes; then end it."""
    image.environment |= {"GATEWAY_PORT": str(_free_port()), "GATEWAY_PASSWORD_FILE": "/run/gateway_password"}
    (image.root / "run" / "gateway_password").write_text("bench\n")
    imported = float(ran(image.command("python", "-c", _IMPORTS)))  # fails for a package that the pins forget
    began = time.monotonic()
    with started(image, image.entrypoint) as process:
        while subprocess.run(image.command(*image.health), capture_output=True, check=False).returncode:
            assert process.poll() is None, process.stdout.read() if process.stdout else ""
            assert time.monotonic() - began < _LIMIT_S, "the health check never passes"
        ready = time.monotonic() - began
        memory = resident_mb(process.pid)
        began = time.monotonic()
        process.terminate()
        process.wait(_LIMIT_S)
    return [
        Figure("modules that import in it", imported, ""),
        Figure("start until healthy", ready, "s"),
        Figure("resident memory of an idle gateway", memory, "MB"),
        Figure("SIGTERM until it has ended", time.monotonic() - began, "s"),
    ]


@contextlib.contextmanager
def started(image: Stage, words: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process of the image until the block ends."""
    command = image.command(*words)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
