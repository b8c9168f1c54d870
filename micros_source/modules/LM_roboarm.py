"""
A two-axis arm with a laser: servo 1 is X, servo 2 is Y, switch 1 the laser. Positions are servo duties, 40..115.

Moves run in the background, one after the other, one duty step of the longer axis at a time.
"""

import asyncio
import LM_servo as servo
import LM_switch as switch
from Common import micro_task, state_file, typed_help
from microIO import pinmap_dump
from micropython import const
from random import randint

_CENTRE = const(77)
_MIN = const(40)
_MAX = const(115)
_MOVE = const("roboarm._move")
_PLAY = const("roboarm._play")
_DELAY_MS = const(10)


class _Arm:
    x = _CENTRE
    y = _CENTRE
    goal = (_CENTRE, _CENTRE)  # where the moves in the queue end
    ms = 10  # per step
    moves = []  # (x, y, ms per step; 0: jump), None: release the servos
    record = state_file("rarm")
    lock = asyncio.Lock()  # who moves the arm


def _within(value):
    return max(_MIN, min(_MAX, round(value)))


def _put(x, y):
    servo.sduty(x)
    servo.s2duty(y)
    _Arm.x = x
    _Arm.y = y


async def _travel(x, y, ms):
    """Moves on a straight line, both axes arriving together."""
    start_x, start_y = _Arm.x, _Arm.y
    steps = max(abs(x - start_x), abs(y - start_y)) if ms else 1
    for step in range(1, steps + 1):
        _put(start_x + round((x - start_x) * step / steps), start_y + round((y - start_y) * step / steps))
        await asyncio.sleep_ms(ms)


async def _work(moves):
    try:
        async with _Arm.lock:
            while moves:
                if moves[0] is None:
                    servo.deinit()
                else:
                    await _travel(*moves[0])
                moves.pop(0)
    finally:
        if moves:  # ended early
            moves.clear()
            if moves is _Arm.moves:
                _Arm.goal = (_Arm.x, _Arm.y)


def _busy(tag):
    task = micro_task(tag)
    return task is not None and not task.done


def _queue(*moves):
    """Adds moves to the queue and sees that somebody works on it."""
    if not _busy(_MOVE):
        _Arm.moves = []
    for move in moves:
        if move is not None:
            _Arm.goal = move[:2]
        _Arm.moves.append(move)
    micro_task(_MOVE, _work(_Arm.moves))


def _stop():
    for tag in (_MOVE, _PLAY):
        task = micro_task(tag)
        if task:
            task.cancel()
    _Arm.moves = []
    _Arm.goal = (_Arm.x, _Arm.y)


def load_n_init():
    """Centres both servos and reloads the recorded moves."""
    _stop()
    _Arm.record = state_file("rarm")
    _put(_CENTRE, _CENTRE)
    _Arm.goal = (_CENTRE, _CENTRE)
    return "Init and Move to home X%d, Y%d" % _Arm.goal


def control(x_new, y_new, speed_ms=None, smooth=True):
    """Moves to X, Y; stepwise with `speed_ms` per step (kept for the next time), or at once when not smooth."""
    x, y = _within(x_new), _within(y_new)
    if speed_ms is not None:
        _Arm.ms = max(1, int(speed_ms))
    from_x, from_y = _Arm.goal
    if (x, y) == (from_x, from_y):
        return "Already on X:%d Y:%d" % (x, y)
    _queue((x, y, _Arm.ms if smooth else 0))
    return "Move X%d->%d Y%d->%d" % (from_x, x, from_y, y)


def boot_move(speed_ms=None):
    """Travels through all end points, ends at X centre and Y maximum, and releases the servos."""
    if speed_ms is not None:
        _Arm.ms = max(1, int(speed_ms))
    ms = _Arm.ms
    corners = ((_MIN, _MIN), (_MIN, _MAX), (_MAX, _MAX), (_MAX, _MIN), (_CENTRE, _CENTRE), (_CENTRE, _MAX))
    _queue(*[(x, y, ms) for x, y in corners], None)
    return "Boot move: %d points, end X%d Y%d" % (len(corners), _CENTRE, _MAX)


def standby(y_pos=45):
    """Ends all moves, switches the laser off, goes to X centre and Y `y_pos`, and releases the servos."""
    _stop()
    switch.set_state(False)
    _queue((_CENTRE, _within(y_pos), _Arm.ms), None)
    return "Standby mode"


def jiggle(delta=2):
    """Five small random moves around the position, then back."""
    x, y = _Arm.goal
    moves = [(_within(x + randint(-delta, delta)), _within(y + randint(-delta, delta)), _Arm.ms) for _ in range(5)]
    _queue(*moves, (x, y, _Arm.ms))
    return "Jiggle X%d Y%d +-%d" % (x, y, delta)


async def _play(points, ms, delay, release):
    switch.set_state(True)
    try:
        async with _Arm.lock:
            for x, y in points:
                await _travel(x, y, ms)
                await asyncio.sleep_ms(delay)
    finally:
        switch.set_state(False)
        if not _Arm.moves:
            _Arm.goal = (_Arm.x, _Arm.y)
        if release:
            servo.deinit()


def play(*args, s=None, delay=None, deinit=True):
    """
    Plays X Y pairs, or the recorded moves, with the laser on, in the background; then releases the servos.
    s: milliseconds per step (kept for the next time), delay: milliseconds between points.
    """
    if _busy(_PLAY):
        return "Play - already running"
    values = args if len(args) > 1 else _Arm.record.values
    points = [(_within(values[i]), _within(values[i + 1])) for i in range(0, len(values) - 1, 2)]
    if s is not None:
        _Arm.ms = max(1, int(s))
    micro_task(_PLAY, _play(points, _Arm.ms, _DELAY_MS if delay is None else delay, deinit))
    return "Play: %d steps" % len(points)


def record(clean=False, rec_limit=8):
    """Adds the present position to the recorded moves (at most `rec_limit`) and keeps them; clean=True empties them."""
    moves = _Arm.record.values
    if clean:
        del moves[:]
    elif len(moves) >= 2 * rec_limit:
        return "Record is full: %d steps" % rec_limit
    else:
        moves.extend(_Arm.goal)
    _Arm.record.save()
    return "Record: %d steps" % (len(moves) // 2)


def random(x_range=20, y_range=20, speed_ms=5):
    """A random point within the ranges around the centre."""
    x, y = _CENTRE + randint(-x_range, x_range), _CENTRE + randint(-y_range, y_range)
    return control(x, y, speed_ms)


def status(lmf=None):
    """{'X', 'Y'}: where the arm is."""
    return {"X": _Arm.x, "Y": _Arm.y}


def lmdep():
    """Modules in use."""
    return "servo", "switch"


def pinmap():
    """Pins of the arm."""
    return pinmap_dump(("servo_1", "servo_2", "switch_1"))


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        (
            "BUTTON load_n_init",
            "JOYSTICK control x_new=<40-115> y_new=<40-115> speed_ms=None smooth=True",
            "BUTTON boot_move speed_ms=None",
            "BUTTON standby y_pos=45",
            "BUTTON jiggle delta=2",
            "BUTTON play s=None delay=None deinit=True",
            "play 40 40 115 115 s=None delay=None deinit=True",
            "BUTTON record clean=<False,True> rec_limit=8",
            "BUTTON random x_range=20 y_range=20 speed_ms=5",
            "status lmf=None",
            "lmdep",
            "pinmap",
        ),
        widgets,
    )
