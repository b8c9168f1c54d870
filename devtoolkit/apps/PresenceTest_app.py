"""The microphone of the load module presence: how loud it is, and what counts as a sound."""

from devtoolkit.services.apps_kit import Dashboard, open_dashboard

_TASK = "presence._capture"
_WRAP = 1 << 30  # ticks_ms of MicroPython begin anew there

Sample = tuple[int, float, int]  # ticks_ms, percent, 1 for a sound


def app(
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    seconds: float = 20.0,
    threshold: int = 3,
    mic: int = 1,
    pause_s: float = 0.05,
) -> None:
    """Presence: loudness at the microphone (mic 1 analog, 2 I2S) and the sounds it notices.

    A node that uses presence already is only watched.
    """
    with open_dashboard(devfid, pwd) as board:
        used = _TASK in board.active_tasks()
        if used:
            board.say("The node uses presence already: its settings are left as they are.")
        else:
            board.say(board.call(f"presence load_n_init threshold={threshold} timer=1 mic={mic}"))
        try:
            _watch(board, seconds, pause_s)
        finally:
            if not used:
                board.session.ask("presence load_n_init mic=0")


def _watch(board: Dashboard, seconds: float, pause_s: float) -> None:
    """Ask for the last samples again and again; each counts once."""
    plot = board.plot(f"Presence ({board.device.fuid})", ("amplitude", "%"), ("sound", ""))
    first = last = -1
    count = sounds = 0
    loudest = 0.0
    for _ in board.every(pause_s, max(1, round(seconds / pause_s))):
        for ticks, level, sound in _samples(board):
            if first < 0:
                first = ticks
            elif not 0 < (ticks - last) % _WRAP < _WRAP // 2:
                continue
            last = ticks
            plot.add(level, sound, x=((ticks - first) % _WRAP) / 1000)
            count += 1
            sounds += sound
            loudest = max(loudest, level)
            if sound:
                board.say(f"sound: {level} %")
    board.figure("samples", count)
    board.figure("sounds", sounds)
    board.figure("loudest", loudest, "%")


def _samples(board: Dashboard) -> list[Sample]:
    return [(int(ticks), float(level), int(sound)) for ticks, level, sound in board.json("presence get_samples")]
