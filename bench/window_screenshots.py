"""Pictures of every panel, light and dark, 1x and 2x, with services that only pretend; run by `screenshots.py`.

    PYTHONPATH=tests/support python bench/window_screenshots.py FOLDER SCALE

Drawn by Qt's offscreen platform: what is in the pictures depends on no desktop, only on the installed fonts.
"""

import sys
import time
from pathlib import Path

from fake_services import USB, FakeServices, device
from window_driver import Driver, opened, until

from devtoolkit import paths
from devtoolkit.errors import NodeUnreachableError
from devtoolkit.gui.app import QApplication, application
from devtoolkit.gui.qt import QColor, QSize, QWidget
from devtoolkit.services.port_list import PortEntry

SIZE = QSize(1240, 800)
_SETTLE_S = 0.15  # layouts after layouts, and the list's own timers


def pictures(driver: Driver, services: FakeServices, folder: Path, tail: str) -> None:
    driver.window.resize(SIZE)
    until(lambda: driver.hub.model.rowCount() >= 7, "rows")
    for info in driver.window.infos:
        if info.applies != "any":
            driver.panel(info.name)
            save(driver.window, folder / f"window-empty{tail}.png")
            break
    prepared(driver)
    for info in driver.window.infos:
        panel = driver.panel(info.name)
        if info.name == "controls":
            until(lambda panel=panel: panel.controls, "controls")
            panel.controls[0].choose(QColor("#ff8000"))
        if info.name == "config":
            until(lambda panel=panel: panel.fields["devfid"].isEnabled(), "settings")
            panel.fields["utc"].setValue(120)
            panel.fields["socport"].setValue(9009)
        if info.name == "simulator":
            until(lambda panel=panel: panel.bench.isVisible(), "a board on the bench")
            panel.show_part(panel.bench.buttons)
        if info.name == "shell":
            said(driver)
        if info.name == "apps":
            until(lambda panel=panel: panel.app.count(), "apps")
            panel.go.click()
        if info.name == "files":
            panel.read.click()
        if info.name == "modules":
            panel.add([Path("/home/maker/LM_aquarium.py"), Path("/home/maker/notes.txt")])
        if info.name == "monitor":
            until(lambda panel=panel: len(panel.area.plots) >= 4, "plots")
        if info.name == "pins":
            until(lambda panel=panel: panel.findings() and not panel.picture.image.isNull(), "the picture")
        if info.name == "gateway":
            panel.go.click()
            until(lambda panel=panel: panel.nodes.count(), "the nodes")
        if info.name not in ("monitor", "gateway"):  # they go on as long as they are looked at
            until(lambda: not driver.hub.jobs.running, "all is read")
        save(driver.window, folder / f"window-{info.name}{tail}.png")
        if info.name == "gateway":
            panel.stop.click()
    dialogs(driver, services, folder, tail)


def prepared(driver: Driver) -> None:
    """A deploy that has just ended, and a node that is selected."""
    panel = driver.panel("deploy")
    until(lambda: panel.go.isEnabled(), "boards")
    panel.name.setText("Lamp")
    panel.go.click()
    driver.yes()
    driver.ended("Deploy")
    driver.select("Lamp")


def said(driver: Driver) -> None:
    shell = driver.panel("shell")
    for line in ("hello", "system info"):
        shell._send(line)
    until(lambda: "CPU clock" in shell.output.toPlainText(), "the answers")
    shell._sessions[driver.hub.selection[0].uid].close()


def dialogs(driver: Driver, services: FakeServices, folder: Path, tail: str) -> None:
    panel = driver.panel("deploy")
    panel.go.click()
    save(driver.dialog(), folder / f"window-question{tail}.png")
    driver.dialog().reject()
    services.fails = NodeUnreachableError(
        "Lamp does not answer at 10.0.0.2:9008.", hint="Is it switched on, and in the same network as this computer?"
    )
    driver.panel("ota").go.click()
    driver.yes()
    driver.ended("Update (OTA)")
    save(driver.dialog(), folder / f"window-error{tail}.png")
    save(driver.window, folder / f"window-failed{tail}.png")
    driver.dialog().close()
    mine = paths.user_data()
    paths.choose_user_data(Path("/home/maker/micrOS"))  # what the picture shows; nothing is written there
    driver.window._settings()
    paths.choose_user_data(mine)
    save(driver.dialog(), folder / f"window-settings{tail}.png")
    driver.dialog().accept()


def save(widget: QWidget, file: Path) -> None:
    end = time.monotonic() + _SETTLE_S
    until(lambda: time.monotonic() > end, "the layout is settled")
    widget.grab().save(str(file))


def main() -> None:
    folder, scale = Path(sys.argv[1]), sys.argv[2]
    folder.mkdir(parents=True, exist_ok=True)
    application()
    devices = [
        device("Lamp", 1),
        device("FrontDoor", 2, status="LOCKED"),
        device("Greenhouse", 3, version="1.9.0-1", latency_s=0.041),
        device("Aquarium", 4),
        device("Garden", 5, status="OFFLINE"),
        device("demo", 6, ip="127.0.0.1", latency_s=0.001),
    ]
    virtual = PortEntry("virtual:demo", "Virtual board", chip="ESP32", mac="00:00:00:00:00:06", holder="process 1")
    for theme in ("light", "dark"):
        services = FakeServices(devices, (USB, virtual))
        services.put_board("demo")
        services.commands["hello"] = ("hello:Lamp:micr000000000001OS",)
        services.commands["system info"] = (
            " CPU clock [MHz]: 240", " Mem usage [%]: 38.2", " FS usage [%]: 21.4", " upython: v1.27.0",
            " board: ESP32 module with ESP32", " uptime: 12 4:31:07",
        )  # fmt: skip
        with opened(services, begin=False) as driver:
            driver.window._theme_chosen(theme)
            driver.window.begin()
            pictures(driver, services, folder, f"-{theme}{'' if scale == '1' else '@2x'}")
        QApplication.processEvents()


if __name__ == "__main__":
    main()
