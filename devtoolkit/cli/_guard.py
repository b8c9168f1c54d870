"""Reads the command line word by word, so that a typo can never become another command.

argparse would read `-sime` as `-s -i -m -e` and `--mak` as `--make`. Here an option is a whole word or it is refused,
and what passes is handed to argparse in its long, unmistakable form.
"""

import difflib
from collections.abc import Iterable, Sequence

from devtoolkit.cli._options import Option
from devtoolkit.errors import UsageError


def canonical(argv: Sequence[str], options: Iterable[Option]) -> list[str]:
    """`argv` with every option in its long form, values attached (`--port=COM5`).

    Raises UsageError for an unknown word (naming the nearest option), a missing value, or a value where none belongs.
    """
    spellings = {word: option for option in options for word in option.spellings}
    words = list(argv)
    result: list[str] = []
    seen: set[str] = set()
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        option = spellings.get(word) or (spellings.get(name) if equals and name.startswith("--") else None)
        if option is None:
            raise _unknown(name, spellings)
        if option.long in seen and not option.repeat and option.takes != "none":
            raise UsageError(f"{option.long} is given twice.", hint="Give it once.")
        seen.add(option.long)
        result.append(_with_value(option, word, value if equals and word not in spellings else None, words, spellings))
    return result


def _with_value(option: Option, word: str, attached: str | None, words: list[str], spellings: dict[str, Option]) -> str:
    if option.takes == "none":
        if attached is not None:
            raise UsageError(f"{word}: {option.long} takes no value.", hint="Leave it out.")
        return option.long
    if attached is None and words and not _is_option(words[0], spellings):
        attached = words.pop(0)
    if attached is None:
        if option.takes == "optional":
            return f"{option.long}="
        example = option.choices[0] if option.choices else option.metavar
        raise UsageError(f"{word} needs a value: {option.metavar}.", hint=f"For example: {word} {example}")
    return f"{option.long}={attached}"


def _is_option(word: str, spellings: dict[str, Option]) -> bool:
    """A following word is a value unless it looks like an option: `--dev NAME hello` in one word is a value."""
    return word.startswith("-") and " " not in word.strip() and (word in spellings or not word[1:].isdigit())


def _unknown(word: str, spellings: dict[str, Option]) -> UsageError:
    near = difflib.get_close_matches(word, spellings, n=1, cutoff=0.5 if word.startswith("-") else 0.8)
    shown = word if len(word) <= 60 else word[:57] + "..."
    hint = f"Did you mean {near[0]}? Nothing was done." if near else "See --help. Nothing was done."
    if near or word.startswith("-"):
        return UsageError(f"unknown option: {shown}.", hint=hint, option=shown)
    hint = f"Quote a value that has blanks: --name 'my {shown}'. See --help. Nothing was done."
    return UsageError(f"{shown!r} belongs to no option.", hint=hint, option=shown)
