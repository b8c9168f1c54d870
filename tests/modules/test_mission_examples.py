"""The kinds of load module that the project's own document shows to authors, with the imports it shows."""

from collections.abc import Iterator

import pytest
from module_bench import Bench, bench

pytestmark = pytest.mark.vm

FILES = {
    "LM_simple.py": """
def hello(name="Anonymous"):
    return f"Hello {name}!"

def add_two_numbers(a, b):
    return f"{a}+{b} = {a+b}"
""",
    "LM_simple_led.py": """
from machine import Pin

PIN = None

def load_n_init():
    global PIN
    if PIN is None:
        PIN = Pin(4, Pin.OUT)
    return PIN

def on():
    load_n_init().value(1)
    return "LED ON"

def off():
    load_n_init().value(0)
    return "LED OFF"

def toggle():
    pin = load_n_init()
    pin.value(not pin.value())
    return "LED ON" if pin.value() else "LED OFF"

def help():
    return 'load_n_init', 'on', 'off', 'toggle'
""",
    "LM_template.py": """
from LogicalPins import physical_pin, pinmap_dump
from machine import Pin

def load_n_init():
    pin_number = physical_pin('redgb')
    red = Pin(pin_number)
    return red

def lmdep():
    return 'rgb'

def pinmap():
    return pinmap_dump(['redgb'])

def status(lmf=None):
    return {'key': 'value'}

def help():
    return 'load_n_init', 'pinmap', 'status', 'lmdep'
""",
    "LM_my_module.py": """
from Common import socket_stream

@socket_stream
def function_name(arg1, arg2, msgobj=None):
    msgobj("Reply from Load Module to shellCli :)")
    return arg1 + arg2
""",
    "LM_my_task.py": """
import uasyncio as asyncio
from Common import micro_task

async def __task(period_ms):
    counter = 0
    with micro_task(tag="mytask") as my_task:
        while True:
            counter += 1
            my_task.out = f'MyTask Counter: {counter}'
            await asyncio.sleep_ms(period_ms)

def create_task():
    state = micro_task(tag="mytask", task=__task(period_ms=5))
    return "Starting" if state else "Already running"
""",
    "LM_my_logger.py": """
from Common import data_logger

def log_data(data):
    if not data_logger(f_name="mylog", data=data, limit=20):
        return "data_logger, error... check system alarms"
    return "data saved."

def get_data():
    return data_logger(f_name="mylog")

def help():
    return 'log_data data="value"', 'get_data'
""",
    "LM_my_notification.py": """
from Common import notify

def send_notification(msg="Hello from micrOS board"):
    if not notify(msg):
        return "notify, error... check system alarms"
    return "notify, msg was sent."
""",
    "LM_my_endpoint.py": """
from Common import rest_endpoint

def load_n_init():
    rest_endpoint('my_endpoint', _response)
    return "Endpoint was created: http://localhost/my_endpoint"

def _response():
    reply = "hello world"
    return 'text/plain', reply
""",
    # not an example: shows what the web server will call
    "LM_endpoints.py": """
from Server import ENDPOINTS

def answer(name):
    return ENDPOINTS[name]()
""",
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("examples"), settings={"webui": True}, files=FILES) as started:
        yield started


def test_simple_takes_positional_and_named_parameters(node: Bench) -> None:
    assert node.call("simple hello") == "Hello Anonymous!"
    assert node.call("simple hello name='Ada'") == "Hello Ada!"
    assert node.call("simple add_two_numbers 2 40") == "2+40 = 42"


def test_simple_led_drives_its_pin(node: Bench) -> None:
    assert node.call("simple_led load_n_init") == "Pin(4)"
    assert node.call("simple_led on") == "LED ON"
    node.until(lambda h: h.level(4) == 1)
    assert node.call("simple_led toggle") == "LED OFF"
    node.until(lambda h: h.level(4) == 0)
    assert node.call("simple_led toggle") == "LED ON"
    assert node.call("simple_led off") == "LED OFF"
    node.until(lambda h: h.level(4) == 0)
    assert node.call("simple_led help") == " load_n_init,\n on,\n off,\n toggle,"


def test_template_books_a_pin_by_its_logical_name_through_logical_pins(node: Bench) -> None:
    assert node.call("template load_n_init") == "Pin(14)"
    assert node.json("template pinmap") == {"redgb": 14}
    assert node.json("system pinmap")["booked"]["14"] == "redgb"
    assert node.call("template lmdep") == "rgb"
    assert node.json("template status") == {"key": "value"}


def test_my_module_streams_to_its_caller_only(node: Bench) -> None:
    with node.node.connect() as other:
        reply = node.call("my_module function_name 20 22")
        assert reply == "Reply from Load Module to shellCli :)\n42"
        assert other.ask("hello").startswith("hello:node01:")


def test_my_task_runs_beside_the_shell_and_shows_its_output(node: Bench) -> None:
    assert node.call("my_task create_task") == "Starting"
    assert node.call("my_task create_task") == "Already running"

    def counter() -> int:
        return int(node.call("task show mytask").removeprefix("MyTask Counter: "))

    first = counter()
    node.until(lambda _: counter() > first + 10)
    assert node.call("task kill mytask") == "Kill: mytask|True"
    assert node.call("my_task create_task") == "Starting"
    assert counter() < first + 10, "a new counter"


def test_my_logger_keeps_what_it_is_given_and_streams_it_back(node: Bench) -> None:
    assert node.call("my_logger log_data data='first value'") == "data saved."
    assert node.call("my_logger log_data 2") == "data saved."
    lines = node.call("my_logger get_data").splitlines()
    assert [line.split(" ", 1)[1] for line in lines[:2]] == ["first value", "2"]
    assert lines[2:] == ["True"]
    assert (node.files("mylog.dat") or "").count("\n") == 2


def test_my_notification_without_a_telegram_key_reports_the_failure(node: Bench) -> None:
    assert node.call("my_notification send_notification") == "notify, error... check system alarms"


def test_my_endpoint_registers_a_callback_that_answers(node: Bench) -> None:
    assert node.call("my_endpoint load_n_init") == "Endpoint was created: http://localhost/my_endpoint"
    assert node.call("endpoints answer 'my_endpoint'") == "('text/plain', 'hello world')"
    assert node.node.stored()["webui"] is True


def test_a_users_module_finds_the_import_path_in_sys(node: Bench) -> None:
    (node.node.folder / "LM_paths.py").write_text("import sys\n\ndef show():\n    return sys.path\n")
    assert ".frozen" in node.call("paths show")
