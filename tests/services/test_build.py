"""The build with the real mpy-cross: complete, repeatable, incremental, and careful with what is not its own."""

import hashlib
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.codecs import mpy
from devtoolkit.errors import BuildError
from devtoolkit.services.build import MANIFEST, BuildReport, build, load_manifest, micros_version, read_files

SOURCES = {
    "core/main.py": "import micrOSloader\n",
    "core/Shell.py": "class Shell:\n    MICROS_VERSION = '2.1.0-3'\n",
    "core/Tasks.py": "def run():\n    return 1\n",
    "modules/LM_system.py": "def memory():\n    return 2\n",
    "modules/LM_plain.py": "def plain():\n    return 3\n",
    "pinmaps/IO_esp32.py": "builtin = 2\n",
    "web/index.html": "<html></html>\n",
    "LM_to_compile.dat": "# a comment\nLM_system.py\n\n",
}
ON_DEVICE = {"main.py", "Shell.mpy", "Tasks.mpy", "LM_system.mpy", "LM_plain.py", "IO_esp32.mpy", "index.html"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "micros_source"
    for name, text in SOURCES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "core" / "__pycache__").mkdir()
    (folder / "core" / "__pycache__" / "Tasks.cpython-311.pyc").write_bytes(b"x")
    (folder / "web" / ".hidden").write_text("x")
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "precompiled"


def test_everything_becomes_one_flat_folder_with_a_manifest(source: Path, target: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    report = build(source, target, progress=lambda *step: steps.append(step))
    assert {file.name for file in target.iterdir()} == {*ON_DEVICE, MANIFEST}
    assert (report.files, report.compiled, report.copied, report.removed) == (7, 4, 3, 0)
    assert (report.micros_version, report.mpy_version[:2]) == ("2.1.0-3", "6.")
    assert steps[-1][:2] == (7, 7)
    files = read_files(target)
    assert set(files) == ON_DEVICE
    assert report.bytes == sum(len(data) for data in files.values())
    for name, data in files.items():
        assert name.endswith(".mpy") == (data[:1] == b"M")
    assert not mpy.parse_header(files["Tasks.mpy"]).native


def test_the_manifest_says_which_source_each_file_was_made_from(source: Path, target: Path) -> None:
    build(source, target)
    manifest = load_manifest(target)
    for file in manifest.files:
        data = (source / file.source).read_bytes()
        assert file.source_sha256 == hashlib.sha256(data).hexdigest()
        assert file.entry.size == (target / file.entry.path).stat().st_size
    assert manifest.micros_version == "2.1.0-3"
    assert [file.entry.path for file in manifest.files] == sorted(ON_DEVICE)


def test_a_second_run_does_nothing(source: Path, target: Path) -> None:
    build(source, target)
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in target.iterdir()}
    report = build(source, target)
    assert (report.compiled, report.copied, report.unchanged, report.removed) == (0, 0, 7, 0)
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in target.iterdir()} == before


def test_two_builds_in_two_places_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        build(source, tmp_path / name)
    one, two = ({f.name: f.read_bytes() for f in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two


def test_only_what_changed_is_made_again(source: Path, target: Path) -> None:
    build(source, target)
    (source / "core" / "Tasks.py").write_text("def run():\n    return 2\n")
    assert _made(build(source, target)) == (1, 0, 6)
    (target / "index.html").unlink()
    assert _made(build(source, target)) == (0, 1, 6)
    assert _made(build(source, target, force=True)) == (4, 3, 0)


def test_a_file_that_was_edited_is_refused_when_read_and_made_again_by_the_build(source: Path, target: Path) -> None:
    build(source, target)
    (target / "Tasks.mpy").write_bytes(b"M\x06\x00\x1fedited")
    with pytest.raises(BuildError, match=r"Tasks\.mpy in .* is not what the build made"):
        read_files(target)
    assert _made(build(source, target)) == (1, 0, 6)
    assert set(read_files(target)) == ON_DEVICE


def test_what_is_no_longer_built_is_removed_and_nothing_else(source: Path, target: Path) -> None:
    build(source, target)
    (target / "LM_mine.py").write_text("# a user's file")
    (source / "modules" / "LM_plain.py").unlink()
    (source / "LM_to_compile.dat").write_text("")
    report = build(source, target)
    names = {file.name for file in target.iterdir()}
    assert report.removed == 2
    assert {"LM_mine.py", "LM_system.py"} <= names
    assert not names & {"LM_plain.py", "LM_system.mpy"}


def test_a_stale_file_that_somebody_changed_stays(source: Path, target: Path) -> None:
    build(source, target)
    (source / "modules" / "LM_plain.py").unlink()
    (target / "LM_plain.py").write_text("# changed")
    assert build(source, target).removed == 0
    assert (target / "LM_plain.py").read_text() == "# changed"


def test_a_syntax_error_names_file_and_line_and_leaves_the_other_files_whole(source: Path, target: Path) -> None:
    build(source, target)
    before = (target / "Tasks.mpy").read_bytes()
    (source / "core" / "Tasks.py").write_text("def run(:\n")
    with pytest.raises(BuildError, match=r"Tasks\.py, line 1"):
        build(source, target)
    assert (target / "Tasks.mpy").read_bytes() == before
    assert not list(target.glob(".*"))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("modules/Tasks.py", "", "both become"),
        ("web/a b.html", "", "no blanks"),
        (f"web/{'x' * 61}.html", "", "64 bytes"),
        ("LM_to_compile.dat", "LM_sistem.py\n", "names LM_sistem.py"),
        ("core/Shell.py", "VERSION = '1.0.0-0'\n", "has no constant"),
        ("core/Shell.py", "MICROS_VERSION = 'new'\n", "no version"),
        ("core/Shell.py", "MICROS_VERSION = other()\n", "no version"),
        ("core/Shell.py", "def (\n", "no valid Python"),
    ],
)
def test_a_source_that_cannot_be_built_is_refused(source: Path, target: Path, name: str, text: str, said: str) -> None:
    (source / name).write_text(text)
    if name == "modules/Tasks.py":
        (source / "LM_to_compile.dat").write_text("Tasks.py\n")
    with pytest.raises(BuildError, match=said):
        build(source, target)


def test_a_misspelled_module_is_refused_with_the_nearest_name(source: Path, target: Path) -> None:
    (source / "LM_to_compile.dat").write_text("LM_sistem.py\n")
    with pytest.raises(BuildError) as caught:
        build(source, target)
    assert "LM_system.py" in caught.value.hint


@pytest.mark.parametrize("text", ["MICROS_VERSION = '2.0.0-0'\n", "class Shell:\n    MICROS_VERSION = '2.0.0'\n"])
def test_the_version_is_read_from_a_module_or_class_constant(source: Path, text: str) -> None:
    (source / "core" / "Shell.py").write_text(text)
    assert micros_version(source) == "2.0.0-0"


def test_without_a_build_the_error_says_how_to_make_one(target: Path) -> None:
    with pytest.raises(BuildError, match="no precompiled files") as caught:
        load_manifest(target)
    assert "-cc" in caught.value.hint


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"schema": 2}'])
def test_a_damaged_manifest_is_refused_when_read_and_replaced_by_the_build(
    source: Path, target: Path, data: bytes
) -> None:
    build(source, target)
    (target / MANIFEST).write_bytes(data)
    with pytest.raises(BuildError, match=MANIFEST):
        read_files(target)
    assert _made(build(source, target)) == (4, 3, 0)
    assert set(read_files(target)) == ON_DEVICE


def test_the_toolkit_s_own_device_source_builds(target: Path) -> None:
    report = build(paths.micros_source(), target)
    assert report.compiled > 10
    assert {"main.py", "micrOS.mpy", "micrOSloader.mpy", "Shell.mpy", "IO_esp32.mpy"} <= set(read_files(target))


def _made(report: BuildReport) -> tuple[int, int, int]:
    return report.compiled, report.copied, report.unchanged


def test_what_load_modules_share_is_compiled_without_being_listed(source: Path, target: Path) -> None:
    (source / "modules" / "Helper.py").write_text("x = 1\n")
    build(source, target)
    assert "Helper.mpy" in read_files(target)
    assert "LM_plain.py" in read_files(target)
