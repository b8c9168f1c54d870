"""One module installed while the system runs: `ota install` and `ota undo`."""

import hashlib
from collections.abc import Callable, Iterator

import pytest
from ota_node import LOGIN, OtaNode
from webrepl_bytes import WebRepl

pytestmark = pytest.mark.vm

_LIVE = """
import asyncio
from Common import micro_task

started = []

async def _run():
    while True:
        await asyncio.sleep_ms(50)

def load():
    started.append(1)
    return micro_task("live.run", _run())

def version():
    return "%d %%d" %% len(started)
"""


def live(number: int) -> bytes:
    return (_LIVE % number).encode()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtaNode]:
    made = OtaNode(tmp_path_factory.mktemp("live"), {"LM_live.py": live(1)})
    made.ask("webrepl")
    yield made
    made.close()


@pytest.fixture
def put(node: OtaNode) -> Iterator[Callable[[bytes], str]]:
    """Puts a file to /ota/live; gives its hash."""
    node.ask("webrepl")
    with WebRepl(node.board.ip).login(LOGIN) as repl:

        def one(data: bytes) -> str:
            repl.put("/ota/live", data)
            return hashlib.sha256(data).hexdigest()

        yield one


def test_a_running_module_is_exchanged_without_a_restart_and_taken_back(
    node: OtaNode, put: Callable[[bytes], str]
) -> None:
    assert node.ask("live load", "live version") == ["True\n", "1 1\n"]
    restarts = node.restarts()
    reply = node.words(f"install /ota/live {put(live(2))} LM_live.py")
    assert reply == {
        "ok": True,
        "name": "LM_live.py",
        "previous": "LM_live.py",
        "loaded": True,
        "killed": ["live.run"],
        "text": "",
    }
    assert node.ask("live version", "task list") == ["2 1\n", node.ask("task list")[0]]
    assert "Yes       live.run" in node.ask("task list")[0]
    assert node.words("undo LM_live.py")["loaded"]
    assert node.ask("live version") == ["1 1\n"]
    assert node.words("undo LM_live.py")["error"] == "missing"
    assert node.restarts() == restarts


def test_a_module_that_was_not_loaded_stays_unloaded_and_a_new_one_goes_with_undo(
    node: OtaNode, put: Callable[[bytes], str]
) -> None:
    reply = node.words(f"install /ota/live {put(live(1))} LM_other.py")
    assert (reply["previous"], reply["loaded"], reply["killed"]) == ("", False, [])
    assert node.ask("other version") == ["1 0\n"]
    assert node.words("undo LM_other.py")["ok"]
    assert "Core error" in node.ask("other version")[0]


def test_a_module_that_does_not_import_is_told_and_undo_repairs_it(node: OtaNode, put: Callable[[bytes], str]) -> None:
    node.ask("live version")
    reply = node.words(f"install /ota/live {put(b'1 / 0' + bytes([10]))} LM_live.py")
    assert (reply["ok"], reply["loaded"]) == (True, False)
    assert reply["text"].startswith("ZeroDivisionError")
    assert "Core error" in node.ask("live version")[0]
    assert node.words("undo LM_live.py")["ok"]
    assert node.ask("live version") == ["1 0\n"]


def test_a_damaged_file_and_files_of_the_system_are_refused(node: OtaNode, put: Callable[[bytes], str]) -> None:
    wanted = put(b"x = 1\n")
    assert node.words(f"install /ota/live {'0' * 64} LM_live.py")["error"] == "mismatch"
    assert node.words(f"install /ota/nothing {wanted} LM_live.py")["error"] == "missing"
    for name in ("main.py", "micrOSloader.py", "Tasks.py", "node_config.json", "a/b.py", ".x.py"):
        assert node.words(f"install /ota/live {wanted} {name}")["error"] == "forbidden", name
