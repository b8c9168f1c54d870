"""LM_buzzer: which frequencies sound on the pin, for how long, and what is kept."""

from itertools import pairwise

from module_bench import Bench

NOTES = {"c5": 523.251, "e5": 659.255, "g#5": 830.609, "a4": 440.0, "c6": 1046.502}  # equal temperament, A4 = 440 Hz


def _silent(b: Bench) -> None:
    b.until(lambda h: not h.pwm("buzzer"), seconds=15)


def _tones(b: Bench) -> list[tuple[float, int]]:
    """(ms since the trace began, Hz) of each tone; what lasts under 5 ms is a PWM being set up, not a tone."""
    rows = b.trace("pwm", b.pins["buzzer"])
    return [(ms, int(hz)) for (ms, hz, duty), after in pairwise(rows) if duty and after[0] - ms > 5]


def _bipp(b: Bench) -> None:
    _silent(b)
    b.set("trace", on=True)
    assert b.call("buzzer bipp 2 880") == "Bipp.. on 880 Hz"
    b.until(lambda h: h.duty("buzzer") == 500 and h.pwm("buzzer")["freq"] == 880)
    _silent(b)
    tones = _tones(b)
    assert [hz for _, hz in tones] == [880, 880]
    assert 285 < tones[1][0] - tones[0][0] < 330, "150 ms on, 150 ms off"
    b.until_file("buzzer.pds", "880")
    b.call("buzzer bipp")
    b.until(lambda h: h.pwm("buzzer").get("freq") == 880)
    assert "freq: 20..20000 Hz" in b.ask("buzzer bipp freq=5")


def _play(b: Bench) -> None:
    _silent(b)
    b.set("trace", on=True)
    assert b.call("buzzer play 'd=8,o=5,b=240:c,e,4g#,p,a4.,c6'") == "Play song"
    assert b.call("buzzer play") == "Song already playing"
    b.until(lambda h: h.pwm("buzzer").get("freq") == round(NOTES["c6"]))
    _silent(b)
    tones = _tones(b)
    assert len(tones) == len(NOTES)
    assert all(abs(hz - wanted) <= 0.5 for (_, hz), wanted in zip(tones, NOTES.values(), strict=True)), tones
    # an eighth at 240 beats per minute is 125 ms; the pause lies between the third and the fourth tone
    gaps = [later[0] - tone[0] for tone, later in pairwise(tones)]
    assert all(abs(gap - wanted) < 0.05 * wanted + 5 for gap, wanted in zip(gaps, (125, 125, 375, 187), strict=True))
    assert b.call("buzzer play 'no such tune'") == "Unknown tune: no such tune"


def _list_tones(b: Bench) -> None:
    titles = b.call("buzzer list_tones").splitlines()
    assert len(set(titles)) == 16
    for title in titles:
        _silent(b)
        assert b.call(f"buzzer play '{title}'") == "Play song"
        b.until(lambda h: h.duty("buzzer") == 500)
        b.call("task kill buzzer._play")


def _load_n_init(b: Bench) -> None:
    b.call("buzzer bipp freq=1234")
    b.until_file("buzzer.pds", "1234")
    b.restart()
    assert b.call("buzzer load_n_init") == "CACHE: True"
    b.until(lambda h: h.pwm("buzzer").get("freq") == 1234 and h.duty("buzzer") == 0)
    assert b.call("buzzer load_n_init cache=False") == "CACHE: False"
    b.call("buzzer bipp")
    b.until(lambda h: h.pwm("buzzer").get("freq") == 600)


EFFECTS = {"bipp": _bipp, "play": _play, "list_tones": _list_tones, "load_n_init": _load_n_init}
