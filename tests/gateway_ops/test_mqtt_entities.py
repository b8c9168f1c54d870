"""What the widgets of a load module become in Home Assistant, and what its wishes become on the node."""

import json
from typing import Any

import pytest

from devtoolkit.gateway.mqtt_entities import Entity
from devtoolkit.gateway.mqtt_messages import Topics, is_ours
from devtoolkit.gateway.mqtt_modules import entities
from devtoolkit.gateway.mqtt_settings import Broker
from devtoolkit.services.widgets import parse

CCT: list[dict[str, Any]] = [
    {"type": "white", "lm_call": "white cw=:range: ww=:range: smooth=True", "range": [0, 1000, 10]},
    {"type": "slider", "lm_call": "brightness percent=:range: smooth=True", "range": [0, 100, 2]},
    {"type": "button", "lm_call": "toggle state=:options: smooth=True", "options": ["True", "False"]},
    {"type": "slider", "lm_call": "hue_transition percent=:range: sec=1.0", "range": [0, 100, 2]},
    {"type": "button", "lm_call": "random smooth=True max_val=1000"},
]


def made(module: str, widgets: list[dict[str, Any]], **status: object) -> dict[str, Entity]:
    known = parse(module, (json.dumps([json.dumps(one) for one in widgets]),))
    return {one.object_id: one for one in entities(known, status)}


def test_a_white_lamp_takes_its_toggle_and_brightness_and_leaves_the_rest() -> None:
    found = made("cct", CCT, CW=0, WW=0, S=0)
    assert {key: one.component for key, one in found.items()} == {
        "cct": "light",
        "cct_hue_transition": "number",
        "cct_random": "button",
    }


@pytest.mark.parametrize(
    ("wish", "command"),
    [
        ({"state": "ON"}, "cct toggle state=True smooth=True"),
        ({"state": "OFF", "brightness": 9}, "cct toggle state=False smooth=True"),
        ({"state": "ON", "color_temp": 153}, "cct white cw=400 ww=0 smooth=True"),
        ({"state": "ON", "color_temp": 370, "brightness": 255}, "cct white cw=0 ww=1000 smooth=True"),
        ({"state": "ON", "brightness": 255}, "cct white cw=500 ww=1000 smooth=True"),
    ],
)
def test_a_white_lamp_keeps_of_shade_and_brightness_what_is_not_wished(wish: dict[str, Any], command: str) -> None:
    lamp = made("cct", CCT, CW=200, WW=400, S=1)["cct"]
    assert lamp.command(json.dumps(wish), {"CW": 200, "WW": 400, "S": 1}) == command


def test_a_dark_lamp_gets_light_from_a_wish_for_brightness() -> None:
    lamp = made("cct", CCT, CW=0, WW=0, S=0)["cct"]
    assert lamp.command('{"state": "ON", "brightness": 51}', {"CW": 0, "WW": 0, "S": 0}) == (
        "cct white cw=200 ww=200 smooth=True"
    )


def test_the_state_of_a_lamp_is_home_assistants_scale_and_survives_the_way_back() -> None:
    widgets = [{"type": "color", "lm_call": "color r=:range: g=:range: b=:range:", "range": [0, 1000, 10]}]
    lamp = made("rgb", widgets, R=0, G=0, B=0)["rgb"]
    for answer in ({"R": 1000, "G": 500, "B": 0, "S": 1}, {"R": 10, "G": 20, "B": 40, "S": 1}):
        state = json.loads(lamp.state(answer) or "")
        back = lamp.command(json.dumps({"state": "ON", "color": state["color"], "brightness": state["brightness"]}), {})
        values = [int(word.partition("=")[2]) for word in back.split()[2:]]
        assert all(abs(value - answer[key]) <= 4 for value, key in zip(values, "RGB", strict=True)), (back, answer)
    assert json.loads(lamp.state({"R": 1, "G": 1, "B": 1, "S": 0}) or "")["state"] == "OFF"
    assert lamp.state({"R": 1}) is None


def test_without_a_toggle_a_lamp_is_switched_by_its_channels() -> None:
    widgets = [{"type": "color", "lm_call": "color r=:range: g=:range: b=:range:", "range": [0, 255, 5]}]
    lamp = made("strip", widgets, R=0, G=0, B=0)["strip"]
    assert lamp.command('{"state": "OFF"}', {}) == "strip color r=0 g=0 b=0"
    assert lamp.command('{"state": "ON"}', {}) == "strip color r=255 g=255 b=255"


def test_a_module_whose_status_tells_nothing_has_no_lamp_but_its_parts() -> None:
    found = made("cct", CCT)
    assert {key: one.component for key, one in found.items()} == {
        "cct_brightness": "number",
        "cct_toggle": "switch",
        "cct_hue_transition": "number",
        "cct_random": "button",
    }
    assert found["cct_toggle"].poll == ""


def test_options_become_a_select_whose_words_are_quoted_for_the_node() -> None:
    widgets = [{"type": "button", "lm_call": "control cmd=:options:", "options": ["prev", "2", "None"]}]
    select = made("ui", widgets)["ui_control"]
    assert select.config()["options"] == ["prev", "2", "None"]
    assert [select.command(option, {}) for option in ("prev", "2", "None")] == [
        "ui control cmd='prev'",
        "ui control cmd=2",
        "ui control cmd=None",
    ]
    with pytest.raises(ValueError, match="prev, 2, None"):
        select.command("x' reboot", {})


@pytest.mark.parametrize("payload", ["", "nan", "inf", "-1", "101", "1; reboot", "[1]"])
def test_a_number_takes_only_numbers_within_its_range(payload: str) -> None:
    slider = made("s", [{"type": "slider", "lm_call": "set v=:range:", "range": [0, 100, 1]}])["s_set"]
    assert slider.command("7.0", {}) == "s set v=7"
    with pytest.raises(ValueError, match=r".+"):
        slider.command(payload, {})


def test_a_step_below_one_is_kept() -> None:
    slider = made("s", [{"type": "slider", "lm_call": "set v=:range:", "range": [0, 1, 0.1]}], X=0.5)["s_set"]
    assert slider.command("0.3", {}) == "s set v=0.3"
    assert slider.state({"X": 0.5}) == "0.5"


def test_what_has_no_counterpart_is_left_out() -> None:
    widgets: list[dict[str, Any]] = [
        {"type": "joystick", "lm_call": "control x=:range: y=:range:", "range": [0, 1, 1]},
        {"type": "embed", "lm_call": "stream"},
        {"type": "textbox", "lm_call": "measure"},
        {"type": "button", "lm_call": "both a=:options: b=:range:", "options": ["1", "2"], "range": [0, 1, 1]},
    ]
    assert made("x", widgets) == {}


def test_topics_are_read_as_they_are_written() -> None:
    topics = Topics(Broker("host", 1883, base="home/micros"))
    (entity,) = made("cct", CCT[4:]).values()
    assert topics.config("0x1 +#", entity) == "homeassistant/button/0x1_/cct_random/config"
    assert topics.announced("homeassistant/button/u/cct_random/config") == ("button", "u", "cct_random")
    assert topics.wanted("home/micros/u/cct_random/set") == ("u", "cct_random")
    assert topics.wanted("home/micros/u/cct_random/state") is None
    assert topics.announced("homeassistant/status") is None


@pytest.mark.parametrize("message", [b"", b"[]", b"nonsense", b'{"origin": "micrOS gateway"}', b"\xff"])
def test_what_is_no_message_of_ours_is_not_taken_for_one(message: bytes) -> None:
    assert not is_ours(message)
