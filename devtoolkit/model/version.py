"""Versions of the device system: `X.Y.Z-K`."""

import re
from dataclasses import dataclass
from typing import Self

_PATTERN = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """`major.minor.patch-build`; a missing build (older nodes leave it out) counts as 0."""

    major: int
    minor: int
    patch: int
    build: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2.0.0-0` or `2.0.0`. Raises ValueError for anything else."""
        match = _PATTERN.fullmatch(text.strip())
        if not match:
            raise ValueError(f"not a micrOS version: {text!r}")
        return cls(*(int(part or 0) for part in match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}-{self.build}"
