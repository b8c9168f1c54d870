"""Air by a DHT22, with an MQ135 beside it where there is one."""

from devtoolkit.apps._air import CO2, HUMIDITY, TEMPERATURE, measure


def app(devfid: str | None = None, pwd: str | None = None, *, samples: int = 20, pause_s: float = 3.0) -> None:
    """Temperature, humidity (DHT22) and CO2 (MQ135) of the air. A DHT22 measures every 2 s at most."""
    measure(devfid, pwd, "dht22", ((TEMPERATURE, HUMIDITY), (CO2,)), samples, pause_s)
