"""The schema of node_config.json: defaults, checks, conversion, agreement with the device's own table."""

import ast
from pathlib import Path

import pytest

from devtoolkit.errors import ConfigError
from devtoolkit.model.node_config import BY_NAME, KEYS, check, coerce, defaults

CORE = Path(__file__).resolve().parents[2] / "micros_source" / "core"


def device_constant(name: str) -> object:
    """A constant of the device's Config.py or ConfigKeys.py, read with ast; names in it are resolved one level deep."""
    tree = ast.parse("".join((CORE / name).read_text(encoding="utf-8") for name in ("Config.py", "ConfigKeys.py")))
    values = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    class Resolve(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            return self.visit(values[node.id])

        def visit_Call(self, node: ast.Call) -> ast.AST:  # const(x)
            return self.visit(node.args[0])

    return ast.literal_eval(Resolve().visit(values[name]))


def test_the_defaults_and_their_order_are_those_of_the_device() -> None:
    assert tuple(defaults().items()) == device_constant("DEFAULTS")


def test_the_limits_of_numbers_are_those_of_the_device() -> None:
    ours = {key.key: (key.low, key.high) for key in KEYS if key.low is not None}
    assert ours == device_constant("_RANGES")


def test_the_secrets_are_those_of_the_device() -> None:
    assert {key.key for key in KEYS if key.secret} == set(device_constant("SECRETS"))


def test_the_defaults_are_allowed() -> None:
    assert check(defaults()) == ()


def test_every_key_has_a_text_of_its_own() -> None:
    assert len({key.text for key in KEYS}) == len(KEYS) == len(BY_NAME)
    assert all(key.type == type(key.default).__name__ for key in KEYS)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"devfid": "TinyDevBoard_2-b"},
        {"staessid": "home;work", "stapwd": "password1;password2"},
        {"staessid": "open", "stapwd": ""},
        {"staessid": "home;work"},
        {"nwmd": "ap"},
        {"irq1_trig": "both"},
        {"crontasks": "*:8:0:0!rgb toggle;sunset-30!rgb toggle; 5-1:*:*/9:0!x y".replace("*/9", "0,30")},
        {"crontasks": "1:8:0:0!rgb toggle; cct toggle;;*:*:*:*!system heartbeat"},
        {"boothook": "rgb load_n_init; cct load_n_init;"},
        {"cstmpmap": "esp32; dht:22; led : 2"},
        {"cstmpmap": "dht:22"},
        {"devip": "192.168.1.91"},
        {"ha": True, "espnow": False, "webui_max_con": 3, "my_own_key": [1]},
    ],
)
def test_what_nodes_use_is_allowed(config: dict[str, object]) -> None:
    assert check(config) == ()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"devfid": "my lamp"}, "white space"),
        ({"devfid": ""}, "needs a name"),
        ({"devfid": "x" * 33}, "33 characters"),
        ({"devfid": "-lamp"}, "host name"),
        ({"devfid": "lámpa"}, "host name"),
        ({"devfid": "a:b"}, "host name"),
        ({"devfid": 5}, "5 is not a text"),
        ({"auth": "true"}, "is not true or false"),
        ({"auth": 1}, "is not true or false"),
        ({"socport": True}, "is not a whole number"),
        ({"socport": 0}, "1 to 65535"),
        ({"socport": 65536}, "1 to 65535"),
        ({"utc": 900}, "-720 to 840 min"),
        ({"nwmd": "WIFI"}, "none of STA, AP"),
        ({"irq3_trig": "rising"}, "none of"),
        ({"appwd": "short"}, "5 characters"),
        ({"appwd": "x" * 10}, "10 characters"),
        ({"appwd": "two words"}, "white space"),
        ({"staessid": "home;work", "stapwd": "password1"}, "1 passwords for 2"),
        ({"staessid": "", "stapwd": ""}, "empty"),
        ({"staessid": "é" * 17, "stapwd": ""}, "32 bytes"),
        ({"stapwd": "short"}, "5 characters"),
        ({"devip": "192.168.1"}, "no IPv4 address"),
        ({"crontasks": "8:0:0!rgb toggle"}, "neither"),
        ({"crontasks": "7:8:0:0!rgb toggle"}, "no weekday"),
        ({"crontasks": "*:24:0:0!rgb toggle"}, "no hour"),
        ({"crontasks": "*:8:60:0!rgb toggle"}, "no minute"),
        ({"crontasks": "*:8:0:0"}, "no !"),
        ({"crontasks": "*:8:0:0!rgb"}, "no command"),
        ({"crontasks": "sunset*2!rgb toggle"}, "neither"),
        ({"boothook": "rgb"}, "no command"),
        ({"irq1_cbf": "rgb-x toggle"}, "no command"),
        ({"cstmpmap": "dht:22; esp32"}, "neither"),
        ({"cstmpmap": "led:two"}, "neither"),
        ({"devfdi": "lamp"}, "devfid was meant"),
    ],
)
def test_what_a_node_cannot_use_is_refused_with_a_reason(config: dict[str, object], words: str) -> None:
    problems = check(config)
    assert len(problems) == 1
    assert words in str(problems[0])
    assert problems[0].key in ("stapwd", *config)


def test_a_reason_never_shows_a_secret() -> None:
    for key in ("appwd", "stapwd"):
        assert "hunter2" not in "".join(map(str, check({key: "hunter2"})))
    assert "77" not in str(check({"appwd": 77})[0])


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("auth", "TRUE", True),
        ("auth", " false ", False),
        ("utc", "-300", -300),
        ("socport", "9009", 9009),
        ("devfid", "lamp", "lamp"),
        ("crontasks", "n/a", "n/a"),
    ],
)
def test_typed_text_becomes_a_value_of_the_keys_type(key: str, text: str, value: object) -> None:
    assert coerce(key, text) == value
    assert type(coerce(key, text)) is type(value)


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("auth", "yes", "true or false"),
        ("utc", "1.5", "whole number"),
        ("socport", "70000", "1 to 65535"),
        ("devfid", "a b", "white space"),
        ("devfdi", "x", "Did you mean devfid"),
    ],
)
def test_text_that_does_not_fit_is_refused(key: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        coerce(key, text)
    assert words in str(caught.value)
