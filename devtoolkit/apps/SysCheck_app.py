"""An acceptance test of a node."""

from devtoolkit.apps import _checks_net as net
from devtoolkit.apps import _checks_shell as shell
from devtoolkit.apps import _checks_system as system
from devtoolkit.apps._checks import CheckFunction, Problem, Subject, run_check
from devtoolkit.errors import NodeError, UsageError
from devtoolkit.services.apps_kit import Dashboard, open_dashboard
from devtoolkit.services.apps_types import Check, pass_rate

CHECKS: tuple[tuple[str, CheckFunction], ...] = (
    ("single_cmds", shell.single_cmds),
    ("lm_cmd_exec", shell.lm_cmd_exec),
    ("config_get", shell.config_get),
    ("config_set", shell.config_set),
    ("task_oneshot", shell.task_oneshot),
    ("task_loop", shell.task_loop),
    ("version", shell.version),
    ("json_check", shell.json_check),
    ("response_time", system.response_time),
    ("negative_api", shell.negative_api),
    ("dhcp_hostname", net.dhcp_hostname),
    ("lm_exception", shell.lm_exception),
    ("mem_usage", system.mem_usage),
    ("disk_usage", system.disk_usage),
    ("webui_conn", net.webui_conn),
    ("mem_alloc", system.mem_alloc),
    ("recursion", system.recursion),
    ("intercon", net.intercon),
    ("micros_alarms", system.micros_alarms),
    ("conn_metrics", net.conn_metrics),
    ("micros_tasks", shell.micros_tasks),
    ("clean-reboot", net.clean_reboot),
)


def app(
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    skip: str = "",
    web: bool | None = None,
    slow_ms: int = 500,
    reboot: bool = True,
) -> None:
    """All system checks of a node, and a pass rate; the node restarts at the end.

    skip: names of checks to leave out, with commas; web: True when the web server must be on (else one that is switched
    off by its configuration is no fault); slow_ms: how long a command may take on average; reboot: False leaves the
    restart out.
    """
    left_out = {name.strip() for name in skip.split(",") if name.strip()}
    unknown = left_out - {name for name, _ in CHECKS}
    if unknown:
        raise UsageError(f"There is no check {', '.join(sorted(unknown))}.", hint=f"{', '.join(dict(CHECKS))}.")
    if not reboot:
        left_out.add("clean-reboot")
    with open_dashboard(devfid, pwd) as board:
        subject = Subject(board, web, slow_ms)
        before = _alarms(subject)
        checks = []
        for name, function in CHECKS:
            check = Check(name, "SKIP", "left out") if name in left_out else _run(name, function, subject)
            checks.append(check)
            board.check(check)
            if name == "micros_tasks" and before == 0:
                _clean(subject)
        _say_result(board, checks, answers=not subject.silent)


def _run(name: str, function: CheckFunction, subject: Subject) -> Check:
    subject.board.pause(0)  # here the user may stop it
    return run_check(name, function, subject)


def _alarms(subject: Subject) -> int | None:
    """Errors in the log before anything is tried; None when the node does not say."""
    try:
        subject.alarms, subject.last_alarm = system.read_alarms(subject)
    except (Problem, NodeError):
        return None
    return subject.alarms


def _clean(subject: Subject) -> None:
    """The log was empty: what the checks have written there by wrong commands goes."""
    try:
        if system.read_alarms(subject)[0]:
            subject.board.session.ask("system alarms clean=True")
    except (Problem, NodeError):
        pass  # the checks themselves have said what is wrong


def _say_result(board: Dashboard, checks: list[Check], *, answers: bool) -> None:
    rate = round(pass_rate(checks) or 0.0, 1)
    result = "NOK" if any(check.state == "FAIL" for check in checks) else "OK"
    board.say(f"PASS RATE: {rate} %")
    board.say(f"RESULT: {result}")
    board.figure("pass rate", rate, "%")
    if not answers:
        return
    try:
        if "LM_oled_ui" in "\n".join(board.ask("lmpacman module")):
            board.ask(f"oled_ui msgbox 'SysCheck {result} {rate:.0f}%'")
    except NodeError:
        pass  # a node that is gone shows nothing
