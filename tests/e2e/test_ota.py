"""Updates over the air on a virtual node: what is sent, what is refused, what is rolled back, what goes in live."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from update_nodes import LIMITS, PASSWORD, OtaNode, changed_build, deaf_shell, own_pid_name, source_build
from webrepl_proxy import WebReplProxy

from devtoolkit import paths
from devtoolkit.errors import NodeLockedError, UpdateError, UsageError
from devtoolkit.launcher import main
from devtoolkit.pipelines.base import Event
from devtoolkit.services import config_jobs, secrets, undo, undo_job
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota import jobs, live
from devtoolkit.services.ota.update import update_node, update_node_async
from devtoolkit.services.webrepl_files import WebReplJob
from devtoolkit.tools import mpy_cross
from devtoolkit.transports.tcp_shell import TcpShell

pytestmark = pytest.mark.vm


def module(result: str) -> bytes:
    """Bytecode of a load module whose `what` gives this text."""
    return mpy_cross.compile_source(f"def what():\n    return {result!r}\n".encode(), "LM_extra.py")


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtaNode]:
    with contextlib.closing(OtaNode(tmp_path_factory.mktemp("boards"), own_pid_name("ota"))) as made:
        yield made


@pytest.fixture
def node(board: OtaNode) -> OtaNode:
    """The module's node, known to this test's toolkit."""
    return board.wait()


def cache() -> DeviceCache:
    return DeviceCache(paths.device_cache())


def test_an_equal_node_is_answered_in_one_round_trip(node: OtaNode, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    command = TcpShell.command

    async def noted(shell: TcpShell, text: str) -> tuple[str, ...]:
        said.append(text)
        return await command(shell, text)

    monkeypatch.setattr(TcpShell, "command", noted)
    result = update_node(node.request())
    assert (result.outcome, result.sent, said) == ("unchanged", (), ["ota manifest"])


def test_one_changed_module_sends_that_file_and_the_manifest_only(node: OtaNode, tmp_path: Path) -> None:
    new = changed_build(tmp_path / "new", {"LM_extra.mpy": module("one")})
    events: list[Event] = []
    with WebReplProxy(node.board.ip) as proxy:
        request = node.request(source=new, webrepl_port=proxy.port)
        result = asyncio.run(update_node_async(request, listener=events.append))
        puts = [name for name in proxy.puts if name != "/ota/request"]
        assert len(proxy.frames) == 1, "one connection"
    assert puts == ["/ota/LM_extra.mpy", "/ota/manifest"]
    assert (result.outcome, result.confirmed, result.sent) == ("updated", True, ("LM_extra.mpy",))
    assert node.ask("extra what") == ["one"]
    assert json.loads(node.ask("ota state")[0])["state"] == "confirmed"
    assert result.backup is not None
    assert json.loads(Path(result.backup).read_text())["devfid"] == node.name
    steps = [event.step for event in events if event.kind == "done"]
    assert steps == ["plan", "backup", "stage", "apply", "trial"]
    gone = update_node(node.request())
    assert (gone.outcome, gone.removed) == ("updated", ("LM_extra.mpy",)), "what the toolkit put there goes with it"


def test_a_dry_run_and_an_old_enough_version_send_nothing(node: OtaNode, tmp_path: Path) -> None:
    new = changed_build(tmp_path / "new", {"LM_extra.mpy": module("one")})
    result = update_node(node.request(source=new, dry_run=True))
    assert (result.outcome, result.sent, result.bytes) == ("planned", ("LM_extra.mpy",), len(module("one")))
    same = changed_build(tmp_path / "same", {"LM_extra.mpy": module("one")}, version="2.0.0-0")
    assert update_node(node.request(source=same, only_older=True)).outcome == "unchanged"
    assert json.loads(node.ask("ota state")[0])["staged"] == 0


def test_a_version_that_raises_is_rolled_back_with_its_reason_and_not_tried_twice(
    node: OtaNode, tmp_path: Path
) -> None:
    broken = mpy_cross.compile_source(b"raise ValueError('broken on purpose')\n", "Server.py")
    new = changed_build(tmp_path / "new", {"Server.mpy": broken})
    result = update_node(node.request(source=new))
    assert (result.outcome, result.confirmed) == ("rolled_back", False)
    assert "broken on purpose" in result.reason
    assert update_node(node.request()).outcome == "unchanged", "every file is the old one again"
    again = update_node(node.request(source=new))
    assert (again.outcome, again.backup) == ("rolled_back", None)
    assert "-f tries it again" in again.notes[0]


def test_what_cannot_work_is_refused_before_anything_is_staged(node: OtaNode, tmp_path: Path) -> None:
    foreign = changed_build(tmp_path / "foreign", {"LM_extra.mpy": b"M\x05\x00\x1f" + bytes(30)})
    with pytest.raises(UpdateError, match="cannot load LM_extra"):
        update_node(node.request(source=foreign))
    huge = changed_build(tmp_path / "huge", {"huge.html": bytes(1 << 22)})
    with pytest.raises(UpdateError, match="free blocks"):
        update_node(node.request(source=huge))
    live_file = live.LiveFile("LM_extra.py", b"def what():\n    return 'mine'\n")
    asyncio.run(live.upload(node.request(), [live_file], cache=cache()))
    shadowed = changed_build(tmp_path / "shadowed", {"LM_extra.mpy": module("one")})
    with pytest.raises(UpdateError, match=r"LM_extra\.py"):
        update_node(node.request(source=shadowed))
    state = json.loads(node.ask("ota state")[0])
    assert (state["staged"], state["mode"]) == (0, "run")
    undo_job.run(None, cache())


def test_a_module_goes_live_without_a_restart_and_can_be_taken_back(node: OtaNode) -> None:
    def file(text: str) -> live.LiveFile:
        return live.LiveFile("LM_extra.py", f"def what():\n    return {text!r}\n".encode())

    with socket.create_connection((node.board.ip, node.device.port), timeout=20) as other:
        assert other.recv(200).endswith(b" $ ")
        first = asyncio.run(live.upload(node.request(), [file("one")], cache=cache()))
        assert node.ask("extra what") == ["one"]
        second = asyncio.run(live.upload(node.request(), [file("two")], cache=cache()))
        assert node.ask("extra what") == ["two"]
        same = asyncio.run(live.upload(node.request(), [file("two")], cache=cache()))
        assert [report.files[0].unchanged for report in (first, second, same)] == [False, False, True]
        assert second.files[0].loaded
        taken = undo_job.run(node.name, cache())
        assert taken.done == f"LM_extra.py uploaded to {node.name}"
        assert node.ask("extra what") == ["one"]
        asyncio.run(live.delete(node.request(), "LM_extra.py", cache=cache()))
        assert "no module named" in node.ask("extra what")[0]
        undo_job.run(node.name, cache())
        assert node.ask("extra what") == ["one"]
        undo_job.run(node.name, cache())
        assert "no module named" in node.ask("extra what")[0]
        with pytest.raises(UsageError, match="nothing to take back"):
            undo_job.run(node.name, cache())
        other.sendall(b"hello")
        assert other.recv(200).startswith(b"hello:"), "another session goes on: no restart"


def test_a_module_that_does_not_import_is_told_and_what_it_needs_is_offered(node: OtaNode) -> None:
    source = b"def lmdep():\n    return 'rgb', 'nowhere'\ndef what():\n    return 'one'\n"
    report = asyncio.run(live.upload(node.request(), [live.LiveFile("LM_extra.py", source)], cache=cache()))
    assert report.missing == ("nowhere",)
    assert [file.name for file in live.from_bundle(("rgb", "nowhere"))] == ["LM_rgb.mpy"]
    assert node.ask("extra what") == ["one"]
    broken = live.LiveFile("LM_extra.py", b"raise ValueError('broken on purpose')\n")
    report = asyncio.run(live.upload(node.request(), [broken], cache=cache()))
    assert report.error is not None
    assert "broken on purpose" in report.error.message
    undo_job.run(node.name, cache())
    assert node.ask("extra what") == ["one"]
    undo_job.run(node.name, cache())


def test_a_setting_is_taken_back_with_undo(node: OtaNode) -> None:
    config_jobs.run("set", node.name, cache(), values={"soctout": "77"})
    assert undo_job.listed().left == (f"soctout set on {node.name}",)
    undo_job.run(None, cache())
    assert config_jobs.run("get", node.name, cache(), keys=["soctout"]).nodes[0].config.values == {"soctout": 30}
    assert undo.steps() == ()


def test_the_journal_keeps_twenty_steps_for_its_owner_only(node: OtaNode) -> None:
    for number in range(25):
        undo.module_uploaded(node.device, f"LM_x{number}.py", "", b"")
    assert [step.name for step in undo.steps()] == [f"LM_x{number}.py" for number in range(24, 4, -1)]
    assert (paths.user_data() / "undo.json").stat().st_mode & 0o077 == 0


def test_a_wrong_password_is_refused_at_once_and_the_node_stays_as_it_is(node: OtaNode, tmp_path: Path) -> None:
    new = changed_build(tmp_path / "new", {"LM_second.mpy": module("one")})
    with pytest.raises(NodeLockedError):
        update_node(node.request(source=new, password="wrong1234"))
    assert json.loads(node.ask("ota state")[0])["mode"] == "run"
    secrets_file = paths.user_data() / "secrets.json"
    secrets_file.unlink()
    with pytest.raises(NodeLockedError, match="not known"):
        update_node(node.request(source=new))
    asked: list[str] = []

    def ask(name: str) -> str:
        asked.append(name)
        return PASSWORD

    assert asyncio.run(update_node_async(node.request(source=new), ask=ask)).outcome == "updated"
    assert asked == [node.name]
    assert secrets.password_of(node.device.uid) == PASSWORD


def test_files_go_by_hand_over_webrepl_and_are_listed(node: OtaNode, tmp_path: Path) -> None:
    job = WebReplJob(node.name, cache())
    (tmp_path / "note.txt").write_bytes(b"by hand")
    job.put(tmp_path / "note.txt")
    assert Path(str(job.get("note.txt", tmp_path / "back.txt").saved)).read_bytes() == b"by hand"
    assert "Shell.mpy" in {entry.path for entry in job.list().files}
    with pytest.raises(UsageError):
        WebReplJob("all", cache()).list()


def test_the_commands_do_the_same(node: OtaNode, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fourth.py").write_bytes(b"def what():\n    return 'four'\n")
    file = str(tmp_path / "fourth.py")
    for words, inside in (
        (["-o", "--dev", node.name, "--files", file, "--yes"], "LM_fourth.py"),
        (["--webrepl", "ls", "--dev", node.name], "LM_fourth.py"),
        (["--webrepl", "rm", "--dev", node.name, "--file", "LM_fourth.py", "--yes"], "LM_fourth.py"),
        (["--undo", "--yes"], "LM_fourth.py deleted"),
        (["--undo", "list"], "LM_fourth.py uploaded"),
    ):
        assert main([*words, "--json"]) == 0
        assert inside in json.dumps(json.loads(capsys.readouterr().out)["result"])
    assert node.ask("fourth what") == ["four"]
    assert main(["--undo", "--dev", node.name, "--yes"]) == 0
    assert capsys.readouterr().out == f"Taken back: LM_fourth.py uploaded to {node.name}.\n"
    for wrong in (
        ["-o", "--dev", "x", "--full", "--lm-only"],
        ["-o", "--dev", "x", "--parallel", "0"],
        ["--undo", "x"],
    ):
        assert main(wrong) == 2


def test_a_node_with_auth_updates_and_a_page_goes_the_same_way(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(b"<p>mine</p>")
    with OtaNode(tmp_path / "boards", own_pid_name("lock"), auth=True) as locked:
        result = jobs.run(
            locked.name,
            cache(),
            mode="files",
            files=(page,),
            source=source_build(),
            limits=replace(LIMITS, soak_s=0.2),
            confirm="toolkit",
            interfaces=("127.0.0.1",),
        )
        (one,) = result.nodes
        assert (one.outcome, one.sent, result.error) == ("updated", ("page.html",), None)
        assert one.seconds["trial"] < 20, "the toolkit has confirmed; the trial is 60 s"
        with contextlib.closing(socket.create_connection((locked.board.ip, locked.device.port), timeout=20)) as line:
            assert line.recv(200).startswith(b"[password] ")


def test_the_step_times_tell_the_trial_apart(node: OtaNode, tmp_path: Path) -> None:
    new = changed_build(tmp_path / "new", {"LM_third.mpy": module("one")})
    started = time.monotonic()
    result = update_node(node.request(source=new, confirm="none"))
    assert (result.outcome, result.confirmed) == ("trial", False)
    assert sum(result.seconds.values()) <= time.monotonic() - started
    assert "trial" not in result.seconds
    finished = update_node(node.request(source=new))
    assert finished.outcome == "unchanged"
    assert json.loads(node.ask("ota state")[0])["state"] == "confirmed"


def test_a_node_without_these_words_is_named(tmp_path: Path) -> None:
    """`dev.py bench ota_faults` moves it."""
    with (
        OtaNode(tmp_path / "boards", own_pid_name("legacy"), files={"Shell.mpy": deaf_shell()}) as old,
        pytest.raises(UpdateError, match="does not know updates of this kind"),
    ):
        update_node(old.request())


def test_a_node_of_ours_is_not_moved(node: OtaNode) -> None:
    with pytest.raises(UpdateError, match="node of ours already"):
        jobs.move(node.name, cache(), source=source_build(), limits=LIMITS, interfaces=("127.0.0.1",))
