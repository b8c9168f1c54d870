"""The image of a site, built as `dev.py bench docker` builds the gateway's: do gateway and worker start in it, and end?

The worker talks to a real Redis, started by the centre's files with TLS, and signs. Needs root, debootstrap,
redis-server and openssl, and the package servers.
"""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from run import Figure

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
import docker_bench  # noqa: I001 - beside this file
from dockerfile_steps import Builder, Stage, is_root, run as ran, size_mb
from gateway_programs import LOOPBACK, accepts, free_port, program, running, wait
from site_federation import broker_file, make_places, redis_of_the_centre

_SITE = docker_bench.DOCKER / "site"
_LIMIT_S = 60.0
_IMPORTS = """
import importlib, pkgutil, devtoolkit.gateway, devtoolkit.services.sites
walked = [one.name for package in (devtoolkit.gateway, devtoolkit.services.sites)
          for one in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in walked:
    importlib.import_module(name)
print(len(walked))
"""


def run() -> list[Figure]:
    if not is_root() or not all(map(program, ("debootstrap", "redis-server", "openssl"))):
        print("docker_sites: needs root, debootstrap, redis-server and openssl; not measured", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="micros-docker-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        base = docker_bench.base_system(work)
        image = Builder(_SITE / "Dockerfile", docker_bench.ROOT, base, work).build()
        figures = [
            Figure("image above its base", size_mb(image.root) - size_mb(base), "MB"),
            Figure("of it the environment", size_mb(image.root / "opt" / "micros"), "MB"),
        ]
        with docker_bench.with_proc(image.root), _broker(work, image) as environment:
            image.environment |= environment
            figures.append(Figure("modules that import in it", float(ran(image.command("python", "-c", _IMPORTS))), ""))
            return [*figures, *_role(image, "gateway"), *_role(image, "worker", "worker")]


@contextlib.contextmanager
def _broker(work: Path, image: Stage) -> Iterator[dict[str, str]]:
    """The centre's Redis, and the site's secrets where the container has them."""
    port = free_port()
    places = make_places(work / "places", ("centre", "hub.example"), ("north",))
    moved = broker_file(places / "north", "hub.example", port)
    secrets = image.root / "run" / "secrets"
    shutil.copytree(places / "north", secrets)
    shutil.copy2(moved, secrets / "broker.toml")
    (secrets / "gateway_password").write_text("bench\n")
    for path in (secrets, *secrets.iterdir()):
        path.chmod(0o755)
    (image.root / "etc" / "hosts").write_text(f"{LOOPBACK} localhost\n")  # as an engine gives it
    (work / "redis").mkdir()
    with running(redis_of_the_centre(work / "redis", places / "centre", port), work / "redis.log") as process:
        wait(lambda: accepts(port) or process.poll() is not None, "Redis listens")
        assert process.poll() is None, (work / "redis.log").read_text()
        yield {
            "SITE": "north",
            "BROKER_FILE": "/run/secrets/broker.toml",
            "GATEWAY_HOST": LOOPBACK,
            "GATEWAY_PORT": str(free_port()),
            "WORKER_METRICS_PORT": str(free_port()),
            "GATEWAY_PASSWORD_FILE": "/run/secrets/gateway_password",
        }


def _role(image: Stage, role: str, *checked: str) -> list[Figure]:
    """Start it as compose would, until its health check passes; then end it."""
    began = time.monotonic()
    with docker_bench.started(image, ["/bin/sh", "/opt/micros/start.sh", role]) as process:
        while subprocess.run(image.command(*image.health, *checked), capture_output=True, check=False).returncode:
            assert process.poll() is None, process.stdout.read() if process.stdout else ""
            if time.monotonic() - began > _LIMIT_S:
                process.kill()
                raise RuntimeError(f"the health check of the {role} never passes: {process.communicate()[0]}")
        ready, memory = time.monotonic() - began, docker_bench.resident_mb(process.pid)
        began = time.monotonic()
        process.terminate()
        assert process.wait(_LIMIT_S) == 0, process.stdout.read() if process.stdout else ""
    return [
        Figure(f"{role}: start until healthy", ready, "s"),
        Figure(f"{role}: resident memory, idle", memory, "MB"),
        Figure(f"{role}: SIGTERM until it has ended", time.monotonic() - began, "s"),
    ]
