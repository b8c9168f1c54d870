"""Options are whole words: no bundle, no abbreviation, no guess."""

import pytest

from devtoolkit.cli._guard import canonical
from devtoolkit.cli._parser import parse
from devtoolkit.cli._registry import all_options, commands
from devtoolkit.errors import UsageError

KNOWN = commands()
OPTIONS = all_options(KNOWN)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["-m", "--board", "esp32"], ["--make", "--board=esp32"]),
        (["-c", "-p", "--dev demo hello"], ["--connect", "--connect_parameters=--dev demo hello"]),
        (["-connect"], ["--connect"]),
        (["-sim"], ["--simulate="]),
        (["-sim", "50"], ["--simulate=50"]),
        (["-sim", "--json"], ["--simulate=", "--json"]),
        (["--port=COM5"], ["--port=COM5"]),
        (["-s", "-c"], ["--search_devices", "--connect"]),
    ],
)
def test_known_words_get_their_long_form(argv: list[str], expected: list[str]) -> None:
    assert canonical(argv, OPTIONS) == expected


@pytest.mark.parametrize("word", ["-sime", "--mak", "-mm", "-me", "-M", "—m", "-", "--", "make", "-s=1", "-stat1"])
def test_other_words_are_refused(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        canonical([word], OPTIONS)
    assert "Nothing was done." in caught.value.hint or "takes no value" in caught.value.message


def test_a_near_miss_names_the_nearest_option() -> None:
    with pytest.raises(UsageError) as caught:
        canonical(["--mkae"], OPTIONS)
    assert "Did you mean --make?" in caught.value.hint


def test_a_stray_word_is_no_typo_of_an_option() -> None:
    with pytest.raises(UsageError, match="'lamp' belongs to no option") as caught:
        canonical(["--name", "my", "lamp"], OPTIONS)
    assert "--name 'my lamp'" in caught.value.hint


@pytest.mark.parametrize("argv", [["--port"], ["--port", "--yes"], ["-p", "-c"]])
def test_a_missing_value_is_an_error(argv: list[str]) -> None:
    with pytest.raises(UsageError, match="needs a value"):
        canonical(argv, OPTIONS)


def test_a_value_given_twice_is_an_error() -> None:
    with pytest.raises(UsageError, match="twice"):
        canonical(["--board", "a", "--board", "b"], OPTIONS)


def test_parsed_arguments_hold_what_was_written() -> None:
    args = parse(["-m", "--board", "esp32", "--port", "virtual:x", "--yes"], KNOWN)
    assert (args.make, args.board, args.port, args.yes, args.erase) == (True, "esp32", ["virtual:x"], True, False)


def test_no_two_options_share_a_spelling() -> None:
    words = [word for option in OPTIONS for word in option.spellings]
    assert len(words) == len(set(words))


def test_config_with_an_action_is_the_network_command_unless_a_board_is_written() -> None:
    assert parse(["--config", "get", "--dev", "lamp"], KNOWN).node_config == "get"
    args = parse(["-m", "--config", "get", "--board", "esp32"], KNOWN)
    assert (args.config, args.node_config) == ("get", None)
    assert parse(["--config", "lamp.json", "-v"], KNOWN).config == "lamp.json"
