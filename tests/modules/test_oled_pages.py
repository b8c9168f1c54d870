"""The pages of oled_ui, walked through with simulated buttons and compared with stored images; broken displays."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from module_bench import Bench, Hardware, bench
from oled_bench import frame_of, is_dark, plug, shows, text_of, unplug, until_shows

pytestmark = pytest.mark.vm

# 2026-11-22 09:41:00; the pages show hours and minutes
CLOCK = 1795340460
SHORT_MS, HELD_MS = 400, 1500  # of the button that knows two kinds of presses
BUTTONS = {
    "irq1": True,
    "irq1_cbf": "oled_ui control 'next'",
    "irq2": True,
    "irq2_cbf": "oled_ui control 'prev'",
    "irq3": True,
    "irq3_cbf": "oled_ui control 'press'",
    "irq_prell_ms": 100,
}
LAMP = "lamp.local switch toggle"
PAGES = ("system", "intercon", "analog", "welcome", "command", "remote")


def pressed(b: Bench, button: str, ms: int = 120) -> None:
    """A press with the bounces of worn contacts, from when the node waits for one until the last bounce."""
    edges = [[0, 1], [1, 0], [3, 1], [4, 0], [6, 1], [ms, 0], [ms + 1, 1], [ms + 3, 0]]
    b.until(lambda h: h.of("pins", button)["irq"])
    b.set("trace", on=True)
    b.set("pin", pin=b.pins[button], bounce=edges)
    b.until(lambda _: len(b.trace("pin", button)) == len(edges))


def marked(h: Hardware) -> int:
    """Number of the page that the marks at the bottom show; -1 without marks."""
    marks = [run for run in frame_of(h).rows[62].split(".") if run]
    return marks.index("#####") if "#####" in marks else -1


@pytest.fixture
def lamp(tmp_path: Path) -> Iterator[Bench]:
    """Another node, with a switch."""
    with bench(tmp_path / "lamp", settings={"devfid": "lamp"}, config={"name": "lamp"}) as started:
        yield started


@pytest.fixture
def node(tmp_path: Path, lamp: Bench) -> Iterator[Bench]:
    """A node with a display, four buttons, and pages for a command and for the other node."""
    settings = {"boothook": f"oled_ui cmd_genpage 'switch toggle'; oled_ui intercon_genpage '{LAMP}'", **BUTTONS}
    with bench(tmp_path / "node", settings=settings, config={"hosts": {"lamp": lamp.node.address}}) as started:
        plug(started)
        started.until(lambda _: "No        ntp" in started.call("task list"))
        started.set("clock", unix=CLOCK)
        started.set("adc", pin=started.pins["temp6000"], value=32768)
        started.call("oled_ui pageui")
        yield started


def test_buttons_walk_through_all_pages_and_command_another_node(node: Bench, lamp: Bench) -> None:
    # the address is another in each run, the memory a bit
    changing = {"system": (range(12, 20), range(32, 40)), "analog": (range(30, 60),)}
    for number, name in enumerate(PAGES):
        node.until(lambda h, number=number: marked(h) == number)
        until_shows(node, f"page_{name}", changing.get(name, ()))
        pressed(node, "irq1")
    node.until(lambda h: marked(h) == 0)
    pressed(node, "irq2")
    node.until(lambda h: marked(h) == 5)
    assert lamp.hardware().level("switch_1") is None
    pressed(node, "irq3")
    lamp.until(lambda h: h.level("switch_1") == 1)
    node.until(lambda h: shows(h, "SET STATE: 1"), seconds=20)
    until_shows(node, "page_remote_answer")
    pressed(node, "irq3")
    lamp.until(lambda h: h.level("switch_1") == 0)
    pressed(node, "irq2")
    node.until(lambda h: marked(h) == 4)
    pressed(node, "irq3")
    node.until(lambda h: h.level("switch_1") == 1 and shows(h, "SET STATE: 1"))
    for _ in range(3):
        pressed(node, "irq2")
    known = f".{lamp.node.address.rsplit('.')[-1]}"
    node.until(lambda h: marked(h) == 1 and re.match(r"lamp +\.", text_of(h)[1]) and text_of(h)[1].endswith(known))
    assert node.files("err.log") is None


def test_one_button_does_it_all(node: Bench, lamp: Bench) -> None:
    """A short press runs the page's action or goes on, a long one always goes on; no bounce counts twice."""
    for number in (1, 2):
        pressed(node, "oleduibttn", SHORT_MS)
        node.until(lambda h, number=number: marked(h) == number)
    node.until(lambda h: shows(h, "temp6000"))
    pressed(node, "oleduibttn", SHORT_MS)
    node.until(lambda h: marked(h) == 2 and not shows(h, "temp6000"))
    for number, ms in ((3, HELD_MS), (4, SHORT_MS), (5, HELD_MS)):
        pressed(node, "oleduibttn", ms)
        node.until(lambda h, number=number: marked(h) == number)
    pressed(node, "oleduibttn", SHORT_MS)
    lamp.until(lambda h: h.level("switch_1") == 1)
    node.call("oled_ui msgbox 'Hello'")
    node.until(lambda h: shows(h, "Hello"))
    pressed(node, "oleduibttn", SHORT_MS)
    node.until(lambda h: not shows(h, "Hello") and marked(h) == 5)
    assert lamp.hardware().level("switch_1") == 1


def test_a_dark_display_is_lit_by_the_first_press_which_does_nothing_else(node: Bench) -> None:
    node.until(lambda h: not is_dark(h))
    node.call("oled_ui pageui pwr_sec=1")
    node.until(is_dark)
    pressed(node, "irq1")
    node.until(lambda h: not is_dark(h) and marked(h) == 0)


def test_a_display_that_goes_and_comes_back_costs_one_line_of_the_log(node: Bench) -> None:
    node.until(lambda h: not is_dark(h))
    unplug(node)
    node.until(lambda _: "oled_ui: " in (node.files("err.log") or ""))
    for _ in range(3):
        assert node.ask("oled_ui pageui").startswith("Core error: LM_oled_ui->pageui: [Errno 19]")
    assert node.call("oled_ui control 'next'") == "page: 1 pwr: True"
    plug(node)
    until_shows(node, "page_intercon")
    assert node.call("oled_ui pageui") == "None"
    assert (node.files("err.log") or "").count("Errno 19") == 1


@pytest.mark.parametrize("module", ["oled", "oled_sh1106"])
def test_no_answer_and_a_stuck_bus_are_one_line_logged_once_and_the_shell_lives(tmp_path: Path, module: str) -> None:
    with bench(tmp_path) as b:
        for fault, error in (("absent", "[Errno 19] ENODEV"), ("stuck", "[Errno 110] ETIMEDOUT")):
            b.set("i2c", stuck=fault == "stuck")
            for function in ("show", "text 'x'", "poweron", "show"):
                reply = b.ask(f"{module} {function}")
                assert reply == f"Core error: LM_{module}->{function.split()[0]}: {error}"
            assert (b.files("err.log") or "").count(error) == 1
            assert b.ask("hello").startswith("hello:node01")
        b.set("i2c", stuck=False)
        plug(b, "ssd1306" if module == "oled" else "sh1106")
        b.call(f"{module} text 'here'")
        b.call(f"{module} show")
        b.until(lambda h: text_of(h) == ["here"])
