"""What happens around the system: boot commands, CPU clock, memory profile, restarts."""

import sys

from Config import cfgget
from Debug import DebugCfg, errlog_add
from micropython import const

_FAST_HZ = const(240_000_000)
_SLOW_HZ = const(160_000_000)

BEFORE_RESET = []  # callables run before a wanted restart
watchdog = None  # set by the loader in the run after an update: its guard, or True; a soft reset would not stop it


def bootup():
    """Runs the boothook commands, then sets the CPU clock (boostmd)."""
    from Tasks import exec_lm_pipe

    exec_lm_pipe(cfgget("boothook"))
    if "esp32" in sys.platform:
        import machine

        wanted = _FAST_HZ if cfgget("boostmd") else _SLOW_HZ
        try:
            if machine.freq() != wanted:
                machine.freq(wanted)
        except ValueError:
            pass  # C3 and C6 end at 160 MHz


def profiling_info(label=""):
    """Prints the memory profile when dbg is on."""
    if DebugCfg.DEBUG:
        import micropython

        print("~~~ %s ~~~" % label)
        micropython.mem_info()


def reboot(hard=False):
    """Restarts the interpreter, or the board when `hard`. Does not return."""
    import machine

    for callback in BEFORE_RESET:
        try:
            callback()
        except Exception as e:
            errlog_add("[ERR][reboot] %s" % e)
    if hasattr(watchdog, "announce"):
        watchdog.announce()
    if hard or watchdog:
        machine.reset()
    machine.soft_reset()
