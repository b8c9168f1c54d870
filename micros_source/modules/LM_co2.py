"""
MQ135 gas sensor on an analog input (co2), read as ppm of carbon dioxide.

Hanwei data sheet MQ-135: the sensor's resistance against its load (RL = 10 kOhm here) follows from the ratio of output
to supply, so the divider in front of the input must map the supply to the full range; the curve of CO2 in figure 2 is
ppm = 116.602 x (Rs/R0)^-2.769, where R0 = 76.63 kOhm stands for a sensor that has been heated for a day in outdoor air;
figure 4, dependence on temperature and humidity, is the correction.
"""

from Common import SmartADC, typed_help
from microIO import pinmap_dump
from micropython import const

_LOAD_KOHM = const(10)
_R0_KOHM = const(76.63)
_SCALE = const(116.6020682)
_EXPONENT = const(-2.769034857)
_FULL = const(65535)
_VOLT = const(2.45)  # of the full range, see SmartADC
_LIMITS = ((1000, "PERFECT"), (2000, "POOR"), (4000, "WARNING"))


def _kohm():
    """The sensor's resistance. Raises OSError without a signal."""
    raw = SmartADC.get_singleton("co2").get()["raw"]
    if not raw:
        raise OSError("MQ135: no signal")
    return (_FULL / raw - 1) * _LOAD_KOHM


def _correction(celsius, percent):
    """Resistance against that at 20 degrees and 33 % (figure 4: a parabola below 20 degrees, lines above)."""
    if celsius < 20:
        return 0.00035 * celsius * celsius - 0.02718 * celsius + 1.39538 - (percent - 33) * 0.0018
    return -0.003333333 * celsius - 0.001923077 * percent + 1.130128205


def raw_measure_mq135():
    """'kOhm/(highest value, volts of the range)'"""
    return "%.2f/%s" % (_kohm(), (_FULL, _VOLT))


def measure_mq135(temperature=None, humidity=None):
    """'ppm - PERFECT' or POOR, WARNING, CRITICAL; with temperature and humidity of the air, both, it is compensated."""
    if (temperature is None) != (humidity is None):
        return "Error: temperature and humidity are needed, both"
    ratio = _kohm() / _R0_KOHM
    if temperature is not None:
        ratio /= _correction(temperature, humidity)
    ppm = _SCALE * ratio**_EXPONENT if ratio > 0 else 1e6
    verdict = "CRITICAL"
    for limit, name in reversed(_LIMITS):
        if ppm < limit:
            verdict = name
    return "%.1f - %s" % (min(ppm, 1e6), verdict)


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump("co2")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        ("TEXTBOX raw_measure_mq135", "TEXTBOX measure_mq135", "measure_mq135 temperature humidity", "pinmap"), widgets
    )
