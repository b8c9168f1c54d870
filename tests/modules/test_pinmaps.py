"""The pin maps: the numbers that users' wiring relies on, GPIOs that exist, one name per pin at a time."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from module_bench import Bench, bench
from module_table import SOURCE

FOLDER = SOURCE.parent / "pinmaps"
WANTED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "pinmaps.json").read_text())
EXTENDED = {"rp2", "esp32c5", "esp32c6"}  # maps that have more than users' wiring relies on
CHIPS = {
    "tinypico": "esp32",
    "esp32": "esp32",
    "qtpy": "esp32",
    "esp32s2": "esp32s2",
    "esp32s3": "esp32s3",
    "m5stamp": "esp32s3",
    "esp32c3": "esp32c3",
    "esp32c6": "esp32c6",
}
ANALOG = {"co2", "temp6000", "ph", "mic", "genadc"}
# Runs on the node: a map as microIO resolves it, and the names whose GPIO the chip refuses as an output.
PROBE = """
from machine import Pin
from microIO import physical_pin, pinmap_dump, set_pinmap
INPUTS = ("co2", "temp6000", "ph", "mic", "genadc", "oleduibttn", "hcsrecho", "bat_volt", "bat_stat", "builtin")

def names(name):
    set_pinmap(name)
    return [n for n in dir(__import__("IO_" + name)) if n[0] != "_" and n != "const"]

def resolved(name):
    pins = pinmap_dump(names(name))
    return {n: pin if isinstance(pin, (int, str)) else "callable" for n, pin in pins.items()}

def refused(name):
    bad = {}
    for key, pin in resolved(name).items():
        try:
            Pin(abs(pin)) if key in INPUTS else Pin(pin, Pin.OUT)
        except (TypeError, ValueError) as e:
            if pin != "callable":
                bad[key] = str(e)
    return bad

def book(*keys):
    return [physical_pin(key) for key in keys]
"""
FILES = {"LM_pins.py": PROBE}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("pins"), files=FILES) as started:
        yield started


def source(name: str) -> dict[str, object]:
    """The plain names of a map file, unwrapped from const()."""
    found = {}
    for statement in ast.parse((FOLDER / f"IO_{name}.py").read_text()).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = statement.value
            if isinstance(value, ast.Call):
                assert ast.unparse(value.func) == "const"
                value = value.args[0]
            if not statement.targets[0].id.startswith("_"):
                found[statement.targets[0].id] = ast.literal_eval(value)
    return found


def test_there_is_a_map_for_every_board_that_users_have() -> None:
    assert {path.stem.removeprefix("IO_") for path in FOLDER.glob("IO_*.py")} == set(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_a_map_has_the_pins_that_wired_boards_rely_on(name: str) -> None:
    found = source(name)
    wanted = {key: pin for key, pin in WANTED[name].items() if pin != "callable"}
    assert {key: found.get(key) for key in wanted} == wanted
    assert name in EXTENDED or set(found) == set(wanted)


@pytest.mark.parametrize("name", sorted(EXTENDED))
def test_an_extended_map_serves_every_kind_of_module(name: str) -> None:
    needed = set(WANTED["esp32"]) - {"touch_0", "i2s_sck", "i2s_ws", "i2s_sd"}
    assert needed <= set(source(name)) | {"builtin"}


def test_the_pico_map_stays_away_from_the_radio_and_measures_where_it_can() -> None:
    pins = source("rp2")
    assert pins.pop("builtin") == "LED"
    assert {*pins.values()} <= {*range(23), 26, 27, 28}
    assert {pins[name] for name in ANALOG & set(pins)} <= {26, 27, 28}
    assert {name for name, pin in pins.items() if pin in (26, 27, 28)} <= ANALOG


@pytest.mark.vm
@pytest.mark.parametrize("name", WANTED)
def test_micro_io_resolves_every_name_of_a_map(node: Bench, name: str) -> None:
    found = node.json(f"pins resolved '{name}'")
    assert {key: found.get(key) for key in WANTED[name]} == WANTED[name]


@pytest.mark.vm
@pytest.mark.parametrize("chip", sorted(set(CHIPS.values())))
def test_the_chip_has_the_pins_of_its_maps_and_outputs_can_drive(chip: str, tmp_path: Path) -> None:
    with bench(tmp_path, config={"chip": chip}, files=FILES) as b:
        for name in (name for name, its in CHIPS.items() if its == chip):
            assert b.json(f"pins refused '{name}'") == {}, name


@pytest.mark.vm
def test_a_pin_is_booked_by_one_name_and_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    with bench(tmp_path, files=FILES) as node:
        _book_twice(node)


def _book_twice(node: Bench) -> None:
    assert node.call("pins book 'servo_1' 'servo_1' 'servo_2'") == "[27, 27, 12]"
    assert node.ask("pins book 'stppr_4'").endswith("[io] Pin stppr_4 is busy: servo_1:27")
    assert node.ask("stepper load_n_init").endswith("[io] Pin stppr_4 is busy: servo_1:27")
    assert node.ask("pins book 'nosuchpin'").endswith("[io-resolve] error: no pin nosuchpin in IO_esp32")
    assert node.call("servo sduty 50") == "SET SERVO1: duty: 50"


@pytest.mark.vm
@pytest.mark.parametrize(
    ("name", "chip", "pin"), [("qtpy", "esp32", 5), ("esp32c5", "esp32", 27), ("m5stamp", "esp32s3", 21)]
)
def test_a_map_whose_led_needs_code_brings_it_along(name: str, chip: str, pin: int, tmp_path: Path) -> None:
    with bench(tmp_path, settings={"cstmpmap": name, "dbg": True}, config={"chip": chip}) as b:
        first = b.until(lambda h: h.leds(pin)).leds(pin)
        b.call("system heartbeat")
        b.until(lambda h: h.leds(pin) != first)
        assert name != "qtpy" or b.hardware().level(8) == 1


@pytest.mark.vm
def test_every_module_that_moves_or_sounds_names_who_holds_its_pin(tmp_path: Path) -> None:
    calls = {
        "servo sduty": "servo_1",
        "servo sdemo": "servo_1",
        "servo s2duty": "servo_2",
        "roboarm load_n_init": "servo_1",
        "catgame game": "servo_1",
        "pet_feeder serve": "servo_1",
        "stepper step 1": "stppr_1",
        "pet_feeder serve_w_stepper": "stppr_1",
        "L298N_DCmotor set_speed": "l298dir_1",
        "L9110_DCmotor motor_control 0 10": "l9110dir_1",
        "buzzer bipp": "buzzer",
        "buzzer play": "buzzer",
        "esp32 touch": "touch_0",
        "keychain temperature": "ds18",
    }
    taken = {name: WANTED["esp32"][name] for name in calls.values()}
    holders = {pin: f"holder{pin}" for pin in taken.values()}
    pins = "; ".join(f"{name}:{pin}" for pin, name in holders.items())
    with bench(tmp_path, settings={"cstmpmap": pins}, files=FILES) as b:
        b.call("pins book " + " ".join(f"'{name}'" for name in holders.values()))
        for command, name in calls.items():
            reply = b.ask(command)
            assert reply.endswith(f"[io] Pin {name} is busy: {holders[taken[name]]}:{taken[name]}"), reply
            assert "\n" not in reply
        running = set(re.findall(r"Yes +(\S+)", b.call("task list")))
        assert running <= {"idle", "server", "announce"}, "nothing of a refused call goes on"


@pytest.mark.vm
def test_a_map_that_lacks_a_modules_pin_says_which(tmp_path: Path) -> None:
    with bench(tmp_path, settings={"cstmpmap": "esp32c3"}) as b:
        assert b.ask("stepper step 1").endswith("[io-resolve] error: no pin stppr_1 in IO_esp32c3")
        assert b.call("system heartbeat") == "<3 heartbeat <3"
