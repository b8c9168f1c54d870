"""
A user interface of pages on an OLED display: system, known nodes, analog inputs, welcome, and pages that run commands.

Buttons: `oleduibttn` (to 3.3 V) runs the page's action or goes to the next page, held for 0.8 s it always goes on; the
node's own interrupts do the same with `irq1_cbf: oled_ui control next` and so on. A press on a dark display only
lights it. The loop draws once a second and after each command; nothing is drawn while the display is off.
"""

import asyncio
from Common import micro_task, syslog, typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

_REFRESH_MS = const(1000)
_BOUNCE_MS = const(30)
_HELD_MS = const(800)
_TASK = const("oled_ui")  # no dot: it takes no place of the task queue
_MOST_PAGES = const(16)


class _Ui:
    panel = None
    kind = None  # of the panel
    pages = []
    number = 0
    on = True
    message = None
    dark_s = None  # the display goes off after so many seconds without a button
    dark_at = 0
    flag = None  # something is to be drawn, or the button has an edge
    button = None
    edge = False
    fault = None  # text of the failure that is in the log


def _pages():
    if not _Ui.pages:
        from OledPages import Analog, Nodes, System, Welcome

        _Ui.pages = [System(), Nodes(), Analog(), Welcome()]
    return _Ui.pages


def _touched():
    """Somebody is there. bool: the display was off, and is lit now."""
    woken = not _Ui.on
    _Ui.on = True
    _wait_for_dark(_Ui.dark_s)
    return woken


def _wait_for_dark(seconds):
    _Ui.dark_s = seconds
    _Ui.dark_at = ticks_add(ticks_ms(), (seconds or 0) * 1000)


def _draw():
    panel, pages = _Ui.panel, _pages()
    panel.fill(0)
    try:
        pages[_Ui.number].draw(panel)
    except Exception as e:  # a page's module or sensor, not the display
        from OledPages import LINES, wrapped

        panel.rect(0, 10, 128, 54, 0, True)
        for text, y in zip(wrapped(str(e) or "error", 16, 4), LINES):
            panel.text(text, 0, y)
    if _Ui.message:
        _draw_message(panel)
    else:
        x = (panel.width - 6 * len(pages)) // 2
        for number in range(len(pages)):
            panel.rect(x + 6 * number, 62, 5 if number == _Ui.number else 2, 2, 1, True)


def _draw_message(panel):
    from OledPages import centred, wrapped

    panel.rect(0, 10, 128, 54, 0, True)
    panel.rect(4, 17, 120, 38, 1)
    panel.rect(6, 19, 116, 34, 1)
    lines = wrapped(_Ui.message, 13, 2)
    for line, text in enumerate(lines):
        centred(panel, text, 32 if len(lines) == 1 else 26 + 13 * line)


async def _refresh():
    """Brings display and picture to what they shall be. OSError goes to the log once and is tried again."""
    panel = _Ui.panel
    try:
        if _Ui.dark_s and _Ui.on and ticks_diff(_Ui.dark_at, ticks_ms()) <= 0:
            _Ui.on = False
        if _Ui.on:
            _draw()
            await panel.show_gently()
        if panel.lit != _Ui.on:
            panel.power_on(_Ui.on)
        _Ui.fault = None
    except OSError as e:
        _failed(e)


def _failed(error):
    """What to raise: no OSError, which the system would log again."""
    if _Ui.fault is None:
        syslog("oled_ui: %s" % error)
    _Ui.fault = str(error)
    return Exception(_Ui.fault)


async def _live():
    while True:
        try:
            await asyncio.wait_for_ms(_Ui.flag.wait(), _REFRESH_MS)
        except asyncio.TimeoutError:
            pass
        if _Ui.edge:
            await _read_button()
        await _refresh()


async def _read_button():
    """Edges come in bunches: the level some time later counts."""
    await asyncio.sleep_ms(_BOUNCE_MS)
    held = 0
    while _Ui.button.value() and held < _HELD_MS:
        await asyncio.sleep_ms(_BOUNCE_MS)
        held += _BOUNCE_MS
    if held:
        _act("next" if held >= _HELD_MS or not _action() else "press")
        await _refresh()
    while _Ui.button.value():
        await asyncio.sleep_ms(_BOUNCE_MS)
    await asyncio.sleep_ms(_BOUNCE_MS)
    _watch_button()


def _on_edge(pin):
    pin.irq(handler=None)
    _Ui.edge = True
    _Ui.flag.set()


def _watch_button():
    _Ui.edge = False
    _Ui.button.irq(handler=_on_edge, trigger=_Ui.button.IRQ_RISING)


def _open_button():
    """Inputs like GPIO 34 of the ESP32 have no pull-down: the button needs a resistor there."""
    from machine import Pin

    try:
        number = physical_pin("oleduibttn")
        if number is None:
            return
        try:
            _Ui.button = Pin(number, Pin.IN, Pin.PULL_DOWN)
        except ValueError:
            _Ui.button = Pin(number, Pin.IN)
        _watch_button()
    except Exception as e:  # the pages live without it
        syslog("oled_ui button: %s" % e)


def _action():
    return _Ui.message or _pages()[_Ui.number].press


def _act(cmd):
    """Does what a button asks for; a press that lights the display, or takes a message away, does nothing else."""
    if _touched():
        return
    if _Ui.message:
        _Ui.message = None
    elif cmd == "press":
        action = _action()
        if action:
            try:
                action()
            except Exception as e:
                _Ui.message = str(e)
    else:
        _Ui.number = (_Ui.number + (1 if cmd == "next" else -1)) % len(_pages())


def _open(oled_type, page):
    if oled_type == "ssd1306":
        import LM_oled as oled
    elif oled_type == "sh1106":
        import LM_oled_sh1106 as oled
    else:
        raise ValueError("oled_type is ssd1306 or sh1106")
    panel = oled._panel()
    _Ui.number = page % len(_pages())
    if _Ui.panel is None:
        _Ui.flag = asyncio.ThreadSafeFlag()
        _open_button()
    _Ui.panel, _Ui.kind = panel, oled_type
    _touched()
    old = micro_task(_TASK)
    if old and not old.done:
        old.cancel()  # of this module before it was unloaded, or of another display
    micro_task(_TASK, _live())


def pageui(pwr_sec=None, oled_type="ssd1306", page=0):
    """
    Opens the pages at the first call, at page `page`; each call draws. With `pwr_sec` the display goes off after so
    many seconds without a button; 0 keeps it on.
    """
    if pwr_sec is not None and pwr_sec != _Ui.dark_s:
        _wait_for_dark(pwr_sec)
    task = micro_task(_TASK)
    if _Ui.panel is None or oled_type != _Ui.kind or not task or task.done:
        try:
            _open(oled_type, page)
        except OSError as e:
            raise _failed(e)
    _Ui.flag.set()
    if _Ui.fault:
        raise Exception(_Ui.fault)


def _redraw():
    if _Ui.flag:
        _Ui.flag.set()


def control(cmd="next"):
    """next, prev, press, on, off: 'page: <n> pwr: <bool>'."""
    if cmd in ("next", "prev", "press"):
        _act(cmd)
    elif cmd == "on":
        _touched()
    elif cmd == "off":
        _Ui.on = False
    else:
        return "Invalid command %s! Hint: next, prev, press, on, off" % cmd
    _redraw()
    return "page: %d pwr: %s" % (_Ui.number, _Ui.on)


def msgbox(msg="micrOS msg"):
    """Shows a text (2 lines of 13 letters) over the page until a button is pressed."""
    _touched()
    _Ui.message = str(msg)
    _redraw()
    return "Show msg"


def _add(page):
    """True, or an error text. The same command again is no further page."""
    pages = _pages()
    if any(getattr(p, "command", None) == page.command and p.title == page.title for p in pages):
        return True
    if len(pages) >= _MOST_PAGES:
        return "No place: %d pages" % _MOST_PAGES
    pages.append(page)
    _redraw()
    return True


def intercon_genpage(cmd=None, run=False):
    """Adds a page that runs '<host> <command>' on another node at the button, or with run=True by itself."""
    host, _, command = (cmd or "").strip().partition(" ")
    if not command:
        return "Host and command wanted"
    from OledPages import Remote

    return _add(Remote(host, command.strip(), run))


def cmd_genpage(cmd=None, run=False):
    """Adds a page that runs a load module's command at the button, or with run=True by itself. False without one."""
    if not cmd:
        return False
    if len(cmd.split()) < 2:
        return "Module and function wanted"
    from OledPages import Command

    return _add(Command("command", cmd, run))


def lmdep():
    """Modules in use."""
    return "oled", "intercon", "genIO"


def pinmap():
    """Pins of display and button."""
    return pinmap_dump(("i2c_scl", "i2c_sda", "oleduibttn"))


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "pageui pwr_sec=None oled_type='ssd1306' page=0",
            "BUTTON control cmd=<prev,press,next,on,off>",
            "msgbox 'text'",
            "intercon_genpage 'host cmd' run=False",
            "cmd_genpage 'cmd' run=False",
            "lmdep",
            "pinmap",
        ),
        widgets,
    )
