"""Effects that the fading lights have in common: rgb, cct, dimmer on PWM outputs, neopixel on a strip."""

from collections.abc import Callable

from module_bench import Bench, Hardware

Shown = Callable[[Hardware], list[int]]


class Light:
    """One light module: `call` is its function that sets values, `shown` what its outputs show."""

    def __init__(self, module: str, call: str, keys: str, shown: Shown, full: int, file: str) -> None:
        self.module = module
        self.call = call
        self.keys = keys.split()
        self.shown = shown
        self.full = full
        self.file = file
        self.low = [full // 10 * (n + 1) for n in range(len(self.keys))]
        self.high = [full // 5 * (n + 1) for n in range(len(self.keys))]
        self.dark = [0] * len(self.keys)

    def line(self, values: list[int], on: int) -> str:
        """Content of the state file; the dimmer has its switch first."""
        return ",".join(map(str, [on, *values] if self.module == "dimmer" else [*values, on]))

    def put(self, b: Bench, values: list[int], more: str = "smooth=False") -> dict[str, int]:
        state: dict[str, int] = b.json(f"{self.module} {self.call} {' '.join(map(str, values))} {more}")
        return state

    def until(self, b: Bench, values: list[int]) -> Hardware:
        return b.until(lambda h: self.shown(h) == values)

    def status_is(self, b: Bench, values: list[int], on: int) -> None:
        assert b.json(f"{self.module} status") == dict(zip([*self.keys, "S"], [*values, on], strict=True))

    # --- effects

    def set(self, b: Bench) -> None:
        """At once, with a short fade, refused out of range; force=False respects a transition."""
        assert self.put(b, self.low) == dict(zip([*self.keys, "S"], [*self.low, 1], strict=True))
        self.until(b, self.low)
        self.put(b, self.high, "")
        self.until(b, self.high)
        assert "out of range" in b.ask(f"{self.module} {self.call} {self.full + 1}") or self.module == "dimmer"
        self.status_is(b, self.high, 1)
        self.put(b, self.dark)
        self.until(b, self.dark)
        self.status_is(b, self.dark, 0)

    def toggle(self, b: Bench) -> None:
        self.put(b, self.low)
        b.call(f"{self.module} toggle smooth=False")
        self.until(b, self.dark)
        self.status_is(b, self.low, 0)
        b.call(f"{self.module} toggle True")
        self.until(b, self.low)
        b.call(f"{self.module} toggle False")
        self.until(b, self.dark)

    def brightness(self, b: Bench) -> None:
        self.put(b, self.high)
        b.call(f"{self.module} brightness 50 smooth=False")
        scaled = [round(value * self.full / 2 / max(self.high)) for value in self.high]
        self.until(b, scaled)
        assert b.call(f"{self.module} brightness") == "50 %"
        assert b.call(f"{self.module} brightness 101") == "Percent is out of range: 0-100"
        b.call(f"{self.module} toggle False smooth=False")
        b.call(f"{self.module} brightness 25 smooth=False wake=False")
        self.until(b, self.dark)

    def transition(self, b: Bench, function: str = "transition", tag: str = "_tran") -> None:
        """Over values in between, to the end, as a task that does not start twice."""
        self.put(b, self.dark)
        b.set("trace", on=True)
        wanted = " ".join(map(str, self.high))
        assert b.call(f"{self.module} transition {wanted} sec=0.3 wake=True") == "Starting transition"
        assert b.call(f"{self.module} transition {wanted}") == "Transition already running"
        assert f"Yes       {self.module}.{tag}" in b.call("task list")
        assert self.put(b, self.low, "force=False")["S"] == 1
        self.until(b, self.high)
        self.status_is(b, self.high, 1)
        b.set("trace", on=False)

    def random(self, b: Bench) -> None:
        limit = self.full // 4
        state = b.json(f"{self.module} random smooth=False max_val={limit}")
        values = [state[key] for key in self.keys]
        assert max(values) <= limit
        self.until(b, values)
        again = [tuple(b.json(f"{self.module} random smooth=False").values()) for _ in range(5)]
        assert len(set(again)) > 1

    def presence(self, b: Bench) -> None:
        self.put(b, self.low)
        b.call(f"{self.module} toggle False smooth=False")
        self.until(b, self.dark)
        b.call(f"{self.module} subscribe_presence")
        b.call("presence load_n_init timer=60")
        b.call("presence motion_trig")
        self.until(b, self.low)
        b.set("leap", ms=61000)
        self.until(b, self.dark)

    def load(self, b: Bench) -> None:
        """Restores the state after a power cycle; without cache it starts dark and keeps nothing."""
        self.put(b, self.high)
        self.until(b, self.high)
        b.until_file(self.file, self.line(self.high, 1))
        b.restart()
        assert b.call(f"{self.module} load_n_init").startswith("CACHE: True")
        self.until(b, self.high)
        assert b.call(f"{self.module} load_n_init cache=False").startswith("CACHE: False")
        self.until(b, self.dark)
        self.put(b, self.low)
        assert b.files(self.file) == self.line(self.high, 1)
        b.call(f"{self.module} load_n_init True")
        self.until(b, self.high)

    def status(self, b: Bench) -> None:
        self.put(b, self.low)
        self.until(b, self.low)
        self.status_is(b, self.low, 1)
