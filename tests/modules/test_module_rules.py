"""Generated over all load modules: what they may import, and what a taken pin or a broken driver does to the node."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from module_bench import Bench, bench
from module_table import SOURCE

CORE = {path.stem for path in (SOURCE.parent / "core").glob("*.py")}
OWN = {path.stem for path in SOURCE.glob("*.py")}
EXEMPT = {"LM_system", "LM_lmpacman", "LM_intercon", "LM_telegram"}
MICROPYTHON = {
    "array",
    "asyncio",
    "binascii",
    "camera",
    "collections",
    "dht",
    "ds18x20",
    "esp32",
    "framebuf",
    "gc",
    "hashlib",
    "machine",
    "math",
    "micropython",
    "neopixel",
    "network",
    "onewire",
    "os",
    "random",
    "struct",
    "sys",
    "time",
}

# A call of each module that uses pins, and the first pin that it books.
DRIVES = {
    "L298N_DCmotor set_speed 10": "l298dir_1",
    "L9110_DCmotor motor_control 0 10": "l9110dir_1",
    "VL53L0X measure": "i2c_scl",
    "aht10 measure": "i2c_scl",
    "bme280 measure": "i2c_scl",
    "buzzer bipp": "buzzer",
    "catgame game": "servo_1",
    "cct white 1 2": "cwhite",
    "dimmer set_value 10": "dim_1",
    "dht11 measure": "dhtpin",
    "dht22 measure": "dhtpin",
    "distance distance_mm": "hcsrtrig",
    "ds18 measure": "ds18",
    "esp32 touch": "touch_0",
    "genIO set_out 'dim_1' True": "dim_1",
    "i2c scan": "i2c_scl",
    "i2s_mic load_n_init enable_endpoint=False": "i2s_sck",
    "keychain temperature": "ds18",
    "neoeffects rainbow": "neop",
    "neopixel color 1 2 3": "neop",
    "oled show": "i2c_scl",
    "oled_sh1106 show": "i2c_scl",
    "oled_ui pageui": "i2c_scl",
    "pet_feeder serve": "servo_1",
    "presence load_n_init mic=2": "i2s_sck",
    "rencoder load_n_init": "rot_dt",
    "rgb color 1 2 3": "redgb",
    "rgbcct toggle True": "redgb",
    "roboarm load_n_init": "servo_1",
    "servo sduty": "servo_1",
    "stepper step 1": "stppr_1",
    "switch set_state True": "switch_1",
}
HELPER = """
import machine
from microIO import get_pinmap


def take(holder):
    for pin in range(40):
        get_pinmap()["booked"][pin] = holder


def release():
    get_pinmap()["booked"].clear()


class _Broken:
    IN, OUT, PULL_UP = 0, 1, 2

    def __init__(self, *args, **kwargs):
        raise OSError(19)


def wreck():
    machine.Pin = _Broken
"""


def foreign_imports(source: str) -> set[str]:
    """Modules that a load module may not import."""
    names = set()
    for found in ast.walk(ast.parse(source)):
        if isinstance(found, ast.Import):
            names |= {alias.name for alias in found.names}
        elif isinstance(found, ast.ImportFrom):
            names.add(str(found.module))
        elif isinstance(found, ast.Constant) and found.value in CORE - {"reset", "main", "micrOS"}:
            names.add(str(found.value))  # by __import__ or sys.modules
    return names - {"Common", "microIO"} - OWN - MICROPYTHON


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*.py")), ids=lambda path: path.stem)
def test_a_module_imports_nothing_of_the_core_but_common_and_microio(path: Path) -> None:
    found = foreign_imports(path.read_text())
    if path.stem in EXEMPT:
        assert found <= CORE
    else:
        assert not found


@pytest.mark.parametrize("text", ["import Tasks", "from Debug import logger", "__import__('Config')", "import urllib"])
def test_the_rule_of_imports_finds_a_forbidden_one(text: str) -> None:
    assert foreign_imports(f"def f():\n    {text}\n")


def test_every_module_that_uses_pins_is_checked() -> None:
    """By itself, or through a module that it imports."""
    texts = {path.stem.removeprefix("LM_"): path.read_text() for path in SOURCE.glob("LM_*.py")}
    helped = re.compile("import DhtSensor|from OledPanel import")
    texts |= {name: text + "physical_pin(" for name, text in texts.items() if helped.search(text)}
    users = {name for name, text in texts.items() if "physical_pin(" in text or "pwm_writer" in text}
    for _ in texts:
        imported = re.compile(rf"(?:import|from) LM_(?:{'|'.join(users)})\b")
        users |= {name for name, text in texts.items() if imported.search(text)}
    assert users == {command.split()[0] for command in DRIVES}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A node without hardware: all its pins are held by somebody, or none works."""
    pins = {"cstmpmap": "rot_clk:18; rot_dt:19"}  # which the map has not
    with bench(tmp_path_factory.mktemp("rules"), settings=pins, files={"LM_hog.py": HELPER}) as started:
        yield started


def _is_idle(node: Bench) -> bool:
    return set(re.findall(r"Yes +(\S+)", node.call("task list"))) <= {"idle", "server", "announce"}


@pytest.mark.vm
@pytest.mark.parametrize("command", DRIVES)
def test_a_pin_that_another_holds_is_named_in_one_line_and_nothing_goes_on(node: Bench, command: str) -> None:
    node.call("hog take 'holder'")
    module, function = command.split()[:2]
    pin = DRIVES[command]
    reply = node.ask(command)
    assert reply == f"Core error: LM_{module}->{function}: [io] Pin {pin} is busy: holder:{node.pins[pin]}"
    assert node.ask("hello").startswith("hello:node01")
    assert _is_idle(node)


@pytest.mark.vm
@pytest.mark.parametrize("command", DRIVES)
def test_a_broken_driver_is_one_line_logged_once_and_the_shell_lives(node: Bench, command: str) -> None:
    module, function = command.split()[:2]
    node.call("hog release")
    node.call("hog wreck")
    node.call("system alarms clean=True")
    for used in (
        "servo",
        "switch",
        "stepper",
        "neopixel",
        "rgb",
        "cct",
        "oled",
        "i2s_mic",
        module,
    ):  # they keep their imports
        node.call(f"lmpacman module '{used}'")
    for _ in range(2):
        reply = node.ask(command)
        assert reply.startswith(f"Core error: LM_{module}->{function}: [Errno 19]"), reply
        assert "\n" not in reply
    assert (node.files("err.log") or "").count("Errno 19") == 1
    assert node.ask("hello").startswith("hello:node01")
    assert _is_idle(node)


@pytest.mark.vm
def test_the_module_of_the_authors_guide_keeps_the_rules_and_works(tmp_path: Path) -> None:
    text = (SOURCE.parents[1] / "docs" / "guide" / "load-modules.md").read_text()
    blocks = [part.split("```")[0] for part in text.split("```python\n")[1:]]
    (module,) = [block for block in blocks if block.startswith('"""Fan')]
    (task,) = [block for block in blocks if block.startswith("import asyncio")]
    assert not foreign_imports(module + task)
    with bench(tmp_path, settings={"cstmpmap": "fan:26"}, files={"LM_fan.py": module + task}) as b:
        assert b.json("fan speed 40") == {"X": 40}
        b.until(lambda h: h.duty("fan") == 400 and h.pwm("fan")["freq"] == 25000)
        b.until_file("fan.pds", "40")
        b.restart()
        assert b.call("fan load_n_init") == "CACHE: True"
        b.until(lambda h: h.duty("fan") == 400)
        assert b.json("fan pinmap") == {"fan": 26}
        assert "speed percent=:range:" in b.json("fan help widgets=True")[0]
        assert [b.call("fan spin"), b.call("fan spin")] == ["Started", "Already running"]
        assert b.call("task kill fan.spin") == "Kill: fan.spin|True"


@pytest.mark.vm
def test_a_pin_map_whose_led_is_code_still_gives_json(tmp_path: Path) -> None:
    with bench(tmp_path, settings={"cstmpmap": "qtpy"}, config={"chip": "esp32s3"}) as b:
        shown = b.json("system pinmap")
        assert (shown["map"], shown["builtin"]) == ("qtpy", "callable")


@pytest.mark.vm
def test_a_sensor_that_is_not_there_is_one_line_logged_once(tmp_path: Path) -> None:
    with bench(tmp_path) as b:
        for _ in range(2):
            assert b.ask("keychain temperature") == "Core error: LM_keychain->temperature: no DS18 sensor"
        assert (b.files("err.log") or "").count("no DS18 sensor") == 1
        assert b.ask("hello").startswith("hello:node01")
