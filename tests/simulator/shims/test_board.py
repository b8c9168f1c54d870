"""machine, time and the small modules of the virtual board, driven over the link."""

import time

import pytest

from .conftest import Start

pytestmark = pytest.mark.vm


def test_every_simulated_module_is_found_without_the_host_file_system(start: Start) -> None:
    names = "dht ds18x20 esp esp32 gc machine micropython neopixel network ntptime onewire os socket sys time webrepl"
    script = f"""
for name in {names.split()!r}:
    module = __import__(name)
    assert module.__name__ == name, name
    assert 'sim_' in module.__file__, name
import os, sys, machine
from machine import Pin, Timer, RTC, WDT, ADC, PWM, Signal, mem32
assert sys.platform == 'esp32'
assert os.uname().sysname == 'esp32' and os.uname().machine.endswith('with ESP32')
assert os.uname().version.startswith('v1.')
assert not hasattr(os, 'system') and os.dupterm(None) is None
print('mac', machine.unique_id(), machine.reset_cause() == machine.HARD_RESET, machine.freq())
machine.freq(240000000)
try:
    machine.freq(1)
except ValueError:
    print('freq', machine.freq())
import _webrepl
_webrepl.password('123456789')
"""
    board = start(script, mac="aa:bb:cc:dd:ee:ff", reset_cause="hard")
    assert board.line("mac") == r"b'\xaa\xbb\xcc\xdd\xee\xff' True 160000000"
    assert board.line("freq") == "240000000"
    assert board.ended() == 0
    assert board.events[0] == {"token": "t0ken", "ev": "up"}


@pytest.mark.parametrize(
    ("chip", "pins", "thermometer"), [("esp32", 40, "raw_temperature"), ("esp32c3", 22, "mcu_temperature")]
)
def test_each_chip_has_its_own_name_pins_and_thermometer(start: Start, chip: str, pins: int, thermometer: str) -> None:
    script = """
import os, esp32, machine
print('name', os.uname().machine)
print('thermometer', [n for n in dir(esp32) if n.endswith('temperature')])
def has(n):
    try:
        machine.Pin(n)
        return True
    except ValueError:
        return False
print('highest', max(n for n in range(100) if has(n)))
"""
    board = start(script, chip=chip)
    assert board.line("name") == f"Virtual {chip.upper()} module with {chip.upper()}"
    assert board.line("thermometer") == str([thermometer])
    assert board.line("highest") == str(pins - 1)


PIN_COUNTER = """
import asyncio, gc
from machine import Pin
seen = []
def edge(pin):
    seen.append(pin.value())
Pin(4, Pin.IN, Pin.PULL_UP).irq(edge, Pin.IRQ_{trigger})
async def main():
    print('ready')
    while len(seen) < {count}:
        {wait}
        gc.collect()
    print('seen', len(seen), ''.join(str(v) for v in seen))
asyncio.run(main())
"""


@pytest.mark.parametrize("wait", ["await asyncio.sleep_ms(100)", "__import__('time').sleep_ms(100)"])
def test_forty_edges_of_a_bouncing_button_raise_forty_interrupts(start: Start, wait: str) -> None:
    board = start(PIN_COUNTER.format(trigger="RISING | Pin.IRQ_FALLING", count=40, wait=wait))
    board.line("ready")
    edges = [[2 * n, n % 2] for n in range(40)]
    assert board.ask("pin", pin=4, bounce=edges)["ok"]
    assert board.line("seen") == "40 " + "01" * 20


def test_an_interrupt_fires_only_on_its_edge_and_waits_while_interrupts_are_off(start: Start) -> None:
    script = """
import time, machine
from machine import Pin
seen = []
pin = Pin(4, Pin.IN, Pin.PULL_UP)
irq = pin.irq(lambda p: seen.append(irq.flags()), Pin.IRQ_FALLING)
state = machine.disable_irq()
print('ready')
while pin.value():
    pass
print('off', len(seen))
machine.enable_irq(state)
print('on', seen)
while not pin.value():
    time.sleep_ms(1)
print('up', seen)
"""
    board = start(script)
    board.line("ready")
    board.ask("pin", pin=4, value=0)
    assert board.line("off") == "0"
    assert board.line("on") == "[2]"
    board.ask("pin", pin=4, value=None)
    assert board.line("up") == "[2]"


def test_an_exception_in_an_interrupt_handler_is_printed_and_the_program_goes_on(start: Start) -> None:
    script = """
import time
from machine import Pin
pin = Pin(4, Pin.IN)
pin.irq(lambda p: 1 // 0, Pin.IRQ_RISING)
print('ready')
while not pin.value():
    time.sleep_ms(1)
print('alive')
"""
    board = start(script)
    board.line("ready")
    board.ask("pin", pin=4, value=1)
    board.line("ZeroDivisionError")
    board.line("alive")


def test_timers_keep_their_period_and_one_shots_fire_once(start: Start) -> None:
    script = """
import asyncio, time
from machine import Timer
ticks, once = [], []
fast = Timer(0)
fast.init(period=10, mode=Timer.PERIODIC, callback=lambda t: ticks.append(time.ticks_ms()))
Timer(-1).init(period=25, mode=Timer.ONE_SHOT, callback=lambda t: once.append(1))
Timer(-1).init(period=30, mode=Timer.ONE_SHOT, callback=lambda t: once.append(2))
begin = time.ticks_ms()
async def main():
    while len(ticks) < 50:
        await asyncio.sleep_ms(200)
asyncio.run(main())
half = len(ticks)
time.sleep_ms(200)
assert Timer(0) is fast
fast.deinit()
end = len(ticks)
time.sleep_ms(50)
print('drift', max(abs(time.ticks_diff(t, begin) - 10 * (i + 1)) for i, t in enumerate(ticks)))
print('counts', half >= 50, end - half, len(ticks) - end, once)
"""
    board = start(script)
    assert int(board.line("drift")) < 60
    more, blocked, after, once = board.line("counts").split(" ", 3)
    assert (more, after, once) == ("True", "0", "[1, 2]")
    assert 18 <= int(blocked) <= 22


def test_outputs_are_reported_rate_limited_with_the_last_value_and_readable_at_any_time(start: Start) -> None:
    script = """
import time
from machine import Pin, PWM, ADC, Signal
from neopixel import NeoPixel
led = Pin(2, Pin.OUT)
for _ in range(500):
    led.toggle()
led.on()
PWM(Pin(16), freq=100, duty_u16=20000)
strip = NeoPixel(Pin(5), 2)
strip[1] = (1, 2, 3)
strip.write()
Signal(Pin(17, Pin.OUT), invert=True).on()
adc = ADC(Pin(34))
while not adc.read_u16():
    time.sleep_ms(1)
print('adc', adc.read(), adc.read_u16())
time.sleep(100)
"""
    board = start(script)
    board.event(lambda item: item["ev"] == "leds" and item["value"] == [[0, 0, 0], [1, 2, 3]])
    assert board.event(lambda item: item["ev"] == "pin" and item["pin"] == 2)["value"] == 1
    assert board.ask("adc", pin=34, value=32768)["ok"]
    assert board.line("adc") == "2048 32768"
    state = board.ask("get")
    assert state["pins"]["2"]["value"] == 1
    assert state["pins"]["17"]["value"] == 0
    assert state["pwm"] == {"16": {"freq": 100, "duty_u16": 20000}}
    assert state["leds"] == {"5": [[0, 0, 0], [1, 2, 3]]}
    assert len([item for item in board.events if item["ev"] == "pin" and item["pin"] == 2]) < 10


def test_refusals_name_the_reason(start: Start) -> None:
    script = """
from machine import Pin, WDT
for call in (lambda: Pin(99), lambda: Pin(35, Pin.OUT), lambda: WDT(timeout=0)):
    try:
        call()
    except ValueError as exc:
        print('refused', exc)
import webrepl, dht
try:
    webrepl.start(password='1234567890')
except ValueError as exc:
    print('refused', 'password')
try:
    dht.DHT22(Pin(4)).measure()
except OSError as exc:
    print('refused', exc.errno)
__import__('time').sleep(100)
"""
    board = start(script)
    assert [board.line("refused") for _ in range(4)] == [
        "invalid pin",
        "pin can only be input",
        "WDT timeout too short",
        "password",
    ]
    assert board.line("refused") == "110"
    answer = board.ask("fly")
    assert not answer["ok"]
    assert "unknown op fly" in answer["error"]
    assert not board.ask("pin", pin=99, value=1)["ok"]
    assert not board.ask("adc", pin=34, value=99999)["ok"]
    assert board.ask("ping")["ok"]


def test_the_clock_starts_in_2000_and_follows_ntp_rtc_and_the_link(start: Start) -> None:
    script = """
import time, ntptime, os
from machine import RTC
print('boot', time.localtime()[:6], time.gmtime(0)[0], time.mktime(time.localtime()) - time.time())
for y, m, d in ((2000, 2, 29), (2023, 12, 31), (2024, 2, 29), (2099, 1, 1)):
    t = (y, m, d, 1, 2, 3)
    assert time.localtime(time.mktime(t + (0, 0)))[:6] == t
ntptime.settime()
print('ntp', time.time() + 946684800)
RTC().datetime((2020, 5, 6, 0, 7, 8, 9, 0))
print('rtc', RTC().datetime()[:7])
while time.localtime()[0] != 2031:
    time.sleep_ms(1)
print('link')
ntptime.timeout = 0.05
print('waiting')
while True:
    try:
        ntptime.settime()
        time.sleep_ms(1)
    except OSError as exc:
        print('timeout', exc.errno)
        break
"""
    board = start(script, online=True)
    assert board.line("boot") == "(2000, 1, 1, 0, 0, 0) 2000 0"
    assert abs(int(board.line("ntp")) - time.time()) < 5
    assert board.line("rtc") == "(2020, 5, 6, 2, 7, 8, 9)"
    board.ask("clock", unix=1924992000)
    board.line("link")
    board.line("waiting")
    board.ask("ntp", up=False)
    assert board.line("timeout") == "110"


def test_wired_sensors_give_their_values(start: Start) -> None:
    script = """
import time
from machine import Pin
import dht, onewire, ds18x20
bus = ds18x20.DS18X20(onewire.OneWire(Pin(14)))
rom = bus.scan()[0]
bus.convert_temp()
time.sleep_ms(750)
print('ds', bytes(rom), bus.read_temp(rom))
a, b = dht.DHT22(Pin(4)), dht.DHT11(Pin(5))
while True:
    try:
        a.measure()
        b.measure()
        break
    except OSError:
        time.sleep_ms(1)
print('dht', a.temperature(), a.humidity(), b.temperature(), b.humidity())
"""
    wired = {"kind": "ds18x20", "pin": 14, "temperature": 21.53}
    board = start(script, sensors=[wired])
    assert board.line("ds") == r"b'(\xffd\x00\x00\x00\x00\x01' 21.5"
    board.ask("sensor", kind="dht22", pin=4, temperature=-3.14, humidity=44.44)
    board.ask("sensor", kind="dht11", pin=5, temperature=20.4, humidity=51.8)
    assert board.line("dht") == "-3.1 44.4 20 52"


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("machine.reset()", "hard"),
        ("machine.WDT(timeout=30)\nwhile True: time.sleep(1)", "wdt"),
        ("w = machine.WDT(timeout=5)\ntime.sleep_us(1900)\nwhile time.ticks_ms() - t < 50: pass\nw.feed()", "wdt"),
        ("machine.deepsleep(1000)", "deepsleep"),
    ],
)
def test_a_reset_is_told_to_the_board_and_nothing_runs_after_it(start: Start, call: str, kind: str) -> None:
    body = "\n    ".join(call.split("\n"))
    script = (
        f"import machine, time\nt = time.ticks_ms()\ntry:\n    {body}\nexcept BaseException:\n    pass\nprint('after')"
    )
    board = start(script)
    assert board.event(lambda item: item["ev"] == "reset")["kind"] == kind
    assert board.process.poll() is None
    board.drop_link()
    board.ended()
    assert "after" not in board.lines


def test_without_a_link_a_reset_ends_the_vm(start: Start) -> None:
    board = start("import machine\nmachine.reset()\nprint('after')", link=False)
    assert board.ended() == 0
    assert "after" not in board.lines


@pytest.mark.parametrize("wait", ["time.sleep(60)", "asyncio.run(nap())", "machine.lightsleep(60000)"])
def test_losing_the_link_ends_the_vm_at_once_even_where_exceptions_are_caught(start: Start, wait: str) -> None:
    nap = "async def nap():\n    await asyncio.sleep(60)\n"
    loop = f"print('ready')\nwhile True:\n    try:\n        {wait}\n    except: pass"
    board = start("import asyncio, machine, time\n" + nap + loop)
    board.line("ready")
    began = time.monotonic()
    board.drop_link()
    assert board.ended() != 0
    assert time.monotonic() - began < 2


def test_an_idle_node_wakes_up_for_nothing(start: Start) -> None:
    script = """
import asyncio
from asyncio import core
rounds = 0
inner = core.IOQueue.wait_io_event
def count(self, dt):
    global rounds
    rounds += 1
    inner(self, dt)
core.IOQueue.wait_io_event = count
async def main():
    await asyncio.sleep_ms(300)
asyncio.run(main())
print('rounds', rounds)
"""
    assert int(start(script).line("rounds")) < 20


def test_gc_reports_the_heap_of_device_code_only(start: Start) -> None:
    script = """
import gc
block = bytearray(30000)
print('used', gc.mem_alloc(), gc._gc.mem_alloc())
"""
    device, whole = start(script, link=False).line("used").split()
    assert 25000 <= int(device) < 40000
    assert int(whole) > int(device) + 50000
