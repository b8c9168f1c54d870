"""Jobs survive a worker that is killed, one that is ended, and a broker that is killed; nothing is done twice."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from gateway_programs import needs, wait
from synthetic_sites import Place, place

from devtoolkit.errors import BrokerError
from devtoolkit.launcher import main
from devtoolkit.services.bulk import BulkResult

pytestmark = needs("redis-server", "redis-server")
T = TypeVar("T")
_SLOW_S = 3.0  # longer than a worker takes to be killed after its node was told


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("delivery"), "dd") as made:
        yield made


@pytest.fixture(autouse=True)
def no_other_user_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtoolkit.paths._chosen_user_data", None)


def beside(two: Place, command: str) -> Callable[[], BulkResult]:
    """A command to all nodes of north, from another thread; the answer gives its result."""
    found: list[BulkResult] = []

    def ask() -> None:
        with two.fleet() as fleet:
            found.append(fleet.command([command], "all", "north"))

    thread = threading.Thread(target=ask)
    thread.start()

    def result() -> BulkResult:
        thread.join(90)
        return found[0]

    return result


def said_to_slow(two: Place, command: str) -> None:
    """Until the slow node was told, and the others have answered."""
    wait(lambda: two.said("north", command) == [1, 1, 1], "all nodes are told")
    journal = two.north.user_data / "sites" / "journal"

    def answered() -> int:
        return max(file.read_text().count('"done"') for file in journal.glob("*.jsonl"))

    wait(lambda: answered() == 2, "two nodes have answered")


def failed(result: BulkResult) -> list[str]:
    """Nodes that did not get it. (That these nodes have no module for it is another matter.)"""
    return [answer.device.fuid for answer in result.nodes if answer.failure]


def test_a_command_is_not_sent_twice_by_the_successor_of_a_killed_worker(two: Place) -> None:
    slow = two.nodes["north"][0]
    slow.latency_s = _SLOW_S
    try:
        result = beside(two, "rgb toggle")
        said_to_slow(two, "rgb toggle")
        two.north.kill()
    finally:
        slow.latency_s = 0.0
    two.north.start()
    answers = {answer.device.fuid: answer for answer in result().nodes}
    assert two.said("north", "rgb toggle") == [1, 1, 1]
    assert {name: answer.failure.type for name, answer in answers.items() if answer.failure} == {
        "north0": "InterruptedJob"
    }
    assert "were not finished; they are taken up again" in two.north.log


def test_a_worker_that_is_ended_finishes_what_it_has_in_hand(two: Place) -> None:
    slow = two.nodes["north"][0]
    slow.latency_s = 1.0
    try:
        result = beside(two, "rgb color 1 2 3")
        wait(lambda: two.said("north", "rgb color 1 2 3")[0], "the slow node is told")
        assert two.north.stop() == 0
    finally:
        slow.latency_s = 0.0
    assert failed(result()) == []
    two.north.start()
    assert two.said("north", "rgb color 1 2 3") == [1, 1, 1]


def test_a_broker_that_is_killed_loses_nothing(two: Place) -> None:
    """One job is in hand, another waits for its site."""
    slow = two.nodes["north"][0]
    two.south.stop()
    slow.latency_s = 1.0
    try:
        running = beside(two, "rgb brightness 10")
        waiting: list[BulkResult] = []

        def ask() -> None:
            with two.fleet() as fleet:
                waiting.append(fleet.command(["rgb brightness 20"], "all", "south"))

        thread = threading.Thread(target=ask)
        with two.fleet() as fleet:
            thread.start()
            wait(lambda: [one.waiting for one in fleet.sites() if one.name == "south"] == [1], "a job waits")
        wait(lambda: two.said("north", "rgb brightness 10")[0], "the slow node is told")
        two.redis.kill()
    finally:
        slow.latency_s = 0.0
    two.redis.start()
    two.south.start()
    thread.join(90)
    assert failed(running()) == []
    assert failed(waiting[0]) == []
    assert two.said("north", "rgb brightness 10") == [1, 1, 1]
    assert two.said("south", "rgb brightness 20") == [1, 1]


def test_without_its_broker_the_own_nodes_are_asked_and_the_error_is_plain(
    two: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    two.redis.kill()
    try:
        words = ["--user-data", str(two.centre), "--json"]
        code = main([*words, "--broker", two.redis.url, "-stat", "--sites", "all"])
        answer = json.loads(capsys.readouterr().out)
        assert code == BrokerError.exit_code
        assert [one["fuid"] for one in answer["result"]["devices"]] == ["here0"]
        assert answer["error"]["message"] == (
            f"The broker at 127.0.0.1:{two.redis.port} cannot be reached, so no site can."
        )
        assert main([*words, "-stat"]) == 0
        assert [one["status"] for one in json.loads(capsys.readouterr().out)["result"]["devices"]][-1] == "ONLINE"
        with two.fleet() as fleet, pytest.raises(BrokerError):
            fleet.command(["version"], "all")
        assert "version" not in two.nodes["here"][0].commands[-1:], "nothing is begun"
    finally:
        two.redis.start()
    with two.fleet() as fleet:
        wait(lambda: fleet.command(["version"], "all", "north").error is None, "north is there again")
