"""
Presence: what has subscribed goes on at a motion or a sound, and off when neither came for `timer` seconds.

Motion: a sensor with a digital output (HC-SR501) at irq1, with the settings `irq1` True and `irq1_cbf`
`presence motion_trig`. Sound: an electret capsule with an amplifier at the analog input mic, or the microphone of
i2s_mic. A sound is louder than the mean of the last samples by `threshold` percent of the range; steady noise is none.
"""

import asyncio
import time

from Common import SmartADC, micro_task, notify, syslog, typed_help
from microIO import pinmap_dump
from micropython import const

_TASK = const("presence._capture")
_STEP_MS = const(1000)
_RETRY_MS = const(5000)  # of a microphone that does not work
_READINGS = const(8)  # of an analog sample: about 1 ms, half a wave of 500 Hz
_SLOW = const(128)  # readings that make the mean
_ADC, _I2S = const(1), const(2)
_LONGEST_S = const(432000)  # ticks count to 6 days


class _Presence:
    threshold = 3
    timer_ms = 120000
    mic = 0
    sample_ms = 15
    buff_size = 10
    present = False
    until = 0  # ticks_ms when the timer runs out
    again = 0  # ticks_ms when a microphone that failed is tried again
    rest = None  # percent, the analog input's mean
    heard = 0  # place in the sound of i2s_mic
    samples = []  # [ticks_ms, amplitude in percent, 0 or 1]
    local = []  # (on, off, who)
    remote = {"on": "", "off": ""}
    notify = False
    failing = {}  # what -> text of its last error


def _once(what, error):
    """A failure goes to the log when it begins."""
    text = str(error)
    if _Presence.failing.get(what) != text:
        _Presence.failing[what] = text
        syslog("presence: %s: %s" % (what, text))


def _send(command):
    from LM_intercon import sendcmd

    host, _, cmd = command.strip().partition(" ")
    sendcmd(host=host, cmd=cmd)


def _tell(index):
    """Calls all that have subscribed, 0 on, 1 off; one that fails stops no other."""
    which = ("on", "off")[index]
    for number, entry in enumerate(list(_Presence.local)):
        what = "%s callback %d" % (which, number)
        try:
            entry[index]()
            _Presence.failing.pop(what, None)
        except Exception as e:
            _once(what, e)
    if _Presence.remote[which]:
        try:
            _send(_Presence.remote[which])
            _Presence.failing.pop(which, None)
        except Exception as e:
            _once(which, e)


def _notice(why, again):
    """Somebody is here: the timer starts anew. On at the first time, or with `again`. bool: the first time."""
    first = not _Presence.present
    _Presence.present = True
    _Presence.until = time.ticks_add(time.ticks_ms(), _Presence.timer_ms)
    if first or again:
        _tell(0)
    if first and _Presence.notify:
        notify("Presence: %s" % why)
    return first


# --- sound


def _adc_level():
    """Distance from the input's mean in percent."""
    adc = SmartADC.get_singleton("mic")
    most = 0
    for _ in range(_READINGS):
        percent = adc.get()["percent"]
        if _Presence.rest is None:
            _Presence.rest = percent
        most = max(most, abs(percent - _Presence.rest))
        _Presence.rest += (percent - _Presence.rest) / _SLOW
    return round(most, 1)


def _level():
    """Loudness now in percent, None without a new one. Raises OSError."""
    if _Presence.mic == _ADC:
        return _adc_level()
    from LM_i2s_mic import _level as i2s_level

    found = i2s_level(_Presence.heard)
    if found is None:
        return None
    _Presence.heard = found[1]
    return found[0]


def _listen():
    """Takes a sample; bool: it is a sound."""
    now = time.ticks_ms()
    if time.ticks_diff(_Presence.again, now) > 0:
        return False
    try:
        level = _level()
    except Exception as e:
        _once("microphone", e)
        _Presence.again = time.ticks_add(now, _RETRY_MS)
        return False
    if level is None:
        return False
    _Presence.failing.pop("microphone", None)
    samples = _Presence.samples
    full = len(samples) >= _Presence.buff_size
    sound = full and level - sum([sample[1] for sample in samples]) / len(samples) >= _Presence.threshold
    samples.append([now, level, int(sound)])
    while len(samples) > _Presence.buff_size:
        samples.pop(0)
    return sound


async def _capture():
    """Waits for the timer, and listens when there is a microphone; ends when it has nothing to wait for."""
    with micro_task(_TASK) as task:
        try:
            while _Presence.present or _Presence.mic:
                left = time.ticks_diff(_Presence.until, time.ticks_ms()) if _Presence.present else _STEP_MS
                if left <= 0:
                    _Presence.present = False
                    _tell(1)
                    continue
                task.out = "ON %d s" % ((left + 999) // 1000) if _Presence.present else "OFF"
                await asyncio.sleep_ms(min(left, _Presence.sample_ms if _Presence.mic else _STEP_MS))
                if _Presence.mic and _listen():
                    _notice("sound", False)
            task.out = "OFF"
        finally:
            _Presence.present = False


def _start():
    return micro_task(_TASK, _capture())


# --- commands


def _choose(mic):
    """Opens a microphone, and lets go of the last one. Raises OSError."""
    if mic == _Presence.mic:
        return
    if mic == _ADC:
        SmartADC.get_singleton("mic")
        _Presence.rest = None
    if mic == _I2S:
        from LM_i2s_mic import _hold

        _hold()
    if _Presence.mic == _I2S:
        from LM_i2s_mic import _release

        _release()
    _Presence.mic = mic
    _Presence.heard = 0
    _Presence.again = time.ticks_ms()


def load_n_init(threshold=3, timer=120, mic=0):
    """
    threshold: percent of the microphone's range, 1 or more; timer: seconds until off; mic 0 none, 1 analog (mic), 2
    i2s_mic: a sound counts as a motion from now on.
    """
    if mic not in (0, _ADC, _I2S):
        raise ValueError("mic=%s: 0 none, 1 ADC, 2 I2S" % mic)
    if not 0 < timer <= _LONGEST_S:
        raise ValueError("timer=%s is out of range: 1-%d" % (timer, _LONGEST_S))
    _choose(mic)
    _Presence.threshold = max(1, threshold)
    _Presence.timer_ms = int(timer * 1000)
    _Presence.samples.clear()
    if mic:
        _start()
    return "Presence: threshold %s %%, timer %s s, mic %s" % (_Presence.threshold, timer, ("none", "ADC", "I2S")[mic])


def motion_trig(sample_ms=15, buff_size=10):
    """
    A motion: all that has subscribed goes on, the timer starts anew. 'Starting', or 'Already running' while it runs.
    sample_ms: from sample to sample of the microphone; buff_size: samples that are kept.
    """
    if not 1 <= sample_ms <= _STEP_MS or not 1 <= buff_size <= 100:
        raise ValueError("out of range: sample_ms 1-%d, buff_size 1-100" % _STEP_MS)
    _Presence.sample_ms = sample_ms
    _Presence.buff_size = buff_size
    first = _notice("motion", True)
    _start()
    return "Starting" if first else "Already running"


def _subscribe(on, off, who=None):
    """For other modules: functions without parameters. Those of the same `who` take the place of its last ones."""
    _Presence.local[:] = [entry for entry in _Presence.local if who is None or entry[2] != who]
    _Presence.local.append((on, off, who))


def subscribe_intercon(on, off):
    """Commands for other nodes, 'host command', '' for none; they take the place of the last ones. {'on', 'off'}"""
    for command in (on, off):
        if command and not command.strip().partition(" ")[2]:
            raise ValueError("'host command' wanted, not '%s'" % command)
    _Presence.remote = {"on": on, "off": off}
    return _Presence.remote


def notification(state=None):
    """Switches the message at the beginning of a presence (see telegram), or tells whether it is on."""
    if state is not None:
        _Presence.notify = bool(state)
    return "Motion notifications: %s" % ("ON" if _Presence.notify else "OFF")


def get_samples():
    """The last samples of the microphone: [ticks_ms, amplitude in percent, 1 for a sound]."""
    return list(_Presence.samples)


def _unload():
    """Ends the task, and lets go of the microphone."""
    task = micro_task(_TASK)
    if task is not None and not task.done:
        task.cancel()
    _choose(0)


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(("mic", "irq1"))


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "BUTTON load_n_init threshold=3 timer=120 mic=<0,1,2>",
            "BUTTON motion_trig sample_ms=15 buff_size=10",
            "subscribe_intercon on='host cmd' off='host cmd'",
            "BUTTON notification state=<True,False>",
            "TEXTBOX get_samples",
            "pinmap",
        ),
        widgets,
    )
