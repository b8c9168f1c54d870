"""Start of the node: loader, system, and recovery when the system fails. Never updated over the air."""

import os
import sys


def starts_in_vain():
    """Counted starts of a loader that is on trial; from here on a watchdog looks after it. 0 without a trial."""
    try:
        count = os.stat("ota/starts")[6]
    except OSError:
        return 0
    import machine

    machine.WDT(timeout=8000)  # RP2 takes at most 8388
    if machine.reset_cause() != machine.PWRON_RESET:
        with open("ota/starts", "a") as f:
            f.write(".")
    return count


def start(name, failure):
    """Runs the node. The loader is out of memory while the system runs, and comes back when it stops."""
    guard = __import__(name).main(failure)
    if not guard:
        return
    del sys.modules[name]
    reason = "event loop ended"
    try:
        __import__("micrOS").main()
    except Exception as e:
        reason = e
    (__import__(name) if guard is True else guard).recovery(reason)


def first():
    """The loader; the previous one when it raises or has started twice in vain."""
    names = ["micrOSloader", "micrOSloader_old"]
    failure = None
    if starts_in_vain() > 1:
        names.reverse()
        failure = "2 starts in vain"
    for name in names:
        try:
            return start(name, failure)
        except Exception as e:
            print("[main]", name, e)
            failure = failure or e


try:
    # After a power cut in a rename LittleFS hides another file until something is to be written: let it finish that.
    os.remove("ota/none")
except OSError:
    pass
first()
