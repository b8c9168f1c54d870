"""Generated from the API files and the tables: every module imports, has these functions, and each does its work."""

import contextlib
from collections.abc import Iterator

import pytest
from module_bench import Bench, ReplyOnly
from module_table import SOURCE, api, signature, table, tables, wanted_signature

# Light, motion, sound and system; then sensors, displays, camera, microphone and messages.
FIRST_HALF = [
    "rgb",
    "rgbcct",
    "cct",
    "dimmer",
    "tinyrgb",
    "neopixel",
    "neoeffects",
    "switch",
    "servo",
    "stepper",
    "roboarm",
    "L9110_DCmotor",
    "L298N_DCmotor",
    "buzzer",
    "pet_feeder",
    "catgame",
    "genIO",
    "i2c",
    "system",
    "esp32",
    "rp2w",
    "robustness",
    "demo",
    "intercon",
    "lmpacman",
    "keychain",
]
SECOND_HALF = [
    "bme280",
    "aht10",
    "dht11",
    "dht22",
    "ds18",
    "co2",
    "ph_sensor",
    "light_sensor",
    "distance",
    "VL53L0X",
    "rencoder",
    "presence",
    "oled",
    "oled_sh1106",
    "oled_ui",
    "OV2640",
    "i2s_mic",
    "telegram",
]
NO_HARDWARE = {"help", "pinmap", "status", "lmdep"}
REPLY_ONLY_LIMIT = 15  # functions beyond NO_HARDWARE that may have a reply and nothing else


class Nodes:
    """The node of the table whose turn it is; the one before is stopped."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._stack = contextlib.ExitStack()
        self._module = ""
        self._node: Bench | None = None

    def of(self, module: str) -> Bench:
        if self._node is None or module != self._module:
            self.stop()
            self._node = self._stack.enter_context(table(module).bench(self._folders.mktemp(module)))
            self._module = module
        return self._node

    def stop(self) -> None:
        self._node = None
        self._stack.close()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    running = Nodes(tmp_path_factory)
    yield running
    running.stop()


def test_together_the_two_halves_cover_all_of_lm_api_json_and_lm_api_extra_json() -> None:
    assert sorted(FIRST_HALF + SECOND_HALF) == sorted(api())
    assert tables() == sorted(api()), "each has a table, and with it every test of this file"
    assert [name for name in api() if not (SOURCE / f"LM_{name}.py").exists()] == []


@pytest.mark.parametrize("module", tables())
def test_a_table_names_exactly_the_functions_of_its_module(module: str) -> None:
    assert sorted(table(module).effects) == sorted(api()[module])


@pytest.mark.parametrize("module", tables())
def test_functions_have_the_parameters_and_defaults_of_the_api(module: str) -> None:
    for function in api()[module]:
        assert signature(module, function) in wanted_signature(module, function), function


def test_few_functions_have_no_effect_but_a_reply_and_each_says_why() -> None:
    without = [
        (module, function, effect.reason)
        for module in tables()
        for function, effect in table(module).effects.items()
        if isinstance(effect, ReplyOnly) and function not in NO_HARDWARE
    ]
    assert len(without) <= REPLY_ONLY_LIMIT, without
    assert all(reason for _, _, reason in without)


@pytest.mark.vm
@pytest.mark.parametrize(
    ("module", "function"), [(module, function) for module in tables() for function in table(module).effects]
)
def test_a_function_called_over_the_shell_has_its_effect(nodes: Nodes, module: str, function: str) -> None:
    node = nodes.of(module)
    node.calls.clear()
    table(module).effects[function](node)
    assert any(command.split()[:2] == [module, function] for command in node.calls), "the effect never called it"
