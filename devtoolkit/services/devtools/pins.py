"""The pin check: which module uses which pin on a board, what clashes, and what the chip's pin cannot do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.errors import ToolkitError, UsageError
from devtoolkit.model.board import Board
from devtoolkit.model.node_config_rules import EMPTY, cron_tasks, split_outside
from devtoolkit.services.devtools import pin_maps, sources
from devtoolkit.services.devtools.module_pins import pins_of
from devtoolkit.services.devtools.pin_maps import ChipPins, PinFacts
from devtoolkit.services.devtools.sources import MODULE_PREFIX, Source

Level = Literal["clash", "unusable", "caution"]
_COMMANDS = ("boothook", "timirqcbf", *(f"irq{number}_cbf" for number in range(1, 5)))
_LED = "builtin"


class PinClashError(ToolkitError):
    """Two names want the same pin, or a pin cannot do what is wanted of it."""


@dataclass(frozen=True, slots=True)
class PinUse:
    """`owner`: a load module, or the part of the system. `gpio`: None when the map does not have the name.

    `name`: empty for a pin that the hardware fixes.
    """

    owner: str
    name: str
    gpio: int | None


@dataclass(frozen=True, slots=True)
class PinFinding:
    """`clash`: the second one is refused on the node. `unusable`: the pin cannot do that. `caution`: mind the text."""

    level: Level
    gpio: int | None
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.hint}".strip()


@dataclass(frozen=True, slots=True)
class PinReport:
    """`map`: the pin map that the board and its configuration choose. `modules`: those that are looked at."""

    board: str
    map: str
    modules: tuple[str, ...]
    uses: tuple[PinUse, ...]
    findings: tuple[PinFinding, ...]
    source: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to say before a deploy, worst first."""
        return tuple(str(finding) for finding in self.findings)

    @property
    def error(self) -> PinClashError | None:
        """Set for a clash or an unusable pin."""
        bad = [finding for finding in self.findings if finding.level != "caution"]
        if not bad:
            return None
        return PinClashError(f"{len(bad)} pins do not work out: {bad[0].text}", hint=bad[0].hint)


def check(board_id: str, modules: Sequence[str] = (), config: Mapping[str, object] | None = None) -> PinReport:
    """The pins of these modules and of those that the configuration names; of none given: all modules, without clashes.

    Raises UsageError for an unknown board, module or pin map.
    """
    board, settings = find_board(board_id), dict(config or {})
    every = sources.read_all(paths.micros_source())
    by_name = {one.name: one for one in every}
    for module in modules:
        if f"{MODULE_PREFIX}{module}" not in by_name:
            raise UsageError(f"There is no module {module}.", hint="See --manual for the modules there are.")
    named = tuple(dict.fromkeys((*modules, *modules_of(settings, by_name))))
    map_name, pins = _map(board, settings, pin_maps.maps(every))
    shown = named or tuple(one.module for one in every if one.kind == "load_module")
    uses = tuple(_uses(shown, settings, by_name, pins, everything=not named))
    facts = pin_maps.facts()
    findings = _findings(board, uses, facts, clashes=bool(named))
    return PinReport(board.id, map_name, named, uses, tuple(findings), facts.chip(board).source)


def map_of(board_id: str, config: Mapping[str, object] | None = None) -> dict[str, int]:
    """Logical name -> GPIO, as board and configuration choose it. Raises UsageError for an unknown board or map."""
    maps = pin_maps.maps(sources.read_all(paths.micros_source()))
    return _map(find_board(board_id), config or {}, maps)[1]


def warnings(board_id: str, config: Mapping[str, object]) -> tuple[str, ...]:
    """For a deploy: what the pins of this configuration will not do. Nothing when it runs no module; no error."""
    if not any(commands_of(config)):
        return ()
    try:
        report = check(board_id, (), config)
    except ToolkitError as error:
        return (str(error),)
    return report.warnings if report.modules else ()


def modules_of(config: Mapping[str, object], known: Mapping[str, Source]) -> tuple[str, ...]:
    """The load modules whose commands the configuration runs: at boot, on interrupts, by the clock."""
    return tuple(dict.fromkeys(words[0] for words in commands_of(config) if f"{MODULE_PREFIX}{words[0]}" in known))


def commands_of(config: Mapping[str, object]) -> Iterator[list[str]]:
    """The commands in the texts of a configuration, as words."""
    texts = [str(config.get(key, EMPTY)) for key in _COMMANDS]
    texts += [task.partition("!")[2] for task in cron_tasks(str(config.get("crontasks", EMPTY)))]
    for text in texts:
        if text != EMPTY:
            yield from (part.split() for part in split_outside(text) if part.split())


def _map(board: Board, config: Mapping[str, object], maps: Mapping[str, dict[str, int]]) -> tuple[str, dict[str, int]]:
    """The map's name, and its pins with those of `cstmpmap`."""
    name, own = board.pin_map, {}
    for part in str(config.get("cstmpmap", EMPTY)).split(";"):
        key, colon, value = (word.strip() for word in part.partition(":"))
        if colon and value.lstrip("-").isdigit():
            own[key] = abs(int(value))
        elif key and key != EMPTY:
            name = key
    if name not in maps:
        raise UsageError(f"There is no pin map {name}.", hint=f"There are: {', '.join(sorted(maps))}.")
    return name, {**maps[name], **own}


def _uses(
    modules: Iterable[str],
    config: Mapping[str, object],
    by_name: Mapping[str, Source],
    pins: Mapping[str, int],
    *,
    everything: bool,
) -> Iterator[PinUse]:
    known = frozenset(pins)
    facts = pin_maps.facts()
    for module in modules:
        found = pins_of(by_name[f"{MODULE_PREFIX}{module}"], by_name, known)
        names = {*found.names, *(_given(module, config, known) if found.given else ())}
        yield from (PinUse(module, name, pins.get(name)) for name in sorted(names))
        yield from (PinUse(module, name.strip("_").lower(), number) for name, number in sorted(found.fixed.items()))
        if found.given:
            yield from (PinUse(module, "", number) for number in _given_numbers(module, config))
        yield from (PinUse(module, "", number) for number in facts.fixed.get(module, ()))
    if everything:
        return
    if config.get("dbg", True) and _LED in pins:
        yield PinUse("progress LED", _LED, pins[_LED])
    for number in range(1, 5):
        if config.get(f"irq{number}"):
            yield PinUse("interrupts", f"irq{number}", pins.get(f"irq{number}"))


def _given(module: str, config: Mapping[str, object], known: frozenset[str]) -> Iterator[str]:
    """Logical names in the commands of a module that takes its pins as arguments."""
    for words in commands_of(config):
        if words[0] == module:
            yield from (word.strip("'\"") for word in words[2:] if word.strip("'\"") in known)


def _given_numbers(module: str, config: Mapping[str, object]) -> Iterator[int]:
    """GPIO numbers there: the first argument."""
    for words in commands_of(config):
        if words[0] == module and len(words) > 2 and words[2].removeprefix("pin=").isdigit():
            yield int(words[2].removeprefix("pin="))


RANK: dict[Level, int] = {"clash": 0, "unusable": 1, "caution": 2}  # the worst first


def _findings(board: Board, uses: Sequence[PinUse], facts: PinFacts, *, clashes: bool) -> list[PinFinding]:
    chip = facts.chip(board)
    memory = chip.memory | facts.boards.get(board.id, frozenset())
    found = list(_clashes(uses)) if clashes else []
    seen: set[tuple[str, int | None]] = set()
    for use in uses:
        if (use.name, use.gpio) in seen or (use.gpio is not None and use.owner in facts.fixed and not use.name):
            continue
        seen.add((use.name, use.gpio))
        found += _of_pin(use, board, chip, memory, facts)
    return sorted(found, key=lambda one: (RANK[one.level], one.gpio or 0))


def _clashes(uses: Sequence[PinUse]) -> Iterator[PinFinding]:
    for gpio in sorted({use.gpio for use in uses if use.gpio is not None}):
        wanted = {use.name or use.owner: use for use in uses if use.gpio == gpio}
        if len(wanted) > 1:
            told = " and ".join(f"{name} ({use.owner})" for name, use in wanted.items())
            yield PinFinding(
                "clash",
                gpio,
                f"GPIO {gpio} is wanted as {told}.",
                "The second one is refused; give one another pin with cstmpmap, for example `name:13`.",
            )


def _of_pin(use: PinUse, board: Board, chip: ChipPins, memory: frozenset[int], facts: PinFacts) -> Iterator[PinFinding]:
    pin, who = use.gpio, f"{use.name or 'a pin'} ({use.owner})"
    if pin is None:
        yield PinFinding(
            "caution", None, f"The map has no pin {use.name}, which {use.owner} asks for.", f"cstmpmap: `{use.name}:N`."
        )
        return
    reads = use.name in facts.inputs
    for wrong, text in (
        (pin not in chip.gpios, f"{who}: the {board.chip} has no GPIO {pin}."),
        (pin in memory, f"{who}: GPIO {pin} is wired to the memory of {board.id}."),
        (pin in chip.radio, f"{who}: GPIO {pin} is wired to the Wi-Fi chip of {board.id}."),
        (pin in chip.input_only and not reads, f"{who}: GPIO {pin} is an input only."),
        (use.name in facts.analog and pin not in chip.adc, f"{who}: GPIO {pin} is no analog input while Wi-Fi is on."),
    ):
        if wrong:
            yield PinFinding("unusable", pin, text, "Choose another one with cstmpmap.")
            return
    if use.name != _LED:  # the board's maker has seen to that
        yield from _cautions(use, pin, board, chip, facts, who)


def _cautions(use: PinUse, pin: int, board: Board, chip: ChipPins, facts: PinFacts, who: str) -> Iterator[PinFinding]:
    for given, text, hint in (
        (
            pin in chip.strapping,
            f"{who}: GPIO {pin} is a strapping pin, read when the chip starts.",
            "What is connected must not pull it the wrong way then.",
        ),
        (
            pin in chip.input_only and use.name in facts.pulled,
            f"{who}: GPIO {pin} has no pull-up or pull-down.",
            "Add a resistor.",
        ),
        (
            pin in chip.usb and board.native_usb,
            f"{who}: GPIO {pin} is the board's USB.",
            "Its serial port is gone while the pin is used.",
        ),
        (
            pin in chip.console and not board.native_usb,
            f"{who}: GPIO {pin} is the serial console.",
            "The REPL over USB does not work while the pin is used.",
        ),
    ):
        if given:
            yield PinFinding("caution", pin, text, hint)
