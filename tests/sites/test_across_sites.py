"""One call for the nodes of this machine and of two sites, whose workers are processes of their own."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_programs import needs, wait
from site_processes import SiteProcess
from synthetic_sites import Place, place

from devtoolkit.errors import UsageError
from devtoolkit.launcher import main
from devtoolkit.model.node_status import NodeStatus

pytestmark = needs("redis-server", "redis-server")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("across"), "aa") as made:
        yield made


def cli(two: Place, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Exit code and the JSON of a command at the centre."""
    code = main(["--user-data", str(two.centre), "--json", "--broker", two.redis.url, *words])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(autouse=True)
def no_other_user_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtoolkit.paths._chosen_user_data", None)


def test_the_sites_are_listed_with_their_nodes(two: Place, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = cli(two, capsys, "--sites")
    sites = {site["name"]: site for site in answer["result"]["sites"]}
    assert code == 0
    assert {name: (site["present"], site["nodes"]) for name, site in sites.items()} == {
        "north": (True, 3),
        "south": (True, 2),
    }


def test_the_status_of_all_is_one_table_with_a_site_for_each_node(
    two: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = cli(two, capsys, "-stat", "--sites", "all")
    told = {(one["site"], one["fuid"], one["status"], one["version"]) for one in answer["result"]["devices"]}
    assert code == 0
    assert told == {
        ("" if site == "here" else site, node.name, "ONLINE", "2.0.0-0")
        for site, nodes in two.nodes.items()
        for node in nodes
    }
    shown = main(["--user-data", str(two.centre), "--broker", two.redis.url, "-stat", "--sites", "all"])
    table = capsys.readouterr().out
    assert shown == 0
    assert "SITE" in table
    assert "6 of 6 online" in table


def test_a_command_goes_to_all_sites_and_the_node_that_fails_is_named(
    two: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = two.nodes["south"][1]
    bad.fault = "closes"
    try:
        code, answer = cli(two, capsys, "-c", "-p", "--dev all system info", "--sites", "all")
    finally:
        bad.fault = "none"
    failed = [node["device"]["fuid"] for node in answer["result"]["nodes"] if node["failure"]]
    assert (code != 0, failed) == (True, ["south1"])
    assert all("uptime" in str(node["replies"]) for node in answer["result"]["nodes"][:-1])


def test_the_nodes_of_one_site_are_chosen_by_its_name(two: Place) -> None:
    with two.fleet() as fleet:
        assert {device.label for device in fleet.chosen("all", "south")} == {"south/south0", "south/south1"}
        assert [device.label for device in fleet.chosen("all", "here")] == ["here0"]
        assert [device.label for device in fleet.chosen("north/north1,here0")] == ["north/north1", "here0"]
        with pytest.raises(UsageError, match="No site west is known"):
            fleet.chosen("all", "west")


def test_settings_are_set_read_and_kept_at_their_site(two: Place) -> None:
    with two.fleet() as fleet:
        two.nodes["north"][0].config["crontasks"] = "n/a"
        changed = fleet.config("set", "all", "north,south", values={"soctout": "44"})
        assert changed.error is None
        assert {node.config.changes[0].new for node in changed.nodes if node.config} == {44}
        assert fleet.config("set", "all", "north", values={"soctout": "44"}).nodes[0].config is not None
        kept = fleet.config("archive", "all", "north")
    files = [Path(node.config.file or "") for node in kept.nodes if node.config]
    assert len(files) == 3
    assert all(file.is_file() and file.is_relative_to(two.north.user_data) for file in files)


def test_a_secret_is_not_sent_through_the_broker(two: Place) -> None:
    with two.fleet() as fleet, pytest.raises(UsageError, match="is a secret"):
        fleet.config("set", "all", "north", values={"stapwd": "not-for-others"})
    assert not any("not-for-others" in command for node in two.nodes["north"] for command in node.commands)


def test_a_site_that_is_away_is_said_to_be_and_its_job_waits_until_the_deadline(two: Place) -> None:
    assert two.south.stop() == 0
    try:
        with two.fleet(deadline_s=1) as fleet:
            assert {site.name: site.present for site in fleet.sites()} == {"north": True, "south": False}
            status = fleet.status("all")
            late = fleet.command(["version"], "all", "north,south")
        away = [one for one in status if one.site == "south"]
        assert [(one.status, one.reason) for one in away] == [("OFFLINE", "its site south is away")] * 2
        assert [one.status for one in status if one.site != "south"] == ["ONLINE"] * 4
        told = {node.device.label: node.failure and node.failure.type for node in late.nodes}
        assert {failure for label, failure in told.items() if label.startswith("south/")} == {"SiteAwayError"}
        assert {failure for label, failure in told.items() if label.startswith("north/")} == {None}
        before = two.said("south", "version")
    finally:
        two.south.start()
    two.south.wait_log("Left out micros.command")
    assert two.said("south", "version") == before, "what was given up is not done later"


def test_a_job_that_waits_is_done_when_its_site_comes_back(two: Place) -> None:
    two.south.stop()
    result = []

    def ask() -> None:
        with two.fleet() as fleet:
            result.append(fleet.command(["system info"], "all", "south"))

    with two.fleet() as fleet:
        thread = threading.Thread(target=ask)
        thread.start()
        wait(lambda: [site.waiting for site in fleet.sites() if site.name == "south"] == [1], "the job waits")
    two.south.start()
    thread.join(60)
    assert result[0].error is None
    assert len(result[0].nodes) == 2


def test_a_second_worker_under_the_same_name_is_refused(two: Place, tmp_path: Path) -> None:
    elsewhere = SiteProcess("north", tmp_path, two.redis.url).start(ready=False)
    same = SiteProcess("north", two.north.user_data, two.redis.url).start(ready=False)
    try:
        elsewhere.wait_log("The site north is served by")
        same.wait_log("The site north is served on this machine already")
    finally:
        elsewhere.kill()
        same.kill()
    with two.fleet() as fleet:
        assert fleet.command(["version"], "all", "north").error is None


def test_each_answer_is_told_as_it_comes(two: Place) -> None:
    told: list[NodeStatus] = []
    with two.fleet() as fleet:
        status = fleet.status("north", on_answer=told.append)
    assert sorted(told, key=lambda one: one.uid) == sorted(status, key=lambda one: one.uid)
