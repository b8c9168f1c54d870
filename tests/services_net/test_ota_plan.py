"""What an update will send, and what is refused before anything is sent."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs import ota as codec
from devtoolkit.errors import CodecError, UpdateError, UsageError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.model.ota import NodeState, OtaManifest, Removal
from devtoolkit.services.ota import fileset, live
from devtoolkit.services.ota.fileset import FileSet
from devtoolkit.services.ota.plan import NodeFiles, blocks, make_plan

MPY = b"M\x06\x00\x1f"
STATE = NodeState(1, "2.0.0-0", "run", "", "none", "", "", 0, 0, 300, 4096, 0x0B06, "1.29.0", 0)
OLD = {
    "Shell.mpy": MPY + b"shell",
    "LM_rgb.mpy": MPY + b"rgb",
    "LM_demo.py": b"demo",
    "micrOSloader.mpy": MPY + b"load",
}
CORE = frozenset({"Shell.mpy", "micrOSloader.mpy", "micrOSguard.mpy", "micrOSrecovery.mpy"})


def wanted(files: Mapping[str, bytes], *, sources: Mapping[str, str] | None = None, api: int = 1) -> FileSet:
    entries = tuple(FileEntry.of(path, data) for path, data in files.items())
    return FileSet("2.0.1-0", files, entries, CORE, sources or {}, api)


def node(files: Mapping[str, bytes], *, before: Mapping[str, str] | None = None, **state: object) -> NodeFiles:
    entries = {path: FileEntry.of(path, data) for path, data in files.items()}
    return NodeFiles(replace(STATE, **state), entries, before=before)


def sha(data: bytes) -> str:
    return FileEntry.of("x", data).sha256


def test_an_equal_node_needs_nothing() -> None:
    plan = make_plan(node(OLD), wanted(OLD))
    assert (plan.parts, plan.unchanged) == ((), 3)


def test_only_what_changed_is_sent_and_never_the_loader() -> None:
    new = {**OLD, "LM_rgb.mpy": MPY + b"new", "micrOSloader.mpy": MPY + b"new loader", "web/x.html": b"page"}
    plan = make_plan(node({**OLD, "LM_own.py": b"of the user"}), wanted(new))
    assert [file.path for file in plan.files] == ["LM_rgb.mpy", "web/x.html"]
    assert plan.removed == ()
    assert not plan.parts[0].manifest.force


def test_an_update_under_the_name_of_the_last_one_gets_another_name() -> None:
    (part,) = make_plan(node(OLD), wanted({**OLD, "LM_rgb.mpy": MPY + b"new"})).parts
    assert part.named_anew("another") is part
    anew = part.named_anew(part.update_id)
    assert anew.update_id != part.update_id
    assert anew.manifest.files == part.manifest.files


def test_force_sends_everything_with_the_loader() -> None:
    plan = make_plan(node(OLD), wanted(OLD), force=True)
    assert {file.path for file in plan.files} == set(OLD)
    assert plan.parts[0].manifest.force


def test_modules_only_leave_the_core_and_name_the_api_they_need() -> None:
    new = {path: data + b"!" for path, data in OLD.items()}
    plan = make_plan(node(OLD), wanted(new), mode="modules")
    assert [file.path for file in plan.files] == ["LM_rgb.mpy", "LM_demo.py"]
    assert plan.parts[0].manifest.needs_api == 1
    with pytest.raises(UpdateError, match="API 2"):
        make_plan(node(OLD), wanted(new, api=2), mode="modules")


def test_what_this_toolkit_put_there_and_the_new_version_has_not_is_removed_but_nothing_else() -> None:
    gone = {"LM_gone.mpy": MPY, "LM_edited.py": b"edited by the user", "LM_own.py": b"of the user"}
    before = {"LM_gone.mpy": sha(MPY), "LM_edited.py": sha(b"as it was"), "LM_never.py": sha(b"x")}
    assert make_plan(node({**OLD, **gone}, before=before), wanted(OLD)).removed == ("LM_gone.mpy",)
    assert make_plan(node({**OLD, **gone}, before=before), wanted(OLD), mode="modules").removed == ()
    assert make_plan(node({**OLD, **gone}), wanted(OLD)).removed == ()


@pytest.mark.parametrize(("own", "ours"), [("LM_rgb.py", "LM_rgb.mpy"), ("LM_demo.mpy", "LM_demo.py")])
def test_a_shadowed_module_of_the_user_is_named_and_refused(own: str, ours: str) -> None:
    there = node({**OLD, own: b"of the user"})
    with pytest.raises(UpdateError, match=own):
        make_plan(there, wanted(OLD))
    forced = make_plan(there, wanted(OLD), force=True)
    assert forced.replaced == (own,)
    assert own not in forced.removed, "the node takes it away with the file it sends"
    assert ours in {file.path for file in forced.files}


def test_our_own_source_beside_our_bytecode_is_just_removed() -> None:
    for known in ({"sources": {"LM_rgb.mpy": sha(b"source")}}, {}):
        before = None if known else {"LM_rgb.py": sha(b"source")}
        plan = make_plan(node({**OLD, "LM_rgb.py": b"source"}, before=before), wanted(OLD, **known))
        assert (plan.files, plan.removed) == ((), ("LM_rgb.py",))


@pytest.mark.parametrize(
    ("mpy", "header", "fits"),
    [
        (0x0B06, b"M\x06\x00\x1f", True),
        (0x0B05, b"M\x06\x00\x1f", False),
        (0, b"M\x06\x00\x1f", False),
        (10 << 10 | 3 << 8 | 6, b"M\x06" + bytes([10 << 2 | 3]) + b"\x1f", True),
        (9 << 10 | 3 << 8 | 6, b"M\x06" + bytes([10 << 2 | 3]) + b"\x1f", False),
        (10 << 10 | 2 << 8 | 6, b"M\x06" + bytes([10 << 2 | 3]) + b"\x1f", False),
    ],
)
def test_bytecode_that_the_node_cannot_load_is_refused(mpy: int, header: bytes, fits: bool) -> None:
    new = {**OLD, "LM_rgb.mpy": header + b"new"}
    if fits:
        assert make_plan(node(OLD, mpy=mpy), wanted(new)).files
    else:
        with pytest.raises(UpdateError, match=r"cannot load LM_rgb\.mpy"):
            make_plan(node(OLD, mpy=mpy), wanted(new))


def big(path: str, count: int) -> dict[str, bytes]:
    return {path: MPY + bytes(4096 * count - 4)}


def test_too_little_space_is_refused_with_the_figures() -> None:
    new = {**OLD, **big("LM_rgb.mpy", 10)}
    assert make_plan(node(OLD, free=18), wanted(new)).files
    with pytest.raises(UpdateError, match="17 free blocks, this update needs 18"):
        make_plan(node(OLD, free=17), wanted(new))


def test_a_set_that_does_not_fit_at_once_becomes_two_updates() -> None:
    new = {**OLD, **big("LM_rgb.mpy", 10), **big("Shell.mpy", 12)}
    first, second = make_plan(node(OLD, free=20), wanted(new)).parts
    assert [file.path for file in first.manifest.files] == ["LM_rgb.mpy"]
    assert [file.path for file in second.manifest.files] == ["Shell.mpy"]
    assert (first.manifest.part, first.manifest.needs_api) == ("1/2", 1)
    assert (second.manifest.part, second.manifest.needs_api) == ("2/2", 0)
    assert first.update_id != second.update_id
    core_first = make_plan(node(OLD, free=20), wanted(new, api=2)).parts
    assert [file.path for file in core_first[0].manifest.files] == ["Shell.mpy"]


def test_what_lies_staged_already_takes_no_more_space() -> None:
    new = {**OLD, **big("LM_rgb.mpy", 10)}
    there = node(OLD, free=10)
    waiting = replace(there, staged=frozenset({("LM_rgb.mpy", sha(new["LM_rgb.mpy"]))}))
    assert make_plan(waiting, wanted(new)).files
    with pytest.raises(UpdateError):
        make_plan(there, wanted(new))


@given(st.lists(st.integers(0, 20000), max_size=9))
def test_blocks_are_counted_per_file(sizes: list[int]) -> None:
    entries = [FileEntry(str(number), size, "") for number, size in enumerate(sizes)]
    assert blocks(entries, 4096) == sum(size // 4096 + (size % 4096 > 0) for size in sizes)


# --- the wire's words


def test_a_manifest_is_what_the_node_reads_and_its_name_follows_from_it() -> None:
    files = (FileEntry("LM_rgb.mpy", 3, "ab" * 32),)
    data = codec.encode_manifest(OtaManifest("2.0.1-0", files, (Removal("LM_gone.mpy"),), trial_s=5))
    lines = [json.loads(line) for line in data.decode().splitlines()]
    assert lines[0] == {
        "schema": 1, "version": "2.0.1-0", "trial_s": 5, "needs_api": 0, "force": False, "part": "1/1",
    }  # fmt: skip
    assert lines[1:] == [["LM_rgb.mpy", 3, "ab" * 32], ["LM_gone.mpy"], {"end": 2}]
    assert data.endswith(b"\n")
    assert codec.update_id(data) == sha(data)[:16]
    assert codec.staged_path("web/a.html") == "/ota/web~a.html"


def test_a_reply_of_several_lines_is_read_with_more_fields_than_today() -> None:
    state = {
        "ok": True, "api": 1, "version": "2.0.0-0", "mode": "run", "id": "", "state": "none", "to": "", "reason": "",
        "boots": 0, "left_s": 0, "free": 9, "block": 4096, "mpy": 6, "upy": "1.27.0", "dirty": False, "staged": 0,
        "new": 1,
    }  # fmt: skip
    lines = [json.dumps(state), "", '["a.py", 3, "' + "0" * 64 + '", 99]', '{"ok": true, "files": 1}']
    replies, files = codec.decode_lines(lines)
    assert codec.state_of(replies[0]).free == 9
    assert files == (FileEntry("a.py", 3, "0" * 64),)
    with pytest.raises(CodecError, match="left_s"):
        codec.state_of({**state, "left_s": "soon"})


@given(st.text(max_size=200))
def test_no_text_is_taken_for_a_reply_that_is_none(text: str) -> None:
    try:
        replies, _ = codec.decode_lines(text.splitlines())
    except CodecError:
        return
    assert all(isinstance(reply["ok"], bool) for reply in replies)


# --- files of the user


def test_what_a_module_depends_on_is_read_from_its_source() -> None:
    source = b'def lmdep():\n    """Needs these."""\n    return "rgb", "LM_neopixel"\n'
    assert live.needs(live.LiveFile("LM_x.py", source)) == ("rgb", "neopixel")
    assert live.needs(live.LiveFile("LM_x.mpy", MPY)) == ()


@pytest.mark.parametrize("source", [b"x = 1\ndef (\n", b"x = 1\n  y = 2\n"])
def test_a_module_that_is_no_python_is_refused_with_its_name_and_line(source: bytes) -> None:
    with pytest.raises(UsageError, match=r"LM_x\.py is no valid Python: .*LM_x\.py, line 2\)"):
        live.needs(live.LiveFile("LM_x.py", source))


def test_files_that_start_the_node_cannot_be_sent_and_names_have_a_limit(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    for name in ("main.py", "micrOSloader.mpy", "with blank.html", "x" * 60 + ".html"):
        (folder / name).write_bytes(b"x")
        with pytest.raises(UsageError):
            fileset.of_user([folder / name], "2.0.0-0")
    (folder / "page.html").write_bytes(b"x")
    assert fileset.of_user([folder / "page.html"], "2.0.0-0").entries == (FileEntry.of("page.html", b"x"),)


def test_the_api_of_the_core_is_read_from_its_source() -> None:
    assert fileset.bundled().api >= 0
    from devtoolkit import paths

    assert fileset.core_api(paths.micros_source()) == 1
