"""SysCheck passes a healthy node, and names what is wrong with one on which a fault was put."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app_node import AppNode, app_node, wait_answer

from devtoolkit.apps.SysCheck_app import CHECKS
from devtoolkit.errors import NodeUnreachableError, UsageError
from devtoolkit.launcher import main
from devtoolkit.services import apps
from devtoolkit.services.apps_types import AppResult, Check
from devtoolkit.services.node_web import web_port

pytestmark = pytest.mark.vm

NAMES = [name for name, _ in CHECKS]
OF_THE_REFERENCE = [
    "single_cmds",
    "lm_cmd_exec",
    "config_get",
    "config_set",
    "task_oneshot",
    "task_loop",
    "version",
    "json_check",
    "response_time",
    "negative_api",
    "dhcp_hostname",
    "lm_exception",
    "mem_usage",
    "disk_usage",
    "webui_conn",
    "mem_alloc",
    "recursion",
    "intercon",
    "micros_alarms",
    "conn_metrics",
    "micros_tasks",
    "clean-reboot",
]
FILLER = 1_470_000  # bytes that leave less than 5 % of the 2 MB file system beside the system's own files

SysCheck = Callable[..., AppResult]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("syscheck") / "data"


@pytest.fixture(autouse=True)
def user_data(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All tests of this file know the same node."""
    monkeypatch.setenv("MICROS_USER_DATA", str(data))
    monkeypatch.setenv("MICROS_INTERFACES", "127.0.0.1")
    return data


@pytest.fixture(scope="module")
def node(data: Path) -> Iterator[AppNode]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROS_USER_DATA", str(data))
        patch.setenv("MICROS_INTERFACES", "127.0.0.1")
        with app_node(data / "simulator", "checked", webui=True) as one:
            yield one


@pytest.fixture
def syscheck(tmp_path: Path) -> SysCheck:
    """Runs it on a node, with settings."""

    def run(node: AppNode, **settings: object) -> AppResult:
        return apps.run("SysCheck", node.name, settings=settings, folder=tmp_path)

    return run


def failed(result: AppResult) -> dict[str, str]:
    return {check.name: check.text for check in result.checks if check.state == "FAIL"}


def only(*names: str) -> str:
    """The setting that leaves out all other checks."""
    return ",".join(name for name in NAMES if name not in names)


def test_it_has_all_checks_of_the_reference_in_its_order() -> None:
    assert NAMES == OF_THE_REFERENCE


def test_a_healthy_node_passes_every_check_twice_and_keeps_no_trace(syscheck: SysCheck, node: AppNode) -> None:
    for _ in range(2):
        result = syscheck(node)
        assert [(check.name, check.state) for check in result.checks] == [(name, "PASS") for name in NAMES], failed(
            result
        )
        assert (result.pass_rate, result.error) == (100.0, None)
        assert result.lines == ("PASS RATE: 100.0 %", "RESULT: OK")
        assert "OK alarm: 0" in node.ask("system alarms")
    (table,) = [file for file in result.files if file.endswith("-checks.csv")]
    assert len(Path(table).read_text(encoding="utf-8").splitlines()) == len(NAMES) + 1


def test_an_alarm_fails_one_check_which_shows_it(syscheck: SysCheck, node: AppNode) -> None:
    node.ask("system alarms test=True")
    try:
        result = syscheck(node, reboot=False)
        assert list(failed(result)) == ["micros_alarms"]
        assert "test alarm" in failed(result)["micros_alarms"]
        assert "system alarms clean=True" in failed(result)["micros_alarms"]
        assert result.lines[-1] == "RESULT: NOK"
        assert result.pass_rate == pytest.approx(100 * 20 / 21)
        assert "NOK alarm" in node.ask("system alarms")  # what the user has to see is not cleaned
    finally:
        node.ask("system alarms clean=True")


def test_a_slow_node_fails_the_check_of_its_response_time(syscheck: SysCheck, node: AppNode) -> None:
    node.hardware.request("network", delay_ms=100)
    try:
        result = syscheck(node, skip=only("single_cmds", "response_time"), slow_ms=90)
    finally:
        node.hardware.request("network", delay_ms=0)
    assert list(failed(result)) == ["response_time"]
    assert "at most 90 ms are wanted" in failed(result)["response_time"]
    assert result.pass_rate == 50.0


def test_a_node_that_no_multicast_reaches_fails_the_check_of_its_name(syscheck: SysCheck, node: AppNode) -> None:
    node.hardware.request("network", multicast=False)
    try:
        result = syscheck(node, reboot=False)
    finally:
        node.hardware.request("network", multicast=True)
    assert list(failed(result)) == ["dhcp_hostname"]
    assert "checked.local: nobody answers by mDNS" in failed(result)["dhcp_hostname"]


def test_a_web_server_that_is_off_is_no_fault_unless_it_is_wanted(syscheck: SysCheck, node: AppNode) -> None:
    node.configure(webui=False)
    try:
        (check,) = [one for one in syscheck(node, skip=only("webui_conn")).checks if one.name == "webui_conn"]
        assert check.state == "SKIP"
        wanted = syscheck(node, reboot=False, web=True)
    finally:
        node.configure(webui=True)
    assert list(failed(wanted)) == ["webui_conn"]
    assert "--key webui=True" in failed(wanted)["webui_conn"]


def test_a_web_server_that_should_be_there_and_is_not_fails(syscheck: SysCheck, node: AppNode) -> None:
    """Another program has taken its port; it never answers."""
    node.board.power_off()
    with socket.create_server((node.device.ip, web_port(node.device))) as taken:
        node.board.power_on()
        wait_answer(node.board)
        taken.close()
        result = syscheck(node, reboot=False)
    node.ask("system alarms clean=True")
    assert list(failed(result)) == ["webui_conn", "micros_alarms"]
    assert "does not answer /" in failed(result)["webui_conn"]
    assert "EADDRINUSE" in failed(result)["micros_alarms"]  # the node has said so itself


def test_a_full_file_system_fails_also_on_a_node_that_wants_its_password(syscheck: SysCheck, data: Path) -> None:
    filler = {"filler.bin": bytes(FILLER)}
    with app_node(data / "simulator", "filled", files=filler, webui=True, auth=True) as full:
        result = syscheck(full, reboot=False)
    assert "the file system is full" in failed(result)["disk_usage"]
    assert list(failed(result)) == ["disk_usage"]


def test_a_node_that_is_gone_in_between_fails_the_rest_soon(syscheck: SysCheck, node: AppNode) -> None:
    def pull_the_plug(event: object) -> None:
        if getattr(getattr(event, "check", None), "name", "") == "version":
            node.board.power_off()

    try:
        result = apps.run("SysCheck", node.device.ip, on_event=pull_the_plug)
    finally:
        node.board.power_on()
        wait_answer(node.board)
    states = {check.name: check.state for check in result.checks}
    assert list(states) == NAMES
    assert states["version"] == "PASS"
    assert {states[name] for name in NAMES[NAMES.index("version") + 1 :]} == {"FAIL"}
    assert result.seconds < 60


def test_what_it_finds_is_the_exit_code(node: AppNode, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["-a", "SysCheck", "--dev", node.name, "--set", f"skip={only('micros_alarms', 'version')}"]
    assert main(words) == 0
    assert "version        PASS" in capsys.readouterr().out
    node.ask("system alarms test=True")
    try:
        assert main(words) != 0
    finally:
        node.ask("system alarms clean=True")
    shown = capsys.readouterr()
    assert "micros_alarms  FAIL" in shown.out
    assert "RESULT: NOK" in shown.out
    assert "1 checks failed: micros_alarms" in shown.err


def test_unknown_names_of_checks_and_absent_nodes_are_refused(syscheck: SysCheck, node: AppNode) -> None:
    with pytest.raises(UsageError, match="nonsense"):
        syscheck(node, skip="nonsense")
    with pytest.raises(NodeUnreachableError):
        apps.run("SysCheck", "127.0.3.250")


def test_a_skipped_check_does_not_count() -> None:
    checks = (Check("a", "PASS", ""), Check("b", "SKIP", ""), Check("c", "WARN", ""), Check("d", "FAIL", ""))
    assert AppResult("x", "n", "u", "i", 0.0, checks=checks).pass_rate == pytest.approx(200 / 3)
    assert AppResult("x", "n", "u", "i", 0.0).pass_rate is None
