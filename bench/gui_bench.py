"""The window: how soon it is there (offscreen, on a virtual X), the longest block with 500 devices, what cycles leave.

The blocks are those a 1 ms heartbeat timer in the GUI's thread sees: while 500 rows appear, and while each one's state
arrives five times. Each start is a process of its own, from `python` to the first painted window; goals: median start
0.7 s, block 50 ms, growth over 100 start/close cycles nothing.
"""

import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from run import Figure

ROOT = Path(__file__).resolve().parents[1]
STARTS, CYCLES = 7, 100
GOAL_START_S, GOAL_BLOCK_MS = 0.7, 50.0

_START = """
import time
began = time.perf_counter()
from devtoolkit.gui.app import QApplication, make_window
window = make_window()
window.show()
QApplication.processEvents()
print(time.perf_counter() - began)
window.begin()
window.close()
while not window.ended:
    QApplication.processEvents()
    time.sleep(0.005)
"""

_BLOCK = """
import sys, threading, time
sys.path[:0] = [{support!r}]
from fake_services import FakeServices, device
from window_driver import opened, until
from devtoolkit.gui.app import QApplication, application
from devtoolkit.gui.qt import Qt, QTimer
application()
fleet = [device("node%03d" % number, number + 1) for number in range(500)]
with opened(FakeServices(fleet, ())) as driver:
    QApplication.processEvents()
    worst, last = [0.0], [time.perf_counter()]
    def beat():
        now = time.perf_counter()
        worst[0] = max(worst[0], now - last[0])
        last[0] = now
    heart = QTimer(interval=1, timerType=Qt.PreciseTimer)
    heart.timeout.connect(beat)
    heart.start()
    until(lambda: driver.hub.model.rowCount() == 500, "rows")
    appear, worst[0] = worst[0], 0.0
    def states():
        for turn in range(5):
            for number, one in enumerate(fleet):
                driver.hub.watcher.seen(device(one.fuid, number + 1, latency_s=0.1 + turn / 1000))
                time.sleep(0.0005)
    network = threading.Thread(target=states)
    network.start()
    until(lambda: "104 ms" in driver.hub.model.row_of(fleet[-1].uid).line, "states")
    network.join()
    print(appear * 1000, worst[0] * 1000)
"""

_CYCLES = """
import gc, sys, threading
sys.path[:0] = [{support!r}]
from fake_services import FakeServices
from leak_watch import memory_bytes, open_files, slope
from window_driver import opened, until
from devtoolkit.gui.app import application
application()
rows = []
for _ in range({cycles}):
    with opened(FakeServices()) as driver:
        until(lambda: driver.hub.model.rowCount() == 4, "rows")
    gc.collect()
    rows.append((threading.active_count(), open_files(), memory_bytes()))
rows = rows[len(rows) // 5:]
print(*(slope([float(row[at]) for row in rows]) for at in range(3)))
"""


def run() -> list[Figure]:
    figures = [_start("offscreen", {"QT_QPA_PLATFORM": "offscreen"})]
    if shutil.which("xvfb-run"):
        figures.append(_start("Xvfb", {"QT_QPA_PLATFORM": "xcb"}, ("xvfb-run", "-a")))
    support = str(ROOT / "tests" / "support")
    appear, change = _child(_BLOCK.format(support=support))
    for what, value in (("500 rows appear", appear), ("2500 states arrive", change)):
        figures.append(Figure(f"longest block, {what}", value, "ms", value / GOAL_BLOCK_MS, "goal"))
    left = _child(_CYCLES.format(support=support, cycles=CYCLES))
    for what, value, unit in zip(("threads", "files", "memory"), left, ("", "", "B"), strict=True):
        figures.append(Figure(f"growth per start/close cycle: {what}", value, unit))
    return figures


def _start(where: str, environment: dict[str, str], before: tuple[str, ...] = ()) -> Figure:
    times = [_child(_START, environment, before)[0] for _ in range(STARTS)]
    middle = statistics.median(times)
    return Figure(f"first window, {where}, median of {STARTS}", middle, "s", middle / GOAL_START_S, "goal")


def _child(code: str, environment: dict[str, str] | None = None, before: tuple[str, ...] = ()) -> list[float]:
    """The numbers on the last line that the code prints."""
    done = subprocess.run(
        [*before, sys.executable, "-c", code],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=false", **(environment or {})},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [float(word) for word in done.stdout.strip().splitlines()[-1].split()]
