"""What names the version of a release agrees; what does not is named."""

import pytest
import release

from devtoolkit import paths
from devtoolkit.model.version import Version


def test_everything_that_names_the_version_agrees() -> None:
    assert list(release.problems()) == []


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("2.0.0-1", ("__version__", "precompiled/", "CHANGELOG", "docs/releases/2.0.0-1.md", "sfuncman_2.0.0-1.json")),
        ("9.0.0-0", ("__version__", "precompiled/", "CHANGELOG", "docs/releases/9.0.0-0.md")),
    ],
)
def test_each_place_that_was_forgotten_is_named(
    monkeypatch: pytest.MonkeyPatch, version: str, told: tuple[str, ...]
) -> None:
    monkeypatch.setattr(release, "source_version", lambda: Version.parse(version))
    found = list(release.problems())
    for part in told:
        assert any(part in line for line in found), part


def test_a_precompiled_file_that_was_changed_by_hand_is_named(tmp_path, monkeypatch) -> None:
    for file in paths.precompiled().iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes() + (b"!" if file.name == "Shell.mpy" else b""))
    monkeypatch.setattr(paths, "precompiled", lambda: tmp_path)
    assert [line for line in release.problems() if "Shell.mpy" in line]


def test_the_page_has_memory_devices_profiles_and_the_manual() -> None:
    page = release.page(release.source_version())
    assert f"{release.memory():,} bytes" in page
    assert "`esp32`" in page
    assert "`lamp`" in page
    assert f"sfuncman_{release.source_version()}.json" in page
