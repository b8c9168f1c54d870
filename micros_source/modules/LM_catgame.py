"""A toy on two servos that moves like prey: short random moves, random pauses."""

import asyncio
import LM_servo as servo
from Common import micro_task, typed_help
from micropython import const
from random import randint

_TASK = const("catgame._game")
_HOME = const(75)
_SHORTEST_MS = const(150)  # a servo needs about 0.1 s for 60 degrees (SG90 data sheet)
_LONGEST_MS = const(900)


async def _play(repeat, delta):
    try:
        for _ in range(repeat):
            servo.sduty(_HOME + randint(-delta, delta))
            servo.s2duty(_HOME + randint(-delta, delta))
            await asyncio.sleep_ms(randint(_SHORTEST_MS, _LONGEST_MS))
    finally:
        await _go_home()


async def _go_home():
    servo.sduty(_HOME)
    servo.s2duty(_HOME)
    await asyncio.sleep_ms(_SHORTEST_MS)
    servo.deinit()


def game(repeat=10, delta=20):
    """`repeat` random moves of both servos, +-`delta` around the middle, in the background; then home and released."""
    servo.sduty(_HOME)
    servo.s2duty(_HOME)
    micro_task(_TASK, _play(repeat, delta))
    return "Game action"


def live_game(chance=10):
    """Plays with this chance in percent, else 'No action'; for a periodic call."""
    return game() if randint(1, 100) <= chance else "No action"


def stop():
    """Ends the game: home, released."""
    task = micro_task(_TASK)
    if task and not task.done:
        task.cancel()
    else:
        micro_task(_TASK, _go_home())
    return "Game stop"


def lmdep():
    """Modules in use."""
    return "servo"


def pinmap():
    """Pins of the servos."""
    return servo.pinmap()


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        ("BUTTON game repeat=10 delta=20", "BUTTON live_game chance=10", "BUTTON stop", "lmdep", "pinmap"), widgets
    )
