"""Parameters are literals: what is accepted, what is refused, and that nothing else can happen."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from device_node import SOURCE, VM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.vm

_WORKER = """
import json, sys
sys.path[:] = [{core!r}, ".frozen"]
from Literal import parse, split_outside
while True:
    line = sys.stdin.readline()
    if not line:
        break
    request = json.loads(line)
    try:
        if isinstance(request, list):
            answer = ["ok", split_outside(request[0], request[1])]
        else:
            args, kwargs = parse(request)
            answer = ["ok", repr(args), repr(kwargs)]
    except Exception as e:
        answer = [type(e).__name__, str(e)]
    print(json.dumps(answer))
"""


class Parser:
    """Device-side parser in one VM process, one text per line."""

    def __init__(self, folder: Path) -> None:
        script = folder / "worker.py"
        script.write_text(_WORKER.format(core=str(SOURCE / "core")))
        self.process = subprocess.Popen([VM, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, request: Any) -> list[Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        self.process.stdin.flush()
        answer: list[Any] = json.loads(self.process.stdout.readline())
        return answer

    def values(self, text: str) -> tuple[list[Any], dict[str, Any]]:
        answer = self.ask(text)
        assert answer[0] == "ok", answer
        return ast.literal_eval(answer[1]), ast.literal_eval(answer[2])


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parser]:
    made = Parser(tmp_path_factory.mktemp("parser"))
    yield made
    made.process.communicate(timeout=10)


@pytest.mark.parametrize(
    ("text", "args", "kwargs"),
    [
        ("", [], {}),
        ("1 2,3 , 4", [1, 2, 3, 4], {}),
        ("-5 0x1F -0xff 08", [-5, 31, -255, 8], {}),
        ("1.5 -.5 2. 1e3 -1.5E-2 1e+2", [1.5, -0.5, 2.0, 1000.0, -0.015, 100.0], {}),
        ("True False None", [True, False, None], {}),
        ("'a b' \"c'd\" ''", ["a b", "c'd", ""], {}),
        (r"'a\'b\n\t\\\x41é\d'", ["a'b\n\t\\Aé\\d"], {}),
        ("[1, 2] [1 2] [] [[1], 'x']", [[1, 2], [1, 2], [], [[1], "x"]], {}),
        ("(1, 2) (1,) () (1) (1 2)", [(1, 2), (1,), (), 1, (1, 2)], {}),
        ("{'a': 1, 'b': [2]} {} {1:2}", [{"a": 1, "b": [2]}, {}, {1: 2}], {}),
        ("r=10 g=60 b='x y'", [], {"r": 10, "g": 60, "b": "x y"}),
        ("5 key=None, other=[1,\n2]", [5], {"key": None, "other": [1, 2]}),
        ("a1_b=True", [], {"a1_b": True}),
        ("1,", [1], {}),
    ],
)
def test_accepted(parser: Parser, text: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    assert parser.values(text) == (args, kwargs)


@pytest.mark.parametrize("name", ["Joe", "x", "true", "null", "_x", "__import__"])
def test_a_bare_word_is_named(parser: Parser, name: str) -> None:
    assert parser.ask(name) == ["NameError", f"name '{name}' is not defined"]


@pytest.mark.parametrize(
    "text",
    [
        "1+2", "1 + 2", "2*3", "1-2", "+1", "- 1", "--1", "not True", "1 if 1 else 2", "1<2", "a==1", "a:=1",
        "print(1)", "print (1)", "os.system", "__import__('os')", "().__class__", "'a'.upper()", "[1][0]", "'a'[0]",
        "[x for x in [1]]", "(x for x in [1])", "{1, 2}", "{x: 1}", "lambda: 1", "lambda:1", "f'{1}'", "b'a'", "r'a'",
        "'a''b'", '"""a"""', "'open", "'open\\'", "'\\x4'", "'\\xzz'", "[1", "(1", "{1:", "{'a' 1}", "]", ")", "1]",
        "1,,2", ",1", ",", "[1,,2]", "[,]", "1_000", "0x", "0xg", "1.2.3", "1e", "5abc", ".", "-", "-.", "1j", "0b11",
        "*[1]", "**{}", "a=1 2", "a=1 a=2", "_a=1", "a=", "a= 1", "a =1", "1=2", "'a'=1", "a.b=1", "a[0]=1",
        "@x", "$x", "á", "`x`", "\\", "1;2", "#", "1#", "True=1 x", "None.x", "True()", "{[1]: 2}", "\x00",
        "[" * 9 + "]" * 9, "(" * 500, "[" * 2000, "{1:" * 300,
    ],
)  # fmt: skip
def test_refused(parser: Parser, text: str) -> None:
    assert parser.ask(text)[0] in ("SyntaxError", "NameError", "TypeError")


def test_nesting_up_to_eight_is_fine(parser: Parser) -> None:
    text = "[" * 8 + "]" * 8
    assert parser.values(text) == ([ast.literal_eval(text)], {})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a;b", ["a", "b"]),
        ("a ';' b;c", ["a ';' b", "c"]),
        ("it's;fine", ["it's", "fine"]),
        ("'a\\';b';c", ["'a\\';b'", "c"]),
        ("", [""]),
        (";", ["", ""]),
    ],
)
def test_separators_inside_quotes_do_not_split(parser: Parser, text: str, parts: list[str]) -> None:
    assert parser.ask([text, ";"]) == ["ok", parts]


_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(-60000, 60000, width=16)
    | st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12)
)
_keys = st.text("abcxyz_12 ", max_size=5) | st.integers(-99, 99)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
).filter(lambda value: str(value).count("[") + str(value).count("(") + str(value).count("{") < 8)
_quick = settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_quick
@given(value=_values)
def test_what_python_writes_is_read_back_equal(parser: Parser, value: Any) -> None:
    assert parser.values(f"{value!r} key={value!r}") == ([value], {"key": value})


_SEEDS = [
    "1 2 3", "r=10 g=0x1f", "'a b' \"c\"", "[1, (2, 3), {'k': None}]", "text='it\\'s' on=True", "__import__('os')",
    "print(1)", "().__class__", "{'a': [1, {'b': (1,)}]}", "-1.5e-3", "f'{x}'",
]  # fmt: skip
_ALPHABET = "()[]{}'\"\\,:=.-+eExX09aA_ \n#*;&TN"


# 'a' "b" is one text in Python; here blanks separate, so these are two values
_NEIGHBOURS = re.compile(r"""['"]\s*['"]""")


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(_SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        drop = draw(st.integers(0, 2))
        text = text[:at] + draw(st.text(_ALPHABET, max_size=3)) + text[at + drop :]
    return text


@_quick
@given(text=_mutated())
def test_any_mutation_is_read_as_python_reads_it_or_refused(parser: Parser, text: str) -> None:
    """Where Python reads `f(text)` as literals too, the values agree; every refusal is one of the three kinds."""
    answer = parser.ask(text)
    if answer[0] != "ok":
        assert answer[0] in ("NameError", "SyntaxError", "TypeError"), answer
        return
    if _NEIGHBOURS.search(text):
        return
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call)
        expected = (
            [ast.literal_eval(arg) for arg in call.args],
            {str(word.arg): ast.literal_eval(word.value) for word in call.keywords},
        )
    except (SyntaxError, ValueError, TypeError):
        return  # blanks as separators, 08 and the like are ours alone
    assert (ast.literal_eval(answer[1]), ast.literal_eval(answer[2])) == expected
