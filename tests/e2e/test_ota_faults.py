"""What goes wrong on the way: lost connections, a full disk, a lost Wi-Fi, two toolkits, a killed one.

The next run finishes the job, and nothing is installed that was not verified.
"""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ota_filler import FILLER, PAD, fill, free
from update_child import updating
from update_nodes import LIMITS, OtaNode, changed_build, own_pid_name, until
from webrepl_proxy import WebReplProxy

from devtoolkit.errors import CancelledByUser, NodeUnreachableError, UpdateError
from devtoolkit.pipelines.base import Cancel, Event, Listener
from devtoolkit.services.ota.records import exclusive
from devtoolkit.services.ota.request import NodeUpdate, UpdateRequest
from devtoolkit.services.ota.update import update_node, update_node_async

pytestmark = pytest.mark.vm


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtaNode]:
    folder = tmp_path_factory.mktemp("boards")
    with contextlib.closing(
        OtaNode(folder, own_pid_name("fault"), files={"LM_filler.py": FILLER, "pad.bin": PAD})
    ) as made:
        yield made


@pytest.fixture
def node(board: OtaNode) -> OtaNode:
    return board.wait()


class Versions:
    """Builds of which each differs from the one before in one module."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.number = 0

    def next(self, page: bytes = b"") -> Path:
        """One that is newer, with a page of its own to make it larger."""
        self.number += 1
        files: dict[str, bytes | None] = {"LM_extra.py": b"def what():\n    return 'version %d'\n" % self.number}
        if page:
            files["big.html"] = page + str(self.number).encode()
        return changed_build(self._folder / str(self.number), files, f"2.1.{self.number}-0")


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    return Versions(tmp_path_factory.mktemp("builds"))


def runs(node: OtaNode, versions: Versions) -> bool:
    return node.ask("extra what") == [f"version {versions.number}"]


def state(node: OtaNode) -> dict[str, object]:
    value: dict[str, object] = json.loads(node.ask("ota state")[0])
    return value


def updated(request: UpdateRequest, on_event: Listener, cancel: Cancel | None = None) -> NodeUpdate:
    return asyncio.run(update_node_async(request, listener=on_event, cancel=cancel))


def elsewhere(work: Callable[[], object]) -> None:
    """Does it in another thread, and waits: an event's listener stands inside the update's event loop."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)


def test_the_connection_is_lost_after_every_frame_and_the_update_goes_on(node: OtaNode, versions: Versions) -> None:
    new = versions.next(bytes(range(256)) * 9)
    with WebReplProxy(node.board.ip, lambda connection, frames: frames == connection) as proxy:
        result = update_node(node.request(source=new, webrepl_port=proxy.port))
        cuts = len(proxy.frames)
    assert result.outcome == "updated"
    assert proxy.frames[: cuts - 1] == list(range(1, cuts)), "each connection lived one frame longer"
    assert cuts >= 8, "password, request, pieces, request, manifest, commit and its answer"
    assert runs(node, versions)


@pytest.mark.parametrize("side", ["client", "node"])
def test_a_connection_lost_once_after_any_frame_of_either_side_does_no_harm(
    node: OtaNode, versions: Versions, side: str
) -> None:
    """By chance; after every frame in `dev.py bench ota_faults`."""
    lost_after = secrets.randbelow(20) + 1

    def cut(connection: int, frames: int) -> bool:
        return connection == 1 and frames == lost_after

    new = versions.next(bytes(range(256)) * 9)
    with WebReplProxy(node.board.ip, **{"cut" if side == "client" else "cut_answers": cut}) as proxy:
        assert update_node(node.request(source=new, webrepl_port=proxy.port)).outcome == "updated", lost_after
    assert runs(node, versions)


def test_a_node_that_was_out_of_reach_too_long_is_found_in_update_mode_by_the_next_run(
    node: OtaNode, versions: Versions
) -> None:
    new = versions.next()
    with WebReplProxy(node.board.ip) as proxy:
        proxy.set_up(False)
        request = node.request(source=new, webrepl_port=proxy.port)
        with pytest.raises(NodeUnreachableError):
            update_node(replace(request, limits=replace(LIMITS, gone_s=0.5)))
        proxy.set_up(True)
        assert update_node(request).outcome == "updated", "it was waiting in update mode"
    assert runs(node, versions)


def test_wifi_lost_in_update_mode_comes_back_and_the_update_goes_on(node: OtaNode, versions: Versions) -> None:
    new = versions.next(bytes(range(256)) * 40)
    lost: list[str] = []

    def on_event(event: Event) -> None:
        if event.kind == "progress" and event.step == "stage" and not lost:
            lost.append(event.note)
            networks = node.board.vm({"op": "get"})["wifi"]["networks"]
            assert node.board.vm({"op": "wifi", "networks": []})["ok"]
            back = threading.Timer(0.5, node.board.vm, [{"op": "wifi", "networks": networks}])
            back.start()

    assert updated(node.request(source=new), on_event).outcome == "updated"
    assert lost
    assert runs(node, versions)


def test_a_disk_that_gets_full_is_noticed_and_nothing_is_installed(node: OtaNode, versions: Versions) -> None:
    before = node.ask("extra what")
    new = versions.next(bytes(range(256)) * 160)
    filled: list[int] = []
    left = secrets.choice(range(1, 10))  # of the eleven that it needs; all levels are in `dev.py bench ota_faults`

    def on_event(event: Event) -> None:
        if event.kind == "start" and event.step == "stage":
            elsewhere(lambda: filled.append(fill(node, left)))

    with pytest.raises(UpdateError, match="disk is full"):
        updated(node.request(source=new), on_event)
    assert filled[0] <= left + 1
    assert node.ask("extra what") == before
    assert state(node)["staged"] == 0, "what would fill the disk is not left behind"
    assert free(node) > 60
    assert update_node(node.request(source=new)).outcome == "updated"
    assert runs(node, versions)


def test_cancel_leaves_the_node_in_its_normal_mode_with_the_old_version(node: OtaNode, versions: Versions) -> None:
    before = node.ask("extra what")
    new = versions.next()
    cancel = Cancel()

    def on_event(event: Event) -> None:
        if event.kind == "progress" and event.step == "stage":
            cancel.set()

    with pytest.raises(CancelledByUser):
        updated(node.request(source=new), on_event, cancel)
    node.wait()
    assert (state(node)["mode"], node.ask("extra what")) == ("run", before)
    assert update_node(node.request(source=new)).outcome == "updated"
    assert runs(node, versions)


def other_user(folder: Path) -> dict[str, str]:
    """The environment of a toolkit with its own user data, which knows the same node."""
    data = Path(os.environ["MICROS_USER_DATA"])
    shutil.copytree(data, folder, ignore=shutil.ignore_patterns("*.lock", "*.busy"))
    return {**os.environ, "MICROS_USER_DATA": str(folder)}


def test_two_toolkits_at_once_end_with_one_whole_version(node: OtaNode, versions: Versions, tmp_path: Path) -> None:
    new = versions.next(bytes(range(255)) * 40)
    with updating(node.request(source=new), other_user(tmp_path / "other")) as other:
        assert other.until("start stage")
        mine = update_node(node.request(source=new)).outcome
        assert mine in ("updated", "unchanged")
        assert other.result() in ("updated", "unchanged")
    assert runs(node, versions)
    assert state(node)["state"] == "confirmed"


def test_one_machine_updates_a_node_once_at_a_time(node: OtaNode) -> None:
    with exclusive(node.device.uid), pytest.raises(UpdateError, match="Another toolkit"):
        update_node(node.request())


def test_a_killed_toolkit_is_followed_by_one_that_finishes_the_job(node: OtaNode, versions: Versions) -> None:
    """At one of its steps, by chance; at 30 moments in `dev.py bench ota_faults`."""
    step = secrets.choice(["progress stage", "start apply", "done apply"])
    new = versions.next()
    request = node.request(source=new)
    with updating(request, dict(os.environ)) as child:
        assert child.until(step), (step, child.lines)
        child.kill()
    assert update_node(request).outcome in ("updated", "unchanged")
    assert runs(node, versions)
    assert (state(node)["state"], state(node)["mode"]) == ("confirmed", "run")
    until(lambda: not state(node)["staged"], node, "nothing lies staged")
