"""What the panels ask of the services, and what they show of the answers."""

from pathlib import Path

from fake_services import LAMP, FakeServices
from window_driver import Driver, until


def asked(services: FakeServices, word: str) -> list[tuple[object, ...]]:
    return [call[1:] for call in services.calls if call[0] == word]


def test_files_of_a_node_go_over_the_air_and_those_of_a_board_over_usb(
    driver: Driver, services: FakeServices, tmp_path: Path
) -> None:
    driver.select("Lamp")
    panel = driver.panel("files")
    panel.read.click()
    until(lambda: panel.list.count() == 3, "the list")
    assert asked(services, "files") == [(LAMP.uid, "")]
    panel.list.setCurrentRow(0)
    panel.fetch_into(tmp_path)
    driver.ended("Get 1 files of Lamp")
    assert asked(services, "get") == [(LAMP.uid, "", ("LM_rgb.mpy",))]
    driver.select("/dev/ttyUSB0")
    assert panel.list.count() == 0
    assert "interrupted" in panel.where.text()
    panel.send([Path("notes.txt")])
    driver.yes()
    driver.ended("Put files")
    assert asked(services, "put") == [("", "/dev/ttyUSB0", ("notes.txt",))]
    until(lambda: panel.list.count() == 3 and not driver.hub.jobs.running, "listed anew")
    panel.list.setCurrentRow(2)
    panel.delete.click()
    driver.yes()
    driver.ended("Delete files")
    assert asked(services, "remove") == [("", "/dev/ttyUSB0", ("node_config.json",))]


def test_only_changed_settings_are_sent_and_wrong_ones_cannot_be(driver: Driver, services: FakeServices) -> None:
    driver.select("Lamp")
    panel = driver.panel("config")
    until(lambda: panel.fields["devfid"].isEnabled(), "the settings")
    assert not panel.save.isEnabled()
    panel.fields["devfid"].setText("two words!")
    assert not panel.save.isEnabled()
    panel.fields["devfid"].setText("Lantern")
    panel.fields["stapwd"].setText("new-secret-1")
    panel.save.click()
    shown = " ".join(label.text() for label in driver.dialog().findChildren(type(panel.state)))
    assert "Lantern" in shown
    assert "new-secret-1" not in shown
    driver.yes()
    job = driver.ended("Configure Lamp")
    assert asked(services, "set_config") == [(LAMP.uid, {"devfid": "Lantern", "stapwd": "new-secret-1"})]
    assert "new-secret-1" not in job.report()
    driver.yes()  # restart now
    driver.ended("Restart")


def test_dropped_files_are_collected_once_and_others_refused_with_a_word(
    driver: Driver, services: FakeServices, tmp_path: Path
) -> None:
    driver.select("Lamp")
    panel = driver.panel("modules")
    until(lambda: panel.there.count() == 3, "the modules")
    files = [tmp_path / name for name in ("LM_a.py", "b.py", "c.txt")]
    panel.add(files)
    panel.add(files[:1])
    assert [file.name for file in panel.files] == ["LM_a.py", "b.py"]
    panel.add([files[2]])
    assert "c.txt" in panel.note.text()
    panel.upload.click()
    driver.yes()
    driver.ended("Upload to Lamp")
    assert asked(services, "upload") == [(LAMP.uid, ("LM_a.py", "b.py"))]
    assert not panel.files
    panel.undo.click()
    driver.ended("Undo")
    assert "Taken back" in panel.note.text()


def test_a_dragged_slider_sends_few_values_and_always_its_last(driver: Driver, services: FakeServices) -> None:
    driver.select("Lamp")
    panel = driver.panel("controls")
    until(lambda: panel.controls, "the controls")
    slider = next(one for one in panel.controls if one.widget.function == "brightness").sliders[0]
    for value in range(1, 41):
        slider.setValue(value)
    until(lambda: ("shell", LAMP.uid, "rgb brightness percent=80") in services.calls, "the last value")
    sent = [call for call in services.calls if "brightness" in str(call[-1])]
    assert len(sent) <= 3


def test_the_shell_keeps_each_nodes_text_and_walks_through_its_history(driver: Driver, services: FakeServices) -> None:
    driver.select("Lamp")
    panel = driver.panel("shell")
    for line in ("hello", "login hunter22"):
        panel.line.setText(line)
        panel.send()
    until(lambda: "answer to login" in panel.output.toPlainText(), "the answers")
    assert "$ login hunter22" not in panel.output.toPlainText()
    driver.select("FrontDoor")
    assert panel.output.toPlainText() == ""
    driver.select("Lamp")
    assert "answer to hello" in panel.output.toPlainText()
    panel._walk(-1)
    panel._walk(-1)
    assert panel.line.text() == "hello"
    until(lambda: panel._words.get(LAMP.uid), "the node's words")
    panel._complete("rgb co")
    assert panel._offers.stringList() == ["rgb color"]


def test_the_doctor_tells_what_is_wrong_first_and_the_way_out(driver: Driver) -> None:
    driver.window.doctor_button.click()
    dialog = driver.dialog()
    until(lambda: dialog.list.count() == 2, "the findings")
    assert "0 failed, 1 to mind, 1 well" in dialog.summary.text()
    first, second = dialog.report().split("\nversions")
    assert "What to do: Install cp210x" in first
    assert second == ": micrOS 2.0.0-0"
    dialog.accept()


def test_an_app_is_run_with_its_parameters_shown_while_it_runs_and_stopped(
    driver: Driver, services: FakeServices
) -> None:
    driver.select("Lamp")
    panel = driver.panel("apps")
    until(lambda: panel.app.count() == 2, "the apps")
    panel.fields["rounds"].setText("5")
    panel.go.click()
    driver.ended("SysCheck")
    assert asked(services, "app") == [("SysCheck", LAMP.uid, {"rounds": "5"})]
    until(lambda: "All is well." in panel.output.toPlainText(), "its words")
    assert "PASS  hello" in panel.output.toPlainText()
    ((points, _graph),) = panel._curves[1]
    assert len(points) == 20
    panel.fields["rounds"].setText("0")
    panel.go.click()
    until(lambda: "All is well." in panel.output.toPlainText(), "it runs")
    driver.job("SysCheck").stop()
    assert driver.ended("SysCheck").state == "cancelled"
    panel.app.setCurrentIndex(1)
    assert not panel.go.isEnabled()
    assert "no function" in panel.about.text()
