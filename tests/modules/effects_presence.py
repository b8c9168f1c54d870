"""LM_presence: motion and sound switch a light on, the timer off; commands to other nodes, messages, samples."""

from module_bench import Bench

SETTINGS = {"irq1": True, "irq1_cbf": "presence motion_trig", "irq_prell_ms": 20}
OTHER = "127.0.0.1"  # nobody needs to listen: that the command is sent shows in the task list
DARK, LIT = [0, 0, 0], [100, 200, 300]


def _light(b: Bench, *, on: bool) -> None:
    b.until(lambda h: [h.duty(pin) for pin in ("redgb", "rgreenb", "rgbue")] == (LIT if on else DARK))


def _prepare(b: Bench, load: str = "") -> None:
    """A light that has subscribed, dark, and nobody present."""
    b.call("task kill presence._capture")
    b.set("sound", silence=True)
    b.set("microphone", adc=39)
    b.call("rgb color 100 200 300 smooth=False")
    b.call("rgb toggle False smooth=False")
    b.call("rgb subscribe_presence")
    b.call(f"presence load_n_init {load}")
    _light(b, on=False)


def _seconds(b: Bench, seconds: int) -> None:
    b.set("leap", ms=1000 * seconds)


def _load_n_init(b: Bench) -> None:
    _prepare(b)
    reply = b.call("presence load_n_init threshold=5 timer=30 mic=1")
    assert reply == "Presence: threshold 5 %, timer 30 s, mic ADC"
    b.until(lambda _: len(b.call("presence get_samples").split("],")) == 10)
    _light(b, on=False)
    b.set("sound", tone=437, level=85, ms=300)
    _light(b, on=True)
    b.set("sound", silence=True)
    _seconds(b, 31)
    _light(b, on=False)
    assert b.call("presence load_n_init threshold=0") == "Presence: threshold 1 %, timer 120 s, mic none"
    for wrong in ("mic=3", "timer=0", "timer=500000"):
        assert "Core error: LM_presence->load_n_init: " in b.ask(f"presence load_n_init {wrong}")


def _motion_trig(b: Bench) -> None:
    """By command and by the sensor; the last motion counts; who switches off by hand has it on again at the next."""
    _prepare(b, "timer=60")
    assert b.call("presence motion_trig") == "Starting"
    _light(b, on=True)
    assert "Yes       presence._capture" in b.call("task list")
    _seconds(b, 40)
    b.call("rgb toggle False")
    _light(b, on=False)
    assert b.call("presence motion_trig sample_ms=20 buff_size=5") == "Already running"
    _light(b, on=True)
    _seconds(b, 40)
    assert "ON" in b.call("task show presence._capture")
    _seconds(b, 21)
    _light(b, on=False)
    b.until(lambda _: "No        presence._capture" in b.call("task list"))
    b.set("pin", pin=b.pins["irq1"], bounce=[[0, 1], [300, 0]])
    _light(b, on=True)
    assert "out of range" in b.ask("presence motion_trig sample_ms=0")


def _subscribe_intercon(b: Bench) -> None:
    _prepare(b)
    call = f"presence subscribe_intercon '{OTHER} cct toggle True' '{OTHER} dimmer toggle False'"
    assert b.json(call) == {"on": f"{OTHER} cct toggle True", "off": f"{OTHER} dimmer toggle False"}
    b.call("presence motion_trig")
    b.until(lambda _: "con.0.1.cct" in b.call("task list"))
    _light(b, on=True)
    assert "con.0.1.dimmer" not in b.call("task list")
    _seconds(b, 121)
    b.until(lambda _: "con.0.1.dimmer" in b.call("task list"))
    assert "'host command' wanted" in b.ask("presence subscribe_intercon 'host' ''")
    assert b.json("presence subscribe_intercon '' ''") == {"on": "", "off": ""}


def _notification(b: Bench) -> None:
    """What it would send shows in the log of this node, which has no bot; see the tests of Notify for the rest."""
    _prepare(b)
    assert b.call("presence notification") == "Motion notifications: OFF"
    assert b.call("presence notification True") == "Motion notifications: ON"
    b.call("presence motion_trig")
    _light(b, on=True)
    assert b.call("presence notification False") == "Motion notifications: OFF"


def _get_samples(b: Bench) -> None:
    _prepare(b)
    b.call("presence load_n_init mic=1")
    b.call("presence motion_trig sample_ms=10 buff_size=20")
    b.set("sound", tone=437, level=80)
    b.until(lambda _: "1]" in b.call("presence get_samples"))
    b.until(lambda _: len(_samples(b)) == 20 and 7 < max(s[1] for s in _samples(b)) < 15)  # 80 dB: 0.22 V of 2.45 V
    times = [sample[0] for sample in _samples(b)]
    assert times == sorted(times)
    assert b.call("presence load_n_init mic=0") == "Presence: threshold 3 %, timer 120 s, mic none"


def _samples(b: Bench) -> list[list[float]]:
    parts = b.call("presence get_samples").strip("[]").split("], [")
    return [[float(value) for value in part.split(",")] for part in parts if part]


EFFECTS = {
    "load_n_init": _load_n_init,
    "motion_trig": _motion_trig,
    "subscribe_intercon": _subscribe_intercon,
    "notification": _notification,
    "get_samples": _get_samples,
}
