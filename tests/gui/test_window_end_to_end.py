"""The whole way through the window, with the real services: a board is deployed, powered on, commanded, changed."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from window_driver import Driver, opened_for_real, until

from devtoolkit import paths
from devtoolkit.gui.job import Job
from devtoolkit.gui.qt import QApplication, QColor, QDropEvent, QMimeData, QPointF, Qt, QUrl
from devtoolkit.services.secrets import password_of
from devtoolkit.simulator.board import running
from devtoolkit.simulator.control import ControlClient

pytestmark = pytest.mark.vm
NAME = "guilamp"
SEEN: list[str] = []  # command lines of processes while the board was deployed
HELLO = '''"""Says hello."""


def hello():
    """str: a word"""
    return "hello from the dropped module"


def help(widgets=False):
    return ("hello",)
'''


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, qapp: object) -> Iterator[Driver]:
    with opened_for_real(tmp_path_factory.mktemp("window")) as driver:
        yield driver


def hardware() -> dict[str, Any]:
    """What the simulated board shows: pins, PWM, LEDs."""
    live = running(NAME, paths.simulator())
    assert live is not None
    with ControlClient(live.control, live.token) as client:
        state: dict[str, Any] = client.request("vm", message={"op": "get"})["answer"]
        return state


def argument_lists() -> list[str]:
    """The command lines of all processes, as anybody on this machine can read them (Linux)."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(file.read_text(errors="replace"))
    return found


def press_deploy(driver: Driver) -> Job:
    panel = driver.panel("deploy")
    until(lambda: panel.go.isEnabled(), "the boards are loaded")
    panel.name.setText(NAME)
    panel.go.click()
    driver.yes()
    return driver.job("Deploy")


def test_1_a_deploy_that_is_stopped_half_way_is_repaired_by_the_next_whose_bar_follows_the_bytes(world: Driver) -> None:
    first = press_deploy(world)

    def stop(event: Any) -> None:
        if event.step == "flash" and event.kind == "progress" and event.done:
            first.stop()

    first.event.connect(stop)
    assert world.ended("Deploy").state == "cancelled"
    assert not world.errors()
    job = press_deploy(world)
    told: list[tuple[int, int]] = []
    job.event.connect(lambda event: SEEN.extend(argument_lists()) if event.kind == "start" else None)
    job.event.connect(lambda event: told.append((event.done, event.total)) if event.step == "flash" else None)
    assert world.ended("Deploy").state == "done", job.report()
    bytes_ = [done for done, total in told if total]
    assert bytes_ == sorted(bytes_)
    assert len(set(bytes_)) > 5
    report: Any = job.result
    assert bytes_[-1] == report.bytes
    assert world.panel("deploy").done.isVisible()


def test_2_the_board_is_powered_on_and_appears_on_the_left(world: Driver) -> None:
    panel = world.panel("simulator")
    panel.name.setText(NAME)
    panel.start.click()
    job = world.job("Virtual board")
    until(lambda: job.holding, "it is on")
    world.select(NAME)
    until(lambda: "Online" in world.window.subject_line.text(), "it is online")


def test_3_a_dropped_module_is_uploaded_and_called_from_the_shell(world: Driver, tmp_path: Path) -> None:
    file = tmp_path / "LM_greet.py"
    file.write_text(HELLO)
    panel = world.panel("modules")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    panel.dropEvent(QDropEvent(QPointF(20, 20), Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier))
    assert panel.files == [file]
    panel.upload.click()
    world.yes()
    assert world.ended("Upload").state == "done", world.job("Upload").report()
    shell = world.panel("shell")
    shell.line.setText("greet hello")
    shell.send()
    until(lambda: "hello from the dropped module" in shell.output.toPlainText(), "the module's answer")


def test_4_a_colour_moved_in_controls_is_the_colour_of_the_simulated_leds(world: Driver) -> None:
    shell = world.panel("shell")
    shell.line.setText("rgb load_n_init")
    shell.send()
    shell.line.setText("hello")
    shell.send()
    until(lambda: f"hello:{NAME}" in shell.output.toPlainText(), "the module is loaded")
    panel = world.panel("controls")
    until(lambda: [one for one in panel.controls if one.widget.type == "color"], "the controls")
    control = next(one for one in panel.controls if one.widget.type == "color")
    dark = hardware()["pwm"]
    control.choose(QColor(255, 0, 128))
    assert control.values() == ("1000", "0", "500")

    def lit() -> bool:
        duties = sorted(one["duty_u16"] for one in hardware()["pwm"].values())
        return bool(duties) and duties[-1] > 60_000 and any(30_000 < duty < 36_000 for duty in duties)

    until(lit, f"the LEDs follow (before: {dark})")
    bench = world.panel("simulator").bench

    def painted() -> bool:
        return any(
            light.name == "colour light" and light.colours[0][0] > 245 and 170 < light.colours[0][2] < 195
            for light in bench.lights.lights
        )

    until(painted, "the Simulator panel paints the colour")


def test_5_a_setting_changed_in_the_form_is_on_the_node(world: Driver) -> None:
    panel = world.panel("config")
    until(lambda: panel.fields["utc"].isEnabled(), "the configuration is read")
    assert panel.fields["appwd"].text() == ""
    panel.fields["utc"].setValue(120)
    panel.fields["cstmpmap"].setText("no such ; map :")
    assert not panel.save.isEnabled()
    panel.fields["cstmpmap"].setText("n/a")
    assert panel.changes() == {"utc": "120"}
    panel.save.click()
    world.yes()
    assert world.ended("Configure").state == "done", world.job("Configure").report()
    world.dialog().reject()  # restart now? no
    shell = world.panel("shell")
    for line in ("conf", "utc", "noconf"):
        shell.line.setText(line)
        shell.send()
    until(lambda: "120" in shell.output.toPlainText(), "the node's own word")


def test_5_the_change_is_taken_back_and_the_kept_version_is_the_one_from_before(world: Driver) -> None:
    panel = world.panel("config")
    until(lambda: panel.undo.isEnabled(), "Undo knows the change")
    panel.versions.click()
    card = panel.versions_card
    until(lambda: card.list.count() == 1, "the version from before the change")
    card.compare.click()
    assert world.ended("Compare").state == "done", world.job("Compare").report()
    assert "utc: 120  \u2192  60" in card.diff.toPlainText()
    panel.undo.click()
    world.yes()
    assert world.ended("Undo").state == "done", world.job("Undo").report()
    until(lambda: panel.fields["utc"].isEnabled() and panel.fields["utc"].value() == 60, "the old value is read")


def test_6_an_update_over_the_air_is_seen_through(world: Driver) -> None:
    panel = world.panel("ota")
    panel.mode.setCurrentIndex(panel.mode.findData("changed"))
    panel.go.click()
    world.yes()
    job = world.ended("Update (OTA)")
    assert job.state == "done", job.report()
    assert NAME in panel.results.row_text(0)


def test_6_an_app_runs_on_the_node(world: Driver) -> None:
    panel = world.panel("apps")
    until(lambda: panel.app.findData("GetVersion") >= 0, "the apps")
    panel.app.setCurrentIndex(panel.app.findData("GetVersion"))
    panel.go.click()
    job = world.ended("GetVersion")
    assert job.state == "done", job.report()
    until(lambda: "2.0.0" in panel.output.toPlainText(), "the version")


def test_7_the_password_was_in_no_log_and_on_no_screen(world: Driver) -> None:
    uid = world.hub.selection[0].uid
    secret = password_of(uid)
    assert secret
    world.panel("log")
    texts = [job.report() for job in world.hub.jobs.all] + [world.window.panels["log"].box.toPlainText()]
    texts += [world.window.panels["shell"].output.toPlainText()]
    assert not [text for text in texts if secret in text]
    assert not [words for words in SEEN if secret in words]
    kept = json.dumps([str(world.hub.settings.value(key)) for key in world.hub.settings.keys()])  # noqa: SIM118 - it is no dict
    assert secret not in kept


def test_8_a_node_that_loses_its_power_is_told_in_plain_words(world: Driver) -> None:
    world.panel("simulator").stop.click()
    world.ended("Virtual board")
    until(lambda: "Powered off" in world.window.subject_line.text(), "the header says so")
    panel = world.panel("modules")
    panel.call.setText("system info")
    panel.run.click()
    dialog = world.dialog()
    assert "Traceback" not in dialog.heading.text()
    dialog.accept()
    assert world.window.isVisible()
    QApplication.processEvents()


def test_8_files_are_listed_and_saved_over_usb_while_the_board_is_off_the_network(world: Driver) -> None:
    panel = world.panel("files")
    until(lambda: panel._row() is not None and not panel._row().online, "the board is off the network")
    panel.refresh()
    panel.read.click()
    assert world.ended("List files").state == "done", world.job("List files").report()
    shown = [panel.list.item(at).text() for at in range(panel.list.count())]
    assert any(text.startswith("LM_greet.py") for text in shown)
    backup = world.panel("backup")
    backup.save.click()
    job = world.ended("Back up")
    assert job.state == "done", job.report()
    assert (Path(str(job.result)) / "LM_greet.py").is_file() or list(Path(str(job.result)).rglob("LM_greet.py"))


def test_9_a_fleet_appears_and_goes(world: Driver) -> None:
    panel = world.panel("simulator")
    panel.count.setValue(10)
    panel.start.click()
    fleet = {f"node{number:02d}" for number in range(1, 11)}

    def there() -> set[str]:
        view = world.window.devices.filter
        names = {view.index(at, 0).data() for at in range(view.rowCount())}
        return names & fleet

    until(lambda: there() == fleet, "ten rows")
    until(lambda: world.job("10 virtual").holding, "all are on")
    panel.stop.click()
    assert world.ended("10 virtual").state == "done"
    until(lambda: not there(), "the rows are gone")
