"""Reads the documentation: its code blocks, the commands in them, its links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"```(\S*)")
_ASSIGNMENT = re.compile(r"[A-Z_]+=")
_PROGRAM = re.compile(r"(?:\./)?devToolKit\.py|python3?|pip|curl|sudo|git|docker|esptool|mpremote|ampy")
_INLINE = re.compile(r"`((?:\./)?devToolKit\.py [^`]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code. `line`: that of its first line in the page. `language`: what stands after the fence."""

    page: str
    line: int
    language: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True)
class HostCommand:
    """One command for the user's computer."""

    page: str
    line: int
    text: str
    inline: bool = False  # in the running text, which names commands rather than gives them

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}: {self.bare}"

    @property
    def bare(self) -> str:
        """Without the remark at its end."""
        return re.sub(r"(?:^|\s)#.*$", "", self.text).strip()

    @property
    def words(self) -> tuple[str, ...]:
        """Without the environment before it, the comment after it and the & that sends it to the background."""
        words = shlex.split(self.text, comments=True)
        while words and _ASSIGNMENT.match(words[0]):
            words.pop(0)
        return tuple(words[:-1] if words[-1] == "&" else words)

    @property
    def background(self) -> bool:
        return shlex.split(self.text, comments=True)[-1] == "&"

    @property
    def is_toolkit(self) -> bool:
        return self.words[0].removeprefix("./") == "devToolKit.py"


def pages() -> list[Path]:
    """Every page, the README and CONTRIBUTING first."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    """Fenced blocks, and indented ones, whose language is guessed: sh where a program is called, else none."""
    lines = page.read_text(encoding="utf-8").split("\n")
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        begin = at + bool(fence)
        at = begin
        if fence:
            while lines[at] != "```":
                at += 1
            yield Block(name_of(page), begin + 1, fence[1], tuple(lines[begin:at]))
        elif lines[at].startswith("    ") and not lines[at - 1]:
            while at < len(lines) and lines[at].startswith("    "):
                at += 1
            found = tuple(line[4:] for line in lines[begin:at])
            yield Block(name_of(page), begin + 1, "sh" if _PROGRAM.match(found[0]) else "", found)
        at += 1


def host_commands(page: Path) -> list[HostCommand]:
    """The lines of all `sh` blocks, continued ones joined, and the whole toolkit commands in the running text."""
    found = []
    for block in blocks(page):
        if block.language == "sh":
            found += list(_joined(block))
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), 1):
        found += [HostCommand(name_of(page), number, text, inline=True) for text in _INLINE.findall(line)]
    return found


def _joined(block: Block) -> Iterator[HostCommand]:
    held, start = "", 0
    for number, line in enumerate(block.lines, block.line):
        start = start if held else number
        held += line.removesuffix("\\") if line.endswith("\\") else line
        if not line.endswith("\\"):
            if held.strip() and not held.strip().startswith("#"):
                yield HostCommand(block.page, start, held)
            held = ""


def without_comment(line: str) -> str:
    """A line of a `node` or `conf` block without the remark at its end."""
    return re.split(r"\s{2,}#|\s{3,}#|^#", line)[0].rstrip()


def links(page: Path) -> Iterator[tuple[int, str]]:
    """(line, target) of the links and pictures outside code."""
    fenced = False
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), 1):
        fenced ^= line.startswith("```")
        if not fenced and not line.startswith("    "):
            for target in _LINK.findall(re.sub(r"`[^`]*`", "", line)):
                yield number, target


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
