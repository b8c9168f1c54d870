"""Buses, motors, recordings and buttons of the virtual board, through the Python API that the toolkit offers."""

from collections.abc import Callable
from typing import Any

import pytest

from devtoolkit.errors import SimulatorError
from devtoolkit.simulator.board import VirtualBoard, running
from devtoolkit.simulator.control import ControlClient
from devtoolkit.simulator.hardware import Hardware

Start = Callable[..., Any]
WAIT = "\nimport time\ntime.sleep(100)"


def hardware(board: Any) -> Hardware:
    return Hardware(lambda message: board.ask(**message))


def test_an_i2c_register_device_is_found_read_and_written(start: Start) -> None:
    script = """
import time
from machine import I2C, SoftI2C, Pin
bus = SoftI2C(scl=Pin(22), sda=Pin(21))
while bus.scan() != [0x50, 0x76]:
    time.sleep_ms(1)
print('id', bus.readfrom_mem(0x76, 0xD0, 1))
print('acks', bus.writeto_mem(0x76, 0xF4, b'\\x25\\x26'), bus.writeto(0x76, b'\\xF4'))
print('two', bus.readfrom(0x76, 2))
bus.writeto_mem(0x50, 0x0102, b'ab', addrsize=16)
buffer = bytearray(2)
bus.readfrom_mem_into(0x50, 0x0102, buffer, addrsize=16)
print('wide', bytes(buffer))
hard = I2C(0, scl=Pin(22), sda=Pin(21), freq=100000)
print('hard', hard.readfrom_mem(0x76, 0xF5, 1), hard.writevto(0x76, [b'\\xD1', b'\\x07']))
for call in (lambda: bus.readfrom(0x11, 1), lambda: hard.writeto(0x11, b''), lambda: hard.start()):
    try:
        call()
    except OSError as exc:
        print('refused', exc)
bus.start()
print('primitive', bus.write(b'\\xEC\\xD1'), bus.write(b'\\x09'))
bus.stop()
print('other pins', SoftI2C(scl=Pin(18), sda=Pin(19)).scan())
"""
    board = start(script + WAIT)
    device = hardware(board)
    device.attach_i2c(0x76, registers={"208": 0x60})
    device.attach_i2c(0x50, width=2)
    assert board.line("id") == "b'`'"
    assert board.line("acks") == "None 1"
    assert board.line("two") == "b'%&'"
    assert board.line("wide") == "b'ab'"
    assert board.line("hard") == "b'&' 2"
    assert "ENODEV" in board.line("refused")
    assert "ENODEV" in board.line("refused")
    assert "not supported" in board.line("refused")
    assert board.line("primitive") == "2 1"
    assert board.line("other pins") == "[]"
    state = device.wait(lambda s: s.i2c(0x76)["209"] == 9)
    assert state.i2c(0x76) == {"208": 0x60, "209": 9, "244": 0x25, "245": 0x26}
    assert state.i2c(0x50)["258"] == ord("a")
    device.detach_i2c(0x76)
    assert device.state().i2c(0x76) is None


def test_a_stuck_i2c_bus_times_out(start: Start) -> None:
    script = """
from machine import SoftI2C, Pin
import time
bus = SoftI2C(scl=Pin(22), sda=Pin(21))
while True:
    try:
        bus.scan()
        time.sleep_ms(1)
    except OSError as exc:
        print('errno', exc.errno)
        break
"""
    board = start(script + WAIT)
    hardware(board).request("i2c", stuck=True)
    assert board.line("errno") == "110"


def test_spi_devices_answer_when_selected_and_what_was_written_can_be_read(start: Start) -> None:
    script = """
from machine import SPI, SoftSPI, Pin
import time
cs = Pin(5, Pin.OUT, value=1)
bus = SPI(2, baudrate=1000000)
answer = bytearray(3)
while True:
    cs(0)
    bus.write_readinto(b'abc', answer)
    cs(1)
    if answer == b'abc':
        break
    time.sleep_ms(1)
print('unselected', bus.read(2, 0x55))
leds = SoftSPI(sck=Pin(12), mosi=Pin(2), miso=Pin(19))
leds.write(b'\\0\\0\\0\\0' + b'\\xff\\x01\\x02\\x03' + b'\\xe4\\0\\0\\x09' + b'\\xff\\xff\\xff\\xff')
try:
    SoftSPI(sck=Pin(12))
except ValueError as exc:
    print('refused', exc)
"""
    board = start(script + WAIT)
    device = hardware(board)
    device.attach_spi(12, "apa102", leds=2)
    device.attach_spi(18, "loopback", cs=5)
    assert board.line("unselected") == r"b'\x00\x00'"
    assert "must specify" in board.line("refused")
    state = device.state()
    assert state.spi(18).endswith(b"abcUU")
    assert state.raw["spi"]["12"]["devices"] == [{"leds": [[3, 2, 1, 31], [9, 0, 0, 4]]}]


def test_a_uart_sends_receives_and_wakes_an_asyncio_reader(start: Start) -> None:
    script = """
import asyncio
from machine import UART
uart = UART(1, baudrate=9600, tx=17, rx=16, timeout=0)
print('nothing', uart.read(), uart.any())
uart.write(b'hello')
async def main():
    reader = asyncio.StreamReader(uart)
    print('line', await reader.readline())
asyncio.run(main())
print('rest', uart.any(), uart.read(2), uart.readline())
buffer = bytearray(4)
slow = UART(2, timeout=5000)
print('into', slow.readinto(buffer), bytes(buffer))
"""
    board = start(script + WAIT)
    device = hardware(board)
    assert board.line("nothing") == "None 0"
    device.uart(1, b"from outside\nand more")
    assert board.line("line") == r"b'from outside\n'"
    assert board.line("rest") == "8 b'an' b'd more'"
    device.uart(2, b"xyz")
    assert board.line("into") == r"3 b'xyz\x00'"
    assert device.state().uart(1) == b"hello"


@pytest.mark.parametrize(("pulse_us", "angle"), [(500, 0), (1500, 90), (2500, 180), (2100, 144)])
def test_a_servo_turns_to_the_angle_of_its_pulses_and_takes_time_for_it(
    start: Start, pulse_us: int, angle: int
) -> None:
    script = f"""
import time
from machine import Pin, PWM
while not Pin(4).value():
    time.sleep_ms(1)
servo = PWM(Pin(27), freq=50, duty_u16={round(pulse_us * 65535 / 20000)})
"""
    board = start(script + WAIT)
    device = hardware(board)
    device.wire_servo(27)
    device.drive(4, 1)
    state = device.wait(lambda s: s.servo(27).pulses > 15 and abs(s.servo(27).angle - angle) < 0.5)
    assert state.servo(27).pulse_us == pytest.approx(pulse_us, rel=0.01)
    assert state.pwm(27) == (50, pytest.approx(pulse_us / 20000, rel=0.01))


def test_a_servo_without_pulses_stays_where_it_is(start: Start) -> None:
    script = """
import time
from machine import Pin, PWM
while not Pin(4).value():
    time.sleep_ms(1)
servo = PWM(Pin(27), freq=50, duty_ns=2500000)
time.sleep_ms(40)
servo.deinit()
print('off')
"""
    board = start(script + WAIT)
    device = hardware(board)
    device.wire_servo(27)
    device.drive(4, 1)
    board.line("off")
    angle = device.state().servo(27).angle
    assert 5 < angle < 100
    assert device.state().servo(27).angle == angle


def test_a_stepper_follows_its_coils_and_a_jump_of_half_a_turn_is_lost(start: Start) -> None:
    script = """
import time
from machine import Pin
pins = [Pin(n, Pin.OUT, value=0) for n in (33, 25, 26, 27)]
while not Pin(4).value():
    time.sleep_ms(1)
def coils(*levels):
    for pin, level in zip(pins, levels):
        pin.value(level)
full = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
for turn in range(10):
    for levels in full:
        coils(*levels)
print('forward')
for turn in range(5):
    for levels in reversed(full):
        coils(*levels)
coils(1, 1, 0, 0)
coils(0, 0, 0, 0)
print('back')
coils(0, 0, 1, 0)
coils(0, 0, 0, 0)
coils(1, 0, 0, 0)
print('jump')
"""
    board = start(script + WAIT)
    device = hardware(board)
    device.wire_stepper([33, 25, 26, 27])
    device.drive(4, 1)
    board.line("jump")
    motor = device.state().stepper(33)
    # 39 full steps forward from coil 1 to coil 4, 19 back to coil 1, a half step, 3 half steps to coil 3, and from
    # there to coil 1 is half a turn of the field
    assert (motor.half_steps, motor.lost) == (2 * (39 - 19) + 1 + 3, 1)


def test_a_pressed_button_bounces_and_comes_to_rest(start: Start) -> None:
    script = """
import time
from machine import Pin
edges = []
button = Pin(4, Pin.IN, Pin.PULL_DOWN)
button.irq(lambda p: edges.append(p.value()), Pin.IRQ_RISING | Pin.IRQ_FALLING)
print('ready')
while len(edges) < 10:
    time.sleep_ms(1)
time.sleep_ms(20)
print('edges', edges, button.value())
"""
    board = start(script + WAIT)
    board.line("ready")
    hardware(board).press(4, hold_ms=50)
    assert board.line("edges") == "[1, 0, 1, 0, 1, 0, 1, 0, 1, 0] 0"


def test_a_recording_holds_every_change_with_its_time(start: Start) -> None:
    script = """
import time
from machine import Pin, PWM
from neopixel import NeoPixel
while not Pin(4).value():
    time.sleep_ms(1)
led = Pin(2, Pin.OUT)
led.on()
led.off()
pwm = PWM(Pin(16), freq=1000, duty_u16=0)
time.sleep_ms(30)
pwm.freq(2000)
pwm.deinit()
strip = NeoPixel(Pin(5), 1)
strip[0] = (1, 2, 3)
strip.write()
print('done')
"""
    board = start(script + WAIT)
    device = hardware(board)
    device.record()
    device.drive(4, 1)
    board.line("done")
    changes = device.recorded()
    assert [c.values for c in changes if (c.kind, c.pin) == ("pin", 2)] == [(1,), (0,)]
    pwm = [c for c in changes if c.kind == "pwm"]
    assert [c.values for c in pwm] == [(1000, 0), (2000, 0), (0, 0)]
    assert pwm[1].ms - pwm[0].ms >= 29
    assert [c.values for c in changes if c.kind == "leds"] == [("020103",)]
    device.record(False)
    assert device.recorded() == ()


def test_touch_pads_and_refusals(start: Start) -> None:
    script = """
import time
from machine import Pin, TouchPad
pad = TouchPad(Pin(13))
high = pad.read()
print('ready')
while pad.read() == high:
    time.sleep_ms(1)
print('touched', pad.read() < high)
"""
    board = start(script + WAIT)
    device = hardware(board)
    board.line("ready")
    device.touch(13, 80)
    assert board.line("touched") == "True"
    with pytest.raises(SimulatorError, match="unknown kind"):
        device.attach_i2c(0x20, "toaster")
    with pytest.raises(SimulatorError, match="not as wanted"):
        device.wait(lambda state: state.level(13) == 7, timeout=0.05)


@pytest.mark.vm
def test_the_hardware_is_the_same_from_inside_and_over_the_control_socket(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    name, root = empty_board.name, empty_board.folder.parent
    entry = running(name, root)
    assert entry is not None
    inside = Hardware(empty_board.vm)
    with ControlClient(entry.control, entry.token) as control:
        outside = Hardware.over(control)
        for one in (inside, outside):
            with pytest.raises(SimulatorError, match="not running"):
                one.state()
        main = b"import time\nfrom machine import ADC, Pin\nadc = ADC(Pin(34))\nled = Pin(2, Pin.OUT)\n"
        main += b"while True:\n    led.value(adc.read_u16() > 40000)\n    time.sleep_ms(5)\n"
        run_with_files(empty_board, {"main.py": main})
        outside.wait(lambda state: state.adc(34) == 0)
        inside.adc(34, 50000)
        assert outside.wait(lambda state: state.level(2) == 1).adc(34) == 50000
        outside.adc(34, 100)
        inside.wait(lambda state: state.level(2) == 0)
