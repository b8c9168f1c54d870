"""LM_oled_ui: what the pages show, read from the simulated display."""

from module_bench import Bench
from oled_bench import is_dark, plug, shows, until_shows


def _fresh(b: Bench, page: int = 0) -> None:
    plug(b)
    for module in ("oled", "oled_ui"):
        b.call(f"lmpacman module '{module}'")
    b.call(f"oled_ui pageui page={page}")
    b.until(lambda h: not is_dark(h))


def _pageui(b: Bench) -> None:
    _fresh(b)
    b.until(lambda h: shows(h, "node01") and shows(h, b.node.address) and shows(h, "Wi-Fi STA"))
    _fresh(b, page=1)
    b.until(lambda h: shows(h, "no nodes yet"))
    plug(b, "sh1106")
    b.call("lmpacman module 'oled_sh1106'")
    b.call("oled_ui pageui oled_type='sh1106' page=1")
    b.until(lambda h: shows(h, "no nodes yet"))
    _fresh(b)
    b.call("oled_ui pageui pwr_sec=1")
    b.until(is_dark)
    b.call("oled_ui pageui pwr_sec=0")
    assert "Core error" in b.ask("oled_ui pageui oled_type='lcd'")


def _control(b: Bench) -> None:
    _fresh(b)
    assert b.call("oled_ui control 'next'") == "page: 1 pwr: True"
    b.until(lambda h: shows(h, "intercon"))
    assert b.call("oled_ui control 'prev'") == "page: 0 pwr: True"
    b.until(lambda h: shows(h, "Wi-Fi STA"))
    assert b.call("oled_ui control 'prev'") == "page: 3 pwr: True"
    b.until(lambda h: not shows(h, "Wi-Fi STA") and not is_dark(h))
    assert b.call("oled_ui control 'off'") == "page: 3 pwr: False"
    b.until(is_dark)
    assert b.call("oled_ui control 'next'") == "page: 3 pwr: True", "it lights the display and does nothing else"
    b.until(lambda h: not is_dark(h))
    assert b.call("oled_ui control 'on'") == "page: 3 pwr: True"
    assert b.call("oled_ui control 'back'").startswith("Invalid command back")


def _msgbox(b: Bench) -> None:
    _fresh(b)
    b.call("oled_ui control 'off'")
    b.until(is_dark)
    assert b.call("oled_ui msgbox 'Coffee is ready'") == "Show msg"
    until_shows(b, "msgbox", ignore=(range(10),))
    b.call("oled_ui control 'press'")
    b.until(lambda h: shows(h, "Wi-Fi STA") and not shows(h, "Coffee"))


def _cmd_genpage(b: Bench) -> None:
    _fresh(b)
    assert b.call("oled_ui cmd_genpage") == "False"
    assert b.call("oled_ui cmd_genpage 'switch'") == "Module and function wanted"
    for _ in range(2):
        assert b.call("oled_ui cmd_genpage 'switch toggle'") == "True"
    assert b.call("oled_ui control 'prev'") == "page: 4 pwr: True"
    b.until(lambda h: shows(h, "switch toggle") and shows(h, "[press button]"))
    before = b.hardware().level("switch_1")
    b.call("oled_ui control 'press'")
    b.until(lambda h: h.level("switch_1") == (0 if before else 1) and shows(h, "SET STATE: "))
    assert b.call("oled_ui cmd_genpage 'system heartbeat' run=True") == "True"
    b.call("oled_ui control 'next'")
    b.until(lambda h: shows(h, "<3 heartbeat <3"))
    assert b.call("oled_ui cmd_genpage 'nothing there'") == "True"
    b.call("oled_ui control 'next'")
    b.call("oled_ui control 'press'")
    b.until(lambda h: shows(h, "Core error:"))


def _intercon_genpage(b: Bench) -> None:
    _fresh(b)
    assert b.call("oled_ui intercon_genpage 'lamp.local'") == "Host and command wanted"
    assert b.call("oled_ui intercon_genpage '127.1.2.3 switch toggle'") == "True"
    b.call("oled_ui control 'prev'")
    b.until(lambda h: shows(h, "127.1.2.3") and shows(h, "[press button]"))
    with b.node.connect() as caller:  # the error line comes to its session, at any time
        caller.send("oled_ui control 'press'")
        b.until(lambda h: shows(h, "no answer"), seconds=20)
    for number in range(11):
        assert b.call(f"oled_ui intercon_genpage 'n{number} system clock'") == "True"
    assert b.call("oled_ui intercon_genpage 'n12 system clock'") == "No place: 16 pages"


def _lmdep(b: Bench) -> None:
    assert b.call("oled_ui lmdep") == "('oled', 'intercon', 'genIO')"


EFFECTS = {
    "pageui": _pageui,
    "control": _control,
    "msgbox": _msgbox,
    "cmd_genpage": _cmd_genpage,
    "intercon_genpage": _intercon_genpage,
    "lmdep": _lmdep,
}
