"""The gateway from the window: starts, tells how it is, stops; secrets are seen nowhere; no port is left open."""

import json
import socket
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from fake_gateway import URL
from fake_services import SECRET, FakeServices
from window_driver import Driver, opened, until

from devtoolkit import launcher, paths
from devtoolkit.gui.qt import QApplication, QLabel, QLineEdit, QPlainTextEdit
from devtoolkit.gui.seam import gateway as seam
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache


class WithGateway(FakeServices):
    """All is fake but the gateway."""

    gateway = seam.Gateways.gateway


@pytest.fixture
def panel(driver: Driver) -> Any:
    return driver.panel("gateway")


@pytest.fixture
def real(qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A window with a gateway that listens."""
    monkeypatch.setenv("MICROS_INTERFACES", "127.0.0.1")
    for name in ("API_AUTH", "API_AUTH_FILE", "MQTT_URL", "GATEWAY_SITE", "GATEWAY_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(seam, "serve", launcher.gateway_in_window)
    monkeypatch.setattr(paths, "_chosen_user_data", tmp_path)
    DeviceCache(paths.device_cache()).put(Device("micr0000000000ffOS", "Kitchen", "127.0.0.9", 9008))
    with opened(WithGateway()) as found:
        yield found


def get(url: str, auth: str = "") -> tuple[int, str]:
    request = urllib.request.Request(url)
    if auth:
        request.add_header("Authorization", f"Basic {b64encode(auth.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def asked(url: str, auth: str = "") -> tuple[int, str]:
    """As `get`, while the window works on."""
    found: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: found.append(get(url, auth)))
    thread.start()
    until(lambda: not thread.is_alive(), "the answer")
    return found[0]


def test_it_starts_tells_how_it_is_and_stops(driver: Driver, panel: Any) -> None:
    assert "Stopped" in panel.state.text()
    assert not panel.stop.isEnabled()
    panel.go.setFocus()
    panel.go.click()
    assert driver.window.focusWidget() is panel.stop
    until(lambda: panel.nodes.count() == 2, "the nodes")
    assert panel.url.text() == URL
    assert "Running" in panel.state.text()
    assert "42 requests" in panel.counts.text()
    assert panel.nodes.item(1).text().endswith("Locked")
    assert "GET /list/device" in panel.log.toPlainText()
    assert URL in driver.job("Gateway").line()
    assert not panel.host.isEnabled()
    panel.copy.click()
    assert QApplication.clipboard().text() == URL
    panel.stop.click()
    until(lambda: panel.job is None, "it has stopped")
    assert "Stopped" in panel.state.text()
    assert panel.go.isEnabled()


def test_what_is_typed_wrong_is_told_before_anything_starts(driver: Driver, services: FakeServices, panel: Any) -> None:
    panel.port.setText("70000")
    panel.go.click()
    assert "no port" in driver.dialog().heading.text()
    driver.dialog().accept()
    panel.port.setText("")
    panel.mqtt_on.setChecked(True)
    panel.go.click()
    assert "broker" in driver.dialog().heading.text()
    driver.dialog().accept()
    assert not [call for call in services.calls if call[0] == "gateway"]


def test_the_password_goes_to_the_gateway_and_the_keyring_and_is_seen_nowhere(
    qapp: object, services: FakeServices
) -> None:
    services.keyring = {}
    with opened(services) as driver:
        panel = driver.panel("gateway")
        until(panel.keep.isEnabled, "the keyring")
        panel.host.setText("0.0.0.0")
        panel.user.setText("maker")
        panel.password.setText(SECRET)
        panel.keep.setChecked(True)
        panel.go.click()
        until(lambda: panel.url.text(), "it runs")
        assert services.keyring == {"maker": SECRET}
        assert panel.password.text() == ""
        window = driver.window
        shown = [one.text() for kind in (QLineEdit, QLabel) for one in window.findChildren(kind)]
        shown += [one.toPlainText() for one in window.findChildren(QPlainTextEdit)]
        shown += [job.report() for job in driver.hub.jobs.all]
        assert not [text for text in shown if SECRET in text]
        wish = next(call[1] for call in services.calls if call[0] == "gateway")
        assert wish.password == SECRET
        assert SECRET not in repr(wish)
        panel.stop.click()
        until(lambda: panel.job is None, "it has stopped")
        panel.go.click()  # with the password of the keyring
        until(lambda: len([1 for call in services.calls if call[0] == "gateway"]) == 2, "again")
        assert next(call[1] for call in reversed(services.calls) if call[0] == "gateway").password == SECRET


def test_without_the_launcher_it_says_who_can_start_it(qapp: object) -> None:
    with opened(WithGateway()) as driver:
        panel = driver.panel("gateway")
        panel.go.click()
        driver.ended("Gateway")
        until(lambda: "Could not run" in panel.state.text(), "the reason")
        assert "launcher" in driver.dialog().heading.text()


def test_a_real_gateway_answers_counts_and_leaves_no_port_and_no_thread(real: Driver) -> None:
    threads = {thread.name for thread in threading.enumerate()}
    panel = real.panel("gateway")
    panel.port.setText("0")
    panel.go.click()
    until(lambda: panel.url.text(), "it listens")
    url = panel.url.text()
    known = panel.nodes
    until(lambda: any(known.item(at).text().startswith("Kitchen") for at in range(known.count())), "the node")
    status, text = asked(f"{url}openapi.json")
    assert status == 200
    assert json.loads(text)["info"]["title"]
    until(lambda: not panel.counts.text().startswith("0 "), "the request is counted")
    until(lambda: "INFO GET other 200" in panel.log.toPlainText(), "the log")
    port = int(url.rsplit(":", 1)[1].strip("/"))
    panel.stop.click()
    until(lambda: panel.job is None, "it has stopped")
    assert real.job("Gateway").state == "done"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    left = {thread.name for thread in threading.enumerate()} - threads
    assert not [name for name in left if not name.startswith("Dummy")], left


def test_beyond_this_computer_a_real_gateway_wants_a_user(real: Driver) -> None:
    panel = real.panel("gateway")
    panel.host.setText("0.0.0.0")
    panel.port.setText("0")
    panel.go.click()
    real.ended("Gateway")
    until(lambda: "needs credentials" in panel.state.text(), "the reason")
    real.dialog().accept()
    panel.host.setText("127.0.0.1")
    panel.user.setText("maker")
    panel.password.setText(SECRET)
    panel.go.click()
    until(lambda: panel.url.text(), "it listens")
    assert asked(panel.url.text())[0] == 401
    assert asked(panel.url.text(), f"maker:{SECRET}")[0] == 200
    until(lambda: "401" in panel.log.toPlainText(), "the log")
    assert SECRET not in panel.log.toPlainText()


def test_closing_the_window_ends_a_real_gateway(real: Driver) -> None:
    panel = real.panel("gateway")
    panel.port.setText("0")
    panel.go.click()
    until(lambda: panel.url.text(), "it listens")
    port = int(panel.url.text().rsplit(":", 1)[1].strip("/"))
    real.window.close()
    real.yes()
    until(lambda: real.window.ended, "the window is closed")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
