"""Pictures of what a user sees, as SVG under docs/screenshots/: the demo and the help, drawn from their real output."""

import io
import os
import subprocess
import sys
from pathlib import Path

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


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, words in PICTURES.items():
        console = Console(record=True, width=120, file=io.StringIO(), force_terminal=True)
        console.print(Text(f"$ devToolKit.py {' '.join(words)}", style="bold"))
        console.print(Text.from_ansi(output(*words)))
        console.save_svg(str(FOLDER / f"{name}.svg"), title="micrOS DevToolKit")
        print(FOLDER / f"{name}.svg")


if __name__ == "__main__":
    main()
