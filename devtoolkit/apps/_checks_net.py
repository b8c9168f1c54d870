"""Checks of the network: name, web, other nodes, connections, restart."""

import asyncio
import json
import time

from devtoolkit.apps._checks import Problem, Subject, fail_unless, module_call
from devtoolkit.apps._checks_shell import setting
from devtoolkit.errors import NodeError, NodeUnreachableError
from devtoolkit.services import apps_mdns, node_web
from devtoolkit.services.hello import ask_hello

_CONNECTIONS = 5
_SLOW_S, _TOO_SLOW_S = 1.0, 3.0  # a session with one command
_INTERCON_S = 15.0
_REBOOT_S = 20.0
_ASK_EVERY_S = 0.5


def dhcp_hostname(subject: Subject) -> str:
    """The node is found by its name, at the address of this session."""
    device = subject.board.device
    found = apps_mdns.addresses(device)
    fail_unless(found, f"{device.fuid}.local: nobody answers by mDNS; the node can be reached by its address only")
    if device.ip not in found:
        raise Problem(f"{device.fuid}.local is {', '.join(found)}, this session goes to {device.ip}", "WARN")
    return f"{device.fuid}.local is {device.ip}"


def webui_conn(subject: Subject) -> str:
    """The web server gives its page and answers REST; one that is off fails only where it must be on."""
    device, password = subject.board.device, subject.board.password
    (on,) = setting(subject, "webui")
    if on != "True":
        hint = f"switch it on with -nc set --dev {device.fuid} --key webui=True and restart the node"
        raise Problem(f"the web server is off (webui {on}); {hint}", "FAIL" if subject.web else "SKIP")
    page = node_web.get(device, "/", password)
    fail_unless(page.status == 200 and b"<html" in page.body.lower(), f"/: status {page.status}, {page.kind}")
    rest = node_web.get(device, "/rest", password)
    fail_unless(rest.status == 200, f"/rest: status {rest.status}")
    try:
        state = json.loads(rest.body)["state"]
    except (ValueError, KeyError, TypeError):
        raise Problem(f"/rest: {rest.body[:80]!r}") from None
    fail_unless(state is True, f"/rest: state {state}")
    return f"/ has {len(page.body)} bytes, /rest answers"


def intercon(subject: Subject) -> str:
    """The node sends a command to a node, for which it is good enough itself."""
    board = subject.board
    reply = module_call(subject, f"intercon sendcmd host='{board.device.ip}' cmd='hello'")
    tag = next((word for word in reply.split() if word.startswith("con.")), "")
    fail_unless(tag, f"intercon sendcmd: {reply!r}")
    subject.started.append(tag)
    shown = ""

    def answered() -> bool:
        nonlocal shown
        shown = "\n".join(board.ask(f"task show {tag}")).strip()
        return shown.startswith("hello:")

    fail_unless(board.until(answered, _INTERCON_S), f"no answer of {board.device.ip} ({shown!r})")
    return f"{board.device.ip} answers {shown}"


def conn_metrics(subject: Subject) -> str:
    """How long a new session with one command takes, on average."""
    device = subject.board.device
    times = []
    for _ in range(_CONNECTIONS):
        began = time.monotonic()
        asyncio.run(ask_hello(device.ip, device.port))
        times.append(time.monotonic() - began)
    mean = sum(times) / len(times)
    text = f"{mean * 1000:.0f} ms for a session (slowest of {_CONNECTIONS}: {max(times) * 1000:.0f} ms)"
    fail_unless(mean <= _TOO_SLOW_S, f"{text}; at most {_TOO_SLOW_S * 1000:.0f} ms are wanted")
    if mean > _SLOW_S:
        raise Problem(text, "WARN")
    return text


def clean_reboot(subject: Subject) -> str:
    """A hard restart: the node is back, and has forgotten the tasks that the checks had started."""
    board, began = subject.board, time.monotonic()
    if not subject.started:
        board.ask("system heartbeat &0")
        subject.started.append("system.heartbeat")
    before = set(subject.started)
    try:
        board.session.ask("reboot -h")
    finally:
        board.session.leave()
    fail_unless(board.until(lambda: _is_back(subject, before), _REBOOT_S, _ASK_EVERY_S), f"not back in {_REBOOT_S:g} s")
    return f"back after {time.monotonic() - began:.1f} s"


def _is_back(subject: Subject, before: set[str]) -> bool:
    device = subject.board.device
    try:
        if asyncio.run(ask_hello(device.ip, device.port)).uid.lower() != device.uid.lower():
            return False
        tags = {word for line in subject.board.ask("task list") for word in line.split()}
    except NodeUnreachableError:
        subject.board.session.leave()
        return False
    except NodeError:
        return False  # busy: it is just starting
    return not before & tags
