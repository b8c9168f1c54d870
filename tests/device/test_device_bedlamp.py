"""A lamp's settings as an older system shows them (the example of the original's documentation) run on ours."""

import json
from pathlib import Path

import pytest
from device_node import UID, Node, wait_until

pytestmark = pytest.mark.vm

PROMPT = "BedLamp $ "
CONF = "[configure] BedLamp $ "
DUMP = """\
  staessid  :        micrOS-virtual
  devip     :        10.0.1.204
  version   :        1.11.0-1
  devfid    :        BedLamp
  cron      :        True
  cronseq   :        3000
  soctout   :        10
  irq2_cbf  :        n/a
  stapwd    :        virtual-wifi
  dbg       :        False
  irq2      :        False
  irq1      :        False
  irq1_cbf  :        n/a
  appwd     :        ADmin123
  irq2_trig :        n/a
  hwuid     :        micr7c9ebd623ff8OS
  crontasks :        sunset!cct toggle True;*:0:30:0!cct toggle False;*:5:0:0!cct toggle False
  timirq    :        True
  irq3      :        False
  irq3_cbf  :        n/a
  irq4      :        False
  irq4_cbf  :        n/a
  irq4_trig :        n/a
  nwmd      :        STA
  timirqcbf :        system ha_sta
  irq_prell_ms:      300
  boothook  :        cct load_n_init
  aioqueue  :        3
  auth      :        False
  timirqseq :        60000
  utc       :        60
  boostmd   :        True
  socport   :        9008
  irq3_trig :        n/a
  irq1_trig :        n/a
  guimeta   :        ...
  cstmpmap  :        n/a
"""
TEXTS = {key.strip(): value.strip() for key, value in (line.split(":", 1) for line in DUMP.splitlines())}
WRITTEN_BY_THE_NODE = {"version", "hwuid", "devip"}


def typed(text: str) -> object:
    return {"True": True, "False": False}.get(text, int(text) if text.isdigit() else text)


@pytest.fixture
def lamp(tmp_path: Path):  # type: ignore[no-untyped-def]
    folder = tmp_path / "lamp"
    folder.mkdir()
    node = Node(folder)
    yield node
    node.stop()


def shown(line: str) -> tuple[str, str]:
    key, value = line.split(":", 1)
    return key.strip(), value.strip()


@pytest.mark.parametrize("form", ["values", "texts"])
def test_the_lamp_boots_with_all_its_settings_and_serves(lamp: Node, form: str) -> None:
    settings = {key: typed(text) for key, text in TEXTS.items()} if form == "values" else TEXTS
    (lamp.folder / "node_config.json").write_text(json.dumps(settings))
    lamp.start().wait_shell()
    with lamp.connect(PROMPT) as c:
        assert c.ask("hello", PROMPT) == f"hello:BedLamp:{UID}\n"
        c.ask("conf", CONF)
        now = dict(shown(line) for line in c.ask("dump", CONF).splitlines())
        c.ask("noconf", PROMPT)
        expected = {key: text for key, text in TEXTS.items() if key not in WRITTEN_BY_THE_NODE | {"stapwd", "appwd"}}
        assert {key: now[key] for key in expected} == expected
        assert (now["stapwd"], now["appwd"], now["devip"]) == ("********", "********", lamp.address)
        assert c.ask("system ha_sta", PROMPT) == "STA connected\n"
        assert c.ask("system heartbeat", PROMPT) == "<3 heartbeat <3\n"
        assert "Yes       server\n" in c.ask("task list", PROMPT)
    stored = lamp.stored()
    assert {key: type(stored[key]) for key in ("cron", "utc", "crontasks")} == {
        "cron": bool,
        "utc": int,
        "crontasks": str,
    }
    assert stored["stapwd"] == "virtual-wifi"


def test_a_lamp_whose_module_is_missing_logs_that_and_runs(lamp: Node) -> None:
    (lamp.folder / "LM_cct.py").unlink(missing_ok=True)
    settings = {key: typed(text) for key, text in TEXTS.items()}
    (lamp.folder / "node_config.json").write_text(json.dumps(settings))
    lamp.start().wait_shell()
    log = lamp.folder / "err.log"
    wait_until(log.exists, "the error log")
    assert "[ERR][pipe] cct load_n_init: Core error: LM_cct->load_n_init: no module named 'LM_cct'" in log.read_text()
    with lamp.connect(PROMPT) as c:
        assert c.ask("system heartbeat", PROMPT) == "<3 heartbeat <3\n"


def test_the_boothook_has_restored_the_light_before_the_shell_opens(lamp: Node) -> None:
    (lamp.folder / "cwww.pds").write_text("300,700,1")
    (lamp.folder / "node_config.json").write_text(json.dumps({key: typed(text) for key, text in TEXTS.items()}))
    lamp.start().wait_shell()
    with lamp.connect(PROMPT) as c:
        assert "   cct\n" in c.ask("help", PROMPT), "loaded at boot"
        state = json.loads(c.ask("cct status >json", PROMPT))
        assert (state["CW"], state["WW"], state["S"]) == (300, 700, 1)
