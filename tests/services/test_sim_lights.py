"""What the outputs of a virtual board look like, by the pin map of its chip."""

from devtoolkit.services.sim_lights import lights
from devtoolkit.services.sim_pins import pins_of


def test_an_led_that_shines_at_0_is_shown_lit_at_0() -> None:
    pins = pins_of("esp32c3")
    assert pins.led_inverted
    raw = {"pwm": {}, "leds": {}, "pins": {"8": {"mode": 3, "value": 0, "irq": False, "pull": None}}}
    (led,) = lights(raw, pins)
    assert led.told == "on"
    assert any(led.colours[0])
    assert pins_of("rp2040").gpio["neop"] == 22
    assert pins_of("no such chip").gpio == {}


def test_a_strip_with_a_white_channel_shows_it_in_all_colours() -> None:
    raw = {"pwm": {}, "leds": {"15": [[0, 0, 0, 255], [255, 0, 0, 0]]}, "pins": {}}
    (strip,) = lights(raw, pins_of("esp32"))
    assert strip.colours == ((255, 255, 255), (255, 0, 0))
    assert strip.told == "2 of 2 lit"


def test_a_slow_pulse_is_a_signal_and_no_light() -> None:
    raw = {"pwm": {"33": {"freq": 440, "duty_u16": 32768}}, "leds": {}, "pins": {}}
    (signal,) = lights(raw, pins_of("esp32"))
    assert (signal.kind, signal.told, signal.colours) == ("signal", "440 Hz, 50.0%", ())
    assert "buzzer" in signal.name or "dim_1" in signal.name


def test_the_led_of_a_pico_w_is_a_light_although_it_has_no_gpio_number() -> None:
    raw = {"pwm": {}, "leds": {}, "pins": {"LED": {"mode": 3, "value": 1, "irq": False, "pull": None}}}
    (led,) = lights(raw, pins_of("rp2040"))
    assert (led.told, led.gpios) == ("on", ())
