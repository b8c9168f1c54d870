"""Serves portions of pet food: a servo that opens a slide, or a stepper motor that turns a screw."""

import asyncio
from Common import micro_task, typed_help
from micropython import const

_TASK = const("pet_feeder.portion")
_STEP_MS = const(10)
_OPEN_MS = const(300)  # the food needs time to fall


async def _portions(count, low, high):
    import LM_servo as servo

    sweep = list(range(low, high)) + list(range(high, low, -1)) + [low]
    with micro_task(_TASK) as task:
        try:
            for portion in range(count):
                task.out = "Portion %d of %d" % (portion + 1, count)
                for duty in sweep:
                    servo.sduty(duty)
                    await asyncio.sleep_ms(_OPEN_MS if duty in (low, high) else _STEP_MS)
        finally:
            servo.deinit()


def serve(portion=1, posmin=65, posmax=97):
    """Sweeps servo 1 from duty `posmin` to `posmax` and back for each portion, in the background."""
    from LM_servo import sduty

    running = micro_task(_TASK)
    if running and not running.done:
        return "Already running"
    sduty(posmin)
    micro_task(_TASK, _portions(portion, posmin, posmax))
    return "Starting"


def serve_w_stepper(portion=1, forward=135, back=10):
    """Turns the screw `forward` degrees and a little back (against jams) for each portion, in the background."""
    from LM_stepper import angle

    for _ in range(portion):
        angle(forward)
        angle(-back)


def lmdep():
    """Modules in use."""
    return "servo", "stepper"


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        (
            "BUTTON serve portion=<1,2,3> posmin=65 posmax=97",
            "BUTTON serve_w_stepper portion=<1,2,3> forward=135 back=10",
            "lmdep",
        ),
        widgets,
    )
