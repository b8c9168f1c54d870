"""Checks of what the shell answers: words, modules, configuration, tasks, wrong commands."""

import json
import re

from devtoolkit.apps._checks import Problem, Subject, fail_unless, module_call
from devtoolkit.settings import SHELL_PORT

_HEARTBEAT = "<3 heartbeat <3"
_LOOPS = ("system clock", "system rssi", "system gclean")  # any that is not running already
_WAIT_S = 5.0


def single_cmds(subject: Subject) -> str:
    """`hello` names the node that is meant."""
    device = subject.board.device
    lines = subject.board.ask("hello")
    found = next((line.strip() for line in lines if line.strip().startswith("hello:")), "")
    fields = found.split(":")
    fail_unless(len(fields) >= 3 and fields[1:3] == [device.fuid, device.uid], f"hello: {lines}")
    fail_unless(device.uid.startswith("micr"), f"the node does not know who it is: {found}")
    return found


def lm_cmd_exec(subject: Subject) -> str:
    """A load module's function runs."""
    reply = "\n".join(subject.board.ask("system heartbeat")).strip()
    fail_unless(reply == _HEARTBEAT, f"system heartbeat: {reply!r}")
    return reply


def setting(subject: Subject, *commands: str) -> list[str]:
    """Replies in configure mode."""
    subject.board.ask("conf")
    try:
        return ["\n".join(subject.board.ask(command)).strip() for command in commands]
    finally:
        subject.board.session.ask("noconf")


def config_get(subject: Subject) -> str:
    """A setting can be read."""
    (port,) = setting(subject, "socport")
    fail_unless(port in (str(SHELL_PORT), str(subject.board.device.port)), f"socport: {port!r}")
    return f"socport {port}"


def config_set(subject: Subject) -> str:
    """A setting can be changed; it is set back."""
    (before,) = setting(subject, "utc")
    fail_unless(re.fullmatch(r"-?\d+", before), f"utc: {before!r}")
    other = str(int(before) + (1 if int(before) < 840 else -1))  # minutes; 840 is the highest
    try:
        saved, read = setting(subject, f"utc {other}", "utc")
    finally:
        (back,) = setting(subject, f"utc {before}")
    fail_unless(saved == "Saved", f"utc {other}: {saved}")
    fail_unless(read == other, f"utc {other} was saved, {read} was read")
    fail_unless(back == "Saved", f"utc could not be set back to {before}: {back}")
    return f"utc {before} -> {other} -> {before}"


def task_oneshot(subject: Subject) -> str:
    """A command runs as a task, and its output can be asked for."""
    reply = "\n".join(subject.board.ask("system heartbeat &0")).strip()
    tag = "system.heartbeat"
    fail_unless(reply.startswith(f"Start {tag}"), f"system heartbeat &0: {reply}")
    subject.started.append(tag)
    shown = subject.board.until(lambda: _HEARTBEAT in "".join(subject.board.ask(f"task show {tag}")), _WAIT_S)
    fail_unless(shown, f"task show {tag} does not show {_HEARTBEAT}")
    return f"{reply}; its output is shown"


def task_loop(subject: Subject) -> str:
    """A command runs again and again, once at a time, until it is killed."""
    board = subject.board
    running = "\n".join(board.ask("task list"))
    call = next((one for one in _LOOPS if one.replace(" ", ".") not in running), None)
    if call is None:
        raise Problem(f"all of {', '.join(_LOOPS)} run already", "SKIP")
    tag = call.replace(" ", ".")
    try:
        replies = ["\n".join(board.ask(f"{call} &&100")).strip() for _ in range(2)]
        shown = board.until(lambda: "".join(board.ask(f"task show {tag}")).strip(), _WAIT_S)
    finally:
        killed = "\n".join(board.session.ask(f"task kill {tag}").lines).strip()
    fail_unless(replies[0].startswith(f"Start {tag}"), f"{call} &&100: {replies[0]}")
    subject.started.append(tag)
    fail_unless("is Busy" in replies[1], f"a second {call} &&100: {replies[1]}")
    fail_unless(shown, f"task show {tag} shows nothing")
    fail_unless(killed == f"Kill: {tag}|True", f"task kill {tag}: {killed}")
    return f"{replies[0]}; {replies[1]}; {killed}"


def version(subject: Subject) -> str:
    """The version is one like 2.0.0-0."""
    text = "\n".join(subject.board.ask("version")).strip()
    fail_unless("." in text and "-" in text, f"version: {text!r}")
    return text


def json_check(subject: Subject) -> str:
    """`>json` makes JSON of a result."""
    text = "\n".join(subject.board.ask("system rssi >json")).strip()
    try:
        value = json.loads(text)
    except ValueError:
        raise Problem(f"system rssi >json is no JSON: {text}") from None
    fail_unless(isinstance(value, dict) and value, f"system rssi >json is no object: {text}")
    return text


def negative_api(subject: Subject) -> str:
    """Wrong commands, keys and values are refused in words."""
    for command in ("Apple", "Apple test"):
        reply = "\n".join(subject.board.ask(command))
        fail_unless(re.search(r"error|no module|help", reply, re.IGNORECASE), f"{command}: {reply!r}")
    unknown, wrong = setting(subject, "nosuchkey", 'utc "type"')
    fail_unless(unknown == "None", f"an unknown key gives {unknown!r}, not None")
    fail_unless(wrong == "Failed to save", f'utc "type" gives {wrong!r}, not Failed to save')
    return "wrong commands, keys and values are refused"


def lm_exception(subject: Subject) -> str:
    """An error in a module is told, and the node goes on."""
    reply = module_call(subject, "robustness raise_error")
    fail_unless("error" in reply.lower(), f"robustness raise_error: {reply!r}")
    lm_cmd_exec(subject)
    return reply.splitlines()[-1]


def micros_tasks(subject: Subject) -> str:
    """There is room for another task, and the node is not overloaded."""
    text = "\n".join(subject.board.ask("task list"))
    found = re.search(r"#queue: (-?\d+) #load: (\d+)", text)
    if not found:
        raise Problem(f"task list: {text[:100]!r}")
    free, load = int(found[1]), int(found[2])
    fail_unless("server" in text, f"the task server is not in the list: {text!r}")
    fail_unless(free > 0, f"no place for another task (aioqueue), load {load} %")
    if load > 90:
        raise Problem(f"load {load} %, places for {free} more tasks", "WARN")
    return f"load {load} %, places for {free} more tasks"
