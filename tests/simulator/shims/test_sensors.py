"""The sensors of the virtual board: what the Python API sets, what a driver reads from their registers and wires."""

from collections.abc import Callable
from typing import Any

import pytest

from devtoolkit.errors import SimulatorError
from devtoolkit.simulator.hardware import Hardware

Start = Callable[..., Any]
WAITS = """
import time
from machine import Pin, SoftI2C, ADC, time_pulse_us
bus = SoftI2C(scl=Pin(22), sda=Pin(21))
ADC(Pin(36)), ADC(Pin(35))
def wait_for(address):
    while address not in bus.scan():
        time.sleep_ms(1)
def settled(condition):
    while not condition():
        time.sleep_ms(1)
"""
SLEEP = "\ntime.sleep(100)"


def hardware(board: Any) -> Hardware:
    return Hardware(lambda message: dict(board.ask(**message)))


def test_setting_a_value_wires_a_sensor_and_reading_it_asks_the_board(start: Start) -> None:
    device = hardware(start(WAITS + SLEEP))
    device.bme280.temperature = -3.5
    assert (device.bme280.temperature, device.bme280.humidity, device.bme280.pressure) == (-3.5, 45.0, 1013.25)
    device.bme280.at(address=0x77).pressure = 300
    assert device.bme280.at(address=0x77).pressure == 300
    assert device.bme280.pressure == 1013.25
    device.aht10.humidity = 12
    device.vl53l0x.distance = 99
    device.dht22.temperature = 4.5
    device.dht11.at(pin=33).humidity = 60
    device.ds18.temperature = 81.25
    device.sonar.distance = 1234
    device.light.lux = 245
    device.mq135.set_ppm(400)
    read = (device.aht10.humidity, device.vl53l0x.distance, device.dht22.temperature, device.dht11.at(pin=33).humidity)
    assert read == (12, 99, 4.5, 60)
    assert (device.ds18.temperature, device.sonar.distance) == (81.25, 1234)
    assert abs(device.light.lux - 245) < 0.01
    assert 11000 < device.state().raw["adc"]["35"] < 11200, "49.1 kOhm against 10"
    device.encoder.turn(-2, hz=500)
    device.wait(lambda _: not device.encoder.turning)
    assert device.state().raw["encoders"]["18"]["edges"] == -8
    device.bme280.remove()
    with pytest.raises(KeyError):
        _ = device.bme280.temperature
    device.bme280.fault = "busy"
    assert device.bme280.fault == "busy"


def test_a_sensor_that_is_not_known_is_refused(start: Start) -> None:
    device = hardware(start(WAITS + SLEEP))
    with pytest.raises(SimulatorError, match="unknown kind bmp999"):
        device.bme280.at(kind="bmp999").put()


def test_a_bme280_keeps_the_order_and_the_times_of_its_data_sheet(start: Start) -> None:
    script = """
wait_for(0x76)
time.sleep_ms(3)
print('id', bus.readfrom_mem(0x76, 0xD0, 1), bus.readfrom_mem(0x76, 0x88, 2), bus.readfrom_mem(0x76, 0xF7, 8).hex())
bus.writeto(0x76, b'\\xf2\\x01\\xf4\\x25')
before = bus.readfrom_mem(0x76, 0xF3, 2)
begin = time.ticks_ms()
settled(lambda: not bus.readfrom_mem(0x76, 0xF3, 1)[0] & 8)
print('took', before, time.ticks_diff(time.ticks_ms(), begin) >= 6, bus.readfrom_mem(0x76, 0xF4, 1))
raw = bus.readfrom_mem(0x76, 0xF7, 8)
print('bits', raw[2] & 15, raw[5], raw[6:8] != b'\\x80\\0')
bus.writeto_mem(0x76, 0xF4, b'\\x23')
settled(lambda: bus.readfrom_mem(0x76, 0xF7, 8) != raw)
print('normal', bus.readfrom_mem(0x76, 0xF4, 1), bus.readfrom_mem(0x76, 0xF7, 3).hex())
bus.writeto_mem(0x76, 0xE0, b'\\xb6')
print('reset', bus.readfrom_mem(0x76, 0xF2, 3), bus.readfrom_mem(0x76, 0xF7, 8).hex())
"""
    board = start(WAITS + script)
    hardware(board).bme280.temperature = 25
    assert board.line("id") == r"b'`' b'pk' 8000008000008000"
    assert board.line("took") == r"b'\x08%' True b'$'"
    assert board.line("bits") == "0 0 True"
    assert board.line("normal") == "b'#' 800000"
    assert board.line("reset") == r"b'\x00\x01\x00' 8000008000008000"


def test_an_aht20_counts_its_checksum_as_the_data_sheet_does(start: Start) -> None:
    script = """
wait_for(0x38)
bus.writeto(0x38, b'\\xbe\\x08\\x00')
time.sleep_ms(10)
bus.writeto(0x38, b'\\xac\\x33\\x00')
print('busy', bus.readfrom(0x38, 1)[0] & 0x88)
settled(lambda: not bus.readfrom(0x38, 1)[0] & 0x80)
print('frame', bus.readfrom(0x38, 8).hex())
"""
    board = start(WAITS + script)
    device = hardware(board).aht10.at(kind="aht20")
    device.put(temperature=25, humidity=50)
    assert board.line("busy") == "136"
    frame = bytes.fromhex(board.line("frame"))
    assert frame[:6] == bytes([0x18, 0x80, 0x00, 0x06, 0x00, 0x00])
    crc = int.from_bytes(frame[:6], "big") ^ 0xFF << 40
    crc <<= 8
    for bit in range(55, 7, -1):  # long division by x^8 + x^5 + x^4 + 1
        if crc >> bit & 1:
            crc ^= 0x131 << bit - 8
    assert frame[6:] == bytes([crc, 0xFF])


def test_a_sonars_echo_has_the_length_of_the_way_for_every_way_of_measuring(start: Start) -> None:
    script = """
trigger, echo = Pin(32, Pin.OUT), Pin(35, Pin.IN)
def fire(us=12):
    trigger.value(1)
    time.sleep_us(us)
    trigger.value(0)
print('short', fire(1), time_pulse_us(echo, 1, 2000))
settled(lambda: not fire() and time_pulse_us(echo, 1, 30000) > 0)
fire()
print('pulse', time_pulse_us(echo, 1, 30000), time_pulse_us(echo, 1, 2000))
def polled():
    fire()
    times = []
    for level in (1, 0):
        begin = time.ticks_us()
        while echo.value() != level and time.ticks_diff(time.ticks_us(), begin) < 100000:
            pass
        times.append(time.ticks_us())
    return time.ticks_diff(times[1], times[0])
settled(lambda: 19500 < polled() < 20500)  # not while the host is busy
print('polled')
fire()
print('late', time_pulse_us(echo, 1, 7000))
"""
    board = start(WAITS + script)
    assert board.line("short") == "None -2"
    hardware(board).sonar.distance = 3432
    length, again = board.line("pulse").split()
    assert abs(int(length) - 20000) <= 12, "2 x 3.432 m at 343.2 m/s"
    assert again == "-2", "one echo for one pulse"
    board.line("polled")
    assert board.line("late") == "-1"


def test_thermometers_on_one_wire_answer_byte_by_byte(start: Start) -> None:
    script = """
import onewire
ow = onewire.OneWire(Pin(19))
settled(lambda: len(ow.scan()) == 2)
for rom in ow.scan():
    ow.select_rom(rom)
    ow.writebyte(0xBE)
    print('new', [ow.readbyte() for _ in range(9)][:5])
ow.reset()
ow.writebyte(ow.SKIP_ROM)
ow.writebyte(0x44)
print('running', ow.readbit())
settled(ow.readbit)
for rom in ow.scan():
    ow.select_rom(rom)
    ow.write(b'\\xbe')
    pad = bytearray(9)
    ow.readinto(pad)
    print('pad', pad[:2].hex(), ow.crc8(pad))
"""
    board = start(WAITS + script)
    device = hardware(board).ds18
    device.at(rom="28ff640000000001").temperature = -10.125
    device.at(rom="28ff640000000002").temperature = 85.5
    assert board.line("new") == board.line("new") == "[80, 5, 75, 70, 127]"
    assert board.line("running") == "0"
    assert [board.line("pad"), board.line("pad")] == ["5eff 0", "5805 0"]
