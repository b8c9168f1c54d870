"""Checks of how the node is doing: time, memory, file system, error log."""

import re
import time

from devtoolkit.apps._checks import Problem, Subject, fail_unless, module_call

_BEATS = 10
_RATHER_SLOW = 0.4
_MEMORY_WARN, _MEMORY_FULL = 80.0, 95.0  # percent
_DISK_WARN = 500_000  # bytes; micrOS itself takes about as much in blocks of 4 kB, so it must be half of the whole too
_DISK_HALF = 50.0  # percent
_DISK_FULL = 95.0  # percent; an update over the air needs room beside the files it replaces
_PIECES = 160  # the default of `robustness memory_leak`
_DEPTH = 14  # the default of `robustness recursion_limit`
_ALARM = re.compile(r"\bN?OK alarm: (\d+)")


def response_time(subject: Subject) -> str:
    """How long a command takes, on average of a few."""
    times = []
    for _ in range(_BEATS):
        began = time.monotonic()
        subject.board.ask("system heartbeat")
        times.append(time.monotonic() - began)
    mean = sum(times) / len(times)
    text = f"{mean * 1000:.0f} ms for a command (slowest of {_BEATS}: {max(times) * 1000:.0f} ms)"
    fail_unless(mean * 1000 <= subject.slow_ms, f"{text}; at most {subject.slow_ms} ms are wanted")
    if mean * 1000 > subject.slow_ms * _RATHER_SLOW:
        raise Problem(text, "WARN")
    return text


def mem_usage(subject: Subject) -> str:
    """How full the heap is."""
    used = subject.board.json("system memory_usage")
    text = f"{used['percent']} % of the heap, {used['mem_used']} bytes"
    fail_unless(used["percent"] <= _MEMORY_FULL, f"memory is full: {text}")
    if used["percent"] > _MEMORY_WARN:
        raise Problem(text, "WARN")
    return text


def disk_usage(subject: Subject) -> str:
    """How full the file system is."""
    used = subject.board.json("system disk_usage")
    text = f"{used['percent']} % of the file system, {used['fs_used']} bytes"
    fail_unless(used["percent"] < _DISK_FULL, f"the file system is full: {text}")
    if used["fs_used"] > _DISK_WARN and used["percent"] > _DISK_HALF:
        raise Problem(text, "WARN")
    return text


def mem_alloc(subject: Subject) -> str:
    """Memory that a command takes is given back."""
    before = subject.board.json("system memory_usage")["mem_used"]
    reply = module_call(subject, f"robustness memory_leak {_PIECES}")
    fail_unless(f"[{_PIECES}] RAM Alloc." in reply, f"robustness memory_leak: {reply!r}")
    kept = subject.board.json("system memory_usage")["mem_used"] - before
    fail_unless(kept < before / 4, f"{kept} bytes were not given back")
    return reply.splitlines()[-1]


def recursion(subject: Subject) -> str:
    """So many nested calls are possible."""
    reply = module_call(subject, f"robustness recursion_limit {_DEPTH}")
    found = re.search(r"Recursion limit: (\d+)", reply)
    fail_unless(found and int(found[1]) >= _DEPTH, f"robustness recursion_limit {_DEPTH}: {reply!r}")
    return f"{_DEPTH} calls deep"


def read_alarms(subject: Subject) -> tuple[int, str]:
    """How many errors the node's log holds, and its last line. Raises Problem when it does not say."""
    reply = subject.board.session.ask("system alarms")
    text = "\n".join(reply.lines)
    found = _ALARM.search(text)
    if not found:
        raise Problem(f"system alarms: {text!r}")
    lines = [line.strip() for line in (*reply.streamed, *reply.lines) if line.strip() and not _ALARM.search(line)]
    return int(found[1]), lines[-1] if lines else ""


def micros_alarms(subject: Subject) -> str:
    """The error log was empty before the checks began."""
    if subject.alarms is None:
        read_alarms(subject)  # it could not be read before: why?
        raise Problem("the error log could not be read before the checks")
    if subject.alarms:
        raise Problem(
            f"{subject.alarms} in the error log before the checks, the last: {subject.last_alarm or '?'}. "
            "When they are understood: system alarms clean=True"
        )
    return "no alarms before the checks"
