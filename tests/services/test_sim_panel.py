"""What the Simulator panel asks of a virtual board, with a real one."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from devtoolkit import paths
from devtoolkit.errors import SimulatorError
from devtoolkit.services import shell, sim_panel, widget_values
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.sim_panel import BoardLook
from devtoolkit.services.sim_parts import Parts, Sound
from devtoolkit.services.simulation import VirtualNode, power_on
from devtoolkit.services.widgets import WidgetMemory
from devtoolkit.transports.tcp_shell import TcpShell

pytestmark = pytest.mark.vm
NAME = "benchboard"
LIMIT_S = 60.0
SETTINGS = ("irq1 True", "irq1_cbf dimmer toggle", "irq_prell_ms 50")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualNode]:
    before = paths._chosen_user_data
    paths.choose_user_data(tmp_path_factory.mktemp("bench"))
    try:
        with power_on((NAME,)) as (found,):
            yield found
    finally:
        paths._chosen_user_data = before


@pytest.fixture(autouse=True)
def mine(node: VirtualNode, user_data: object) -> None:
    """The board's user data, not the test's own: `node` has chosen it."""


def run(node: VirtualNode, *commands: str) -> Sequence[tuple[str, ...]]:
    result = shell.run(commands, node.device.uid, DeviceCache(paths.device_cache()), interfaces=("127.0.0.1",))
    return tuple(lines for _command, lines in result.replies)


def seen(reached: Callable[[BoardLook], object]) -> BoardLook:
    """Look until it holds."""
    end = time.monotonic() + LIMIT_S
    while True:
        look = sim_panel.look(NAME)
        if reached(look):
            return look
        assert time.monotonic() < end, look
        time.sleep(0.02)


def colour(look: BoardLook, name: str) -> tuple[int, int, int] | None:
    return next((light.colours[0] for light in look.lights if light.name == name), None)


def down(look: BoardLook) -> bool:
    return next(one for one in look.buttons if one.name == "irq1").down


def test_a_running_board_is_listed_with_chip_and_address(node: VirtualNode) -> None:
    (row,) = sim_panel.rows()
    assert (row.name, row.chip, row.state, row.ip) == (NAME, "esp32", "running", node.device.ip)
    assert sim_panel.known() == (NAME,)
    assert "[server] shell on port" in sim_panel.look(NAME).console


def test_every_board_type_that_is_offered_has_a_chip_of_its_own() -> None:
    types = sim_panel.board_types()
    assert types[0].id == "esp32"
    assert {board.chip for board in types} >= {"esp32", "esp32s3", "esp32c3", "rp2040"}
    assert len({board.chip for board in types}) == len(types)


def test_a_colour_sent_to_the_node_is_the_colour_that_is_seen(node: VirtualNode) -> None:
    run(node, "rgb load_n_init", "rgb color 1000 0 1000 False")
    look = seen(lambda look: colour(look, "colour light") == (255, 0, 255))
    assert next(light for light in look.lights if light.name == "colour light").gpios == (14, 12, 15)
    run(node, "rgb toggle False")
    seen(lambda look: colour(look, "colour light") == (0, 0, 0))


def test_controls_learn_what_the_node_stands_at(node: VirtualNode) -> None:
    run(node, "rgb load_n_init", "rgb color 100 200 300 False", "switch load_n_init")
    found: dict[widget_values.Key, object] = {}

    async def work(session: TcpShell) -> None:
        widgets = await WidgetMemory().of(session, node.device.uid)
        found.update(await widget_values.present(session, widgets))

    asyncio.run(shell.Visit(node.device.uid, DeviceCache(paths.device_cache())).run(work))
    assert found["rgb", "color"] == {"r": "100", "g": "200", "b": "300"}
    assert found["rgb", "toggle"] == {"state": "True"}
    assert found["rgb", "brightness"] == {"percent": "30"}
    assert found["switch", "set_state2"] == {"state": "False"}
    assert ("rgb", "random") not in found


def test_what_is_set_on_a_sensor_is_what_the_node_measures_until_it_is_taken_off(node: VirtualNode) -> None:
    sim_panel.sense(NAME, "bme280", {"temperature": 31.5, "humidity": 60, "pressure": 990})
    told = " ".join(run(node, "bme280 measure")[0])
    assert "31.5" in told
    (state,) = (one for one in sim_panel.look(NAME).sensors if one.kind.name == "bme280")
    assert state.values == {"temperature": 31.5, "humidity": 60, "pressure": 990}
    sim_panel.sense(NAME, "bme280", None)
    (state,) = (one for one in sim_panel.look(NAME).sensors if one.kind.name == "bme280")
    assert state.values is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dht22", {"temperature": 4.5, "humidity": 80}),
        ("ds18", {"temperature": -3.5}),
        ("sonar", {"distance": 1200}),
        ("vl53l0x", {"distance": 300}),
        ("light", {"lux": 200}),
        ("mq135", {"ppm": 1000}),
        ("aht10", {"temperature": 12, "humidity": 33}),
    ],
)
def test_a_sensor_reads_back_what_it_was_given(name: str, values: dict[str, float]) -> None:
    sim_panel.sense(NAME, name, values)
    (state,) = (one for one in sim_panel.look(NAME).sensors if one.kind.name == name)
    assert state.values is not None
    assert {key: pytest.approx(value, rel=0.01) for key, value in values.items()} == dict(state.values)
    sim_panel.sense(NAME, name, None)


@pytest.mark.parametrize(
    ("name", "values", "fault"),
    [
        ("bme280", {"temperature": 20, "humidity": 50, "pressure": 1000}, "busy"),
        ("aht10", {"temperature": 20, "humidity": 50}, "uncalibrated"),
        ("vl53l0x", {"distance": 300}, "busy"),
        ("dht22", {"temperature": 20, "humidity": 50}, "timeout"),
        ("sonar", {"distance": 700}, "silent"),
    ],
)
def test_the_fault_of_a_sensor_reads_back_and_ends(name: str, values: dict[str, float], fault: str) -> None:
    def now() -> str | None:
        return next(one.fault for one in sim_panel.look(NAME).sensors if one.kind.name == name)

    assert now() is None
    sim_panel.sense(NAME, name, values, fault)
    assert now() == fault
    sim_panel.sense(NAME, name, values, None)
    assert now() is None
    sim_panel.sense(NAME, name, values, fault)
    sim_panel.sense(NAME, name, None)
    assert now() is None


def parts() -> Parts:
    found = sim_panel.look(NAME).parts
    assert found is not None
    return found


def test_a_servo_turns_to_where_the_node_sends_it(node: VirtualNode) -> None:
    servo = parts().servos[0]
    assert (servo.name, servo.gpio, servo.angle) == ("servo_1", 27, None)
    sim_panel.fit(NAME, servo, on=True)
    assert parts().servos[0].angle == 0
    run(node, "servo sduty 75")
    seen(lambda look: look.parts is not None and 80 < (look.parts.servos[0].angle or 0) < 90)  # 1.46 ms of 0.5 .. 2.5
    assert parts().servos[0].pulse_us == pytest.approx(75 / 1024 * 20000, rel=0.01)
    sim_panel.fit(NAME, servo, on=False)
    assert parts().servos[0].angle is None
    run(node, "servo deinit")


def test_the_knob_is_turned_and_the_node_counts_its_detents(node: VirtualNode) -> None:
    encoder = parts().encoder
    assert encoder is not None
    assert (encoder.clk, encoder.dt, encoder.named, encoder.detents) == (18, 19, False, None)
    sim_panel.fit(NAME, encoder, on=True)
    sim_panel.turn(NAME, encoder, 5)
    sim_panel.turn(NAME, encoder, -2, bounces=True)
    seen(lambda look: look.parts is not None and look.parts.encoder is not None and look.parts.encoder.detents == 3)
    sim_panel.fit(NAME, encoder, on=False)
    assert parts().encoder == encoder


def test_microphones_and_the_sound_around_them_read_back(node: VirtualNode) -> None:
    i2s, analog = parts().microphones
    assert (i2s.gpio, analog.gpio, i2s.fitted, analog.fitted) == (33, 39, False, False)
    sim_panel.fit(NAME, i2s, on=True, fault="silent")
    sim_panel.fit(NAME, analog, on=True)
    i2s, analog = parts().microphones
    assert (i2s.fitted, i2s.fault, analog.fitted) == (True, "silent", True)
    sim_panel.sound(NAME, Sound(40, (440, 72)))
    sound = parts().sound
    assert sound.noise == 40
    assert sound.tone == pytest.approx((440, 72), abs=0.01)
    sim_panel.sound(NAME, Sound(33))
    assert parts().sound == Sound(33)
    for one in (i2s, analog):
        sim_panel.fit(NAME, one, on=False)
    assert not any(one.fitted for one in parts().microphones)


def test_a_display_on_the_bus_shows_what_the_node_draws(node: VirtualNode) -> None:
    sim_panel.display(NAME, "ssd1306")
    run(node, "oled load_n_init", "oled text 'hello' 10 10", "oled show")
    look = seen(lambda look: look.display is not None and not look.display.frame.is_dark)
    assert look.display is not None
    assert look.display.frame.size == (128, 64)
    sim_panel.display(NAME, "")
    assert sim_panel.look(NAME).display is None


def test_faults_of_the_network_are_seen_and_end(node: VirtualNode) -> None:
    sim_panel.network(NAME, delay_ms=20, multicast=False, time_server=False)
    link = sim_panel.look(NAME).link
    assert link is not None
    assert (link.delay_ms, link.multicast, link.time_server) == (20, False, False)
    sim_panel.network(NAME, delay_ms=0, multicast=True, time_server=True)
    sim_panel.network(NAME, in_range=False)
    seen(lambda look: look.link is not None and not look.link.in_range and not look.link.joined)
    sim_panel.network(NAME, in_range=True)
    seen(lambda look: look.link is not None and look.link.joined)


def test_a_pressed_button_runs_what_the_node_has_for_it(node: VirtualNode) -> None:
    run(node, "conf", *SETTINGS, "noconf")
    sim_panel.power(NAME, "reset")
    look = seen(lambda look: [one for one in look.buttons if one.name == "irq1" and one.watched])
    button = next(one for one in look.buttons if one.name == "irq1")
    assert (button.gpio, button.level) == (4, 1)
    sim_panel.press(NAME, button, 120)
    seen(lambda look: (shade := colour(look, "dimmer")) is not None and shade[0] > 100)
    seen(lambda look: not down(look))  # it was let go by itself
    sim_panel.hold(NAME, button, down=True)
    assert down(sim_panel.look(NAME))
    sim_panel.hold(NAME, button, down=False)
    assert not down(sim_panel.look(NAME))


def test_the_boot_button_is_down_while_it_is_held(node: VirtualNode) -> None:
    look = seen(lambda look: look.buttons)
    boot = look.buttons[-1]
    assert (boot.name, boot.gpio, boot.level) == ("boot", 0, 0)
    sim_panel.hold(NAME, boot, down=True)
    assert sim_panel.look(NAME).buttons[-1].down
    sim_panel.hold(NAME, boot, down=False)


def test_a_board_without_power_shows_only_its_console_until_it_is_plugged_in(node: VirtualNode) -> None:
    sim_panel.power(NAME, "power_off")
    look = seen(lambda look: look.row.state == "off")
    assert not look.alive
    assert not look.lights
    sim_panel.power(NAME, "power_on")
    seen(lambda look: look.alive)


def test_a_board_that_nobody_runs_is_refused_in_plain_words() -> None:
    with pytest.raises(SimulatorError, match="not powered on"):
        sim_panel.look("nobody")
