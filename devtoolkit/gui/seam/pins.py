"""Pins: who uses which, and the board as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit import settings
from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.devtools.pinout_picture import Palette
    from devtoolkit.services.devtools.pins import PinReport


class Pins(Seam):
    """Pins: who uses which, and the board as a picture."""

    def pin_modules(self) -> tuple[str, ...]:
        """The load modules that can be looked at."""
        from devtoolkit import paths
        from devtoolkit.services.devtools import sources

        return tuple(one.module for one in sources.read_all(paths.micros_source()) if one.kind == "load_module")

    def pin_config(self, uid: str, handle: Handle) -> tuple[str, dict[str, object]]:
        """The board that a node runs on (empty: not to be told), and its configuration."""
        from devtoolkit.codecs.shell import parse_fields
        from devtoolkit.services import config_jobs, shell
        from devtoolkit.services.devtools.board_guess import board_of

        config = config_jobs.run("get", uid, self.cache(), ask=handle.ask).nodes[0].config
        result = shell.run(("system info",), uid, self.cache(), ask=handle.ask, interfaces=settings.chosen_interfaces())
        machine = parse_fields(result.replies[0][1]).get("board", "")
        return board_of(machine), dict(config.values) if config else {}

    def pins(
        self, board: str, modules: Sequence[str], config: Mapping[str, object], palette: Palette
    ) -> tuple[PinReport, str]:
        """The pin check and the picture (SVG, twice as large as it is shown)."""
        from devtoolkit.services.devtools import pinout

        return pinout.of_check(board, modules, config, palette=palette, scale=2.0, compact=True)

    def save_picture(self, file: Path, board: str, modules: Sequence[str], config: Mapping[str, object]) -> None:
        """The picture with all its words, as SVG. Raises DataFileError."""
        from devtoolkit.errors import DataFileError
        from devtoolkit.services import datafile
        from devtoolkit.services.devtools import pinout

        _report, svg = pinout.of_check(board, modules, config)
        try:
            datafile.replace_file(file, svg.encode())
        except OSError as error:
            raise DataFileError(f"{file}: {error.strerror}.", hint="Choose another place.") from error
