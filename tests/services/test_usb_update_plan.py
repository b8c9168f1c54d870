"""What a USB update does to each file, by comparison alone."""

import pytest

from devtoolkit.errors import InstallError
from devtoolkit.model.manifest import BuiltFile, FileEntry, Manifest
from devtoolkit.services.usb_update_plan import check_space, plan_update

BLOCK = 4096


def manifest(**contents: bytes) -> Manifest:
    files = tuple(
        BuiltFile(FileEntry.of(name.replace("__", "."), data), "s", "0" * 64) for name, data in contents.items()
    )
    return Manifest("2.0.0-0", "6.3", "mpy-cross", files)


NEW = manifest(main__py=b"m", micrOS__mpy=b"core", LM_rgb__mpy=b"rgb", index__html=b"page")


def test_an_empty_board_gets_everything_with_main_last_and_the_core_before_it() -> None:
    plan = plan_update(NEW, (), {})
    assert [entry.path for entry in plan.changed] == ["LM_rgb.mpy", "index.html", "micrOS.mpy", "main.py"]


def test_an_equal_board_gets_nothing() -> None:
    assert plan_update(NEW, NEW.entries, {}).nothing
    assert len(plan_update(NEW, NEW.entries, {}, everything=True).changed) == 4


def test_only_a_file_of_ours_that_nobody_changed_is_removed() -> None:
    gone, edited = FileEntry.of("LM_gone.mpy", b"gone"), FileEntry.of("LM_old.mpy", b"edited by the user")
    before = {"LM_gone.mpy": gone.sha256, "LM_old.mpy": FileEntry.of("LM_old.mpy", b"ours").sha256}
    plan = plan_update(NEW, (*NEW.entries, gone, edited), before)
    assert plan.vanished == ("LM_gone.mpy",)
    assert plan.own == (edited,)
    assert plan_update(NEW, (*NEW.entries, gone, edited), {}).vanished == ()


def test_what_an_interrupted_run_left_is_removed_and_is_not_the_users() -> None:
    plan = plan_update(NEW, (*NEW.entries, FileEntry.of("LM_rgb.mpy.part", b"half")), {})
    assert plan.leftovers == ("LM_rgb.mpy.part",)
    assert plan.own == ()


@pytest.mark.parametrize(
    ("path", "shadows"), [("LM_rgb.py", True), ("main.mpy", True), ("LM_mine.py", False), ("a.pds", False)]
)
def test_a_module_that_runs_in_the_place_of_ours_is_named(path: str, shadows: bool) -> None:
    plan = plan_update(NEW, (*NEW.entries, FileEntry.of(path, b"mine")), {})
    assert plan.shadowing == ((path,) if shadows else ())
    assert [entry.path for entry in plan.own] == [path]


def test_space_is_asked_for_what_grows_one_file_beside_itself_and_the_nodes_own_writes() -> None:
    big = manifest(a__txt=b"x" * BLOCK * 3)
    plan = plan_update(big, (FileEntry.of("a.txt", b"x"),), {})
    check_space(plan, (FileEntry.of("a.txt", b"x"),), BLOCK, 2 + 3 + 8)
    with pytest.raises(InstallError, match="12 free blocks"):
        check_space(plan, (FileEntry.of("a.txt", b"x"),), BLOCK, 2 + 3 + 7)
    check_space(plan_update(big, big.entries, {}), big.entries, BLOCK, 0)
