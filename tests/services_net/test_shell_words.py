"""Completion from the node's own help: both layouts of the list, and what may follow what was typed."""

from devtoolkit.services.shell_words import completions, modules

HELP = (
    "[MICROS]   - built-in shell commands",
    "   hello   - hello msg - for device identification",
    "[CONF] Configure mode - built-in shell commands",
    "    dump       - Dump all data",
    "[EXEC] Command mode (LMs):",
    "   help lm  - list ALL LoadModules",
    "   demo",
    "       hello",
    "       count",
    "   system",
    "         help",
)
WORDS = modules(HELP)


def test_modules_and_functions_are_read_from_the_nodes_help() -> None:
    assert WORDS == {"demo": ("hello", "count"), "system": ("help",)}
    assert modules(()) == {}
    assert modules(("nonsense", "[x]")) == {}


def test_the_first_word_is_a_built_in_word_or_a_module() -> None:
    assert completions("he", WORDS) == ("hello", "help", "help lm")
    assert completions("sys", WORDS) == ("system",)
    assert completions("version <a> de", WORDS) == ("demo",)


def test_the_second_word_is_a_function_of_the_module() -> None:
    assert completions("demo ", WORDS) == ("count", "hello")
    assert completions("demo c", WORDS) == ("count",)
    assert completions("task k", WORDS) == ("kill",)
    assert completions("demo hello x", WORDS) == ()
    assert completions("unknown ", WORDS) == ()


def test_in_configure_mode_the_keys_are_offered() -> None:
    assert completions("soc", WORDS, ("soctout", "socport"), configuring=True) == ("socport", "soctout")
    assert completions("dem", WORDS, ("soctout",), configuring=True) == ()
