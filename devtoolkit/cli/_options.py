"""What a command and an option are, and the options that several commands share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Option:
    """One option. Short options are whole words (`-cc`, `-stat`), never bundled or abbreviated.

    `takes` says how many values follow: none, one, or one that may be left out.
    """

    long: str
    help: str
    short: str = ""
    aliases: tuple[str, ...] = ()
    takes: Literal["none", "one", "optional"] = "none"
    metavar: str = "VALUE"
    repeat: bool = False
    choices: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """All the ways to write it, short first."""
        return tuple(word for word in (self.short, self.long, *self.aliases) if word)

    @property
    def dest(self) -> str:
        """The attribute of the parsed arguments that holds its value."""
        return self.long.lstrip("-").replace("-", "_").lower()


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the option that asks for it, its place in the fixed order, and what it does.

    `result` names the type of what `run` returns ("module:Type"; the `--json` schema is made from it). `changes_board`
    marks commands of which a call may hold one at most, because they write to a board's flash.
    """

    option: Option
    order: int
    group: str
    result: str
    run: Callable[[Any], object]
    show: Callable[[Any, Any], None]
    modifiers: tuple[Option, ...] = ()
    changes_board: bool = False

    @property
    def name(self) -> str:
        """Its stable name, as `--json` tells it."""
        return self.option.dest


JSON = Option("--json", "print one JSON object to stdout, progress to stderr")
YES = Option("--yes", "answer every question with yes", short="-y")
FORCE = Option("--force_update", "modifier: do it even where nothing seems to have changed", short="-f")
USER_DATA = Option("--user-data", "folder for caches, archives and virtual boards", takes="one", metavar="DIR")
HELP = Option("--help", "show this help and exit", short="-h")
COMMON = (HELP, JSON, YES, FORCE, USER_DATA)

BOARD = Option("--board", "kind of board, for example esp32", takes="one", metavar="ID")
PORT = Option(
    "--port",
    "serial port (/dev/ttyUSB0, COM5), virtual:NAME, or a pyserial URL; with --make several, for several boards; "
    "with -gw the TCP port",
    takes="one",
    metavar="PORT",
    repeat=True,
)
FIRMWARE = Option(
    "--firmware", "MicroPython firmware: a file (.bin, .uf2), or a name in the store", takes="one", metavar="FILE"
)
BOOT_DRIVE = Option(
    "--boot-drive", "RP2: folder of the boot drive, when it is not to be looked for", takes="one", metavar="FOLDER"
)
ACCEPT_UNVERIFIED = Option(
    "--accept-unverified", "take a firmware whose checksum nobody publishes; it is kept and checked"
)
CONFIG = Option(
    "--config",
    "node configuration for the board: a JSON file, or a profile (lamp, dimmer ...); get|set|... as --node_config",
    takes="one",
    metavar="FILE|PROFILE",
)
NAME = Option("--name", "friendly name of the node (devfid)", takes="one", metavar="NAME")
WIFI = Option(
    "--wifi",
    "scan, and join a Wi-Fi, with a board on --port or a node on its own network; with --make: its Wi-Fi",
    takes="optional",
    metavar="NAME",
)
WIFI_PASSWORD_FILE = Option("--wifi-password-file", "file that holds the Wi-Fi password", takes="one", metavar="FILE")
DEFAULT_PASSWORD = Option("--default-password", "keep micrOS's well-known appwd instead of a random one")
DRY_RUN = Option("--dry-run", "with -o and -r: only say what would be sent")
BAUD = Option("--baud", "speed for flashing, bit/s", takes="one", metavar="N")
PARAMETERS = Option(
    "--connect_parameters",
    "with -c: '--dev NAME command <a> command', one command after another",
    short="-p",
    takes="one",
    metavar="TEXT",
)
SECONDS = Option("--seconds", "how long to look at most", takes="one", metavar="S")
FRESH = Option("--fresh", "with -sim: start anew, forget the board's flash")
SITES = Option(
    "--sites",
    "list the sites; with -stat, -c -p, -nc, -o: nodes of these sites (all, here, NAME,NAME)",
    takes="optional",
    metavar="NAMES",
)
BROKER = Option(
    "--broker",
    "how the sites are reached: a file with the broker's URL (.toml for TLS and signing), keyring:NAME, or a URL",
    takes="one",
    metavar="FILE",
)
DEADLINE = Option(
    "--deadline", "with --sites: how long the jobs of a site that is away may wait", takes="one", metavar="S"
)
ACROSS = (SITES, BROKER, DEADLINE)
DEVICE = Option("--dev", "which nodes: NAME (or uid, address), NAME,NAME, tag:NAME, all", takes="one", metavar="NODES")
WATCH = Option("--watch", "with -stat or -s: go on until Ctrl-C")
