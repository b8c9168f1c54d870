"""What goes wrong in the middle, with real services: a node hangs up, a port is pulled out, the window is closed."""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from fake_services import FakeServices
from leak_watch import open_files, python_threads
from window_driver import Driver, opened, until

from devtoolkit import paths
from devtoolkit.gui.dialogs import ErrorDialog
from devtoolkit.gui.job import Handle, Job, UnexpectedError
from devtoolkit.gui.panels._fleet import power_on
from devtoolkit.gui.services import Services
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.board import running

UID = "micr0000000047aaOS"


class QuietServices(Services):
    """The real services, without a look at the network and the ports of this machine."""

    async def presence(self, *, scan: bool) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    def ports(self) -> tuple[()]:
        return ()


@pytest.fixture
def real(qapp: object) -> Iterator[Driver]:
    with opened(QuietServices()) as driver:
        yield driver


def failed_with_one_dialog(driver: Driver, job: Job) -> str:
    """What the one dialog says; the job is marked and has a log, and the window goes on."""
    until(lambda: job.state == "failed", "the job has failed")
    dialog = driver.dialog(ErrorDialog)
    assert len(driver.errors()) == 1
    assert not isinstance(job.error, UnexpectedError), job.report()
    told = str(dialog.heading.text())
    assert "Traceback" not in told
    assert told in job.report()
    dialog.accept()
    later = driver.hub.run("later", lambda _handle: "still here")
    assert later is not None
    assert driver.ended("later").result == "still here"
    return told


def test_a_node_that_hangs_up_in_the_middle_of_an_answer_is_one_dialog_in_plain_words(real: Driver) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def node() -> None:
            with suppress(OSError):
                for _ in range(2):  # the toolkit looks whether it was the address that had changed
                    client, _address = server.accept()
                    with client:
                        client.sendall(b"gone $ ")
                        client.recv(100)
                        client.sendall(b"half an ans")

        thread = threading.Thread(target=node)
        thread.start()
        device = Device(UID, "gone", "127.0.0.1", server.getsockname()[1])
        DeviceCache(paths.device_cache()).put(device)
        job = real.hub.run("ask", lambda handle: real.hub.services.shell(UID, ("system info",), handle))
        assert job is not None
        assert "gone" in failed_with_one_dialog(real, job)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="a pulled port is a closed pseudo terminal, which needs POSIX")
def test_a_port_that_is_pulled_out_in_the_middle_is_one_dialog_in_plain_words(real: Driver) -> None:
    ours, theirs = os.openpty()
    port = os.ttyname(theirs)

    def board() -> None:
        os.read(ours, 10)  # the toolkit has begun to talk
        os.close(theirs)
        os.close(ours)

    thread = threading.Thread(target=board)
    thread.start()
    job = real.hub.run("list", lambda handle: real.hub.services.files("", port, handle))
    assert job is not None
    failed_with_one_dialog(real, job)
    thread.join()


def test_closing_in_the_middle_of_every_sort_of_job_leaves_no_thread_and_no_file(qapp: object) -> None:
    left = []
    for _ in range(4):
        services = FakeServices()
        released = threading.Event()

        def long(handle: Handle, released: threading.Event = released) -> None:
            while not handle.cancel.wanted:
                released.wait(0.01)

        with opened(services) as driver:
            until(lambda driver=driver: driver.hub.model.rowCount() == 4, "rows")
            driver.select("Lamp")
            shell = driver.panel("shell")
            shell._send("hello")  # a session that stays open
            driver.hub.run("long", long)
            driver.hub.run("locked", lambda handle: handle.ask("FrontDoor"))  # waits for an answer
            driver.dialog()
            driver.window.close()
            driver.yes()
            until(lambda driver=driver: driver.window.ended, "the end")
            assert not driver.hub.jobs.running
            assert driver.hub.watcher._thread.isFinished()
        left.append((python_threads(), open_files()))
    assert len(set(left[2:])) == 1, left


@pytest.mark.vm
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the children of a process are read from /proc")
def test_closing_with_a_real_virtual_board_on_leaves_no_process_and_no_port(real: Driver) -> None:
    before, files = children(), open_files()
    job = power_on(real.hub, ("closing47",))
    assert job is not None
    until(lambda: job.holding, "it is on")
    live = running("closing47", paths.simulator())
    assert live is not None
    assert children() - before
    real.select("closing47")
    node = real.hub.nodes()[0].device
    assert node is not None
    socket.create_connection((node.ip, node.port), 30).close()
    real.window.close()
    real.yes()
    until(lambda: real.window.ended, "the end")
    assert running("closing47", paths.simulator()) is None
    assert children() <= before
    assert open_files() <= files


def children() -> set[str]:
    """The process ids of what this process has started."""
    files = Path("/proc/self/task").glob("*/children")
    return {pid for file in files for pid in file.read_text().split()}
