"""Virtual boards: powering them on, and what somebody sees and does at their bench."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.model.board import Board
    from devtoolkit.services.sim_panel import BoardLook, BoardRow, ButtonState, Power
    from devtoolkit.services.sim_parts import Encoder, Microphone, Servo, Sound
    from devtoolkit.services.simulation import VirtualNode


class Virtual(Seam):
    """Virtual boards."""

    def power_on(
        self, names: tuple[str, ...], on_ready: Callable[[VirtualNode], None], **options: Any
    ) -> AbstractContextManager[tuple[VirtualNode, ...]]:
        """`options`: `board_type` and `fresh`."""
        from devtoolkit.services.simulation import power_on

        return power_on(names, on_ready=on_ready, **options)

    def virtual_rows(self) -> tuple[BoardRow, ...]:
        from devtoolkit.services import sim_panel

        return sim_panel.rows()

    def virtual_types(self) -> tuple[tuple[Board, ...], tuple[str, ...]]:
        """The board types that can be simulated, and the names of the virtual boards that exist."""
        from devtoolkit.services import sim_panel

        return sim_panel.board_types(), sim_panel.known()

    def virtual_look(self, name: str) -> BoardLook:
        from devtoolkit.services import sim_panel

        return sim_panel.look(name)

    def virtual_power(self, names: tuple[str, ...], how: Power) -> None:
        from devtoolkit.services import sim_panel

        for name in names:
            sim_panel.power(name, how)

    def virtual_press(self, name: str, button: ButtonState, hold_ms: int) -> None:
        from devtoolkit.services import sim_panel

        sim_panel.press(name, button, hold_ms)

    def virtual_hold(self, name: str, button: ButtonState, *, down: bool) -> None:
        from devtoolkit.services import sim_panel

        sim_panel.hold(name, button, down=down)

    def virtual_sense(self, name: str, sensor: str, values: Mapping[str, float] | None, fault: str | None) -> None:
        from devtoolkit.services import sim_panel

        sim_panel.sense(name, sensor, values, fault)

    def virtual_display(self, name: str, kind: str) -> None:
        from devtoolkit.services import sim_panel

        sim_panel.display(name, kind)

    def virtual_fit(self, name: str, part: Servo | Encoder | Microphone, *, on: bool, fault: str | None = None) -> None:
        from devtoolkit.services import sim_panel

        sim_panel.fit(name, part, on=on, fault=fault)

    def virtual_turn(self, name: str, encoder: Encoder, detents: int, *, bounces: bool) -> None:
        from devtoolkit.services import sim_panel

        sim_panel.turn(name, encoder, detents, bounces=bounces)

    def virtual_sound(self, name: str, wanted: Sound) -> None:
        from devtoolkit.services import sim_panel

        sim_panel.sound(name, wanted)

    def virtual_network(self, name: str, changes: Mapping[str, Any]) -> None:
        from devtoolkit.services import sim_panel

        sim_panel.network(name, **changes)
