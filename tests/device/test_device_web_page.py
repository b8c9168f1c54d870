"""The dashboard as a user sees it: a real browser on a node with simulated hardware."""

import json
from collections.abc import Iterator

import pytest
from browser import Browser, browser, needs_browser
from device_node import ROOT
from module_bench import Bench, bench
from web_client import PORTS, WEB_PORT

pytestmark = [pytest.mark.vm, needs_browser]

_WEB = ROOT / "micros_source" / "web"
_LIMIT = 20_000  # bytes of all that a page load fetches
_ALL_KINDS = """
from Common import typed_help, rest_endpoint

_seen = []


def load_n_init(cache=None):
    return rest_endpoint("hello", lambda: ("text/html", "<p>embedded</p>"))


def seen():
    return _seen[-1] if _seen else ""


def stick(x, y):
    _seen.append("stick %d %d" % (x, y))


def mode(name):
    _seen.append("mode " + name)
    return "mode is " + name


def stop():
    _seen.append("stop")
    return "stopped"


def level(value):
    _seen.append("level %d" % value)
    return {"X": value}


def temp():
    return {"temp": 21.5}


def state():
    return {"door": "<b>open</b>"}


def view():
    return "/hello"


def status(lmf=None):
    return {"X": -15}


def help(widgets=False):
    return typed_help(
        (
            "BUTTON stop",
            "BUTTON mode name=<'slow','fast'>",
            "SLIDER level value=<-50-50-5>",
            "JOYSTICK stick x=<0-100> y=<0-100>",
            "TEXTBOX temp",
            "STATUS state",
            "GRAPH temp",
            "EMBED view",
        ),
        widgets,
    )
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Browser]]:
    """A node with lights and a module of all kinds of widgets, and a browser that shows its page."""
    files = {file.name: file.read_text(encoding="utf-8") for file in _WEB.iterdir()}
    settings = {"webui": True, "boothook": "rgb load_n_init; dimmer load_n_init; kinds load_n_init"}
    folder = tmp_path_factory.mktemp("page") / "node"
    files["LM_kinds.py"] = _ALL_KINDS
    with bench(folder, settings=settings, config={"ports": PORTS}, files=files) as b, browser() as shown:
        b.call("rgb color 600 100 900 smooth=False")
        shown.open(f"http://{b.node.address}:{WEB_PORT}/")
        shown.wait(lambda: shown.texts("#cards h2") == ["Dimmer", "Kinds", "Rgb"], "the cards are there")
        shown.wait(lambda: shown.js("!waiting.size && !busy"), "the page has loaded")
        yield b, shown


def test_the_page_is_small_and_needs_nothing_but_the_node(page: tuple[Bench, Browser]) -> None:
    _, shown = page
    loaded = shown.js(
        "performance.getEntriesByType('resource').filter(e => e.initiatorType != 'fetch').map(e => e.name)"
    )
    assert [name for name in loaded if not name.startswith("data:") and not name.endswith("/hello")] == []
    assert sum(file.stat().st_size for file in _WEB.iterdir()) < _LIMIT
    assert shown.texts("#node") == ["node01"]
    assert shown.errors() == []


def test_a_slider_and_a_colour_change_the_light(page: tuple[Bench, Browser]) -> None:
    b, shown = page
    shown.slide("#card-dimmer input[type=range]", 730)
    b.until(lambda h: h.duty("dim_1") == 730)
    shown.slide("#card-rgb input[type=color]", "#ff0080")
    b.until(lambda h: (h.duty("redgb"), h.duty("rgreenb"), h.duty("rgbue")) == (1000, 0, 502))
    shown.slide("#card-rgb input[type=range]", 50)
    b.until(lambda h: (h.duty("redgb"), h.duty("rgreenb")) == (500, 0))


def test_a_button_switches_and_shows_the_state(page: tuple[Bench, Browser]) -> None:
    b, shown = page
    for name, on in (("Off", False), ("On", True)):
        button = f"[...document.querySelectorAll('#card-rgb button')].find(b => b.textContent == '{name}')"
        shown.driver.execute_script(f"{button}.click()")
        b.until(lambda h, on=on: (h.duty("redgb") > 0) == on)
        shown.wait(lambda button=button: shown.js(f"{button}.className") == "sel", f"{name} is marked")


def test_a_fast_hand_sends_its_last_position_and_no_flood(page: tuple[Bench, Browser]) -> None:
    b, shown = page
    before = shown.js("performance.getEntriesByType('resource').length")
    shown.driver.execute_script(
        "const e = document.querySelector('#card-dimmer input[type=range]');"
        "for (let v = 0; v <= 600; v += 10) { e.value = v; e.dispatchEvent(new Event('input')); }"
    )
    b.until(lambda h: h.duty("dim_1") == 600)
    shown.wait(lambda: shown.js("!waiting.size && !busy"), "nothing waits")
    assert shown.js("performance.getEntriesByType('resource').length") - before < 10


def test_every_kind_of_widget_works(page: tuple[Bench, Browser]) -> None:
    b, shown = page
    card = "#card-kinds"
    assert shown.js(f"document.querySelector('{card} input').value") == "-15", "the slider shows the state"
    shown.slide(f"{card} input", -40)
    shown.wait(lambda: b.call("kinds seen") == "level -40", "the slider")
    for name, said in (("fast", "mode fast"), ("Stop", "stop")):
        shown.driver.execute_script(
            f"[...document.querySelectorAll('{card} button')].find(b => b.textContent == '{name}').click()"
        )
        shown.wait(lambda said=said: b.call("kinds seen") == said, said)
    shown.wait(lambda: "mode is fast" in shown.texts(f"{card} output"), "the button's text")
    shown.driver.execute_script(
        "const p = document.querySelector('.pad'), r = p.getBoundingClientRect(); p.setPointerCapture = () => 0;"
        "p.dispatchEvent(new PointerEvent('pointerdown', {clientX: r.left + r.width, clientY: r.top, buttons: 1}));"
    )
    shown.wait(lambda: b.call("kinds seen") == "stick 100 100", "the joystick")
    shown.wait(lambda: {"temp: 21.5", "door: <b>open</b>"} <= set(shown.texts(f"{card} pre")), "text boxes, as text")
    shown.wait(lambda: shown.js(f"document.querySelector('{card} path').getAttribute('d')"), "the graph")
    assert shown.js("document.querySelector('iframe').src").endswith("/hello")


def test_a_command_shows_its_answer_and_its_address(page: tuple[Bench, Browser]) -> None:
    _, shown = page
    line = shown.find("#line")
    line.clear()
    line.send_keys("probe echo \"a-b/c d\" -5 'x'\n")
    expected = "(('a-b/c d', -5, 'x'), [])"
    shown.wait(lambda: shown.texts("#answer") == [expected], "the answer")
    address = shown.js("document.querySelector('#url').href")
    reply = shown.driver.execute_async_script(
        "const done = arguments[1]; fetch(arguments[0]).then(r => r.text()).then(done)", address
    )
    assert json.loads(reply) == {"result": expected, "state": True}
    line.clear()
    line.send_keys("nosuch thing\n")
    shown.wait(lambda: "no module named" in shown.texts("#answer")[0], "the error")
    assert shown.js("document.querySelector('#answer').className") == "bad"


def test_modules_can_be_added_and_taken_away(page: tuple[Bench, Browser]) -> None:
    _, shown = page
    pick = "const s = document.querySelector('#add'); s.value = 'servo'; s.dispatchEvent(new Event('change'))"
    shown.driver.execute_script(pick)
    shown.find("#card-servo")
    shown.driver.execute_script("document.querySelector('#card-servo button.flat').click()")
    shown.wait(lambda: not shown.js("document.querySelector('#card-servo')"), "the card is gone")


def test_light_and_dark_and_narrow_all_fit(page: tuple[Bench, Browser]) -> None:
    _, shown = page
    background = "getComputedStyle(document.body).backgroundColor"
    colours = set()
    for on in (True, False):
        shown.dark(on=on)
        colours.add(shown.js(background))
    assert len(colours) == 2
    shown.driver.execute_script("document.querySelector('#theme').click()")
    assert shown.js("document.documentElement.dataset.theme") in ("light", "dark")
    for width in (320, 390, 800, 1600):
        shown.size(width, 800)
        wide = f"[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > {width})"
        assert shown.js(f"{wide}.map(e => e.outerHTML.slice(0, 80))") == [], f"nothing reaches out at {width}"
        assert shown.js("document.documentElement.scrollWidth") <= width, f"no sideways scrolling at {width}"
