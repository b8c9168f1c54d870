"""A lamp's settings as an older system shows them (the example of the original's documentation) run on ours."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bedlamp import TEXTS, VALUES
from device_node import UID, Node, wait_until

pytestmark = pytest.mark.vm

PROMPT = "BedLamp $ "
CONF = "[configure] BedLamp $ "
WRITTEN_BY_THE_NODE = {"version", "hwuid", "devip"}


@pytest.fixture
def lamp(tmp_path: Path) -> Iterator[Node]:
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
    settings = VALUES if form == "values" else TEXTS
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
    (lamp.folder / "node_config.json").write_text(json.dumps(VALUES))
    lamp.start().wait_shell()
    log = lamp.folder / "err.log"
    wait_until(log.exists, "the error log")
    assert "[ERR][pipe] cct load_n_init: Core error: LM_cct->load_n_init: no module named 'LM_cct'" in log.read_text()
    with lamp.connect(PROMPT) as c:
        assert c.ask("system heartbeat", PROMPT) == "<3 heartbeat <3\n"


def test_the_boothook_has_restored_the_light_before_the_shell_opens(lamp: Node) -> None:
    (lamp.folder / "cwww.pds").write_text("300,700,1")
    (lamp.folder / "node_config.json").write_text(json.dumps(VALUES))
    lamp.start().wait_shell()
    with lamp.connect(PROMPT) as c:
        assert "   cct\n" in c.ask("help", PROMPT), "loaded at boot"
        state = json.loads(c.ask("cct status >json", PROMPT))
        assert (state["CW"], state["WW"], state["S"]) == (300, 700, 1)
