"""Updates over the air on a virtual board: staging by raw WebREPL, verify, commit, trial, confirmation, refusals."""

import contextlib
import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ota_node import (
    LOADER,
    LOGIN,
    LONG_STEP_MS,
    NEW_VERSION,
    OLD_VERSION,
    OtaNode,
    Update,
    big_update,
    new_version,
    source_files,
)
from powercut_node import PROMPT, SETTINGS
from webrepl_bytes import WebRepl

pytestmark = pytest.mark.vm

Make = Callable[..., OtaNode]
SOURCES = source_files()
SMALL = Update(new_version(SOURCES))
SECRET = "Sesam7xyz"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a node whose files, beside its own, are given."""
    made: list[OtaNode] = []

    def one(files: dict[str, bytes] | None = None, *, shell: bool = True, **cfg: object) -> OtaNode:
        made.append(OtaNode(tmp_path, files, wait=shell, **cfg))
        return made[-1]

    yield one
    for node in made:
        node.close()


def test_an_update_is_staged_verified_committed_applied_and_confirms_itself(make: Make) -> None:
    update = big_update(SOURCES)
    node = make()
    with node.update_mode() as session:
        for name, data in list(update.staged.items())[:-1]:
            session.repl.put("/" + name, data)
        assert session.request(f"commit {update.id}")["error"] == "no_manifest"
        session.repl.put("/ota/manifest", update.manifest)
        state = session.request("state")
        assert (state["mode"], state["state"], state["staged"]) == ("update", "none", len(update.files))
        assert session.request(f"verify {update.id}") == {"ok": True, "id": update.id, "files": len(update.files)}
        assert session.request(f"commit {update.id}") == {"ok": True, "id": update.id}
        assert session.closed()
    assert node.version() == NEW_VERSION
    assert node.ask("added one") == ["1\n"]
    state = node.state()
    assert (state["state"], state["id"], state["to"], state["mode"]) == ("trial", update.id, NEW_VERSION, "run")
    node.pass_time(6)
    assert node.state()["state"] == "trial", "not before its time"
    node.pass_time(20)
    assert node.state()["state"] == "confirmed"
    files = node.tree()
    program = {name: data for name, data in files.items() if name in SOURCES or name in update.files}
    assert program == update.applied_to(SOURCES)
    assert not [name for name in files if name.startswith("ota/old/")], "the old files are gone"
    assert {key: json.loads(files["node_config.json"])[key] for key in SETTINGS} == SETTINGS


def test_one_round_trip_tells_state_and_hash_of_every_program_file(make: Make) -> None:
    node = make({"web/page.html": b"<p>", "keeper.pds": b"1", "notes.tmp": b"x", "LM_mine.py": b"pass\n"})
    state, *files, end = node.lines("manifest")
    assert state["ok"]
    assert end == {"ok": True, "files": len(files)}
    expected = {**SOURCES, "LM_mine.py": b"pass\n", "web/page.html": b"<p>"}
    table = {line[0]: (line[1], line[2]) for line in files}
    assert table == {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in expected.items()}
    with node.update_mode() as session:
        session.repl.put("LM_mine.py", b"fail\n")  # the same size
        assert session.request("manifest")["files"] == len(files)
        lines = [json.loads(line) for line in session.repl.get("/ota/hashes").splitlines()]
        assert {line[0]: line[2] for line in lines}["LM_mine.py"] == hashlib.sha256(b"fail\n").hexdigest()


def test_a_file_put_beside_the_running_shell_is_hashed_anew(make: Make) -> None:
    node = make({"LM_mine.py": b"pass\n"})
    node.words("manifest")
    node.ask("webrepl")
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        repl.put("LM_mine.py", b"fail\n")
        table = {line[0]: line[2] for line in node.lines("manifest")[1:-1]}
    assert table["LM_mine.py"] == hashlib.sha256(b"fail\n").hexdigest()


def test_a_damaged_or_missing_file_is_named_and_nothing_is_committed(make: Make) -> None:
    update = Update({**new_version(SOURCES), "LM_a.py": b"a = 1\n", "LM_b.py": b"b = 1\n"})
    staged = {**update.staged, "ota/LM_a.py": b"a = 2\n"}
    del staged["ota/LM_b.py"]
    node = make(staged)
    for word in ("verify", "commit"):
        reply = node.words(f"{word} {update.id}")
        assert (reply["ok"], reply["error"], reply["bad"]) == (False, "mismatch", ["LM_a.py", "LM_b.py"])
    lines = node.lines("staged")
    shell = hashlib.sha256(update.files["Shell.py"]).hexdigest()
    assert ["Shell.py", len(update.files["Shell.py"]), shell] in lines
    assert lines[-1] == {"ok": True, "files": 2}
    assert node.version() == OLD_VERSION
    assert node.words("abort") == {"ok": True, "state": "none"}
    assert node.lines("staged") == [{"ok": True, "files": 0}]


def test_a_manifest_with_a_forbidden_path_is_refused(make: Make) -> None:
    node = make()
    node.ask("webrepl")
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        for path in ("main.py", "../x.py", "/x.py", "ota/journal", "node_config.json", "rgb.pds", ".x/y.py"):
            update = Update({path: b"x"})
            repl.put("/ota/manifest", update.manifest)
            assert node.words(f"commit {update.id}")["error"] == "bad_manifest", path


def test_two_sessions_that_ask_for_the_hashes_at_once_both_get_them(make: Make) -> None:
    node = make()
    with contextlib.ExitStack() as stack:
        address = (node.board.ip, node.board.shell_port)
        lines = [stack.enter_context(socket.create_connection(address, 60)) for _ in range(2)]
        for line in lines:
            assert line.recv(4096).endswith(PROMPT)
        for line in lines:
            line.sendall(b"ota manifest")
        for line in lines:
            reply = b""
            while not reply.endswith(PROMPT):
                reply += line.recv(4096)
            *_, end, _ = reply.splitlines()
            assert json.loads(end) == {"ok": True, "files": len(SOURCES)}
            table = {one[0]: one[2] for one in map(json.loads, reply.splitlines()[1:-2])}
            assert table == {name: hashlib.sha256(data).hexdigest() for name, data in SOURCES.items()}


def test_a_session_that_ends_in_the_middle_of_the_hashes_does_not_keep_the_next_one_waiting(make: Make) -> None:
    node = make()
    with socket.create_connection((node.board.ip, node.board.shell_port), 60) as line:
        assert line.recv(4096).endswith(PROMPT)
        line.sendall(b"ota manifest")
    assert node.words("manifest") == {"ok": True, "files": len(SOURCES)}


def test_every_other_refusal_has_its_code(make: Make) -> None:
    force = Update({**new_version(SOURCES), "micrOSloader.py": b"x = 1\n"})
    new_api = Update(new_version(SOURCES), header={"needs_api": 99})
    node = make(force.staged)
    assert node.words(f"commit {force.id}")["error"] == "force"
    assert node.words("commit 0123456789abcdef")["error"] == "other_id"
    assert node.words("confirm 0123456789abcdef")["error"] == "other_id"
    assert node.words("manifest 0123456789abcdef")["error"] == "other_id"
    assert node.words("nonsense")["error"] == "unknown"
    assert node.words("undo LM_x.py")["error"] == "missing"
    node.ask("webrepl")
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        repl.put("/ota/manifest", new_api.manifest)
        assert node.words(f"commit {new_api.id}")["error"] == "needs_api"
        repl.put("/ota/manifest", SMALL.manifest[:-5])
        cut = hashlib.sha256(SMALL.manifest[:-5]).hexdigest()[:16]
        assert node.words(f"commit {cut}")["error"] == "bad_manifest"


def test_hello_does_not_confirm_and_no_commit_is_taken_while_a_trial_runs(make: Make) -> None:
    node = make(SMALL.staged)
    node.last_words(f"ota commit {SMALL.id}")
    assert node.version() == NEW_VERSION
    for _ in range(20):
        assert node.ask("hello")[0].startswith("hello:lamp:")
    assert node.state()["state"] == "trial"
    assert node.words(f"commit {SMALL.id}")["error"] == "busy"
    assert node.words(f"confirm {SMALL.id}") == {"ok": True, "id": SMALL.id, "state": "confirmed"}
    assert node.words(f"confirm {SMALL.id}")["ok"], "said twice it is still right"
    node.pass_time(10)
    assert not [name for name in node.tree() if name.startswith("ota/old/")]


def test_after_confirmation_the_node_lives_on_and_a_reboot_is_a_hard_one(make: Make) -> None:
    node = make(SMALL.staged)
    node.last_words(f"ota commit {SMALL.id}")
    node.version()
    node.pass_time(40)
    assert node.state()["state"] == "confirmed"
    before = node.restarts()
    node.pass_time(200, LONG_STEP_MS)
    assert node.restarts() == before, "the watchdog is fed"
    node.last_words("reboot")
    node.wait_restarts(before + 1)
    assert node.version() == NEW_VERSION
    assert "soft reboot" not in node.board.console


def test_reboots_of_the_users_own_and_power_cuts_are_no_failures(make: Make) -> None:
    node = make(SMALL.staged)
    node.last_words(f"ota commit {SMALL.id}")
    for _ in range(3):
        assert node.version() == NEW_VERSION
        node.pass_time(2)  # the guard has seen the system
        node.last_words("reboot -h")
    for _ in range(3):
        assert node.version() == NEW_VERSION
        node.board.power_off()
        node.board.power_on()
    assert (node.version(), node.state()["boots"]) == (NEW_VERSION, 0)


def test_a_router_that_is_off_does_not_roll_back(make: Make) -> None:
    node = make(SMALL.staged)
    node.last_words(f"ota commit {SMALL.id}")
    assert node.version() == NEW_VERSION
    node.board.vm({"op": "wifi", "networks": []})
    node.pass_time(120)
    node.board.vm({"op": "wifi", "networks": [{"ssid": "micrOS-virtual", "password": "virtual-wifi"}]})
    node.pass_time(60)
    assert (node.version(), node.state()["state"]) == (NEW_VERSION, "confirmed")


def _hashes(lines: list[Any]) -> dict[str, str]:
    return {line[0]: line[2] for line in lines[1:-1]}


def _hashes_of(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_an_update_taken_back_by_the_toolkit_brings_every_old_file(make: Make) -> None:
    update = big_update(SOURCES)
    node = make(update.staged)
    before = {name: data for name, data in node.tree().items() if name in SOURCES or name in update.files}
    node.last_words(f"ota commit {update.id}")
    assert node.version() == NEW_VERSION
    node.pass_time(2)  # the guard has seen the system
    assert not node.state()["dirty"], "what was verified before is not hashed again"
    assert _hashes(node.lines("manifest")) == _hashes_of(update.applied_to(SOURCES))
    assert '"ok": true' in node.last_words("ota abort")
    assert node.version() == OLD_VERSION
    state = node.state()
    assert (state["state"], state["reason"], state["id"]) == ("rolled_back", "aborted", update.id)
    assert _hashes(node.lines("manifest")) == _hashes_of(SOURCES), "not those of the new files"
    files = node.tree()
    assert {name: data for name, data in files.items() if name in SOURCES or name in update.files} == before


def test_a_source_beside_the_new_compiled_module_moves_away_and_comes_back(make: Make) -> None:
    update = Update({**new_version(SOURCES), "LM_two.mpy": b"not loaded"})
    node = make({**update.staged, "LM_two.py": b"def one():\n    return 1\n"})
    node.last_words(f"ota commit {update.id}")
    assert node.version() == NEW_VERSION
    assert {name for name in node.tree() if name.startswith("LM_two")} == {"LM_two.mpy"}
    node.last_words("ota abort")
    assert node.version() == OLD_VERSION
    assert {name for name in node.tree() if name.startswith("LM_two")} == {"LM_two.py"}


def test_with_auth_the_words_need_the_password_and_an_update_goes_through(make: Make) -> None:
    settings = json.dumps({**SETTINGS, "auth": True, "appwd": SECRET}).encode()
    node = make({"node_config.json": settings, **SMALL.staged}, shell=False)
    node.ask_locked("hello")
    assert "AuthFailed" in node.last_words("ota state")
    assert '"ok": true' in node.last_words("ota state", password=SECRET, leave=True)
    assert " Bye!" in node.last_words("webrepl --update", password=SECRET)
    with WebRepl(node.board.ip) as repl:
        repl.send(b"wrong\r")
        repl.until("\r\nAccess denied\r\n")
    with node.update_mode(SECRET) as session:
        assert session.request(f"commit {SMALL.id}")["ok"]
        assert session.closed()
    assert f"\n{NEW_VERSION}\n" in "\n" + node.last_words("version", leave=True)


def test_an_abandoned_update_mode_ends_by_itself_and_keeps_what_is_staged(make: Make) -> None:
    node = make()
    with node.update_mode() as session:
        session.stage(SMALL)
        node.pass_minutes(9)
        assert session.request("state")["staged"] == len(SMALL.files)
        node.pass_minutes(9)
        assert session.repl.get(".if_mode") == b"webrepl"
        node.pass_minutes(2)
        assert session.closed()
    assert node.version() == OLD_VERSION
    assert node.words(f"verify {SMALL.id}")["ok"]


def test_a_request_that_cannot_be_answered_is_told_and_update_mode_goes_on(make: Make) -> None:
    node = make({"OtaFiles.py": b"def (:\n", ".if_mode": b"webrepl"}, shell=False)
    with node.update_mode() as session:
        reply = session.request("state")
        assert (reply["ok"], reply["error"]) == (False, "failed")
        session.repl.put("OtaFiles.py", SOURCES["OtaFiles.py"])
        assert session.request("state")["ok"]
        assert session.request("install a b c")["error"] == "update_mode"
        assert session.request("")["error"] == "unknown"


def test_loader_files_are_replaced_by_force_and_the_previous_ones_kept(make: Make) -> None:
    loader = {name: SOURCES[name] + b"\n# new\n" for name in LOADER}
    update = Update({**new_version(SOURCES), **loader}, header={"force": True})
    node = make(update.staged)
    node.last_words(f"ota commit {update.id}")
    assert node.version() == NEW_VERSION
    node.pass_time(30)
    assert node.state()["state"] == "confirmed"
    files = node.tree()
    for name in LOADER:
        assert files[name] == loader[name]
        assert files[name.replace(".py", "_old.py")] == SOURCES[name]
    assert "ota/starts" not in files
