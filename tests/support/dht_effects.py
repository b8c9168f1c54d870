"""Effects of LM_dht11 and LM_dht22: the values of the sensor's wire, at most one measurement in its pause, the log."""

from collections.abc import Callable, Sequence

from module_bench import Bench

Air = tuple[float, float]  # °C, %


class Dht:
    """A sensor of `kind` that is asked no sooner than every `pause_ms`; `airs` are values that it can tell."""

    def __init__(self, kind: str, pause_ms: int, airs: Sequence[Air]) -> None:
        self.kind = kind
        self.pause_ms = pause_ms
        self.airs = airs

    def effects(self) -> dict[str, Callable[[Bench], None]]:
        return {"measure": self._measure, "measure_w_co2": self._measure_w_co2, "logger": self._logger}

    def _air(self, b: Bench, air: Air) -> None:
        celsius, percent = air
        b.set("sensor", kind=self.kind, pin=b.pins["dhtpin"], temperature=celsius, humidity=percent, fault=None)
        b.set("leap", ms=self.pause_ms)

    def _log(self, b: Bench) -> list[str]:
        return (b.files(f"{self.kind}.dat") or "").splitlines()

    def _measure(self, b: Bench) -> None:
        for celsius, percent in self.airs:
            self._air(b, (celsius, percent))
            assert b.json(f"{self.kind} measure log=True") == {"temp[C]": celsius, "hum[%]": percent}
            assert f"{percent:g}" in self._log(b)[-1]
        b.set("sensor", kind=self.kind, pin=b.pins["dhtpin"], temperature=1.0, humidity=2.0)
        assert b.json(f"{self.kind} measure")["hum[%]"] == percent, "not measured again so soon"

    def _measure_w_co2(self, b: Bench) -> None:
        celsius, percent = self.airs[0]
        self._air(b, (celsius, percent))
        b.set("adc", pin=b.pins["co2"], value=13000)
        values = b.json(f"{self.kind} measure_w_co2 log=True")
        ppm = float(b.call(f"co2 measure_mq135 {celsius} {percent}").split()[0])
        assert values == {"temp[C]": celsius, "hum[%]": percent, "co2[ppm]": ppm}
        assert "co2[ppm]" in self._log(b)[-1]

    def _logger(self, b: Bench) -> None:
        self._air(b, (17.0, 66.0))
        b.call(f"{self.kind} measure log=True")
        lines = b.call(f"{self.kind} logger").splitlines()
        assert lines == self._log(b)
        assert "17" in lines[-1]
        assert "66" in lines[-1]
