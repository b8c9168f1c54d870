"""Settings: every key, checks on set and on load, and files that survive damage and power cuts."""

import json
from pathlib import Path

import pytest
from device_node import Connection, Node, install_source, run_vm

pytestmark = pytest.mark.vm

CONF = "[configure] node01 $ "
KEYS = [
    "version",
    "auth",
    "staessid",
    "stapwd",
    "devfid",
    "appwd",
    "dbg",
    "nwmd",
    "hwuid",
    "soctout",
    "socport",
    "webui",
    "devip",
    "cron",
    "crontasks",
    "timirq",
    "timirqcbf",
    "timirqseq",
    "irq1",
    "irq1_cbf",
    "irq1_trig",
    "irq2",
    "irq2_cbf",
    "irq2_trig",
    "irq3",
    "irq3_cbf",
    "irq3_trig",
    "irq4",
    "irq4_cbf",
    "irq4_trig",
    "irq_prell_ms",
    "boothook",
    "aioqueue",
    "utc",
    "boostmd",
    "guimeta",
    "cstmpmap",
    "telegram",
]


@pytest.fixture
def conf(shell: Connection) -> Connection:
    assert shell.ask("conf", CONF) == ""
    return shell


def test_dump_has_every_key_in_order_and_form(conf: Connection) -> None:
    lines = conf.ask("dump", CONF).rstrip("\n").split("\n")
    assert [line.split(":")[0].strip() for line in lines] == KEYS
    assert lines[0] == "  version   :        2.0.0-0"
    assert lines[30] == "  irq_prell_ms:        300"
    assert "  guimeta   :        ..." in lines


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("soctout", "30\n"),
        ("auth", "False\n"),
        ("nosuchkey", "None\n"),
        ("telegram", "n/a\n"),
        ("nosuchkey 5", "node_config write error: 'nosuchkey'\nInvalid key\n"),
        ("system heartbeat", "node_config write error: 'system'\nInvalid key\n"),
        ("soctout 30", "Saved\n"),
        ("soctout many", "Failed to save\n"),
        ("soctout 1.5", "Failed to save\n"),
        ("socport 0", "Failed to save\n"),
        ("socport 70000", "Failed to save\n"),
        ("auth 1", "Failed to save\n"),
        ("auth yes", "Failed to save\n"),
        ("cstmpmap ...", "Failed to save\n"),
        ("guimeta ...", "Failed to save\n"),
        ("devfid two words", "Failed to save\n"),
        ("devfid a:b", "Failed to save\n"),
        ("appwd short", "Failed to save\n"),
        ("appwd waytoolong1", "Failed to save\n"),
        ("appwd ********", "Failed to save\n"),
        ("dump sto", "\n"),
    ],
)
def test_configure_mode_answers(conf: Connection, command: str, reply: str) -> None:
    assert conf.ask(command, CONF) == (reply if command != "dump sto" else "")


def test_dump_with_a_word_shows_the_keys_that_hold_it(conf: Connection) -> None:
    assert conf.ask("dump soc", CONF) == "  soctout   :        30\n  socport   :        9008\n"


def test_a_set_value_is_read_back_and_stored_before_the_answer(node: Node, conf: Connection) -> None:
    for command, key, value in (
        ("utc  120", "utc", 120),
        ("cron TRUE", "cron", True),
        ("irq1_cbf a  b", "irq1_cbf", "a b"),
    ):
        assert conf.ask(command, CONF) == "Saved\n"
        assert conf.ask(key, CONF) == f"{value}\n"
        assert node.stored()[key] == value
    assert json.loads((node.folder / "node_config.last").read_text()) == node.stored()
    assert conf.ask("cron false", CONF) == "Saved\n"


def test_words_of_the_shell_win_in_configure_mode_and_noconf_leaves_it(conf: Connection) -> None:
    assert conf.ask("version", CONF) == "2.0.0-0\n"
    assert conf.ask("config", CONF) == ""
    assert conf.ask("noconf") == ""
    assert conf.ask("probe empty") == "\n"


def test_an_off_loaded_key_lives_in_its_own_file(node: Node, conf: Connection) -> None:
    assert conf.ask("guimeta", CONF) == "n/a\n"
    assert conf.ask('guimeta {"a": [1]}', CONF) == "Saved\n"
    assert conf.ask("guimeta", CONF) == '{"a": [1]}\n'
    assert (node.folder / ".guimeta.key").read_text() == '{"a": [1]}'
    assert node.stored()["guimeta"] == "..."


def load(folder: Path) -> dict[str, object]:
    """The settings as a fresh VM sees them."""
    output = run_vm(folder, "import json, Config\nprint('CONFIG=' + json.dumps(Config.cfgget()))")
    loaded: dict[str, object] = json.loads(output.split("CONFIG=")[1])
    return loaded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    install_source(tmp_path)
    return tmp_path


def test_values_of_a_wrong_type_or_range_are_mended_on_load_and_unknown_keys_kept(folder: Path) -> None:
    odd = {"soctout": "45", "auth": "true", "socport": 99999, "utc": [1], "dbg": 1, "later": {"x": 1}, "devfid": "lamp"}
    (folder / "node_config.json").write_text(json.dumps(odd))
    settings = load(folder)
    assert {k: settings[k] for k in ("soctout", "auth", "socport", "utc", "dbg", "later", "devfid")} == {
        "soctout": 45,
        "auth": True,
        "socport": 9008,
        "utc": 60,
        "dbg": True,
        "later": {"x": 1},
        "devfid": "lamp",
    }
    assert json.loads((folder / "node_config.json").read_text()) == settings


def test_a_fresh_node_writes_the_defaults_and_a_second_start_writes_nothing(folder: Path) -> None:
    settings = load(folder)
    assert settings["appwd"] == "ADmin123"
    assert settings["guimeta"] == "..."
    assert set(settings) == set(KEYS)
    before = {name: (folder / name).stat().st_mtime_ns for name in ("node_config.json", "node_config.last")}
    load(folder)
    assert before == {name: (folder / name).stat().st_mtime_ns for name in before}


def test_a_name_that_no_client_could_find_and_a_mask_instead_of_a_secret_are_not_loaded(folder: Path) -> None:
    (folder / "node_config.json").write_text(
        json.dumps({"devfid": "my lamp", "stapwd": "********", "appwd": "longer-than-nine"})
    )
    settings = load(folder)
    assert [settings[key] for key in ("devfid", "stapwd", "appwd")] == [
        "node01",
        "your_wifi_passwd",
        "longer-than-nine",
    ]


@pytest.mark.parametrize("damage", ["", "{", '{"devfid": "lamp"', "[1, 2]", "null", "\x00" * 700, '{"a": 1}}x{'])
def test_a_damaged_file_is_set_aside_and_the_last_good_one_used(folder: Path, damage: str) -> None:
    (folder / "node_config.json").write_text(json.dumps({"devfid": "lamp", "later": 7}))
    load(folder)
    (folder / "node_config.json").write_text(damage)
    settings = load(folder)
    assert (settings["devfid"], settings["later"]) == ("lamp", 7)
    if damage != '{"a": 1}}x{':  # a reader that stops after the object may take this one
        assert (folder / "node_config.json.bad").read_text() == damage
        assert "[ERR][config] damaged file" in (folder / "err.log").read_text()
    assert json.loads((folder / "node_config.json").read_text()) == settings


def test_with_both_files_damaged_the_node_starts_with_defaults(folder: Path) -> None:
    (folder / "node_config.json").write_text("{")
    (folder / "node_config.last").write_text("{")
    assert load(folder)["devfid"] == "node01"


_CUT = """
import builtins, json, os, sys

class PowerCut(BaseException):
    pass

class Countdown:
    left = -1

def step():
    if Countdown.left == 0:
        raise PowerCut
    Countdown.left -= 1

class File:
    # a file whose every opening, write and close is a step; a cut leaves half of a write on disk
    def __init__(self, path, mode):
        self.writes = "w" in mode
        if self.writes:
            step()
        self.f = real_open(path, mode)
    def write(self, text):
        if Countdown.left == 0:
            self.f.write(text[: len(text) // 2])
            self.f.close()
        step()
        return self.f.write(text)
    def ioctl(self, request, arg):
        return 0
    def read(self, *a):
        return self.f.read(*a)
    def readinto(self, b):
        return self.f.readinto(b)
    def __enter__(self):
        return self
    def __exit__(self, *a):
        self.f.close()

real_open = open
real_rename = os.rename

def cut_rename(a, b):
    step()
    real_rename(a, b)

class SlowJson:
    # one write for every 64 characters
    load = staticmethod(json.load)

    @staticmethod
    def dump(data, f):
        text = json.dumps(data)
        for i in range(0, len(text), 64):
            f.write(text[i : i + 64])

def fresh():
    sys.modules.pop("Config", None)
    import Config
    return Config

import Config
old = "old" * 20
new = "new" * 30
results = []
k = 0
while True:
    Countdown.left = -1
    os.rename = real_rename
    builtins.open = real_open
    assert Config.cfgput("boothook", old)
    builtins.open = lambda path, mode="r": File(path, mode) if "w" in mode else real_open(path, mode)
    os.rename = cut_rename
    Config.json = SlowJson
    Countdown.left = k
    try:
        done = Config.cfgput("boothook", new)
        cut = False
    except PowerCut:
        cut = True
    Countdown.left = -1
    os.rename = real_rename
    builtins.open = real_open
    Config = fresh()
    results.append((cut, Config.cfgget("boothook"), len(Config.cfgget()), Config.cfgget("devfid")))
    if not cut:
        break
    k += 1
print("RESULT=" + json.dumps([[c, "old" if v == old else "new" if v == new else v, n, d] for c, v, n, d in results]))
"""


def test_a_power_cut_at_any_step_of_a_write_leaves_the_old_or_the_new_settings(folder: Path) -> None:
    (folder / "node_config.json").write_text(json.dumps({"devfid": "lamp", "later": 1}))
    results = json.loads(run_vm(folder, _CUT).split("RESULT=")[1])
    assert len(results) > 20
    assert [cut for cut, *_ in results] == [True] * (len(results) - 1) + [False]
    assert {(n, devfid) for _, _, n, devfid in results} == {(len(KEYS) + 1, "lamp")}
    seen = [value for _, value, _, _ in results]
    assert set(seen) == {"old", "new"}
    assert seen == sorted(seen, reverse=True), "once the new settings are there they stay"
    assert not (folder / "node_config.json.bad").exists()


def test_a_write_that_fails_is_answered_and_changes_nothing(folder: Path) -> None:
    code = """
import os, Config
def refuse(*a):
    raise OSError(28)
os.rename = refuse
print("STATE=%s %s" % (Config.cfgput("boothook", "x"), Config.cfgget("boothook")))
"""
    load(folder)
    assert "STATE=False n/a" in run_vm(folder, code)


def test_a_full_disk_does_not_keep_the_node_from_knowing_its_uid(tmp_path: Path) -> None:
    install_source(tmp_path)
    code = """
from Config import Data, cfgget
Data.write_cfg_file = lambda *a: False
import Network
print("STORED", Network.set_dev_uid(), cfgget("hwuid"))
"""
    assert "STORED False micr" in run_vm(tmp_path, code, online=True)
