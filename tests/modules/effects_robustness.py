"""LM_robustness: faults that only the reply shows; the shell lives on."""

from module_bench import Bench, reply_only

TEXT = "works on the heap and the stack only"


def _raise_error(b: Bench) -> None:
    assert b.ask("robustness raise_error").splitlines() == [
        "Raise test exception",
        "Core error: LM_robustness->raise_error: Test exception",
    ]
    assert b.call("robustness recursion_limit 2") == "recalled 1\nrecalled 2\nRecursion limit: 2"
    assert 8 <= int(b.call("robustness recursion_limit 100000").rsplit(maxsplit=1)[1]) < 100000


EFFECTS = {
    "raise_error": _raise_error,
    "memory_leak": reply_only(
        TEXT, "robustness memory_leak 30", r"(?s)^\[0\] .*\n\[29\] .*\n\[30\] RAM Alloc\.: [1-9]\d* kB \d+ byte$"
    ),
    "recursion_limit": reply_only(TEXT, "robustness recursion_limit", r"recalled 14\nRecursion limit: 14$"),
}
