"""Two processes write the connection cache 1 000 times each; one is killed at random moments and started anew.

Counts whole files among all that were read meanwhile, devices lost, and writes a second. Repeat with `python3 dev.py
bench cache`; the moments come from a seed.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from run import Figure

from devtoolkit.services.cache import DeviceCache

ROOT = Path(__file__).resolve().parents[1]
WRITER = ROOT / "tests" / "services_net" / "cache_writer.py"
WRITES, SEED = 1000, 20


def writer(path: Path, tag: str, count: int) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, str(WRITER), str(path), tag, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def run() -> list[Figure]:
    chance = random.Random(SEED)
    path = Path(os.environ["MICROS_USER_DATA"]) / "device_conn_cache.json"
    reads = whole = kills = lost = 0
    seen: set[str] = set()
    started = time.perf_counter()
    with writer(path, "steady", WRITES) as steady:
        while steady.poll() is None:
            with writer(path, "victim", WRITES) as victim:
                deadline = time.perf_counter() + chance.uniform(0.0, 0.3)
                while time.perf_counter() < deadline and victim.poll() is None:
                    reads += 1
                    try:
                        now = set(json.loads(path.read_text())) if path.exists() else set()
                    except ValueError:
                        continue
                    whole += 1
                    lost += len(seen - now)
                    seen |= now
                victim.kill()
                kills += 1
    took = time.perf_counter() - started
    left = {device.uid for device in DeviceCache(path).all()}
    return [
        Figure(f"{WRITES} writes beside a killed writer", took, "s"),
        Figure("times killed", kills, ""),
        Figure("whole files", whole, "", whole / reads, "all reads"),
        Figure("devices lost", lost + len(seen - left), ""),
    ]
