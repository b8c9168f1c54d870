"""Starts what runs by itself: periodic commands (timirq), reactions to pins (irq1 ... irq4), the scheduler (cron)."""

import time

import asyncio
from Config import cfgget
from Debug import errlog_add
from micropython import const
from Tasks import Manager

_EXCEPTION_BYTES = const(100)  # what MicroPython's documentation asks for
_LONGEST_MS = const(3600000)  # one wait; ticks count to 6 days only, and a period may be longer
EVENTS = range(1, 5)


def commands_of(text):
    """The commands of a list separated by `;`; 'n/a' is none."""
    from Literal import split_outside

    parts = (part.strip() for part in split_outside(text, ";"))
    return [part for part in parts if part not in ("", "n/a")]


def emergency_mbuff():
    """Room for the traceback of a handler that finds the memory full; only handlers of pins are ever interrupts."""
    if any(cfgget("irq%d" % number) for number in EVENTS):
        import micropython

        micropython.alloc_emergency_exception_buf(_EXCEPTION_BYTES)


def initEventIRQs():
    """Starts a task `irqN` for each pin that has commands. A pin that cannot be used is logged and left out."""
    for number in EVENTS:
        name = "irq%d" % number
        commands = commands_of(cfgget(name + "_cbf"))
        if not cfgget(name) or not commands:
            continue
        try:
            from PinEvent import PinEvent

            Manager.create_task(PinEvent(name, commands).watch(), tag=name)
        except Exception as e:
            errlog_add("[%s][ERR] %s" % (name, e))


def enableInterrupt():
    """Starts the task `timirq`: the commands of timirqcbf every timirqseq ms."""
    commands = commands_of(cfgget("timirqcbf"))
    if commands:
        from Trigger import Trigger

        Manager.create_task(_periodic(Trigger("timirq", commands), cfgget("timirqseq")), tag="timirq")


async def _periodic(trigger, period):
    """Runs at whole periods after the start; a period that was missed is not made up."""
    due = time.ticks_ms()
    left = period
    while True:
        step = min(left, _LONGEST_MS)
        due = time.ticks_add(due, step)
        wait = time.ticks_diff(due, time.ticks_ms())
        if wait < 0:
            due = time.ticks_ms()
        await asyncio.sleep_ms(max(0, wait))
        left -= step
        if not left:
            left = period
            trigger.run()


def enableCron():
    """Starts the task `cron`."""
    import Scheduler

    Scheduler.start()
