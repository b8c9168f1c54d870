"""What the controls of a pretended node stand at."""

from collections.abc import Sequence
from typing import Any

STANDING = {("rgb", "color"): {"r": "200", "g": "400", "b": "0"}, ("rgb", "toggle"): {"state": "True"}}


class FakeShells:
    """`standing` by module and function."""

    standing: dict[tuple[str, str], dict[str, str]] = STANDING

    def control_values(self, uid: str, widgets: Sequence[Any], handle: Any) -> Any:
        wanted = {(widget.module, widget.function) for widget in widgets}
        return {key: values for key, values in self.standing.items() if key in wanted}
