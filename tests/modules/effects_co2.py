"""LM_co2: resistance, ppm and verdict from the voltage of an MQ135."""

from module_bench import Bench

R0_KOHM = 76.63


def _voltage(b: Bench, kohm: float) -> None:
    """What the sensor's resistance and its load of 10 kOhm make of the supply."""
    b.set("adc", pin=b.pins["co2"], value=round(65535 * 10 / (kohm + 10)))


def _kohm(ppm: float) -> float:
    return float(R0_KOHM * (116.6020682 / ppm) ** (1 / 2.769034857))


def _raw_measure(b: Bench) -> None:
    for kohm in (76.63, 10.0, 33.0):
        _voltage(b, kohm)
        measured, _, volts = b.call("co2 raw_measure_mq135").partition("/")
        assert abs(float(measured) - kohm) <= 0.01 * kohm
        assert volts == "(65535, 2.45)"


def _measure(b: Bench) -> None:
    for ppm, verdict in ((420, "PERFECT"), (1500, "POOR"), (3000, "WARNING"), (6000, "CRITICAL")):
        _voltage(b, _kohm(ppm))
        measured, _, word = b.call("co2 measure_mq135").partition(" - ")
        assert (abs(float(measured) - ppm) <= 0.01 * ppm, word) == (True, verdict)
    _voltage(b, _kohm(800))
    plain = float(b.call("co2 measure_mq135").split()[0])
    warm = float(b.call("co2 measure_mq135 30 60").split()[0])
    assert abs(warm / plain - (-0.003333333 * 30 - 0.001923077 * 60 + 1.130128205) ** 2.769034857) < 0.01
    assert b.call("co2 measure_mq135 temperature=20").startswith("Error: ")
    b.set("adc", pin=b.pins["co2"], value=0)
    assert b.ask("co2 measure_mq135") == "Core error: LM_co2->measure_mq135: MQ135: no signal"


EFFECTS = {"raw_measure_mq135": _raw_measure, "measure_mq135": _measure}
