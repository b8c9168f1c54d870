"""Virtual boards that only pretend: what is done to them changes what a look shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devtoolkit.errors import SimulatorError
from devtoolkit.services import sim_panel
from devtoolkit.services.sim_lights import Light
from devtoolkit.services.sim_panel import BoardLook, BoardRow, ButtonState, Display, LinkState
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
)


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
        states = tuple(replace(one, values=values) if one.kind.name == sensor else one for one in look.sensors)
        self.bench[name] = replace(look, sensors=states)

    def virtual_display(self, name: str, kind: str) -> None:
        look = self._do(name, "display", kind)
        self.bench[name] = replace(look, display=Display(kind, _PICTURE) if kind else None)

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
