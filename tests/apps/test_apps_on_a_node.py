"""Every app runs to its end on a virtual node, and plots and prints what the simulated hardware was set to."""

import itertools
import json
import statistics
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app_node import AppNode, app_node

from devtoolkit.apps._sound import FULL
from devtoolkit.services import apps, apps_find
from devtoolkit.services.apps_types import AppEvent, AppResult, PointAdded

pytestmark = pytest.mark.vm

# The pin map shares pins between lights, servos and the microphone; here all of them are there at once.
PINS = "esp32; cwhite:16; wwhite:17; neop:5; servo_1:18; servo_2:19; switch_1:23; dim_1:13"
RGB, CCT, DIMMER, STRIP, SERVOS = (14, 12, 15), (16, 17), 13, 5, (18, 19)
MIC_ADC = 39
INMP441_AT_94_DB = 420426 / 256  # peak of a sine in 16-bit steps: -26 dBFS of 24 bits (data sheet DS-INMP441-00)
SHIFT = 6  # volume of i2s_mic before anybody sets it

Run = Callable[..., AppResult]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("apps") / "data"


@pytest.fixture(scope="module")
def node(data: Path) -> Iterator[AppNode]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROS_USER_DATA", str(data))
        patch.setenv("MICROS_INTERFACES", "127.0.0.1")
        with app_node(data / "simulator", "appnode", cstmpmap=PINS, webui=True) as one:
            yield one


@pytest.fixture(autouse=True)
def user_data(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All tests of this file know the same node."""
    monkeypatch.setenv("MICROS_USER_DATA", str(data))
    monkeypatch.setenv("MICROS_INTERFACES", "127.0.0.1")
    return data


@pytest.fixture
def run(node: AppNode, tmp_path: Path) -> Run:
    """Runs an app to its end; results are saved in `tmp_path`."""

    def start(name: str, on_event: Callable[[AppEvent], None] | None = None, **settings: object) -> AppResult:
        result = apps.run(name, node.name, settings=settings, on_event=on_event, folder=tmp_path)
        assert result.error is None
        assert (result.node, result.uid) == (node.name, node.device.uid)
        return result

    return start


def figures(result: AppResult) -> dict[str, object]:
    return {figure.name: figure.value for figure in result.figures}


def test_every_bundled_app_has_a_test_here_or_in_syscheck() -> None:
    """A new app file appears by itself; this says where it is tested."""
    tested = {"AirQualityBME280", "AirQualityDHT22_CO2", "AnalogCCT", "AnalogRGB", "CamStream", "CatGame", "Dimmer"}
    tested |= {"GetVersion", "MicrophoneTest", "NeopixelTest", "PresenceTest", "RoboArm", "SysCheck", "Template"}
    bundled = [info for info in apps_find.available() if info.source == "bundled"]
    assert {info.name for info in bundled} == tested
    assert all(info.title and not info.problem for info in bundled)


def test_get_version_prints_what_the_node_says(run: Run, node: AppNode) -> None:
    result = run("GetVersion")
    version = node.ask("version")
    assert figures(result)["micrOS"] == version
    assert result.lines == (f"{node.name}: micrOS {version}",)


def test_template_plots_the_memory_of_the_node(run: Run, node: AppNode) -> None:
    used = json.loads(node.ask("system memory_usage >json"))["mem_used"]
    result = run("Template", samples=3, pause_s=0.02)
    (plot,) = result.plots
    assert len(plot.rows) == 3
    assert all(abs(value - used) < used / 10 for value in plot.column(0)[1])
    assert figures(result)["most"] == max(plot.column(0)[1])


def test_air_quality_of_a_bme280_plots_the_air_around_it_as_it_changes(run: Run, node: AppNode) -> None:
    air = node.hardware.bme280
    air.temperature, air.humidity, air.pressure = 20.0, 33.0, 990.0
    node.hardware.mq135.set_ppm(800)

    def warmer(event: AppEvent) -> None:
        if isinstance(event, PointAdded) and event.number == 2:
            air.temperature, air.pressure = air.temperature + 1.5, air.pressure + 10

    result = run("AirQualityBME280", warmer, samples=3, pause_s=0.02)
    climate, pressure, gas = result.plots
    assert climate.column(0)[1] == pytest.approx([20.0, 21.5, 23.0], abs=0.02)
    assert climate.column(1)[1] == pytest.approx([33.0] * 3, abs=0.05)
    assert pressure.column(0)[1] == pytest.approx([990, 1000, 1010], abs=0.05)
    assert gas.column(0)[1][0] == pytest.approx(800, rel=0.01)  # at 20 °C and 33 % there is nothing to compensate
    assert figures(result)["temperature"] == pytest.approx(21.5, abs=0.02)
    assert "temperature 20 °C" in result.lines[0]


def test_air_quality_of_a_dht22_plots_its_values_and_goes_on_without_a_gas_sensor(run: Run, node: AppNode) -> None:
    air = node.hardware.dht22
    air.temperature, air.humidity = 20.0, 33.0
    node.hardware.mq135.set_ppm(1200)
    result = run("AirQualityDHT22_CO2", samples=2, pause_s=0.02)
    climate, gas = result.plots
    assert (climate.column(0)[1], climate.column(1)[1]) == ([20.0] * 2, [33.0] * 2)
    assert gas.column(0)[1] == pytest.approx([1200] * 2, rel=0.01)

    node.hardware.mq135.remove()
    result = run("AirQualityDHT22_CO2", samples=1, pause_s=0.02)
    assert result.lines[0].startswith("No CO2: ")
    assert "MQ135: no signal" in result.lines[0]
    assert len(result.plots) == 1


def shown(node: AppNode, kind: str, pins: tuple[int, ...], full: int) -> list[list[float]]:
    """For each pin the values that the hardware had, one after the other."""
    changes = node.hardware.recorded()
    return [
        [round(change.values[1] * full / 65535) for change in changes if (change.kind, change.pin) == (kind, pin)]
        for pin in pins
    ]


def is_within(values: list[float], seen: list[float]) -> bool:
    """Whether the values are among those seen, in the same order (a value that stays is seen once)."""
    left = iter(seen)
    changes = [value for at, value in enumerate(values) if at and value != values[at - 1]]
    return all(any(value == one for one in left) for value in changes)


@pytest.mark.parametrize(
    ("name", "module", "pins"),
    [("AnalogRGB", "rgb", RGB), ("AnalogCCT", "cct", CCT), ("Dimmer", "dimmer", (DIMMER,))],
)
def test_a_light_app_plots_what_the_outputs_did_and_leaves_the_light_as_it_was(
    run: Run, node: AppNode, name: str, module: str, pins: tuple[int, ...]
) -> None:
    before = node.ask(f"{module} status")
    node.hardware.record()
    result = run(name, steps=4, pause_s=0.0, fade_s=0.05)
    outputs = shown(node, "pwm", pins, 1000)
    (plot,) = result.plots
    assert max(plot.column(0)[1]) == 1000
    for number, seen in enumerate(outputs):
        assert is_within(plot.column(number)[1], seen), (plot.column(number)[1], seen)
    assert figures(result)["taken"] == 100.0
    assert node.ask(f"{module} status") == before


def strips(node: AppNode) -> list[list[tuple[int, ...]]]:
    """Every state of the strip since the recording began, (red, green, blue) of each LED; the wire has green first."""
    changes = node.hardware.recorded()
    sent = [bytes.fromhex(one.values[0]) for one in changes if (one.kind, one.pin) == ("leds", STRIP)]
    return [[(data[at + 1], data[at], data[at + 2]) for at in range(0, len(data), 3)] for data in sent]


def test_the_neopixel_app_plots_the_colours_of_the_strip_and_counts_its_leds(run: Run, node: AppNode) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    node.ask("neopixel load_n_init ledcnt=5")
    node.hardware.record()
    result = run("NeopixelTest", pause_s=0.0, led_pause_s=0.0, fade_s=0.05)
    states = strips(node)
    (plot,) = result.plots
    assert [row[1:] for row in plot.rows[:4]] == colours
    assert [state[0] for state in states if len(set(state)) == 1 and state[0] in colours][:4] == colours
    one_lit = [
        [led != (0, 0, 0) for led in state] for state in states if sorted(state)[-2:] == [(0, 0, 0), (0, 255, 0)]
    ]
    assert one_lit == [[at == lit for at in range(5)] for lit in range(5)]
    assert figures(result) == {"LEDs": 5, "taken": 100.0}


def test_catgame_plots_where_the_servos_were_and_ends_at_home(run: Run, node: AppNode) -> None:
    node.hardware.record()
    result = run("CatGame", repeat=3, delta=20, pause_s=0.02)
    (plot,) = result.plots
    for number, pin in enumerate(SERVOS):
        changes = [change for change in node.hardware.recorded() if (change.kind, change.pin) == ("pwm", pin)]
        duties = [round(change.values[1] / 64) for change in changes if change.values[1]]
        duties_plotted = plot.column(number)[1]
        assert set(duties_plotted) <= set(duties)
        assert len(set(duties_plotted)) > 1
        assert duties_plotted[-1] == 75
        assert all(55 <= duty <= 95 for duty in duties_plotted)
        assert figures(result)[f"servo {number + 1} highest"] == max(duties_plotted)


def test_roboarm_reaches_its_points_where_the_servos_really_are(run: Run, node: AppNode) -> None:
    for pin in SERVOS:
        node.hardware.wire_servo(pin)
    real: list[tuple[float, ...]] = []

    def look(event: AppEvent) -> None:
        if isinstance(event, PointAdded):
            state = node.hardware.state()
            duties = [state.pwm(pin) for pin in SERVOS]
            real.append(tuple(round(duty[1] * 1024) for duty in duties if duty))

    result = run("RoboArm", look, speed_ms=1, pause_s=0.02)
    (plot,) = result.plots
    assert [row[:2] for row in plot.rows] == real
    assert real[1:3] == [(40, 40), (40, 115)]
    assert figures(result)["success rate"] == 100.0
    assert result.lines[-1] == "Success rate: 100.0 %"


def test_camstream_keeps_the_picture_before_the_lens_byte_for_byte(run: Run, node: AppNode) -> None:
    result = run("CamStream", pictures=2)
    assert "800 x 600" in result.lines[-1]
    jpeg = Path(next(file for file in result.files if file.endswith("-002.jpg"))).read_bytes()
    mine = jpeg[:-2] + b"\xff\xfe\x00\x06mine\xff\xd9"  # the same with a comment
    node.hardware.camera(jpeg=mine)
    try:
        result = run("CamStream", pictures=3)
    finally:
        node.hardware.camera(jpeg=None)
    pictures = [Path(file).read_bytes() for file in result.files if file.endswith(".jpg")]
    assert pictures == [mine] * 3
    (plot,) = result.plots
    assert list(plot.rows) == [(number, len(mine) / 1000) for number in (1, 2, 3)]


def test_the_microphone_app_hears_the_tone_around_the_board(run: Run, node: AppNode) -> None:
    level = 80
    node.hardware.microphone.noise(None)
    node.hardware.microphone.tone(1000, level)
    try:
        result = run("MicrophoneTest", seconds=0.75)
    finally:
        node.hardware.microphone.silence()
    loudness, tones = result.plots
    expected = INMP441_AT_94_DB * 10 ** ((level - 94) / 20) * 2**SHIFT * 100 / FULL
    count = len(loudness.rows)
    assert loudness.column(1)[1] == pytest.approx([expected / 2**0.5] * count, rel=0.03)
    assert all(0.92 * expected < peak < 1.001 * expected for peak in loudness.column(0)[1])  # eight samples a wave
    assert statistics.median(tones.column(0)[1]) == pytest.approx(1000, abs=2)
    assert len(tones.rows) >= 3
    with wave.open(next(file for file in result.files if file.endswith(".wav"))) as sound:
        assert sound.getframerate() == 8000
        assert sound.getnframes() / 8000 == pytest.approx(figures(result)["heard"], abs=0.01)


def test_the_presence_app_plots_the_sound_that_the_node_has_noticed(run: Run, node: AppNode) -> None:
    quiet, loud = 20000, 30000
    node.hardware.adc(MIC_ADC, quiet)
    plotted = 0

    def bang(event: AppEvent) -> None:
        nonlocal plotted
        if isinstance(event, PointAdded):
            plotted += 1
            if plotted == 15:
                node.hardware.adc(MIC_ADC, loud)

    result = run("PresenceTest", bang, seconds=1.0, pause_s=0.02)
    (plot,) = result.plots
    times, amplitudes = plot.column(0)
    sounds = plot.column(1)[1]
    step = (loud - quiet) / 655.35  # percent; the node's mean follows by 6 % with each sample of 15 ms
    begin = next(at for at, amplitude in enumerate(amplitudes) if amplitude)
    assert begin >= 15
    assert step / 3 < amplitudes[begin] < step + 0.2  # the node keeps ten samples: on a busy machine some get lost
    if times[begin] - times[begin - 1] < 0.025:
        assert (amplitudes[begin], sounds[begin]) == (pytest.approx(step, abs=0.1), 1)
    assert all(after <= before for before, after in itertools.pairwise(amplitudes[begin:]))
    assert all(after > before for before, after in itertools.pairwise(times))
    assert figures(result) == {"samples": len(times), "sounds": sum(sounds), "loudest": max(amplitudes)}
    wait_until(lambda: "Yes       presence" not in node.ask("task list"))  # the timer of the last sound is 1 s


def wait_until(reached: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.05)
