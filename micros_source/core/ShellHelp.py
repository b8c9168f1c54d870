"""Text of the shell's `help`, and the list of load modules with their functions."""

import os
import sys

_BUILT_IN = (
    "[MICROS]   - built-in shell commands",
    "   hello   - hello msg - for device identification",
    "   version - returns micrOS version",
    "   exit    - exit from shell socket prompt",
    "   reboot  - system soft reboot (vm), hard reboot (hw): reboot -h",
    "   webrepl - start webrepl, for file transfers use with --update",
    "[CONF] Configure mode - built-in shell commands",
    "  conf       - Enter conf mode",
    "    dump       - Dump all data",
    "    key        - Get value",
    "    key value  - Set value",
    "  noconf     - Exit conf mode",
    "[TASK] postfix: &x - one-time,  &&x - periodic, x: wait ms [x min: 20ms]",
    "  task list         - list tasks with <tag>s",
    "  task kill <tag>   - stop task",
    "  task show <tag>   - show task output",
    "  cron              - list scheduled commands with their next run",
    "[EXEC] Command mode (LMs):",
    "   help lm  - list ALL LoadModules",
)


def lines(all_modules):
    """The help lines one by one: built-in words, then the loaded modules, or all on the file system."""
    for line in _BUILT_IN:
        yield line
    for file in sorted(os.listdir()):
        if not file.startswith("LM_") or not file.endswith((".py", ".mpy")):
            continue
        name = file[3 : file.rfind(".")]
        if all_modules or "LM_" + name in sys.modules:
            yield "   " + name
            for function in _functions(file):
                yield " " * (3 + len(name)) + function


def _functions(file):
    """Functions of a source file whose line holds neither `_` nor `self`; compiled ones show `help` only."""
    if file.endswith(".mpy"):
        yield "help"
        return
    try:
        with open(file) as f:
            for line in f:
                if line.startswith("def") and "_" not in line and "self" not in line:
                    yield line[4:].split("(")[0].strip()
    except Exception as e:
        yield "[%s] SHOW LM PARSER WARNING: %s" % (file, e)
