"""manifest.json: read back as written, damaged or newer ones are refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs import manifest as codec
from devtoolkit.errors import CodecError
from devtoolkit.model.manifest import BuiltFile, FileEntry, Manifest

hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.from_regex(r"[A-Za-z_0-9]{1,12}\.(py|mpy|html)", fullmatch=True)
files = st.builds(
    BuiltFile,
    st.builds(FileEntry, names, st.integers(0, 1 << 30), hashes),
    names.map(lambda name: f"core/{name}"),
    hashes,
)
manifests = st.builds(
    Manifest,
    st.just("2.0.0-0"),
    st.just("6.3"),
    st.just("1.29.0"),
    st.lists(files, max_size=5, unique_by=lambda file: file.entry.path).map(tuple),
)


@given(manifests)
def test_a_manifest_is_read_back_as_written(manifest: Manifest) -> None:
    assert codec.decode(codec.encode(manifest)) == manifest


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_with_codec_error(data: bytes) -> None:
    with pytest.raises(CodecError):
        codec.decode(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_other_json_is_refused_with_codec_error(value: object) -> None:
    with pytest.raises(CodecError):
        codec.decode(json.dumps(value).encode())


GOOD = {
    "schema": 1,
    "micros_version": "2.0.0-0",
    "mpy_version": "6.3",
    "compiler": "1.29.0",
    "files": [{"path": "a.mpy", "size": 1, "sha256": "0" * 64, "source": "core/a.py", "source_sha256": "1" * 64}],
}


@pytest.mark.parametrize("path", ["../a", "/a", "a//b", "a/../b", "c:a", "a\\b", "", ".", "a\0"])
def test_a_path_that_leaves_the_folder_is_refused(path: str) -> None:
    table = {**GOOD, "files": [{**GOOD["files"][0], "path": path}]}
    with pytest.raises(CodecError):
        codec.decode(json.dumps(table).encode())


@pytest.mark.parametrize("key", list(GOOD))
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(CodecError, match=key):
        codec.decode(json.dumps({name: value for name, value in GOOD.items() if name != key}).encode())


def test_a_newer_schema_is_refused_and_not_guessed() -> None:
    with pytest.raises(CodecError, match="schema 2"):
        codec.decode(json.dumps({**GOOD, "schema": 2}).encode())


def test_a_file_named_twice_is_refused() -> None:
    with pytest.raises(CodecError, match="twice"):
        codec.decode(json.dumps({**GOOD, "files": GOOD["files"] * 2}).encode())
