"""LM_light_sensor: light in percent and lux, and commands to another node when it gets dark or light."""

from module_bench import Bench

OTHER = "127.0.0.1"  # nobody needs to listen: that the command is sent shows in the task list


def _light(b: Bench, percent: float) -> None:
    b.set("adc", pin=b.pins["temp6000"], value=round(percent / 100 * 65535))


def _intensity(b: Bench) -> None:
    for percent in (50.0, 3.2):
        _light(b, percent)
        assert b.json("light_sensor intensity") == {"light intensity [%]": percent}


def _illuminance(b: Bench) -> None:
    for percent in (50.0, 10.0):
        _light(b, percent)
        lux = float(b.json("light_sensor illuminance")["illuminance [lux]"])
        assert abs(lux - percent / 100 * 490) <= 1.01, "5 mV for a lux, in steps of 10 mV"


def _subscribe(b: Bench) -> None:
    call = f"light_sensor subscribe_intercon '{OTHER} rgb toggle True' '{OTHER} cct toggle False' threshold=10"
    _light(b, 9)
    assert b.call(call) == "Starting"
    assert b.call(call) == "Already running"
    _sent(b, "rgb")
    _light(b, 11)
    _looks(b, "11.0% - ON")
    _light(b, 13)
    _looks(b, "13.0% - OFF")
    _sent(b, "cct")
    assert b.call("task kill light_sensor.intercon") == "Kill: light_sensor.intercon|True"
    assert "'host command' wanted" in b.ask("light_sensor subscribe_intercon 'host' 'host cmd'")


def _looks(b: Bench, seen: str) -> None:
    b.set("leap", ms=5000)
    b.until(lambda _: b.call("task show light_sensor.intercon") == seen)


def _sent(b: Bench, module: str) -> None:
    b.until(lambda _: f"con.0.1.{module}" in b.call("task list"))


EFFECTS = {"intensity": _intensity, "illuminance": _illuminance, "subscribe_intercon": _subscribe}
