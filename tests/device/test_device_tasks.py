"""Background tasks over the shell."""

import json

import pytest
from device_node import Connection, Node, wait_until

pytestmark = pytest.mark.vm

HEAD = "---- micrOS  top ----\n#queue: 8 #load: "


@pytest.fixture(autouse=True)
def _nothing_left_running(shell: Connection) -> None:
    shell.ask("task kill probe.*")
    shell.ask("task kill worker")
    shell.ask("task kill system.*")


def show(shell: Connection, tag: str, text: str) -> None:
    """Waits until the output of a task is this."""
    wait_until(lambda: shell.ask(f"task show {tag}") == text + "\n", f"{tag} says {text!r}")


def active(shell: Connection) -> list[str]:
    answer: list[str] = json.loads(shell.ask("task list >json"))["active"]
    return answer


def test_task_list_has_a_header_and_one_line_a_task(shell: Connection) -> None:
    text = shell.ask("task list")
    assert text.startswith(HEAD)
    lines = text.split("\n")
    assert lines[1].endswith("%")
    assert lines[2:6] == ["", "#Active   #taskID", "Yes       idle", "Yes       server"]
    assert lines[-2:] == ["", ""]


def test_task_list_as_json_has_active_and_inactive(shell: Connection) -> None:
    answer = json.loads(shell.ask("task list >json"))
    assert {"idle", "server"} <= set(answer["active"])
    assert isinstance(answer["inactive"], list)


def test_a_task_runs_once_and_is_then_listed_as_finished(shell: Connection) -> None:
    assert shell.ask("probe same 'done' &") == "Start probe.same\n"
    show(shell, "probe.same", "done")
    assert "No        probe.same\n" in shell.ask("task list")


@pytest.mark.parametrize("postfix", ["&", "&abc", "&0", "&30"])
def test_every_pause_is_accepted(shell: Connection, postfix: str) -> None:
    assert shell.ask(f"probe same '{postfix}!' {postfix}") == "Start probe.same\n"
    show(shell, "probe.same", postfix + "!")


def test_a_waiting_task_is_busy_and_has_not_run_and_can_be_killed(shell: Connection) -> None:
    before = shell.ask("probe calls")
    assert shell.ask("probe count &60000") == "Start probe.count\n"
    assert shell.ask("probe count &") == "probe.count is Busy\n"
    assert shell.ask("task kill probe.count") == "Kill: probe.count|True\n"
    assert "probe.count" not in active(shell)
    assert shell.ask("probe calls") == before


def test_a_loop_repeats_and_ends_when_the_call_fails(shell: Connection) -> None:
    limit = int(shell.ask("probe calls")) + 4
    assert shell.ask(f"probe count limit={limit} &&20") == "Start probe.count\n"
    show(shell, "probe.count", f"Core error: LM_probe->count: limit {limit}")
    assert "probe.count" not in active(shell)
    assert shell.ask("probe calls") == f"{limit}\n"


def test_json_may_stand_before_or_after_the_postfix(shell: Connection) -> None:
    for command in ("probe state >json &", "probe state & >json"):
        assert shell.ask(command) == "Start probe.state\n"
        show(shell, "probe.state", '{"level": 3}')
        assert shell.ask("task kill probe.state") == "Kill: probe.state|True\n"


def test_a_postfix_inside_quotes_is_text(shell: Connection) -> None:
    assert shell.ask("probe same 'a &'") == "a &\n"
    assert shell.ask('probe same "a >json"') == "a >json\n"


def test_groups_are_shown_and_killed_together(shell: Connection) -> None:
    shell.ask("probe count &60000")
    shell.ask("probe same 5 &60000")
    assert shell.ask("task kill probe.*").startswith("Kill: probe.count|True, probe.")
    assert "probe.same: " in shell.ask("task show probe.*")


def test_the_queue_has_a_limit_and_frees_its_places(shell: Connection) -> None:
    names = ["same", "count", "empty", "nothing", "state", "calls", "fades", "heap"]
    for name in names:
        assert shell.ask(f"probe {name} &60000") == f"Start probe.{name}\n"
    assert "#queue: 0 " in shell.ask("task list")
    assert shell.ask("system clock &") == "[aio] Task queue full: 8\n"
    assert shell.ask("probe work") == "Starting\n", "a module's own coroutine takes no place"
    assert shell.ask("task kill probe.same") == "Kill: probe.same|True\n"
    assert shell.ask("system clock &") == "Start system.clock\n"


def test_finished_tasks_are_forgotten_beyond_the_queue_size(shell: Connection) -> None:
    for round_ in range(3):
        for name in ("same 1", "count", "empty", "nothing", "state", "calls", "fades", "heap"):
            shell.ask(f"probe {name} &{60000 + round_}")
            shell.ask(f"task kill probe.{name.split()[0]}")
    for n in range(4):
        shell.ask(f"system {('clock', 'heartbeat', 'gclean', 'ifconfig')[n]} &")
    assert len(json.loads(shell.ask("task list >json"))["inactive"]) <= 9


def test_a_modules_own_task_works_as_documented(shell: Connection) -> None:
    assert shell.ask("probe work") == "Starting\n"
    assert shell.ask("probe work") == "Already running\n"
    wait_until(lambda: shell.ask("task show worker").startswith("round "), "the worker counts")
    first = shell.ask("task show worker")
    wait_until(lambda: shell.ask("task show worker") != first, "the worker goes on")
    assert shell.ask("task kill worker") == "Kill: worker|True\n"


def test_a_failing_coroutine_ends_and_keeps_its_reason(shell: Connection) -> None:
    assert shell.ask("probe work_badly") == "True\n"
    show(shell, "failing", "worker failed")
    assert "failing" not in active(shell)


def test_streamed_lines_go_to_the_caller_only(node: Node, shell: Connection) -> None:
    with node.connect() as other:
        assert shell.ask("probe stream 3") == "line 0\nline 1\nline 2\nstreamed\n"
        assert other.ask("version") == "2.0.0-0\n"
        assert shell.ask("probe stream 3 &") == "Start probe.stream\n"
        show(shell, "probe.stream", "streamed")
        assert other.ask("version") == "2.0.0-0\n"


def test_the_server_task_shows_the_client_ids(node: Node, shell: Connection) -> None:
    host, port = shell.socket.getsockname()[:2]
    assert f"S{'.'.join(host.split('.')[2:])}:{port}" in shell.ask("task show server")


def test_a_name_error_inside_a_module_drops_it_from_memory_and_a_callers_typing_error_does_not(
    shell: Connection,
) -> None:
    shell.ask("probe count")
    assert int(shell.ask("probe calls")) > 0
    shell.ask("probe echo typo")
    assert int(shell.ask("probe calls")) > 0
    assert "not_there" in shell.ask("probe undefined")
    assert shell.ask("probe calls") == "0\n"
