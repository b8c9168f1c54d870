"""Strict reading of a TOML table: every key once, of the right kind, and none left over."""

import difflib
import re
from collections.abc import Mapping, Sequence

from devtoolkit.errors import DataFileError

_HINT = "Correct it; its neighbours in devtoolkit/boards/ are examples."


class Fields:
    """The keys of one table. Every method raises DataFileError that names file and key; `finish` refuses the rest."""

    def __init__(self, file: str, values: Mapping[str, object], path: str = "") -> None:
        self._file = file
        self._path = path
        self._values = dict(values)
        self._used: set[str] = set()

    def text(self, key: str, pattern: re.Pattern[str] | None = None, *, default: str | None = None) -> str:
        """A string that is not empty and, when given, matches the whole pattern."""
        if default is not None and key not in self._values:
            self._used.add(key)
            return default
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "must be text")
        if pattern and not pattern.fullmatch(value):
            raise self.wrong(key, f"must look like {pattern.pattern}")
        return value

    def one_of(self, key: str, choices: Sequence[str]) -> str:
        """One of these words."""
        value = self.text(key)
        if value not in choices:
            raise self.wrong(key, f"must be one of {', '.join(choices)}")
        return value

    def number(self, key: str, smallest: int, biggest: int) -> int:
        """A whole number within both bounds."""
        return self._checked_number(key, self._get(key), smallest, biggest)

    def numbers(self, key: str, smallest: int, biggest: int) -> tuple[int, ...]:
        """A list of whole numbers within both bounds."""
        return tuple(self._checked_number(key, value, smallest, biggest) for value in self._list(key))

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        self._used.add(key)
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def texts(self, key: str, pattern: re.Pattern[str], *, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of strings that match the whole pattern."""
        if default is not None and key not in self._values:
            self._used.add(key)
            return default
        found = []
        for value in self._list(key):
            if not isinstance(value, str) or not pattern.fullmatch(value):
                raise self.wrong(key, f"must hold text like {pattern.pattern}")
            found.append(value)
        return tuple(found)

    def table(self, key: str) -> "Fields":
        """A table inside this one."""
        value = self._get(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table")
        return Fields(self._file, value, f"{self._path}{key}.")

    def finish(self) -> None:
        """Refuse keys nobody asked for, so that a misspelled one is not silently without effect."""
        for key in self._values:
            if key not in self._used:
                near = difflib.get_close_matches(key, self._used, n=1)
                raise self.wrong(key, f"is not known{f': did you mean {near[0]}?' if near else ''}")

    def wrong(self, key: str, what: str) -> DataFileError:
        """The error to raise: `what` is wrong with this key."""
        place = f"{self._path}{key}"
        return DataFileError(f"{self._file}: {place} {what}.", hint=_HINT, file=self._file, key=place)

    def _get(self, key: str) -> object:
        self._used.add(key)
        if key not in self._values:
            raise self.wrong(key, "is missing")
        return self._values[key]

    def _list(self, key: str) -> list[object]:
        value = self._get(key)
        if not isinstance(value, list):
            raise self.wrong(key, "must be a list")
        return value

    def _checked_number(self, key: str, value: object, smallest: int, biggest: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not smallest <= value <= biggest:
            raise self.wrong(key, f"must be a whole number from {smallest} to {biggest}")
        return value
