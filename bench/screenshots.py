"""Pictures of what a user sees, under docs/screenshots/.

The demo and the help are SVG, drawn from their real output; the node's dashboard is a PNG of a headless browser on a
virtual node (left out, with a word, where there is no chromium); the window's panels are PNGs drawn offscreen.
"""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "screenshots"
PICTURES = {
    "demo": ("--demo",),
    "help": ("--help",),
    "refused": ("--mkae",),
}


def output(*words: str) -> str:
    """What the command writes to a terminal, both streams in order."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": "120", "TTY_INTERACTIVE": "0"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "devToolKit.py"), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


_LIGHTS = "rgb load_n_init; cct load_n_init; dimmer load_n_init; switch load_n_init"
_PINS = "esp32; switch_1:16; switch_2:17; switch_3:18; switch_4:19"  # by default they are those of lights


def dashboard(picture: Path) -> None:
    """The page of a node with some lights, as its user sees it."""
    sys.path[:0] = [str(ROOT / "tests" / part) for part in ("support", "device")]
    from browser import CHROMIUM, DRIVER, browser
    from module_bench import bench
    from web_client import PORTS, WEB_PORT

    if not (CHROMIUM and DRIVER):
        print(f"{picture.name} is left as it is: chromium and chromedriver are not installed")
        return
    files = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "micros_source" / "web").iterdir()}
    settings = {"webui": True, "boothook": _LIGHTS, "cstmpmap": _PINS}
    with tempfile.TemporaryDirectory() as folder, browser() as shown:
        shown.dark()
        with bench(Path(folder) / "node", settings=settings, config={"ports": PORTS}, files=files) as node:
            node.call("rgb color 600 100 900")
            node.call("cct white 700 300")
            node.call("dimmer set_value 400")
            shown.open(f"http://{node.node.address}:{WEB_PORT}/")
            shown.wait(lambda: len(shown.texts("#cards h2")) == 4, "the cards are there")
            shown.driver.find_element("css selector", "#quick button").click()
            shown.wait(lambda: shown.js("!waiting.size && !busy && !document.querySelector('#answer').hidden"))
            shown.picture(picture)
    print(picture)


def gateway(picture: Path) -> None:
    """The gateway's dashboard before a virtual node with a lamp, a dimmer and a thermometer."""
    sys.path[:0] = [str(ROOT / "tests" / "support")]
    from browser import CHROMIUM, DRIVER, browser
    from gateway_server import running
    from ops_node import ops_node_in

    if not (CHROMIUM and DRIVER):
        print(f"{picture.name} is left as it is: chromium and chromedriver are not installed")
        return
    with tempfile.TemporaryDirectory() as folder, ops_node_in(Path(folder), "living-room") as node, browser() as shown:
        node.say("rgb color 600 100 900")
        with running(Path(folder), cache=node.cache.path) as served:
            served.get("/api/v1/devices?fresh=true")
            shown.open(f"{served.url}/")
            shown.wait(lambda: len(shown.texts("#widgets .card")) > 3, "the widgets are there")
            shown.slide("#widgets input[aria-label=brightness]", 60)
            drawn = (
                "[...document.querySelectorAll('svg.graph path')].some(p => p.getAttribute('d').split('L').length > 4)"
            )
            shown.wait(lambda: shown.js(drawn), "graphs have lines")
            shown.picture(picture)
    print(picture)


def window() -> None:
    """Every panel of the window, light and dark, 1x and 2x: one process per scale, since Qt reads it once."""
    for scale in ("1", "2"):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
            environment |= {"MICROS_USER_DATA": folder, "MICROS_INTERFACES": "127.0.0.1", "XDG_RUNTIME_DIR": folder}
            environment["PYTHONPATH"] = str(ROOT / "tests" / "support")
            program = ROOT / "bench" / "window_screenshots.py"
            subprocess.run([sys.executable, str(program), str(FOLDER / "window"), scale], env=environment, check=True)
    for file in (FOLDER / "window").glob("*.png"):  # flat colours: a third of the bytes, and nobody sees it
        with Image.open(file) as full:
            small = full.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        small.save(file, optimize=True)
    print(FOLDER / "window")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, words in PICTURES.items():
        console = Console(record=True, width=120, file=io.StringIO(), force_terminal=True)
        console.print(Text(f"$ devToolKit.py {' '.join(words)}", style="bold"))
        console.print(Text.from_ansi(output(*words)))
        console.save_svg(str(FOLDER / f"{name}.svg"), title="micrOS DevToolKit")
        print(FOLDER / f"{name}.svg")
    dashboard(FOLDER / "dashboard.png")
    gateway(FOLDER / "gateway.png")
    window()


if __name__ == "__main__":
    main()
