"""The gateway before a virtual board: dashboard in a browser, camera, error log, and whatever is thrown at it."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import browser, needs_browser
from gateway_server import Running, running, until
from ops_node import OpsNode, ops_node_in

from devtoolkit.errors import ToolkitError
from devtoolkit.simulator.identity import FILE

pytestmark = pytest.mark.vm
NAME = "gwnode"
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpsNode]:
    """A node with a lamp and, after the restart that this makes, a camera."""
    with ops_node_in(tmp_path_factory.mktemp("node"), NAME) as found:
        with contextlib.suppress(ToolkitError):
            found.say("OV2640 load_n_init")  # switches the web server on and restarts

        def ready() -> bool:
            with contextlib.suppress(ToolkitError):
                return "cam/snapshot" in "".join(found.say("rgb load_n_init", "OV2640 load_n_init"))
            return False

        until(ready, "the node is back with its camera")
        yield found


@pytest.fixture(scope="module")
def gateway(node: OpsNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    ports = json.loads((node.user_data / "simulator" / NAME / FILE).read_text())["ports"]
    cache = node.user_data / "device_conn_cache.json"
    with running(tmp_path_factory.mktemp("gateway"), cache=cache, node_web_port=ports.get("80", 80)) as found:
        yield found


def test_a_node_is_known_with_everything_it_says(node: OpsNode, gateway: Running) -> None:
    found = gateway.json("/status")["devices"][node.device.uid]
    assert found["verdict"] == "HEALTHY"
    assert found["cpu_temp"] > 0
    assert found["alarms"] == {"verdict": "OK alarm: 0", "log": []}
    assert gateway.metric("micros_node_up", fuid=NAME) == 1
    scrape = gateway.get(f"/metrics/{NAME}/system+memory_usage").text
    assert f"micrOS_{NAME}__system_memory_usage_percent " in scrape


def test_sensors_are_read_from_the_widgets_that_only_show(node: OpsNode, gateway: Running) -> None:
    node.hardware.dht22.put(temperature=21.5, humidity=40.0)
    node.say("dht22 measure")
    gateway.json("/api/v1/devices?fresh=true")
    assert gateway.metric("micros_node_sensor", module="dht22", function="measure", key="temp_c") == 21.5


@needs_browser
def test_the_dashboard_lists_nodes_and_a_moved_slider_changes_the_led(
    node: OpsNode, gateway: Running, tmp_path: Path
) -> None:
    pins = [int(line.partition(": ")[2]) for line in node.say("rgb pinmap")]
    node.say("rgb color 1000 1000 1000 False", "rgb toggle True False")

    def duties() -> list[float]:
        found = [node.hardware.state().pwm(pin) for pin in pins]
        return [one[1] for one in found if one]

    bright = max(duties())
    with browser() as page:
        page.open(f"{gateway.url}/")
        page.wait(lambda: NAME in "".join(page.texts("#nodes button")), "the node is listed")
        page.find(f"#nodes button[data-uid='{node.device.uid}']").click()
        page.wait(lambda: "brightness" in page.texts("#widgets .name span"), "its widgets are drawn")
        slider = "#widgets input[type=range][aria-label=brightness]"
        page.slide(slider, 20)
        until(lambda: duties() and max(duties()) < bright / 2, "the LED gets darker")
        page.wait(lambda: page.texts("#widgets .name output"), "the answer is shown")
        page.slide(slider, 100)
        until(lambda: max(duties()) > 0.8 * bright, "and bright again")
        page.picture(tmp_path / "dashboard.png")
        refused = "status of 400"  # what a module says that has nothing wired to it
        assert not [text for text in page.errors() if refused not in text]


def test_the_cameras_picture_comes_through_the_gateway(node: OpsNode, gateway: Running) -> None:
    assert gateway.json("/image") == [NAME]
    answer = gateway.get(f"/image/{NAME}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")
    assert node.device.fuid == NAME


def test_status_does_not_clear_the_error_log(node: OpsNode, gateway: Running) -> None:
    node.say("system alarms False True")  # one error for the log
    found = [gateway.json("/api/v1/devices?fresh=true")[0]["alarms"] for _ in range(2)]
    assert found[0] == found[1] >= 1
    status = gateway.json("/status")["devices"][node.device.uid]
    assert status["verdict"] == "UNHEALTHY"
    assert "test alarm" in "".join(status["alarms"]["log"])
    assert gateway.metric("micros_node_alarms", fuid=NAME) == found[0]


def test_nothing_that_is_thrown_at_it_is_an_undeclared_error(node: OpsNode, gateway: Running, tmp_path: Path) -> None:
    """A sample; `dev.py bench gateway` is the whole run."""
    (tmp_path / "schemathesis.toml").write_text(
        f'[parameters]\ndevice = "{node.device.uid}"\n'
        '[checks.not_a_server_error]\nexpected-statuses = ["2xx", "3xx", "4xx", "504"]\n'
    )
    command = [Path(sys.executable).with_name("st"), "--config-file", tmp_path / "schemathesis.toml", "run"]
    options = [
        "--max-examples=2",
        "--phases=examples,fuzzing",
        f"--checks={_CHECKS}",
        "--seed=1",
        "--request-timeout=60",
    ]
    done = subprocess.run(
        [*command, f"{gateway.url}/openapi.json", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert gateway.json("/health") == {"status": "ok"}
