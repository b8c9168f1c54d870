"""What goes through a broker comes out as it went in, or is refused; a journal outlives its writer."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.model.device import Device
from devtoolkit.model.node_status import NodeStatus
from devtoolkit.services.bulk import Failure, NodeAnswer
from devtoolkit.services.config_jobs import ConfigAnswer
from devtoolkit.services.configs import Change, NodeConfig
from devtoolkit.services.ota.request import NodeUpdate
from devtoolkit.services.sites.jobs import CommandJob, ConfigJob, SetJob, StatusJob, UpdateJob, check
from devtoolkit.services.sites.journal import Journal
from devtoolkit.services.sites.outcome import Outcome, decode, encode
from devtoolkit.services.sites.plain import ShapeError, from_plain, to_plain

DEVICE = Device("uid", "lamp", "10.0.0.1", 9008, "ONLINE", "2.0.0-0", 0.5, "north")
TEXT = st.text(max_size=20)


@given(st.from_type(UpdateJob) | st.from_type(StatusJob) | st.from_type(CommandJob) | st.from_type(ConfigJob))
def test_a_job_comes_out_as_it_went_in(job: object) -> None:
    assert from_plain(type(job), to_plain(job)) == job


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("status", NodeStatus("uid", "lamp", "10.0.0.1", 9008, "BUSY", latency_s=1, memory_used=3)),
        ("command", NodeAnswer(DEVICE, (("version", ("2.0.0-0",)),), Failure("NodeError", "no", ""))),
        ("config", ConfigAnswer(DEVICE, NodeConfig(DEVICE, {"a": True, "b": 1, "c": "x"}, (Change("a", None, 1),)))),
        ("update", NodeUpdate(DEVICE, "updated", True, sent=("a",), seconds={"stage": 1.5}, notes=("n",))),
    ],
)
def test_an_answer_comes_out_as_it_went_in(kind: str, answer: object) -> None:
    assert decode(kind, encode(Outcome((answer,)))) == Outcome((answer,))


def test_a_newer_sites_answer_is_read_without_what_is_new() -> None:
    value = encode(Outcome((NodeStatus("uid", "lamp", "10.0.0.1", 9008, "ONLINE"),)))
    value["answers"][0]["new_field"] = 1
    assert decode("status", value).answers[0].fuid == "lamp"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT, lambda one: st.lists(one) | st.dictionaries(TEXT, one)
    )
)
def test_what_has_another_shape_is_refused_and_never_breaks_the_reader(value: object) -> None:
    for kind in (StatusJob, CommandJob, ConfigJob, UpdateJob, SetJob):
        with pytest.raises(ShapeError):
            from_plain(kind, value)


def test_true_is_no_number_and_one_is_no_truth() -> None:
    for changed in ({"port": True}, {"latency_s": False}, {"fuid": 1}):
        with pytest.raises(ShapeError):
            from_plain(Device, {**to_plain(DEVICE), **changed})


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", "a\\b", "a//b", "./a"])
def test_a_set_of_files_stays_in_its_folder(path: str) -> None:
    with pytest.raises(ShapeError):
        check(SetJob("0" * 64, {path: ""}))


def test_a_job_is_open_once_at_a_time_and_its_journal_is_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with journal.job("1") as entries:
        entries.note("a", "begun")
        entries.note("b", "done", {"x": 1})
        second = threading.Thread(target=_note_end, args=(journal,))
        second.start()
        with journal.job("2") as other:
            assert not other.known
        assert second.is_alive()
    second.join(30)
    file = next(tmp_path.glob("1.jsonl"))
    file.write_text(file.read_text() + '{"uid": "c", "wo')
    with Journal(tmp_path).job("1") as entries:
        assert [entries.word(uid) for uid in "abc"] == ["seen", "done", ""]
        assert entries.value("b") == {"x": 1}


def _note_end(journal: Journal) -> None:
    with journal.job("1") as entries:
        if entries.word("b") == "done":
            entries.note("a", "seen")
