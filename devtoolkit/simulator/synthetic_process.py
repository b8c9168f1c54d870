"""Synthetic nodes in a process of their own, so that they take no time from the client that is measured.

The child reads one JSON list of nodes from its standard input, prints the list with the ports that were taken, and
ends when its standard input does.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from devtoolkit.errors import SimulatorError
from devtoolkit.settings import SHELL_PORT
from devtoolkit.simulator.synthetic import SyntheticFleet, SyntheticNode

_ROOT = Path(__file__).resolve().parents[2]
_END_S = 10.0
_SPARE_FILES = 64


def numbered(count: int, *, latency_s: float = 0.0, loss: float = 0.0, subnet: str = "127.90") -> list[SyntheticNode]:
    """`count` nodes, each with an address of its own on loopback and the usual port."""
    return [
        SyntheticNode(
            f"synth{number:04d}",
            f"micr5f{number:08x}OS",
            f"{subnet}.{number // 250}.{number % 250 + 1}",
            SHELL_PORT,
            latency_s,
            loss,
        )
        for number in range(count)
    ]


@contextmanager
def running(nodes: Sequence[SyntheticNode], *, prefix: Sequence[str] = ()) -> Iterator[tuple[SyntheticNode, ...]]:
    """The nodes with their ports; they answer while the block runs.

    `prefix` is put before the command, for example `ip netns exec NAME`. Raises SimulatorError when the child says why
    it cannot serve them.
    """
    command = [*prefix, sys.executable, "-m", "devtoolkit.simulator.synthetic_process"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=_ROOT
    ) as child:
        assert child.stdin and child.stdout and child.stderr  # noqa: S101, PT018 - pipes were asked for
        try:
            child.stdin.write(json.dumps([asdict(node) for node in nodes]) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
            if not answer:
                reason = (child.stderr.read().strip().splitlines() or ["no reason given"])[-1]
                raise SimulatorError(
                    f"The synthetic nodes do not start: {reason}.",
                    hint="Fewer nodes, a higher limit of open files (ulimit -n), or free addresses.",
                )
            yield tuple(SyntheticNode(**node) for node in json.loads(answer))
        finally:
            child.stdin.close()
            try:
                child.wait(_END_S)
            except subprocess.TimeoutExpired:
                child.kill()


def main() -> None:
    """The child."""
    nodes = [SyntheticNode(**_node(value)) for value in json.loads(sys.stdin.readline())]
    _more_files(2 * len(nodes) + _SPARE_FILES)
    asyncio.run(_serve(nodes))


def _node(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != "commands"}


async def _serve(nodes: list[SyntheticNode]) -> None:
    async with SyntheticFleet(nodes):
        sys.stdout.write(json.dumps([asdict(node) for node in nodes]) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _more_files(wanted: int) -> None:
    """Raise this process's own soft limit of open files as far as the system lets it."""
    try:
        import resource  # late: not on Windows
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard > 0 else wanted, hard))


if __name__ == "__main__":
    main()
