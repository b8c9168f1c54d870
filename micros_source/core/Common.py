"""What load modules may use of the system."""

import Tasks
from Debug import errlog_add, log_get, logger
from LoadModule import msgobj as msgobj_of_caller
from micropython import const

_ADC_FULL_SCALE_V = const(2.45)  # ESP32 at 11 dB attenuation, data sheet range
_MIN_STEP_MS = const(5)


def socket_stream(func):
    """Decorator: `func` gets `msgobj`, a print-like callable that writes a line to the caller's session only."""

    def wrapper(*args, **kwargs):
        if "msgobj" not in kwargs:
            kwargs["msgobj"] = msgobj_of_caller()
        return func(*args, **kwargs)

    return wrapper


def transition(from_val, to_val, step_ms, interval_sec):
    """Yields whole numbers from from_val to to_val, one per step_ms; only to_val when the interval is not positive."""
    if interval_sec > 0:
        steps = round(interval_sec * 1000 / step_ms)
        delta = (to_val - from_val) / steps if steps else 0
        for step in range(steps):
            yield round(from_val + delta * step)
    yield to_val


def transition_gen(*args, interval_sec=1.0):
    """From-to pairs, one per channel: (generator, step_ms) for one channel, else ([generators], step_ms)."""
    pairs = [(args[i], args[i + 1]) for i in range(0, len(args) - 1, 2)]
    biggest = max(abs(a - b) for a, b in pairs)
    step_ms = max(_MIN_STEP_MS, int(interval_sec * 1000 / biggest) if biggest else 0)
    generators = [transition(a, b, step_ms, interval_sec) for a, b in pairs]
    return (generators[0] if len(generators) == 1 else generators), step_ms


class SmartADC:
    """An analog input by pin number or logical name. 65535 = 2450 mV."""

    INSTANCES = {}

    def __init__(self, pin):
        from machine import ADC, Pin

        if isinstance(pin, str):
            from microIO import physical_pin

            pin = physical_pin(pin)
        self.adc = ADC(Pin(pin))
        if hasattr(ADC, "ATTN_11DB"):
            self.adc.atten(ADC.ATTN_11DB)

    def get(self):
        """{'raw': mean of 2 samples 0..65535, 'percent': 1 decimal, 'volt': 2 decimals}."""
        raw = (self.adc.read_u16() + self.adc.read_u16()) // 2
        part = raw / 65535
        return {"raw": raw, "percent": round(part * 100, 1), "volt": round(part * _ADC_FULL_SCALE_V, 2)}

    @staticmethod
    def get_singleton(pin):
        """The one object of a pin."""
        if pin not in SmartADC.INSTANCES:
            SmartADC.INSTANCES[pin] = SmartADC(pin)
        return SmartADC.INSTANCES[pin]


def micro_task(tag, task=None):
    """
    Without `task`: the task object of that tag, or None (attributes out, done, tag, cancel(); a `with` context).
    With a coroutine: starts it; True started, None such a task runs already, False failure.
    """
    if task is None:
        return Tasks.TaskBase.TASKS.get(tag)
    try:
        if not hasattr(task, "send"):
            raise TypeError("not a coroutine")
        return True if Tasks.Manager.create_task(task, tag=tag) else None
    except Exception as e:
        errlog_add("[ERR][micro_task] %s: %s" % (tag, e))
        return False


def lm_exec(command):
    """Runs a load module's command, as the shell does: (bool, reply text)."""
    return Tasks.exec_text(command)


def data_logger(f_name, data=None, limit=12, msgobj=None):
    """
    With data: adds a time-stamped line to <f_name>.dat, bool. Without: streams the lines, True. False when the name is
    a path or hidden: it may come from a caller, and logs stay in their place.
    """
    if "/" in f_name or f_name.startswith("."):
        errlog_add("[ERR][log] bad name: %s" % f_name)
        return False
    f_name = f_name if f_name.endswith(".dat") else f_name + ".dat"
    if data is not None:
        return logger(data, f_name, limit)
    log_get(f_name, msgobj or msgobj_of_caller())
    return True


def state_file(name, *defaults):
    """
    The kept state of a module: an object whose list `values` comes from `<name>.pds`, or is `defaults`. Changed values
    are kept by `save()` or `save(*values)`.
    """
    from StateFile import StateFile

    return StateFile(name, defaults)


def typed_help(entries, widgets=False):
    """
    What `help(widgets)` gives back: usage lines, or with widgets=True the JSON texts of the tagged ones, as
    `SLIDER brightness percent=<0-100-5>` or `BUTTON toggle state=<True,False>`; tags and format: see Types.
    """
    import sys

    from Types import resolve

    sys.modules.pop("Types")  # needed for this moment only
    return resolve(entries, widgets)


def syslog(msg):
    """Writes a line to the error log."""
    return errlog_add("[USER] %s" % msg)


def notify(text):
    """Sends a text to all known chats, in the background. bool: it is on its way; False also while they are off."""
    try:
        from Notify import notify as send

        return send(text)
    except Exception as e:
        errlog_add("[ERR][notify] %s" % e)
        return False


def rest_endpoint(endpoint, function, method="GET"):
    """
    Registers `GET /<endpoint>`, or with method="POST" a function that gets the body (bytes). It gives (content type,
    data[, status]), see docs/guide/web.md. Switches webui on and restarts the node when it was off. True.
    """
    from Config import cfgget, cfgput
    from Server import ENDPOINTS

    endpoint = endpoint.strip("/")
    ENDPOINTS[endpoint if method == "GET" else "%s %s" % (method, endpoint)] = function
    if not cfgget("webui") and cfgput("webui", True):
        from Hooks import reboot

        reboot(hard=True)
    return True
