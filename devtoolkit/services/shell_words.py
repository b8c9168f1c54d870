"""What can be typed at a node: read from the node's own `help lm`."""

import re

BUILT_IN = ("hello", "version", "exit", "reboot", "webrepl", "conf", "noconf", "help", "help lm", "login", "task")
TASK_WORDS = ("list", "kill", "show")
_MODULE = re.compile(r" {2,4}(?P<name>\w+)")
_FUNCTION = re.compile(r" {5,}(?P<name>\w+).*")

Words = dict[str, tuple[str, ...]]


def modules(help_lines: tuple[str, ...]) -> Words:
    """Module -> its functions, from the list that follows the built-in words in the answer to `help lm`.

    A module stands at a small indentation, its functions below it by the length of its name deeper.
    """
    found: dict[str, list[str]] = {}
    current = ""
    for line in _list_part(help_lines):
        module, function = _MODULE.fullmatch(line), _FUNCTION.fullmatch(line)
        if module:
            current = module["name"]
            found.setdefault(current, [])
        elif function and current and len(line) - len(line.lstrip()) >= len(current):
            found[current].append(function["name"])
    return {name: tuple(functions) for name, functions in found.items()}


def completions(typed: str, words: Words, keys: tuple[str, ...] = (), *, configuring: bool = False) -> tuple[str, ...]:
    """What may follow: whole words that begin with the last, unfinished one. `keys` are those of configure mode."""
    parts = typed.rpartition("<a>")[2].lstrip().split(" ")
    last = parts[-1]
    if len(parts) == 1:
        known = (*BUILT_IN, *(("dump", *keys) if configuring else words))
    elif len(parts) == 2 and not configuring:
        known = TASK_WORDS if parts[0] == "task" else words.get(parts[0], ())
    else:
        known = ()
    return tuple(sorted({word for word in known if word.startswith(last) and word != last}))


def _list_part(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines after the last heading and its explanations."""
    heads = [number for number, line in enumerate(lines) if line.startswith("[")]
    rest = lines[heads[-1] + 1 :] if heads else lines
    return tuple(line for line in rest if " - " not in line)
