"""What the two apps for air quality share."""

from collections.abc import Sequence
from dataclasses import dataclass

from devtoolkit.errors import NodeError
from devtoolkit.services.apps_kit import Dashboard, Plot, open_dashboard


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is measured: the key of the module's result, its name and unit."""

    key: str
    name: str
    unit: str


TEMPERATURE = Quantity("temp[C]", "temperature", "°C")
HUMIDITY = Quantity("hum[%]", "humidity", "%")
PRESSURE = Quantity("pressure[hPa]", "pressure", "hPa")
CO2 = Quantity("co2[ppm]", "CO2", "ppm")


def measure(
    devfid: str | None,
    pwd: str | None,
    module: str,
    groups: Sequence[Sequence[Quantity]],
    samples: int,
    pause_s: float,
) -> None:
    """Take samples: a plot for each group of quantities, mean values as figures. CO2 where there is a gas sensor."""
    with open_dashboard(devfid, pwd) as board:
        function = _function(board, module)
        wanted = [group for group in groups if CO2 not in group or function == "measure_w_co2"]
        plots = [board.plot(f"{group[0].name} ({board.device.fuid})", *_series(group)) for group in wanted]
        taken: dict[Quantity, list[float]] = {quantity: [] for group in wanted for quantity in group}
        for number in board.every(pause_s, samples):
            values = board.json(f"{module} {function}")
            for quantity, column in taken.items():
                column.append(float(values[quantity.key]))
            _add(plots, wanted, taken)
            board.say(f"{number + 1:>3}  " + "   ".join(f"{q.name} {c[-1]:g} {q.unit}" for q, c in taken.items()))
        for quantity, column in taken.items():
            if column:
                board.figure(quantity.name, round(sum(column) / len(column), 2), quantity.unit)


def _function(board: Dashboard, module: str) -> str:
    """With CO2 where its sensor works; the first measurement of the other one fails aloud."""
    try:
        board.call(f"{module} measure_w_co2")
    except NodeError as error:
        board.call(f"{module} measure")
        board.say(f"No CO2: {error.message}")
        return "measure"
    return "measure_w_co2"


def _series(group: Sequence[Quantity]) -> list[tuple[str, str]]:
    return [(quantity.name, quantity.unit) for quantity in group]


def _add(plots: list[Plot], groups: list[Sequence[Quantity]], taken: dict[Quantity, list[float]]) -> None:
    for plot, group in zip(plots, groups, strict=True):
        plot.add(*(taken[quantity][-1] for quantity in group))
