"""The drawings of the documentation, as text that `python3 dev.py docs` writes to docs/drawings/."""

from collections.abc import Callable
from pathlib import Path

from drawing import Drawing

from devtoolkit.boards.loader import load_boards
from devtoolkit.services.devtools import pinout

FOLDER = Path(__file__).parent / "drawings"


def texts() -> dict[str, str]:
    """File name below docs/drawings -> SVG."""
    own = {f"{name}.svg": make().text() for name, make in _DRAWINGS.items()}
    return own | {f"pinout-{one.id}.svg": pinout.of_board(one.id) for one in load_boards()}


def parts() -> Drawing:
    d = Drawing(
        960, 590, "How the parts fit", "Window, command line and gateway use the same services, which reach nodes."
    )
    d.area(20, 16, 920, 340, "devtoolkit: on your computer")
    d.box(60, 60, 240, 54, "window", ["gui/"], "host")
    d.box(360, 60, 240, 54, "command line", ["cli/"], "host")
    d.box(660, 60, 240, 54, "gateway: HTTP, MQTT", ["gateway/"], "host")
    for x in (180, 480, 780):
        d.arrow((x, 114), (x, 146))
    d.box(
        60,
        148,
        840,
        54,
        "services: what a user can ask for",
        ["find, deploy, configure, command, update, back up, measure"],
        "host",
    )
    d.arrow((250, 202), (250, 234))
    d.arrow((710, 202), (710, 234))
    d.box(
        60,
        236,
        380,
        98,
        "pipelines and tools",
        ["detect, erase, write, verify: one step a file", "esptool, mpy-cross, LittleFS image, UF2"],
        "host",
    )
    d.box(
        520,
        236,
        380,
        98,
        "transports",
        ["TCP shell, WebREPL, serial REPL, mDNS", "a virtual board is one more address"],
        "host",
    )
    d.box(60, 420, 250, 130, "board on USB", ["bootloader, then REPL", "ESP32, S2, S3, C3, C5, C6", "Pico W"], "node")
    d.box(355, 420, 250, 130, "virtual board", ["real MicroPython VM", "real flash image", "real serial line"], "node")
    d.box(
        650,
        420,
        250,
        130,
        "node on the network",
        ["micrOS: shell, web, tasks", "found by mDNS", "updated over the air"],
        "node",
    )
    d.arrow((185, 334), (185, 418), label="serial line", at=(140, 388), both=True)
    d.arrow((390, 334), (430, 418), label="serial line", at=(362, 388), both=True)
    d.arrow((570, 334), (530, 418), label="loopback", at=(590, 388), both=True)
    d.arrow((775, 334), (775, 418), label="TCP, WebREPL", at=(830, 388), both=True)
    return d


def access_point_or_station() -> Drawing:
    d = Drawing(960, 500, "Access point or station", "A node joins a known Wi-Fi, or opens its own network.")
    d.box(350, 24, 260, 54, "node starts", ["nwmd, staessid, stapwd"], "node")
    d.arrow((480, 78), (480, 112))
    d.box(330, 114, 300, 54, "nwmd is STA, and a known", ["Wi-Fi of staessid is in sight?"], "plain")
    d.arrow((330, 141), (215, 141), (215, 206), label="yes", at=(270, 134))
    d.arrow((630, 141), (745, 141), (745, 206), label="no, after three rounds", at=(705, 134))
    d.box(
        60,
        208,
        310,
        92,
        "station",
        ["address from the router, or devip", "host name <devfid>.local", "clock and sun times from the network"],
        "good",
    )
    d.box(
        590,
        208,
        310,
        92,
        "access point",
        ["network <devfid>, password appwd", "the node is 192.168.4.1", "5 clients at most"],
        "file",
    )
    d.arrow((215, 300), (215, 352))
    d.arrow((745, 300), (745, 352))
    d.box(
        60,
        354,
        310,
        110,
        "everything in your network",
        ["toolkit, phone, gateway, other nodes", "Wi-Fi lost: joins again by itself,", "without a restart"],
        "plain",
    )
    d.box(
        590,
        354,
        310,
        110,
        "who has joined it",
        ["toolkit as __device_on_AP__", "--wifi NAME tells it a Wi-Fi,", "it restarts and joins"],
        "plain",
    )
    d.arrow((590, 254), (372, 254), label="a known Wi-Fi is back", at=(481, 246), dashed=True)
    return d


def message_to_function() -> Drawing:
    d = Drawing(960, 520, "From a message to a function", "What happens to a command until its answer is sent.")
    for number, (title, line) in enumerate(
        (
            ("shell", "TCP 9008"),
            ("web", "/rest, port 80"),
            ("cron", "crontasks"),
            ("pin, timer", "irq1_cbf ..."),
            ("boot", "boothook"),
            ("another node", "command >>host"),
        )
    ):
        d.box(24 + number * 153, 24, 147, 56, title, [line], "host")
        d.arrow((97 + number * 153, 80), (97 + number * 153, 116))
    d.box(24, 118, 912, 56, "rgb color 600 100 b=900 &", ["module, function, parameters, how it runs"], "file")
    d.arrow((185, 174), (185, 206))
    d.box(
        60,
        208,
        250,
        108,
        "from outside: allowed?",
        ["auth: password said?", "wrong ones wait longer", "names with _ are refused"],
        "plain",
    )
    d.box(
        355,
        208,
        250,
        108,
        "parameters are literals",
        ["numbers, texts, True, None,", "lists, dicts, key=value", "nothing is evaluated"],
        "plain",
    )
    d.box(
        650,
        208,
        250,
        108,
        "module LM_rgb",
        ["imported at its first call", "pins by logical name,", "each booked once"],
        "node",
    )
    d.arrow((310, 262), (353, 262))
    d.arrow((605, 262), (648, 262))
    d.arrow((775, 316), (775, 352))
    d.box(520, 354, 380, 56, "color(600, 100, b=900)", ["at once; with & or && as a task"], "node")
    d.arrow((520, 382), (442, 382))
    d.box(60, 354, 380, 56, "answer", ["lines, with >json one JSON text"], "good")
    d.arrow((710, 410), (710, 442), dashed=True)
    d.arrow((250, 410), (250, 442))
    d.box(520, 444, 380, 56, "an exception", ["one line: Core error: LM_rgb->color: ..."], "bad")
    d.box(60, 444, 380, 56, "to the caller's session only", [], "plain")
    return d


def gateway() -> Drawing:
    d = Drawing(
        960,
        480,
        "The gateway",
        "Programs ask the gateway over HTTP and MQTT; it speaks the shell protocol with the nodes.",
    )
    rows = (
        ("browser", "dashboard, /docs"),
        ("Prometheus", "/metrics"),
        ("scripts", "/api/v1, /sendcmd"),
        ("Home Assistant", "by a broker"),
    )
    for number, (title, line) in enumerate(rows):
        y = 30 + number * 88
        d.box(30, y, 190, 64, title, [line], "plain")
        d.arrow((220, y + 32), (338, y + 32), both=True)
    d.words(279, 52, "HTTP 5005", small=True)
    d.words(279, 316, "MQTT", small=True)
    d.box(340, 30, 270, 328, "", [], "host")
    d.words(475, 54, "gateway", bold=True)
    d.box(360, 66, 230, 58, "who may ask", ["API_AUTH, --allow"], "plain")
    d.box(360, 148, 230, 76, "routes", ["REST, metrics, jobs,", "events, web hooks"], "plain")
    d.box(
        360,
        248,
        230,
        96,
        "queue for each node",
        ["two sessions at most", "nothing is sent twice", "passwords are masked"],
        "plain",
    )
    d.arrow((475, 124), (475, 146))
    d.arrow((475, 224), (475, 246))
    for number, (title, line) in enumerate(
        (("lamp", "ONLINE"), ("kitchen", "ONLINE"), ("garden", "away: one time-out"))
    ):
        y = 40 + number * 112
        d.box(730, y, 200, 74, title, [line], "node" if number < 2 else "bad")
        d.arrow((610, y + 37), (728, y + 37), both=True, dashed=number == 2)
    d.words(669, 68, "shell 9008", small=True)
    d.box(340, 390, 270, 64, "user data", ["cache, passwords, archive"], "file")
    d.arrow((475, 358), (475, 388), both=True)
    return d


def update_survives() -> Drawing:
    d = Drawing(
        960, 560, "An update that survives a pulled plug", "Stages of an update and what is running when power is cut."
    )
    steps = (
        ("1 stage", ["files go to /ota,", "nothing in use", "is touched"]),
        ("2 verify", ["the node hashes", "every staged file", "(SHA-256)"]),
        ("3 commit", ["one small journal", "is renamed", "into place"]),
        ("4 apply", ["at boot, by rename;", "old files go to", "/ota/old"]),
        ("5 trial", ["60 s under", "a watchdog,", "everything kept"]),
    )
    for number, (title, lines) in enumerate(steps):
        x = 24 + number * 186
        d.box(x, 50, 168, 104, title, lines, "host" if number < 2 else "file" if number < 4 else "node")
        if number:
            d.arrow((x - 18, 102), (x - 2, 102))
    d.words(24, 34, "what happens", bold=True, anchor="start")
    d.words(24, 196, "power is cut here: the node comes back with", bold=True, anchor="start")
    d.box(24, 210, 354, 62, "the old version", ["the next run goes on where it was"], "good")
    d.box(396, 210, 168, 62, "old or new", ["a rename is one step"], "good")
    d.box(582, 210, 168, 62, "the new version", ["apply goes on"], "good")
    d.box(768, 210, 168, 62, "the new version", ["trial begins again"], "good")
    d.words(24, 320, "how a trial ends", bold=True, anchor="start")
    d.arrow((852, 272), (852, 334))
    d.box(582, 336, 354, 62, "event loop, shell, network, memory?", ["or the toolkit says: ota confirm"], "plain")
    d.arrow((852, 398), (852, 446), label="yes", at=(872, 426))
    d.box(768, 448, 168, 80, "confirmed", ["/ota/old is", "emptied"], "good")
    d.arrow((582, 367), (470, 367), (470, 446), label="exception, hang, 3 restarts", at=(480, 358))
    d.box(
        302,
        448,
        336,
        80,
        "rolled back, with the reason",
        ["old files return by rename,", "in a fresh interpreter"],
        "bad",
    )
    d.arrow((302, 488), (222, 488))
    d.box(24, 448, 196, 80, "the old version", ["and the toolkit", "tells why"], "good")
    return d


def sites() -> Drawing:
    d = Drawing(
        960, 560, "Many sites, one fleet", "Jobs wait in the centre's broker; each site's worker fetches its own."
    )
    d.area(20, 16, 920, 214, "the centre")
    d.box(50, 64, 230, 66, "you", ["devToolKit.py --sites all"], "host")
    d.box(370, 40, 220, 170, "", [], "file")
    d.words(480, 64, "Redis: the broker", bold=True)
    for number, name in enumerate(("north", "south", "east")):
        d.box(390, 78 + number * 42, 180, 36, f"queue of {name}", [], "plain")
    d.arrow((280, 97), (368, 97), both=True)
    d.words(324, 88, "signed, TLS", small=True)
    d.box(700, 64, 220, 60, "Prometheus", ["rules, alerts"], "host")
    d.box(700, 150, 220, 60, "Grafana", ["a row for each site"], "host")
    d.arrow((810, 124), (810, 148))
    for number, name in enumerate(("north", "south", "east")):
        x, away = 20 + number * 312, name == "east"
        d.area(x, 290, 296, 254, f"{name}: away" if away else f"site {name}")
        d.box(x + 14, 326, 130, 66, "worker", ["--site " + name], "bad" if away else "host")
        d.box(x + 154, 326, 128, 66, "gateway", ["Prometheus"], "bad" if away else "host")
        for place in range(3):
            d.box(x + 14 + place * 92, 462, 84, 56, "node", [], "node")
        d.arrow((x + 56, 392), (x + 56, 460), both=True, dashed=away)
        d.arrow((x + 240, 392), (x + 240, 460), both=True, dashed=away)
        d.words(x + 148, 434, "its own network", small=True)
        d.arrow((700, 94), (645, 94), (645, 268), (x + 240, 268), (x + 240, 324), dashed=away)
    d.arrow((150, 324), (150, 248), (420, 248), (420, 212))
    d.arrow((468, 324), (468, 212))
    d.arrow((780, 324), (780, 248), (540, 248), (540, 212), dashed=True)
    d.words(260, 240, "fetches its jobs", small=True)
    d.words(700, 284, "/federate", small=True)
    return d


_DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "parts": parts,
    "access-point-or-station": access_point_or_station,
    "message-to-function": message_to_function,
    "gateway": gateway,
    "update-survives": update_survives,
    "sites": sites,
}
