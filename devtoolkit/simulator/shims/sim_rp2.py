"""`rp2`, for boards with such a chip: the button that starts the boot ROM, and the country of the radio."""

import sim_sys

_country = ["XX"]


def bootsel_button():
    return 0


def country(code=None):
    if code is None:
        return _country[0]
    _country[0] = code
    return None


def start(modules, chip):
    """On an RP2 the ESP32's modules are not there, and the platform has another name."""
    if not chip.startswith("rp2"):
        return
    import sim_rp2

    sim_rp2.__name__ = "rp2"
    modules["rp2"] = sim_rp2
    for name in ("esp", "esp32"):
        modules.pop(name, None)
    sim_sys.platform = "rp2"
