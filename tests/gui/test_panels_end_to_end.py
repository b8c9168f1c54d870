"""Monitor, Pins and Gateway with the real services and one virtual node, which goes away and comes back."""

import contextlib
import json
import math
import socket
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from window_driver import Driver, opened_for_real, until

from devtoolkit import launcher
from devtoolkit.gui.seam import gateway as seam

pytestmark = pytest.mark.vm
NAME = "guimeter"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, qapp: object) -> Iterator[Driver]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("API_AUTH", "API_AUTH_FILE", "MQTT_URL", "GATEWAY_ALLOW", "GATEWAY_SITE"):
            patch.delenv(name, raising=False)
        patch.setattr(seam, "serve", launcher.gateway_in_window)
        with opened_for_real(tmp_path_factory.mktemp("panels")) as driver:
            power_on(driver)
            driver.select(NAME)
            yield driver


def power_on(driver: Driver) -> None:
    panel = driver.panel("simulator")
    panel.name.setText(NAME)
    panel.start.click()
    job = driver.job("Virtual board")
    until(lambda: job.holding, "it is on")


def state(panel: Any) -> str:
    return " ".join(label.text() for labels in panel.watched.rows.values() for label in labels)


def rows(shown: Any) -> list[str]:
    return [shown.item(at).text() for at in range(shown.count())]


def asked(url: str) -> str:
    """The answer, while the window works on."""
    found: list[str] = []

    def ask() -> None:
        with contextlib.closing(urllib.request.urlopen(url, timeout=60)) as answer:
            found.append(answer.read().decode())

    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: not thread.is_alive(), f"the answer of {url}")
    return found[0]


def test_1_the_monitor_draws_what_the_node_says(world: Driver) -> None:
    panel = world.panel("monitor")
    panel.every.setCurrentIndex(panel.every.findData(1))
    until(lambda: {"latency", "memory", "cpu"} <= set(panel.area.plots), "plots")
    until(lambda: len(panel.area.plots["latency"].shown(0)[0]) >= 2, "two samples of one session")
    for key, most in (("memory", 100.0), ("latency", math.inf)):
        assert all(0 < float(row[1] or 0.0) < most for row in panel.history.plot(key, panel.nodes).rows)
    until(lambda: "Live" in state(panel), "it says so")


def test_2_the_gateway_serves_the_node_while_it_is_watched(world: Driver) -> None:
    panel = world.panel("gateway")
    panel.port.setText("0")
    panel.go.click()
    until(lambda: panel.url.text(), "it listens")
    until(lambda: [text for text in rows(panel.nodes) if text.startswith(NAME)], "the node")
    found = json.loads(asked(f"{panel.url.text()}api/v1/devices"))
    assert NAME in json.dumps(found)
    until(lambda: "GET" in panel.log.toPlainText(), "the log")
    port = int(panel.url.text().rsplit(":", 1)[1].strip("/"))
    panel.stop.click()
    until(lambda: panel.job is None, "it has stopped")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_3_the_pins_of_the_node_come_from_its_own_configuration(world: Driver) -> None:
    shell = world.panel("shell")
    for line in ("conf", "boothook rgb load; neopixel load", "noconf"):
        shell.line.setText(line)
        shell.send()
    until(lambda: "Saved" in shell.output.toPlainText(), "it is set")
    panel = world.panel("pins")
    until(lambda: "GPIO" in " ".join(panel.findings()), "the clash")
    assert panel.board.currentData() == "esp32"
    assert any("rgbue (rgb) and neop (neopixel)" in told for told in panel.findings())


def test_4_a_node_that_goes_away_is_told_and_drawn_on_when_it_is_back(world: Driver) -> None:
    monitor = world.panel("monitor")
    until(lambda: "Live" in state(monitor), "it is watched")
    monitor.keep.setChecked(True)
    world.panel("simulator").stop.click()
    world.ended("Virtual board")
    until(lambda: "tried again" in state(monitor), "it is told")
    assert not world.errors()
    count = len(monitor.history.plot("latency", monitor.nodes).rows)
    power_on(world)
    until(lambda: "Live" in state(monitor), "it is back")
    until(lambda: len(monitor.history.plot("latency", monitor.nodes).rows) > count, "its line goes on")
    assert len(monitor.history.plot("latency", monitor.nodes, gaps=True).rows) > count + 1
    monitor.keep.setChecked(False)
