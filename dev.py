#!/usr/bin/env python3
"""One command for everything a developer does; standard library only, works on a bare machine.

python3 dev.py run          environment, then the main job on a virtual board
python3 dev.py test         format, lint, types, layers, tests
python3 dev.py check        the same without the tests
python3 dev.py check coverage  how much of devtoolkit the tests reach; less than 90 % fails
python3 dev.py check mutants   break the program in many places, one at a time: do the tests notice?
python3 dev.py build        compile micros_source into precompiled/
python3 dev.py bench [NAME] figures (prints numbers and ratios, judges nothing); --store keeps them, and writes
                            docs/benchmarks.md
python3 dev.py screenshots  pictures of what a user sees, into docs/screenshots/
python3 dev.py docs         the generated parts of docs/
python3 dev.py release      the page of this version's release; --check: whether all that names the version agrees
python3 dev.py setup        only the environment
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / ".installed"
OLDEST = (3, 11)
MOST_REPEATED = 3  # failed tests; more are no accident


def say(text: str) -> None:
    print(f"\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"== {text}", flush=True)


def call(*command: object, env: dict[str, str] | None = None) -> int:
    return subprocess.run([str(part) for part in command], cwd=ROOT, env=env).returncode


def must(*command: object) -> None:
    code = call(*command)
    if code:
        sys.exit(f"dev.py: `{' '.join(str(part) for part in command)}` failed with exit code {code}.")


def may_install() -> bool:
    """Whether this is root on a Debian."""
    return os.name != "nt" and bool(shutil.which("apt-get")) and os.geteuid() == 0


def apt_install(*packages: str) -> None:
    """Install Debian packages when this is root on a Debian; otherwise say what to install."""
    if not may_install():
        sys.exit(f"dev.py: please install: {' '.join(packages)} (on Debian: sudo apt-get install {' '.join(packages)})")
    say(f"apt: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call("apt-get", "update", "-q", env=environment)
    if call("apt-get", "install", "-y", "-q", "--no-install-recommends", *packages, env=environment):
        sys.exit(f"dev.py: apt-get could not install {' '.join(packages)}.")


def fingerprint() -> str:
    """Changes when the packages that the environment must hold may have changed."""
    digest = hashlib.sha256(sys.version.encode() + str(ROOT).encode())
    for name in ("pyproject.toml", "setup.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def setup() -> None:
    if sys.version_info < OLDEST:
        sys.exit(f"dev.py: Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}.")
    wanted = fingerprint()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not PYTHON.exists():
        if importlib.util.find_spec("ensurepip") is None:
            apt_install("python3-venv")
        say("environment: making .venv")
        must(sys.executable, "-m", "venv", VENV)
    say("environment: installing packages (the first time this takes about a minute)")
    must(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", f"{ROOT}[dev]")
    STAMP.write_text(wanted)


def run(arguments: list[str]) -> int:
    return call(PYTHON, ROOT / "devToolKit.py", "--demo", *arguments)


def coverage() -> int:
    """All tests once more, watched; the children too. Slower by half."""
    shutil.rmtree(ROOT / ".coverage", ignore_errors=True)
    (ROOT / ".coverage").mkdir()
    ran = call(BIN / "coverage", "run", "-m", "pytest", "-n", "2", "--dist", "loadscope")
    if ran > 1:
        return ran
    must(BIN / "coverage", "combine", "--quiet")
    return call(BIN / "coverage", "report") or ran


def check(arguments: list[str]) -> int:
    if arguments[:1] == ["coverage"]:
        return coverage()
    if arguments[:1] == ["mutants"]:
        return call(PYTHON, ROOT / "tests" / "mutants" / "breakages.py", *arguments[1:])
    steps = {
        "format": ("ruff", "format", "--check", "--quiet", "."),
        "lint": ("ruff", "check", "--quiet", "."),
        "types": ("mypy",),
        "layers": ("lint-imports", "--no-cache"),
    }
    failed = []
    for name, (program, *rest) in steps.items():
        say(name)
        if call(BIN / program, *rest):
            failed.append(name)
    if failed:
        print(f"dev.py: not clean: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def browser() -> None:
    """The tests of the node's web page drive a real browser; PyPI has none. Without it they are skipped and say so."""
    if may_install() and not shutil.which("chromedriver"):
        apt_install("chromium", "chromium-driver")


def is_there(program: str) -> bool:
    """Also among the programs of administrators."""
    return bool(shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))))


def networks() -> None:
    """Some tests put programs into networks of their own, by Debian's `ip`. Without it they are skipped and say so."""
    if may_install() and not is_there("ip"):
        apt_install("iproute2")


def window_libraries() -> None:
    """What Qt's wheels expect of the system; the window's tests draw offscreen, the benchmark also on a virtual X."""
    from devtoolkit.gui.check import LIBRARIES, loads

    packages = [package for library, package in LIBRARIES.items() if not loads(library)]
    packages += [package for package, program in (("xvfb", "Xvfb"), ("xauth", "xauth")) if not shutil.which(program)]
    if packages and sys.platform.startswith("linux") and may_install():
        apt_install(*packages)


def servers() -> None:
    """The gateway's tests start a real Prometheus and a real MQTT broker, those of the sites a real Redis.

    The packages' own services are kept off.
    """
    missing = [name for name in ("prometheus", "mosquitto", "redis-server") if not is_there(name)]
    if not missing or not may_install():
        return
    policy = Path("/usr/sbin/policy-rc.d")  # what Debian's packages ask before they start a service
    own = not policy.exists()
    if own:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        apt_install(*missing)
    finally:
        if own:
            policy.unlink()
    if shutil.which("systemctl"):
        for name in missing:
            call("systemctl", "--quiet", "disable", name)  # else it would start with the machine


def test(arguments: list[str]) -> int:
    if not arguments:
        if check([]):
            return 1
        browser()
        networks()
        servers()
        window_libraries()
    say("tests")
    if arguments:
        return call(PYTHON, "-m", "pytest", *arguments)
    with tempfile.TemporaryDirectory() as folder:
        return all_tests(Path(folder) / "failed.txt")


def all_tests(failed: Path) -> int:
    """Two at a time. Up to three that failed are run once more, alone: what then passes was disturbed by its
    neighbours, is named, and does not fail the run; what fails again is wrong."""
    code = call(
        PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadscope", env={**os.environ, "MICROS_FAILED_TESTS": str(failed)}
    )
    names = failed.read_text().split("\n") if failed.exists() else []
    if code != 1 or not 0 < len(names) <= MOST_REPEATED:
        return code
    say(f"once more, alone: {', '.join(names)}")
    code = call(PYTHON, "-m", "pytest", *names)
    if not code:
        say(f"passed alone, failed beside others (mend these): {', '.join(names)}")
    return code


def build(arguments: list[str]) -> int:
    return call(PYTHON, ROOT / "devToolKit.py", "--cross_compile_micros", *arguments)


def bench(arguments: list[str]) -> int:
    return call(PYTHON, ROOT / "bench" / "run.py", *arguments)


def screenshots(arguments: list[str]) -> int:
    return call(PYTHON, ROOT / "bench" / "screenshots.py", *arguments)


def docs(arguments: list[str]) -> int:
    return call(PYTHON, ROOT / "docs" / "generate.py", *arguments)


def release(arguments: list[str]) -> int:
    return call(PYTHON, ROOT / "docs" / "release.py", *arguments)


COMMANDS = {
    "run": run,
    "test": test,
    "check": check,
    "build": build,
    "bench": bench,
    "screenshots": screenshots,
    "docs": docs,
    "release": release,
    "setup": lambda _arguments: 0,
}


def main() -> int:
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        print(__doc__, file=sys.stdout if name in ("-h", "--help") else sys.stderr)
        return 0 if name in ("-h", "--help") else 2
    setup()
    try:
        return COMMANDS[name](arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
