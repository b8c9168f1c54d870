"""What the apps for lights share: show values, compare what the node says, and leave the light as it was."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from devtoolkit.services.apps_kit import Dashboard, Plot

_STEP_S = 0.05
_LATE_S = 5.0


class Light:
    """A light of a node: `function` of `module` sets the channels `keys`. Get it with `light`."""

    def __init__(self, board: Dashboard, module: str, function: str, keys: Sequence[str], plot: Plot) -> None:
        self._board = board
        self._module = module
        self._function = function
        self._keys = keys
        self._plot = plot
        self.asked = 0
        self.taken = 0

    def show(self, *values: int) -> None:
        """Show values at once; they count as taken when the node says the same."""
        words = " ".join(map(str, values))
        self._compare(self._board.json(f"{self._module} {self._function} {words} smooth=False"), values)

    def fade(self, seconds: float, *values: int) -> None:
        """Fade, wait for the end of it."""
        words = " ".join(map(str, values))
        self._board.call(f"{self._module} transition {words} sec={seconds} wake=True")
        tag = f"{self._module}._tran"
        ended = self._board.until(lambda: tag not in self._board.active_tasks(), seconds + _LATE_S, _STEP_S)
        self._compare(self._board.json(f"{self._module} status") if ended else {}, values)

    def count(self, good: bool) -> None:
        """Something else was asked for, and has been done or not."""
        self.asked += 1
        self.taken += good

    def _compare(self, status: dict[str, int], values: Sequence[int]) -> None:
        shown = [status.get(key) for key in self._keys]
        self._plot.add(*(None if value is None else float(value) for value in shown))
        self.count(shown == list(values))


@contextmanager
def light(board: Dashboard, module: str, function: str, keys: Sequence[str], unit: str = "") -> Iterator[Light]:
    """A light with a plot of its channels; at the end it is as before, and what was taken is said."""
    before = board.json(f"{module} status")
    plot = board.plot(f"{module} ({board.device.fuid})", *((key, unit) for key in keys))
    one = Light(board, module, function, keys, plot)
    try:
        yield one
    finally:
        words = " ".join(str(before[key]) for key in keys)
        board.session.ask(f"{module} {function} {words} smooth=False")
        board.session.ask(f"{module} toggle {bool(before['S'])} smooth=False")
    board.say(f"{one.taken} of {one.asked} settings were taken.")
    board.figure("taken", round(100 * one.taken / one.asked, 1) if one.asked else 0.0, "%")


def ramp(steps: int, full: int) -> list[int]:
    """From a step to full and back to 0."""
    up = [round(full * step / steps) for step in range(1, steps + 1)]
    return [*up, *reversed(up[:-1]), 0]
