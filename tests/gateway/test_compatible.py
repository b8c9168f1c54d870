"""The original's endpoints: its paths and its JSON, with real status codes."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from gateway_server import Running, node, running
from prometheus_client.parser import text_string_to_metric_families

from devtoolkit.gateway.exposition import exposition
from devtoolkit.transports.tcp_shell import Limits

DEAD_S = 2.0
LIMITED = 30.0


def test_list_tells_who_is_there_and_who_is_not(tmp_path: Path) -> None:
    here, gone = node(40), node(41, fault="refuses")
    with running(tmp_path, [here, gone]) as gateway:
        found = gateway.json("/list/")
        assert found["online"] == {here.uid: [here.ip, here.port, here.name]}
        assert found["offline"] == {gone.uid: [gone.ip, gone.port, gone.name]}
        assert found["gateway_metrics"]["status"] == "Done"
        assert gateway.json("/list/")["gateway_metrics"]["status"] in ("start", "running", "done")


@pytest.mark.parametrize("by", ["uid", "name", "address"])
def test_sendcmd_answers_as_the_original(tmp_path: Path, by: str) -> None:
    one = node(42)
    with running(tmp_path, [one]) as gateway:
        name = {"uid": one.uid, "name": one.name, "address": f"{one.ip}:{one.port}"}[by]
        found = gateway.json(f"/sendcmd/{name}/system+info")
        latency = found.pop("latency")
        lines = [" Mem usage [%]: 41.5", " FS usage [%]: 12.0", " upython: v1.27.0", " uptime: 0 1:2:3"]
        assert found == {"cmd": ["system", "info"], "device": [one.uid, one.ip, one.port, one.name], "response": lines}
        assert 0 < latency < LIMITED
        assert gateway.json(f"/sendcmd/{name}/version")["response"] == "2.0.0-0"  # one line: a text
        assert one.commands[:2] == ["system info", "version"]


def refused(gateway: Running, path: str, status: int) -> Any:
    error = gateway.json(path, status)["error"]
    assert error["message"]
    return error


def test_a_wrong_device_a_wrong_command_and_a_node_that_is_away_have_codes_of_their_own(tmp_path: Path) -> None:
    here, gone, locked = node(43), node(44, fault="refuses"), node(45, password="Other123")
    with running(tmp_path, [here, gone, locked]) as gateway:
        unknown = refused(gateway, "/sendcmd/nobody/hello", 404)
        assert sorted(unknown["known"]) == sorted([here.name, gone.name, locked.name])
        assert "Shell: for hints" in refused(gateway, f"/sendcmd/{here.name}/nonsense", 400)["message"]
        refused(gateway, f"/sendcmd/{here.name}/", 400)
        refused(gateway, f"/sendcmd/{here.name}/hello%09reboot", 400)
        refused(gateway, f"/sendcmd/{here.name}/{'x' * 3000}", 400)
        assert refused(gateway, f"/sendcmd/{gone.name}/hello", 504)["type"] == "NodeUnreachableError"
        assert refused(gateway, f"/sendcmd/{locked.name}/system+info", 403)["type"] == "NodeLockedError"
        refused(gateway, "/image/nobody", 404)
        refused(gateway, f"/metrics/{here.name}/hello", 400)  # no number in it
        assert not [text for text in here.commands if "reboot" in text or not text]


def test_a_dead_node_costs_its_own_callers_one_time_out_and_nobody_else(tmp_path: Path) -> None:
    alive, dead = node(46), node(47, fault="deaf")
    with running(tmp_path, [alive, dead], limits=Limits(greeting_s=DEAD_S)) as gateway:
        ended: list[float] = []
        began = time.monotonic()

        def call() -> None:
            assert gateway.get(f"/sendcmd/{dead.name}/hello").status_code == 504
            ended.append(time.monotonic() - began)

        callers = [threading.Thread(target=call) for _ in range(6)]
        for caller in callers:
            caller.start()
        answered = 0
        while any(caller.is_alive() for caller in callers):
            assert gateway.get(f"/sendcmd/{alive.name}/system+info").status_code == 200
            answered += 1
        assert answered > 5  # some hundred here; with a shared queue one
        assert len(ended) == 6
        assert max(ended) < 2 * DEAD_S + min(ended)  # not one after another


def test_search_begins_at_most_one_search_and_answers_at_once(tmp_path: Path) -> None:
    one = node(48)
    with running(tmp_path, [one]) as gateway:
        first = gateway.json("/search/")
        assert first["devices"][one.uid] == [one.ip, one.port, one.name]
        assert first["gateway_metrics"]["status"] == "Start"
        assert first["gateway_metrics"]["qlimit[sec]"] == 30
        assert gateway.json("/search/")["gateway_metrics"]["status"] in ("Running", "Done")


def test_status_has_the_originals_fields(tmp_path: Path) -> None:
    here, gone = node(49), node(50, fault="refuses")
    with running(tmp_path, [here, gone]) as gateway:
        found = gateway.json("/status")
        fields = {
            "verdict",
            "fuid",
            "devip",
            "version",
            "alarms",
            "latency",
            "upython",
            "cpu_temp",
            "free_fs",
            "free_ram",
        }
        assert set(found["devices"][here.uid]) == fields
        assert found["devices"][here.uid]["free_ram"] == 58.5
        assert found["devices"][gone.uid]["verdict"] == "UNHEALTHY"
        assert found["devices"][gone.uid]["alarms"] == "Unknown"
        metrics = found["gateway_metrics"]
        assert (metrics["device_count"], metrics["availablity[%]"], metrics["qlimit[sec]"]) == (2, 50.0, 60)
        assert "system alarms True" not in here.commands


@pytest.mark.parametrize(
    ("fuid", "command", "lines", "expected"),
    [
        ("lamp", "system top", ('{"Mem usage [%]": 4.5, "CPU load [%]": 0}',), {"Mem": 4.5, "CPU": 0.0}),
        ("living-room", "dht22 measure", ('{"temp[C]": "21.5", "hum [%]": 40}',), {"tempC": 21.5, "hum": 40.0}),
        ("küche", "a b", ('{"9 lives": 1, "x\\ny": 2, "%": 3, "text": "no"}',), {"9": 1.0, "x": 2.0, "value": 3.0}),
        ("lamp", "esp32 hall", ("hall: -12.5 units",), {"hall": -12.5}),
        ("lamp", "light value", ("7",), {"value": 7.0}),
        ("lamp", "light value", ('{"lux": NaN, "inf": Infinity}',), {}),
        ("lamp", "oled text", ("fine",), {}),
    ],
)
def test_an_answer_becomes_metrics_that_prometheus_takes(
    fuid: str, command: str, lines: tuple[str, ...], expected: dict[str, float]
) -> None:
    text = exposition(fuid, command, lines)
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    found = {one.name.rpartition("_")[2]: one.value for one in samples}
    assert found == expected
    for one in samples:
        assert one.name.startswith("micrOS_")
        assert one.name.isascii()


def test_a_scrape_job_of_the_original_works(tmp_path: Path) -> None:
    one = node(51)
    with running(tmp_path, [one]) as gateway:
        answer = gateway.get(f"/metrics/{one.name}/system+memory_usage")
        # a synthetic node knows the command without `>json` only: what it answers then holds no number
        assert answer.status_code == 400
        assert one.commands[0] == "system memory_usage >json"
