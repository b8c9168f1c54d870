"""The precompiled files in the repository are what the pinned compiler makes of the device source."""

from pathlib import Path

from devtoolkit import paths
from devtoolkit.services.build import build, load_manifest, read_files


def test_precompiled_files_are_up_to_date(tmp_path: Path) -> None:
    build(paths.micros_source(), tmp_path)
    assert load_manifest(paths.precompiled()) == load_manifest(tmp_path), "run `python3 dev.py build`"
    assert read_files(paths.precompiled()) == read_files(tmp_path)


def test_no_machine_path_is_inside_a_compiled_file() -> None:
    for path, data in read_files(paths.precompiled()).items():
        assert str(paths.micros_source().parent).encode() not in data, path


def test_every_device_source_is_in_the_build_and_what_modules_import_is_compiled() -> None:
    built = set(read_files(paths.precompiled()))
    for folder in ("core", "modules", "pinmaps"):
        for file in (paths.micros_source() / folder).glob("*.py"):
            assert {file.name, f"{file.stem}.mpy"} & built, file.name
            if not file.name.startswith(("LM_", "main.")):
                assert f"{file.stem}.mpy" in built, file.name
