"""Virtual boards that only pretend: what is done to them changes what a look shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devtoolkit.errors import SimulatorError
from devtoolkit.services import sim_panel
from devtoolkit.services.sim_lights import Light
from devtoolkit.services.sim_panel import BoardLook, BoardRow, ButtonState, Display, LinkState
from devtoolkit.services.sim_parts import Encoder, Microphone, Parts, Servo, Sound
from devtoolkit.services.sim_wiring import BY_NAME, SensorState
from devtoolkit.simulator.oled import OledFrame

_PICTURE = OledFrame(
    tuple("".join("#" if (x // 8 + y // 8) % 2 else "." for x in range(128)) for y in range(64)), 127
)  # fmt: skip
LIGHTS = (
    Light("led", "on-board LED", (2,), ((0, 0, 0),), "off"),
    Light("strip", "LED strip", (22,), tuple((255 - at * 10, at * 10, 60) for at in range(24)), "24 of 24 lit"),
    Light("light", "colour light", (14, 12, 15), ((255, 0, 188),), "red 100%, green 0%, blue 50%"),
    Light("signal", "buzzer / dim_1", (33,), (), "440 Hz, 50.0%"),
)
LOOK = BoardLook(
    BoardRow("demo", "esp32", "running", "127.0.0.2", 9008, 1),
    "~~~ start ~~~\r\n[nw] connect: micrOS-virtual\r\n[server] shell on port 9008\r\n",
    alive=True,
    lights=LIGHTS,
    buttons=tuple(ButtonState(f"irq{at}", gpio, 1, at == 1) for at, gpio in enumerate((4, 18, 5, 13), 1)),
    sensors=(
        SensorState(BY_NAME["bme280"], {"temperature": 23.5, "humidity": 41, "pressure": 1009}),
        SensorState(BY_NAME["light"], None),
    ),
    display=Display("ssd1306", _PICTURE),
    link=LinkState("micrOS-virtual", in_range=True, delay_ms=0, multicast=True, time_server=True),
    parts=Parts(
        (Servo("servo_1", 27, 67.5, 1250), Servo("servo_2", 12)),
        Encoder(18, 19, named=False, detents=3),
        (Microphone("i2s", 33, fitted=True, faults=("silent", "timeout")), Microphone("analog", 39)),
        Sound(33, (440, 72)),
    ),
)


def _fitted(part: Any, on: bool, fault: str | None) -> Any:
    """The part as the board shows it afterwards."""
    if isinstance(part, Servo):
        return replace(part, angle=0 if on else None, pulse_us=0)
    if isinstance(part, Encoder):
        return replace(part, detents=0 if on else None)
    return replace(part, fitted=on, fault=fault if on else None)


class FakeVirtual:
    """`bench` has those that are on; `done` is what was asked; an action on a board in `stubborn` is refused."""

    calls: list[tuple[Any, ...]]

    def _on(self) -> dict[str, BoardLook]:
        if not hasattr(self, "bench"):
            self.bench: dict[str, BoardLook] = {}
            self.done: list[tuple[Any, ...]] = []
            self.stubborn: set[str] = set()
        return self.bench

    def put_board(self, name: str, **fields: Any) -> None:
        """A board that is on."""
        self._on()[name] = replace(LOOK, row=replace(LOOK.row, name=name), **fields)

    def virtual_rows(self) -> Any:
        return tuple(look.row for _name, look in sorted(self._on().items()))

    def virtual_types(self) -> Any:
        return sim_panel.board_types(), ("demo", "lamp")

    def virtual_look(self, name: str) -> Any:
        found = self._on().get(name)
        if found is None:
            raise SimulatorError(f"The virtual board {name} is not powered on.")
        return found

    def virtual_power(self, names: tuple[str, ...], how: Any) -> None:
        for name in names:
            look = self._do(name, how)
            on = how != "power_off"
            row = replace(look.row, state="running" if on else "off")
            self.bench[name] = replace(look, row=row, alive=on)

    def virtual_press(self, name: str, button: ButtonState, hold_ms: int) -> None:
        self._do(name, "press", button.name)

    def virtual_hold(self, name: str, button: ButtonState, *, down: bool) -> None:
        look = self._do(name, "hold", button.name, down)
        buttons = tuple(replace(one, down=down) if one.name == button.name else one for one in look.buttons)
        self.bench[name] = replace(look, buttons=buttons)

    def virtual_sense(self, name: str, sensor: str, values: Mapping[str, float] | None, fault: str | None) -> None:
        look = self._do(name, "sense", sensor, values, fault)
        fresh: dict[str, Any] = {"values": values, "fault": None if values is None else fault}
        states = tuple(replace(one, **fresh) if one.kind.name == sensor else one for one in look.sensors)
        self.bench[name] = replace(look, sensors=states)

    def virtual_display(self, name: str, kind: str) -> None:
        look = self._do(name, "display", kind)
        self.bench[name] = replace(look, display=Display(kind, _PICTURE) if kind else None)

    def virtual_fit(self, name: str, part: Any, *, on: bool, fault: str | None = None) -> None:
        self._put_part(name, ("fit", part, on, fault), _fitted(part, on, fault))

    def virtual_turn(self, name: str, encoder: Encoder, detents: int, *, bounces: bool) -> None:
        before = self.virtual_look(name).parts.encoder.detents
        self._put_part(name, ("turn", detents, bounces), replace(encoder, detents=(before or 0) + detents))

    def virtual_sound(self, name: str, wanted: Sound) -> None:
        look = self._do(name, "sound", wanted)
        assert look.parts is not None
        self.bench[name] = replace(look, parts=replace(look.parts, sound=wanted))

    def _put_part(self, name: str, what: tuple[Any, ...], part: Any) -> None:
        """The board with this part in the place of the one of its pins."""
        look = self._do(name, *what)
        assert look.parts is not None
        if isinstance(part, Encoder):
            parts = replace(look.parts, encoder=part)
        else:
            field = "servos" if isinstance(part, Servo) else "microphones"
            new = tuple(part if one.gpio == part.gpio else one for one in getattr(look.parts, field))
            parts = replace(look.parts, **{field: new})
        self.bench[name] = replace(look, parts=parts)

    def virtual_network(self, name: str, changes: Mapping[str, Any]) -> None:
        look = self._do(name, "network", dict(changes))
        assert look.link is not None
        self.bench[name] = replace(look, link=replace(look.link, **changes))

    def _do(self, name: str, *what: Any) -> BoardLook:
        look: BoardLook = self.virtual_look(name)
        self.done.append((name, *what))
        if name in self.stubborn:
            raise SimulatorError("The simulated hardware refuses it.")
        return look
