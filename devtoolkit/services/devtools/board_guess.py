"""Which board of the catalogue a node runs on, from what MicroPython says of itself (`os.uname().machine`)."""

import re

from devtoolkit.boards.loader import load_boards

_NOT_OF_A_CHIP = re.compile(r"[^a-z0-9]")


def board_of(machine: str) -> str:
    """The board's id; empty when none fits. `ESP32 module with ESP32`, `TinyPICO with ESP32-PICO-D4` ...

    A board whose own name is in the text, else the plain board of the chip: the text names no more than that.
    """
    name, _, chip = machine.rpartition(" with ")
    chip = _NOT_OF_A_CHIP.sub("", chip.lower())
    boards = load_boards()
    if "octal" in name.lower() and chip == "esp32s3":
        return "esp32s3_spiram_oct"
    for board in boards:
        own = board.title.partition(" (")[0].lower()
        if "(generic)" not in board.title and own in name.lower():
            return board.id
    plain = [board for board in boards if "(generic)" in board.title and chip.startswith(board.chip)]
    return max(plain, key=lambda board: len(board.chip)).id if plain else ""
