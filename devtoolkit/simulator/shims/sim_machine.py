"""`machine` of the virtual board. Constants and refusals as on the ESP32 port; driven over the link."""

from machine import mem8, mem16, mem32

import sim_time
import simcore
import simlink
from sim_analog import ADC, PWM, TouchPad
from sim_i2c import I2C, SoftI2C
from sim_i2s import I2S
from sim_pin import Pin, Signal, disable_irq, enable_irq, time_pulse_us
from sim_spi import SPI, SoftSPI
from sim_uart import UART

__all__ = ("ADC", "I2C", "I2S", "PWM", "Pin", "SPI", "Signal", "SoftI2C", "SoftSPI", "TouchPad", "UART")
__all__ += ("disable_irq", "enable_irq", "mem8", "mem16", "mem32", "time_pulse_us")

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
WLAN_WAKE = PIN_WAKE = 2
EXT1_WAKE, TIMER_WAKE, TOUCHPAD_WAKE, ULP_WAKE = 3, 4, 5, 6
SLEEP, DEEPSLEEP = 1, 2

_CAUSES = {
    "power_on": PWRON_RESET,
    "hard": HARD_RESET,
    "wdt": WDT_RESET,
    "deepsleep": DEEPSLEEP_RESET,
    "soft": SOFT_RESET,
}
_FREQUENCIES = (20000000, 40000000, 80000000, 160000000, 240000000)
_freq = 160000000


def _leave(kind, **facts):
    """The board goes down: tell the board process, which restarts the VM."""
    if simlink.up():
        facts.update({"ev": "reset", "kind": kind})
        simlink.final(facts)
    raise SystemExit


def reset():
    _leave("hard")


def soft_reset():
    raise SystemExit


def deepsleep(time_ms=0):
    _leave("deepsleep", ms=time_ms)


def bootloader(timeout=0):
    _leave("bootloader")


def reset_cause():
    return _CAUSES.get(simcore.cfg.get("reset_cause"), PWRON_RESET)


def wake_reason():
    return 0


def unique_id():
    if simcore.cfg.get("unique_id"):
        return bytes(
            int(simcore.cfg["unique_id"][at : at + 2], 16) for at in range(0, len(simcore.cfg["unique_id"]), 2)
        )
    return bytes(int(part, 16) for part in simcore.cfg["mac"].split(":"))


def freq(hz=None):
    global _freq
    if hz is None:
        return _freq
    if hz not in _FREQUENCIES and not simcore.cfg["chip"].startswith("rp2"):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _freq = hz
    return None


def idle():
    simcore.wait(1)


def lightsleep(time_ms=None):
    simcore.wait(time_ms)


class Timer:
    """Hardware or virtual timer; the same id is the same timer, as on the ESP32."""

    ONE_SHOT = 0
    PERIODIC = 1
    _all = {}

    def __new__(cls, id, **kwargs):
        timer = cls._all.get(id)
        if timer is None or id == -1:
            timer = super().__new__(cls)
            timer._job = simcore.Job(timer._fire)
            timer._callback = None
            timer._id = id
            timer._period = 0
            cls._all[id] = timer
        return timer

    def __init__(self, id, **kwargs):
        if kwargs:
            self.init(**kwargs)

    def init(self, mode=PERIODIC, freq=-1, period=-1, callback=None, tick_hz=1000, hard=False):
        if freq != -1:
            period = 1000 / freq
        elif tick_hz != 1000:
            period = period * 1000 / tick_hz
        if period < 0:
            period = 0xFFFFFFFF
        self._callback = callback
        self._period = max(1, int(period))
        self._job.start(self._period, self._period if mode == Timer.PERIODIC else 0)

    def deinit(self):
        self._job.stop()

    def value(self):
        return self._period - max(0, simcore.ticks_diff(self._job.due, simcore.ticks_ms()))

    def _fire(self, _):
        if self._callback is not None:
            self._callback(self)

    def __repr__(self):
        return "Timer(%s, period=%d)" % (self._id, self._period)


class RTC:
    """The board's clock (UTC or whatever the device puts in) and 2048 bytes of RTC memory."""

    _memory = b""

    def datetime(self, value=None):
        if value is None:
            us = sim_time.board_us()
            t = sim_time.gmtime(us // 1000000 - sim_time.EPOCH_2000)
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], us % 1000000)
        year, month, day, _, hour, minute, second = value[:7]
        us = value[7] if len(value) > 7 else 0
        seconds = sim_time.days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
        sim_time.set_board_us(seconds * 1000000 + us)
        return None

    def init(self, value=None):
        return self.datetime(value)

    def memory(self, data=None):
        if data is None:
            return RTC._memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        RTC._memory = bytes(data)
        return None


class WDT:
    """
    Hardware watchdog: not fed in time means a reset of kind `wdt`. There is one; making it again changes its timeout.
    The board process counts too, so that a program which spins without waiting is bitten as well.
    """

    _job = None

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(%s) doesn't exist" % id)
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        WDT._timeout = timeout
        if WDT._job is None:
            WDT._job = simcore.Job(_bite)
        self._start()

    def feed(self):
        if simcore.ticks_diff(simcore.ticks_ms(), WDT._job.due) >= 0:
            _bite(None)  # the program was blocked for longer: a real chip is gone by now
        self._start()

    def _start(self):
        WDT._job.start(WDT._timeout)
        simlink.send({"ev": "wdt", "ms": WDT._timeout})


def _bite(_):
    _leave("wdt")
