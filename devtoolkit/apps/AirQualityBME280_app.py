"""Air by a BME280, with an MQ135 beside it where there is one."""

from devtoolkit.apps._air import CO2, HUMIDITY, PRESSURE, TEMPERATURE, measure


def app(devfid: str | None = None, pwd: str | None = None, *, samples: int = 20, pause_s: float = 3.0) -> None:
    """Temperature, humidity, pressure (BME280) and CO2 (MQ135) of the air."""
    measure(devfid, pwd, "bme280", ((TEMPERATURE, HUMIDITY), (PRESSURE,), (CO2,)), samples, pause_s)
