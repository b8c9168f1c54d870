"""Pages of LM_oled_ui, drawn on 128 x 64 dots: a head line of 10 dots, five text lines, page marks at the bottom."""

import network
import os
from Common import SmartADC, lm_exec, micro_task
from micropython import const
from microIO import get_pinmap, pinmap_dump
from time import localtime, ticks_add, ticks_diff, ticks_ms

USERS = ("LM_oled_ui",)
LINES = (12, 22, 32, 42, 52)  # y of the text lines
WIDE = const(16)  # letters in a line
_ADC_PINS = ("genadc", "temp6000", "mic", "ph", "co2", "bat_volt")  # inputs of the pin maps that have analog values
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_AGAIN_MS = const(3000)  # a page that runs by itself does so at most this often


def large(panel, text, x, y, scale):
    """Writes text in letters of 8 x 8 squares of `scale` dots."""
    import framebuf

    letter = bytearray(8)
    shape = framebuf.FrameBuffer(letter, 8, 8, framebuf.MONO_VLSB)
    for char in text:
        shape.fill(0)
        shape.text(char, 0, 0)
        for column in range(8):
            for row in range(8):
                if letter[column] >> row & 1:
                    panel.rect(x + column * scale, y + row * scale, scale, scale, 1, True)
        x += 8 * scale


def centred(panel, text, y, scale=1):
    """A text in the middle of its line."""
    x = max(0, (panel.width - len(text) * 8 * scale) // 2)
    if scale == 1:
        panel.text(text, x, y)
    else:
        large(panel, text, x, y, scale)


def bar(panel, x, y, width, percent):
    """A bar of 8 dots' height, filled to `percent`."""
    panel.rect(x, y, width, 8, 1)
    panel.rect(x + 2, y + 2, int((width - 4) * max(0, min(100, percent)) / 100), 4, 1, True)


def wrapped(text, width, count):
    """At most `count` lines of `width` letters, broken at blanks; ".." where something is missing."""
    lines = []
    line = ""
    for word in text.split():
        while word:
            if line and len(line) + 1 + len(word) <= width:
                line += " " + word
                break
            if line:
                lines.append(line)
            line, word = word[:width], word[width:]
    if line:
        lines.append(line)
    if len(lines) > count:
        lines = lines[:count]
        lines[-1] = lines[-1][: width - 2] + ".."
    return lines


def head(panel, title):
    """Title and time over a line."""
    now = localtime()
    panel.text(title[:10], 0, 0)
    panel.text("%02d:%02d" % (now[3], now[4]), panel.width - 40, 0)
    panel.hline(0, 9, panel.width, 1)


class Page:
    """One page: `draw(panel)`; `press()` of those that do something at the button gives None or an error text."""

    press = None

    def draw(self, panel):
        head(panel, self.title)
        self.body(panel)


class System(Page):
    """Address, Wi-Fi, memory, date of this node."""

    @property
    def title(self):
        return network.hostname()

    def body(self, panel):
        from LM_system import ifconfig, memory_usage

        mode, address = ifconfig()[:2]
        used = memory_usage()["percent"]
        now = localtime()
        panel.text(address[0], 0, LINES[0])
        panel.text("Wi-Fi " + (mode or "off"), 0, LINES[1])
        if mode == "STA":
            self._signal(panel, LINES[1])
        panel.text("mem", 0, LINES[2])
        bar(panel, 32, LINES[2], 56, used)
        panel.text("%3d%%" % used, 96, LINES[2])
        panel.text("upy " + os.uname()[2], 0, LINES[3])
        panel.text("%s %d.%02d.%02d" % ((_DAYS[now[6]],) + now[:3]), 0, LINES[4])

    @staticmethod
    def _signal(panel, y):
        """Four steps of signal strength: -85, -75, -65 and -55 dBm."""
        from LM_system import rssi

        dbm = list(rssi().values())[0]
        for step in range(4):
            high = 2 + 2 * step
            panel.rect(96 + 8 * step, y + 8 - high, 6, high, 1, dbm >= -85 + 10 * step)


class Nodes(Page):
    """Other nodes whose address is known, the last ones found."""

    title = "intercon"

    def body(self, panel):
        from LM_intercon import addr_cache

        known = list(addr_cache().items())
        if not known:
            centred(panel, "no nodes yet", LINES[1])
        for (host, address), y in zip(known[-5:], LINES):
            name = host.split(".")[0] if not host[0].isdigit() else host
            end = "?" if address is None else "." + address.split(".")[-1]
            panel.text(name[: WIDE - 1 - len(end)], 0, y)
            panel.text(end, panel.width - 8 * len(end), y)


class Analog(Page):
    """One analog input with the values of the last two minutes; the button goes to the next input."""

    def __init__(self):
        self.chosen = 0
        self.values = []

    @property
    def title(self):
        found = self._inputs()
        return found[self.chosen % len(found)][0] if found else "ADC"

    @staticmethod
    def _inputs():
        """(name, GPIO) of inputs that no other part of the node uses; they are not booked, only looked at."""
        booked = get_pinmap()["booked"]
        pins = pinmap_dump(_ADC_PINS)
        known = [(name, pins[name]) for name in _ADC_PINS if pins[name] is not None]
        return [(name, pin) for name, pin in known if booked.get(pin, name) == name]

    def press(self):
        self.chosen += 1
        self.values = []

    def body(self, panel):
        found = self._inputs()
        if not found:
            centred(panel, "no ADC pin", LINES[1])
            return
        value = SmartADC.get_singleton(found[self.chosen % len(found)][1]).get()
        self.values = self.values[-(panel.width - 1) :] + [value["percent"]]
        large(panel, "%d%%" % value["percent"], 0, 14, 2)
        panel.text("%.2f V" % value["volt"], 80, 18)
        for x, percent in enumerate(self.values):
            y = 58 - int(percent * 24 / 100)
            panel.vline(x, y, 59 - y, 1)


class Welcome(Page):
    """Name and time, large."""

    def draw(self, panel):
        now = localtime()
        centred(panel, network.hostname()[:WIDE], 0)
        centred(panel, "%02d:%02d" % (now[3], now[4]), 13, 3)
        centred(panel, "micrOS", 42, 2)


class Command(Page):
    """What a command says. It runs at the button, or with `run` by itself."""

    def __init__(self, title, command, run):
        self.title = title
        self.command = command
        self.run = run
        self.out = ""
        self.last = None

    def press(self):
        self.out = self._ask()

    def _ask(self):
        return lm_exec(self.command)[1]

    def body(self, panel):
        now = ticks_ms()
        if self.run and (self.last is None or ticks_diff(now, self.last) >= 0):
            self.last = ticks_add(now, _AGAIN_MS)
            self.press()
        panel.text(wrapped(self.command, WIDE, 1)[0], 0, LINES[0])
        if not self.out:
            centred(panel, "[press button]", LINES[3])
        for text, y in zip(wrapped(self.out, WIDE, 3), LINES[2:]):
            panel.text(text, 0, y)


class Remote(Command):
    """The same on another node; its answer comes when it comes."""

    tag = None

    def _ask(self):
        from LM_intercon import sendcmd

        self.tag = sendcmd(host=self.host, cmd=self.command)["tag"]
        return "..."

    def __init__(self, host, command, run):
        super().__init__(host[-10:] if host[0].isdigit() else host.split(".")[0], command, run)
        self.host = host

    def body(self, panel):
        task = micro_task(self.tag) if self.tag else None
        if task and task.done:
            self.out = task.out or "no answer"
            self.tag = None
        super().body(panel)
