"""What somebody else puts into the broker is refused and logged, and reaches no node."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_programs import ROOT, needs, wait
from synthetic_sites import Place, make_key, place, signing_file

from devtoolkit.services.sites import broker
from devtoolkit.services.sites.celery_app import TASKS, client_of, make, queue_of

pytestmark = needs("redis-server", "redis-server")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """North takes unsigned jobs, south only those that its centre has signed."""
    with place(tmp_path_factory.mktemp("forged"), "ff", started=False) as made:
        keys = made.centre / "keys"
        for name in ("centre", "south", "stranger"):
            make_key(keys, name)
        signing_file(keys, "centre", made.redis.url, ["south"])
        signing_file(keys, "stranger", made.redis.url, ["south", "centre"])
        made.south.broker = str(signing_file(keys, "south", made.redis.url, ["centre"]))
        made.north.start(ready=False)
        made.south.start(ready=False)
        made.north.wait_log("ready for jobs")
        made.south.wait_log("ready for jobs")
        yield made


def order(to: str, uids: list[str], number: str, **changes: Any) -> dict[str, Any]:
    job = {"uids": uids, "commands": ["rgb toggle"]}
    return {"id": number, "site": to, "kind": "command", "expires": time.time() + 60, "job": job, **changes}


def post(two: Place, site: str, name: str, args: list[Any], number: str, **kwargs: Any) -> None:
    app = make(broker.load(two.redis.url))
    app.send_task(name, args=args, kwargs=kwargs, task_id=number, queue=queue_of(site))
    app.close()


def result(two: Place, number: str) -> Any:
    app = make(broker.load(two.redis.url))
    key = app.backend.get_key_for_task(number)

    def complete() -> Any:
        raw = client_of(app).get(key)
        meta = app.backend.decode(raw) if raw else {}
        return meta.get("result") if meta.get("status") == "SUCCESS" else None

    return wait(complete, "the job has an outcome")


def uids(two: Place, site: str) -> list[str]:
    return [node.uid for node in two.nodes[site]]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"site": "south"}, "another task or site"),
        ({"id": "somebody-elses"}, "another task or site"),
        ({"kind": "config"}, "another task or site"),
        ({"job": {"uids": ["../../etc"], "commands": ["version"]}}, "a uid: not possible"),
        ({"job": {"uids": ["a"], "commands": ["x\nreboot"]}}, "a command: not possible"),
        ({"job": {"uids": ["a"], "commands": []}}, "a command: not possible"),
        ({"job": {"uids": "abc", "commands": ["version"]}}, "not possible there"),
        ({"job": {"uids": ["a"], "commands": ["version"], "ip": "10.0.0.1"}}, "unknown field ip"),
        ({"job": {"uids": ["a"]}}, "a field is missing"),
        ({"extra": 1}, "not the fields of an order"),
        ({"expires": "never"}, "not possible there"),
    ],
)
def test_bad_arguments_are_refused_and_logged(two: Place, changes: dict[str, Any], why: str) -> None:
    number = uuid.uuid4().hex
    post(two, "north", TASKS["command"], [order("north", uids(two, "north"), number, **changes)], number)
    outcome = result(two, number)
    assert outcome["failure"]["type"] == "RefusedJob"
    assert why in outcome["failure"]["message"]
    two.north.wait_log(f"Refused a message for micros.command ({number})")
    assert two.said("north", "rgb toggle") == [0, 0, 0]


def test_more_or_named_arguments_are_refused(two: Place) -> None:
    for args, named in (([], {}), ([1, 2], {}), ([], {"order": 1})):
        number = uuid.uuid4().hex
        post(two, "north", TASKS["command"], args, number, **named)
        assert result(two, number)["failure"]["type"] == "RefusedJob"


@pytest.mark.parametrize("name", ["celery.map", "celery.backend_cleanup", "os.system", "micros.erase"])
def test_an_unknown_name_is_refused_and_logged(two: Place, name: str) -> None:
    number = uuid.uuid4().hex
    post(two, "north", name, [], number)
    two.north.wait_log(f"Received unregistered task of type '{name}'")


def test_an_order_past_its_deadline_is_left_out(two: Place) -> None:
    number = uuid.uuid4().hex
    late = order("north", uids(two, "north"), number, expires=time.time() - 1)
    post(two, "north", TASKS["command"], [late], number)
    assert result(two, number)["failure"]["type"] == "SiteAwayError"
    assert two.said("north", "rgb toggle") == [0, 0, 0]


def test_the_same_order_once_more_repeats_nothing(two: Place) -> None:
    number = uuid.uuid4().hex
    again = order("north", uids(two, "north"), number, job={"uids": uids(two, "north"), "commands": ["rgb replay"]})
    for _ in range(2):
        post(two, "north", TASKS["command"], [again], number)
        assert len(result(two, number)["answers"]) == 3
    two.north.wait_log(f"Done: micros.command ({number})", 2)
    assert two.said("north", "rgb replay") == [1, 1, 1]


def centre(two: Place, name: str, *words: str) -> tuple[int, Any]:
    """A command of somebody with these keys, in a process of its own: signing is for a whole process."""
    file = two.centre / "keys" / f"{name}.toml"
    command = [sys.executable, str(ROOT / "devToolKit.py"), "--user-data", str(two.centre), "--json"]
    done = subprocess.run([*command, "--broker", str(file), *words], capture_output=True, timeout=90, check=False)
    return done.returncode, json.loads(done.stdout)


def test_what_the_centre_has_signed_is_done_and_the_answer_is_believed(two: Place) -> None:
    code, answer = centre(two, "centre", "-c", "-p", "--dev all version", "--sites", "south")
    assert code == 0
    assert [node["replies"] for node in answer["result"]["nodes"]] == [[["version", ["2.0.0-0"]]]] * 2


def test_unsigned_jobs_are_refused_by_a_site_that_wants_signatures(two: Place) -> None:
    number = uuid.uuid4().hex
    before = two.south.log.count("ContentDisallowed")
    post(two, "south", TASKS["command"], [order("south", uids(two, "south"), number)], number)
    two.south.wait_log("ContentDisallowed", before + 1)
    assert two.said("south", "rgb toggle") == [0, 0]


def test_a_strangers_signature_is_refused(two: Place) -> None:
    code, answer = centre(two, "stranger", "-c", "-p", "--dev all rgb toggle", "--sites", "south", "--deadline", "2")
    assert code != 0
    assert {node["failure"]["type"] for node in answer["result"]["nodes"]} == {"SiteAwayError"}
    two.south.wait_log("Unable to deserialize")
    assert two.said("south", "rgb toggle") == [0, 0]


def test_a_forged_entry_in_the_list_of_sites_is_left_out(two: Place) -> None:
    """North's own entry is unsigned, as a forger's would be."""
    code, answer = centre(two, "centre", "--sites")
    assert code == 0
    assert [site["name"] for site in answer["result"]["sites"]] == ["south"]


def test_no_log_tells_what_was_signed_or_the_file_of_a_key(two: Place) -> None:
    assert "PRIVATE KEY" not in two.south.log
    assert str(Path(two.south.broker).with_suffix(".key")) not in two.south.log
