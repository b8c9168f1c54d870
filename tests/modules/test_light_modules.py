"""What the light modules promise beyond the effect of each function: time, order, refusals."""

import json
from collections.abc import Iterator

import pytest
from module_bench import Bench, bench

RED, GREEN, BLUE = "redgb", "rgreenb", "rgbue"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("lights")) as started:
        yield started


@pytest.mark.vm
@pytest.mark.parametrize("seconds", [0.6, 1.2])
def test_a_transition_takes_the_asked_time_within_5_percent_and_ends_on_its_target(node: Bench, seconds: float) -> None:
    """On the node's own clock; it began between the switching on of the trace and the first change."""
    node.call("rgb color 0 1000 500 smooth=False")
    node.set("trace", on=True)
    node.call(f"rgb transition 1000 0 500 sec={seconds} wake=True")
    node.until(lambda h: [h.duty(pin) for pin in (RED, GREEN, BLUE)] == [1000, 0, 500])
    red, green, blue = (node.trace("pwm", pin) for pin in (RED, GREEN, BLUE))
    assert red[-1][0] - red[0][0] <= seconds * 1050
    assert red[-1][0] >= seconds * 950
    assert red[-1][2] == 65535
    assert green[-1][2] == 0
    assert not blue, "a channel that stays is not touched"
    assert [row[2] for row in red] == sorted(row[2] for row in red)
    assert len(red) > seconds * 50, "many small steps"


@pytest.mark.vm
def test_a_new_colour_ends_the_fade_that_runs(node: Bench) -> None:
    node.call("rgb color 0 0 0 smooth=False")
    node.call("rgb transition 1000 1000 1000 sec=60 wake=True")
    node.until(lambda h: h.duty(RED) > 0)
    node.call("rgb color 10 20 30 smooth=False")
    node.until(lambda h: [h.duty(pin) for pin in (RED, GREEN, BLUE)] == [10, 20, 30])
    assert "Yes       rgb._tran" not in node.call("task list")
    assert node.call("rgb transition 40 sec=0.05") == "Starting transition"
    node.until(lambda h: h.duty(RED) == 40)


@pytest.mark.vm
def test_a_transition_in_the_dark_stays_dark_and_shows_when_switched_on(node: Bench) -> None:
    node.call("rgb color 100 100 100 smooth=False")
    node.call("rgb toggle False smooth=False")
    node.call("rgb transition 300 200 100 sec=0.05")
    assert node.json("rgb status") == {"R": 300, "G": 200, "B": 100, "S": 0}
    node.until(lambda h: [h.duty(pin) for pin in (RED, GREEN, BLUE)] == [0, 0, 0])
    node.call("rgb toggle")
    node.until(lambda h: [h.duty(pin) for pin in (RED, GREEN, BLUE)] == [300, 200, 100])


@pytest.mark.vm
def test_a_pin_used_twice_is_refused_by_name_and_the_shell_lives(node: Bench) -> None:
    node.call("rgb load_n_init")  # books 14, 12, 15
    reply = node.ask("neopixel color 1 2 3")
    assert reply == "Core error: LM_neopixel->color: [io] Pin neop is busy: rgbue:15"
    assert node.call("rgb status")


@pytest.mark.vm
def test_missing_hardware_is_a_one_line_error(node: Bench) -> None:
    for command in ("tinyrgb setrgb 1 2 3", "genIO set_out 99", "genIO set_pwm 'nopin'", "genIO set_pwm 36"):
        reply = node.ask(command)
        assert reply.startswith("Core error: LM_"), reply
        assert "\n" not in reply
    assert node.ask("hello").startswith("hello:node01")


@pytest.mark.vm
def test_a_hardware_fault_is_logged_once_and_again_after_it_has_worked(node: Bench) -> None:
    def lines() -> int:
        return (node.files("err.log") or "").count("[ERR][i2c]")

    for stuck, logged in ((True, 1), (True, 1), (False, 1), (True, 2)):
        node.set("i2c", stuck=stuck)
        assert node.ask("i2c scan").startswith("Core error: LM_i2c->scan: " if stuck else "[]")
        assert lines() == logged
    node.set("i2c", stuck=False)


@pytest.mark.vm
def test_presence_without_its_module_is_a_one_line_error(node: Bench) -> None:
    (node.node.folder / "LM_presence.py").unlink(missing_ok=True)
    assert "no module named 'LM_presence'" in node.ask("rgb subscribe_presence")


@pytest.mark.vm
def test_typed_help_has_ranges_options_and_types(node: Bench) -> None:
    widgets = {json.loads(line)["lm_call"].split()[0]: json.loads(line) for line in node.json("rgb help widgets=True")}
    assert widgets["color"] == {
        "type": "color",
        "lm_call": "color r=:range: g=:range: b=:range: smooth=True force=True",
        "range": [0, 1000, 10],
    }
    assert widgets["toggle"]["options"] == ["True", "False"]
    assert widgets["brightness"]["range"] == [0, 100, 2]
    assert set(widgets) == {"color", "brightness", "toggle", "random"}
    assert node.json("rgb help")[1] == "brightness percent=<0-100-2> smooth=True wake=True"
    assert json.loads(node.json("i2c help widgets=True")[0])["refresh"] == 10000
