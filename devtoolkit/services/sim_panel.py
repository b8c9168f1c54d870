"""Virtual boards as somebody at a bench sees them: which are on, what one shows, and what is done to it.

Works with every running board of this user, also with those that another program runs. Each call is one short visit
at the board's control socket; all raise SimulatorError when the board is not there or does not answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from devtoolkit import paths
from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import SimulatorError
from devtoolkit.model.board import Board
from devtoolkit.services import sim_parts, sim_wiring
from devtoolkit.services.sim_lights import Light, lights
from devtoolkit.services.sim_parts import Encoder, Microphone, Parts, Servo, Sound
from devtoolkit.services.sim_pins import PinNames, pins_of
from devtoolkit.services.sim_wiring import SensorState, sensors
from devtoolkit.simulator import chips, identity
from devtoolkit.simulator.board import RP2
from devtoolkit.simulator.control import ControlClient
from devtoolkit.simulator.hardware import Hardware, State
from devtoolkit.simulator.oled import OledFrame
from devtoolkit.simulator.registry import RunningBoard, list_boards, running

Power = Literal["power_on", "power_off", "reset"]
_BOOT_BUTTON = 0  # GPIO of the button that every ESP32 board has; it pulls its pin down
_BUTTONS = ("irq1", "irq2", "irq3", "irq4", "oleduibttn")
_OLED, _OLED_KINDS = 0x3C, ("ssd1306", "sh1106")


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A board that is in use. `state` is the simulator's: running, repl, download, off ...; `pid` who runs it."""

    name: str
    chip: str
    state: str
    ip: str
    shell_port: int
    pid: int


@dataclass(frozen=True, slots=True)
class ButtonState:
    """A button. `level`: what the pin is at when it is pressed. `watched`: the node reacts to its edges."""

    name: str
    gpio: int
    level: int
    watched: bool
    down: bool = False


@dataclass(frozen=True, slots=True)
class LinkState:
    """The network around the board. `joined`: the Wi-Fi it is in, empty for none; `in_range`: whether there is one."""

    joined: str
    in_range: bool
    delay_ms: int
    multicast: bool
    time_server: bool


@dataclass(frozen=True, slots=True)
class Display:
    """An OLED on the bus and what it shows."""

    kind: str
    frame: OledFrame


@dataclass(frozen=True, slots=True)
class BoardLook:
    """One board at one moment. Without a running program (`alive` False) only `row` and `console` tell something."""

    row: BoardRow
    console: str
    alive: bool = False
    lights: tuple[Light, ...] = ()
    buttons: tuple[ButtonState, ...] = ()
    sensors: tuple[SensorState, ...] = ()
    display: Display | None = None
    link: LinkState | None = None
    parts: Parts | None = None


def rows() -> tuple[BoardRow, ...]:
    """The boards that are in use now, by name."""
    found = []
    for name in list_boards(paths.simulator()):
        board = running(name, paths.simulator())
        if board is not None:
            try:
                with _visit(board) as client:
                    found.append(_row(board, client))
            except SimulatorError:  # it has just ended
                continue
    return tuple(found)


def known() -> tuple[str, ...]:
    """The names of all boards that have been made."""
    return list_boards(paths.simulator())


def board_types() -> tuple[Board, ...]:
    """The boards of the catalogue that can be simulated, one for each chip."""
    possible = {*chips.names(), RP2}
    plain: dict[str, Board] = {}
    for board in load_boards():
        if board.chip in possible and (board.chip not in plain or board.id == board.chip):
            plain[board.chip] = board
    return tuple(sorted(plain.values(), key=lambda board: (board.chip != "esp32", board.id)))


def look(name: str) -> BoardLook:
    """What the board shows now."""
    with _visit(_board(name)) as client:
        row = _row(_board(name), client)
        text = str(client.request("console")["text"])
        if row.state != "running":
            return BoardLook(row, text)
        try:
            state = Hardware.over(client).state()
        except SimulatorError:  # its program does not wait, or it restarts just now
            return BoardLook(row, text)
    pins = pins_of(row.chip)
    return BoardLook(
        row,
        text,
        alive=True,
        lights=lights(state.raw, pins),
        buttons=_buttons(state, pins, row.chip),
        sensors=sensors(state.raw, pins),
        display=_display(state, pins),
        link=_link(state.raw),
        parts=sim_parts.parts(state.raw, pins, row.chip),
    )


def power(name: str, how: Power) -> None:
    """Pull the plug, put it in again, or press reset."""
    with _visit(_board(name)) as client:
        client.request(how)


def press(name: str, button: ButtonState, hold_ms: int) -> None:
    """Press a button for so long, with the bounce of real contacts."""
    _with(name, lambda hardware: hardware.press(button.gpio, button.level, hold_ms))


def hold(name: str, button: ButtonState, *, down: bool) -> None:
    """Keep a button down, or let it go."""
    _with(name, lambda hardware: hardware.drive(button.gpio, button.level if down else None))


def sense(name: str, sensor: str, values: Mapping[str, float] | None, fault: str | None = None) -> None:
    """Let a sensor measure these values; None takes it off."""
    pins = _pins(name)
    if values is None:
        _with(name, lambda hardware: sim_wiring.remove(hardware, sensor, pins))
    else:
        _with(name, lambda hardware: sim_wiring.put(hardware, sensor, pins, values, fault))


def display(name: str, kind: str) -> None:
    """Put an ssd1306 or sh1106 on the bus; an empty kind takes it off."""
    at = _pins(name).gpio.get
    scl, sda = at("i2c_scl", 22), at("i2c_sda", 21)
    if kind:
        _with(name, lambda hardware: hardware.attach_i2c(_OLED, kind, scl=scl, sda=sda))
    else:
        _with(name, lambda hardware: hardware.detach_i2c(_OLED, scl=scl, sda=sda))


def fit(name: str, part: Servo | Encoder | Microphone, *, on: bool, fault: str | None = None) -> None:
    """Put a part on the board or take it off; `fault`: one of a microphone's."""

    def change(hardware: Hardware) -> None:
        match part:
            case Servo():
                sim_parts.fit_servo(hardware, part, on=on)
            case Encoder():
                sim_parts.fit_encoder(hardware, part, on=on)
            case Microphone():
                sim_parts.fit_microphone(hardware, part, on=on, fault=fault)

    _with(name, change)


def turn(name: str, encoder: Encoder, detents: int, *, bounces: bool = False) -> None:
    """Turn the encoder by so many detents, negative is back."""
    _with(name, lambda hardware: sim_parts.turn(hardware, encoder, detents, bounces=bounces))


def sound(name: str, wanted: Sound) -> None:
    """What is heard around the board from now on."""
    _with(name, lambda hardware: sim_parts.make_sound(hardware, wanted))


def network(name: str, **changes: Any) -> None:
    """`in_range` (bool): of all Wi-Fis; `delay_ms`, `multicast`; `time_server` (bool)."""

    def change(hardware: Hardware) -> None:
        if "in_range" in changes:
            for one in hardware.state().raw["wifi"]["networks"]:
                hardware.request("wifi", set={"ssid": one["ssid"], "present": changes["in_range"]})
        if "time_server" in changes:
            hardware.request("ntp", up=changes["time_server"])
        link = {key: changes[key] for key in ("delay_ms", "multicast") if key in changes}
        if link:
            hardware.request("network", **link)

    _with(name, change)


def _board(name: str) -> RunningBoard:
    found = running(name, paths.simulator())
    if found is None:
        raise SimulatorError(f"The virtual board {name} is not powered on.", hint="Power it on first.", name=name)
    return found


def _visit(board: RunningBoard) -> ControlClient:
    return ControlClient(board.control, board.token)


def _with(name: str, change: Callable[[Hardware], object]) -> None:
    with _visit(_board(name)) as client:
        change(Hardware.over(client))


def _row(board: RunningBoard, client: ControlClient) -> BoardRow:
    state = str(client.request("state")["state"])
    return BoardRow(board.name, _chip(board.name), state, board.ip, board.shell_port, board.pid)


def _chip(name: str) -> str:
    found = identity.load(paths.simulator() / name)
    return found.chip if found else ""


def _pins(name: str) -> PinNames:
    return pins_of(_chip(name))


def _buttons(state: State, pins: PinNames, chip: str) -> tuple[ButtonState, ...]:
    wired = [(name, pins.gpio[name], 1) for name in _BUTTONS if name in pins.gpio]
    if chip != RP2:
        wired.append(("boot", _BOOT_BUTTON, 0))
    return tuple(_button(state, *one) for one in wired)


def _button(state: State, name: str, gpio: int, level: int) -> ButtonState:
    pin = state.raw["pins"].get(str(gpio), {})
    return ButtonState(name, gpio, level, watched=bool(pin.get("irq")), down=pin.get("value") == level)


def _display(state: State, pins: PinNames) -> Display | None:
    at = pins.gpio.get
    scl, sda = at("i2c_scl", 22), at("i2c_sda", 21)
    found = state.i2c(_OLED, scl, sda)
    if found is None or found.get("kind") not in _OLED_KINDS:
        return None
    frame = state.oled(_OLED, scl, sda)
    return Display(found["kind"], frame) if frame is not None else None


def _link(raw: Mapping[str, Any]) -> LinkState:
    wifi = raw["wifi"]
    return LinkState(
        str(wifi["sta"].get("joined") or ""),
        any(one["present"] for one in wifi["networks"]),
        raw["network"]["delay_ms"],
        raw["network"]["multicast"],
        raw["ntp"]["up"],
    )
