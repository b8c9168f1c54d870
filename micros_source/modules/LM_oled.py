"""
An OLED display with an SSD1306 on the node's I2C bus (i2c_scl, i2c_sda), address 0x3C. Drawing goes to a buffer, `show`
brings it to the display. Letters are 8 x 8 dots.
"""

from Common import typed_help
from microIO import pinmap_dump


class _Data:
    panel = None


def load_n_init(width=128, height=64):
    """The driver object (a frame buffer with show(), power_on(), invert(), flip()); made and started once."""
    panel = _Data.panel
    if panel is None or (panel.width, panel.height) != (width, height):
        from OledPanel import SSD1306, Panel

        panel = Panel(SSD1306, width, height)
        panel.show()
        _Data.panel = panel
    return panel


def _panel():
    return _Data.panel or load_n_init()


def text(string="text", x=0, y=0):
    """Writes a text with its upper left corner at x, y."""
    _panel().text(str(string), x, y)
    return True


def invert():
    """Light on dark or dark on light, in turn."""
    _panel().invert()
    return True


def clean(state=0):
    """Makes all dots dark, or lit with 1."""
    _panel().fill(state)
    return True


def line(sx, sy, ex, ey, state=1):
    """A line between two points."""
    _panel().line(sx, sy, ex, ey, state)
    return True


def rect(x, y, w, h, state=1, fill=False):
    """A rectangle, outlined or filled."""
    _panel().rect(x, y, w, h, state, fill)
    return True


def poweron():
    """Switches the display on."""
    _panel().power_on()
    return True


def poweroff():
    """Switches the display off; what it shows is kept."""
    _panel().power_on(False)
    return True


def show():
    """Brings what was drawn to the display."""
    _panel().show()


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(("i2c_scl", "i2c_sda"))


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "load_n_init width=128 height=64",
            "text string='text' x=0 y=0",
            "BUTTON invert",
            "BUTTON clean state=<0,1>",
            "line sx sy ex ey state=1",
            "rect x y w h state=1 fill=False",
            "BUTTON poweron",
            "BUTTON poweroff",
            "BUTTON show",
            "pinmap",
        ),
        widgets,
    )
