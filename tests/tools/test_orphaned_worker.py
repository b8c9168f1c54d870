"""A toolkit that was killed leaves no worker that opens a port a moment later: it may be the next run's."""

import os
import signal
import subprocess
import sys
import time
import tty

import pytest

PARENT = """
import sys, time
from devtoolkit.tools.worker_process import WorkerProcess
worker = WorkerProcess("devtoolkit.tools.esptool_worker")
worker.send({"op": "open", "port": sys.argv[1], "chip": "auto", "bauds": [], "before": "no-reset"})
print(worker._process.pid, flush=True)
time.sleep(60)
"""
LIMIT_S = 60


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - of Linux
        return stat.read().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at Linux's process list")
def test_a_worker_whose_parent_was_killed_opens_no_port() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    os.close(slave)  # from here on reading the master fails until somebody opens the port
    os.set_blocking(master, False)
    parent = subprocess.Popen((sys.executable, "-c", PARENT, path), stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)  # while the worker still imports esptool
        parent.wait()
        deadline = time.monotonic() + LIMIT_S
        while not gone(worker):
            assert time.monotonic() < deadline
            with pytest.raises(OSError, match="Input/output"):
                os.read(master, 100)
            os.sched_yield()
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        os.close(master)
