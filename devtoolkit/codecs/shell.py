"""The node's shell protocol (TCP, default port 9008) as bytes in, frozen objects out.

There is no framing: a node answers with lines and then writes its prompt without a newline. The prompt is the only
end-of-reply mark, and its text may also stand inside a reply; so it counts only at the start of a line and at the very
end of what was received. Where that is still not certain, `End` says how long silence must last to make it so.
Source of the texts: reference, shell protocol.
"""

import enum
import re
from dataclasses import dataclass

from devtoolkit.errors import CodecError

MAX_COMMAND_BYTES = 2048  # a node reads at most this much as one command
MAX_REPLY_BYTES = 1 << 20  # far above any real reply; what is longer is not a micrOS node
MAX_GREETING_BYTES = 1024  # the original's client reads 256

_MARKS = r"(?:\[(?:password|configure)\] )*"
_GREETING = re.compile(rf"(?:\A|\n)(?P<marks>{_MARKS})(?P<name>[^\s\[]\S*) \$ (?P<after>(?:[^\n]*\n)*)\Z")
_ANY_PROMPT = re.compile(_MARKS.encode() + rb"[^\s\[]\S* \$ ")
_FAREWELL = re.compile(rb"(?:\A|\n)[ \t]*Bye!\r?\n(?:\r?\n)?\Z")
_AFTER_PROMPT = re.compile(rb"(?:(?:\[HA\] |~~~ )[^\n]*\n)+")
_HA_LINE = re.compile(rb"^\[HA\] [^\n]*\n", re.MULTILINE)
_LATE_LINE = re.compile(rb"\[HA\] Shells cleanup:[^\n]*\n")
_INTERNAL_ERROR = re.compile(rb"\n?\[ERROR\] shell\.[^\n]*\n\Z")
_DUMP_LINE = re.compile(r"  (?P<key>\w+) *: {0,8}(?P<value>.*)")
# A quote opens a quoted text only where a parameter or value begins, so that an apostrophe in a word is no quote.
_SEPARATOR = re.compile(r"""<a>|(?<![^\s=(\[{,])(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_STREAMED = "~~~ "
_BUSY = "Connection is busy. Bye!"


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first packet of a node: who it is and which mode it is in."""

    name: str  # host name, the text before ` $ `
    prompt: str  # `{name} $ `
    pre_prompt: str = ""  # marks before the prompt, for example `[password] `

    @property
    def locked(self) -> bool:
        """The node wants its password first."""
        return "[password]" in self.pre_prompt


class End(enum.Enum):
    """Whether the bytes so far are a whole reply."""

    NO = "no"
    SURE = "sure"
    LIKELY = "likely"  # a short silence makes it certain: a farewell, an empty reply, an error with a late line
    MAYBE = "maybe"  # a longer silence is needed: lines after the prompt, or the prompt of another name


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `lines` are without line ends; empty lines are kept, streamed lines are apart."""

    lines: tuple[str, ...]
    streamed: tuple[str, ...] = ()  # lines marked `~~~ `, without the mark: progress of this or another session
    pre_prompt: str = ""
    farewell: bool = False  # the node said `Bye!` and gave no prompt

    @property
    def auth_failed(self) -> bool:
        """The password was wrong (the original keeps the connection open all the same)."""
        return bool(self.lines) and self.lines[0] == "AuthFailed"

    @property
    def auth_ok(self) -> bool:
        """The password was right."""
        return bool(self.lines) and self.lines[0] == "AuthOk"


@dataclass(frozen=True, slots=True)
class Hello:
    """A node's answer to `hello`. `kind` is `dev` or `rel` on newer nodes, else empty."""

    fuid: str
    uid: str
    kind: str = ""


class GreetingParser:
    """Collects the first packet, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Take more bytes. Raises CodecError when it is too long for a greeting."""
        self._data += data
        if len(self._data) > MAX_GREETING_BYTES:
            raise CodecError("The first data is no micrOS prompt.", received=preview(self._data))

    @property
    def received(self) -> bytes:
        """All bytes so far."""
        return bytes(self._data)

    @property
    def busy(self) -> bool:
        """The node said that all its places are taken."""
        return _BUSY in self._text or ("busy" in self._text.lower() and "Bye!" in self._text)

    @property
    def greeting(self) -> Greeting | None:
        """The prompt, or None as long as it is not complete. Whole lines around it are tolerated."""
        match = _GREETING.search(self._text)
        if not match:
            return None
        return Greeting(match["name"], f"{match['name']} $ ", match["marks"])

    @property
    def _text(self) -> str:
        return self._data.decode("utf-8", "replace")


class ReplyParser:
    """Collects one reply of the node whose prompt is `prompt`.

    `empty_expected` is for commands that only change the prompt (`conf`, `noconf`). The same bytes give the same
    result however they were cut.
    """

    def __init__(self, prompt: str, *, empty_expected: bool = False, limit: int = MAX_REPLY_BYTES) -> None:
        self._prompts = re.compile(rb"(?:(" + _MARKS.encode() + rb")" + re.escape(prompt.encode()) + rb")+")
        self._prompt = prompt.encode()
        self._empty_expected = empty_expected
        self._limit = limit
        self._data = bytearray()
        self._line_at = 0  # where the last, unfinished line begins
        self._prompted: re.Match[bytes] | None = None  # the last line that begins with the prompt

    def feed(self, data: bytes) -> None:
        """Take more bytes. Raises CodecError above the limit: a reply that never ends."""
        searched = len(self._data)
        self._data += data
        if len(self._data) > self._limit:
            raise CodecError(f"The reply does not end: more than {self._limit} bytes.", received=preview(self._data))
        while True:
            self._look_for_prompt()
            newline = self._data.find(b"\n", max(self._line_at, searched))
            if newline < 0:
                return
            self._line_at = newline + 1

    def _look_for_prompt(self) -> None:
        line = bytes(self._data[self._line_at : self._line_at + MAX_GREETING_BYTES])
        if self._prompts.match(line):
            self._prompted = self._prompts.match(bytes(self._data), self._line_at)

    @property
    def size(self) -> int:
        """Bytes received so far."""
        return len(self._data)

    @property
    def end(self) -> End:
        """Whether this is a whole reply."""
        if self._prompted is None:
            return self._end_without_prompt()
        after = bytes(self._data[self._prompted.end() :])
        if not after:
            return End.LIKELY if self._more_may_come(self._prompted) else End.SURE
        if _AFTER_PROMPT.fullmatch(after):
            return End.SURE
        if _FAREWELL.fullmatch(after):
            return End.LIKELY
        return End.MAYBE if after.endswith(b"\n") or self._ends_with_other_prompt() else End.NO

    def reply(self) -> Reply:
        """What was received, as lines. Undecodable bytes become U+FFFD."""
        data, pre_prompt = bytes(self._data), ""
        farewell = bool(_FAREWELL.search(_tail(data)))
        if self._prompted:
            pre_prompt = (self._prompted[1] or b"").decode()
            after = _HA_LINE.sub(b"", data[self._prompted.end() :])
            evicted = bool(_FAREWELL.fullmatch(after))
            farewell = farewell or evicted
            data = self._before(self._prompted) + (b"" if evicted else after)
        elif self._ends_with_other_prompt():
            data = data[: self._line_at]
        lines, streamed = _lines(self._without_late(data).decode("utf-8", "replace"))
        return Reply(lines, streamed, pre_prompt, farewell)

    def _before(self, prompted: re.Match[bytes]) -> bytes:
        """The lines before the last prompt, with the line that is equal to the prompt and so has no line end."""
        before = bytes(self._data[: prompted.start()])
        equal_line = prompted[0].count(self._prompt) > 1
        return before + (self._prompt + b"\n" if before and equal_line else b"")

    def _end_without_prompt(self) -> End:
        if _FAREWELL.search(_tail(self._data)):
            return End.LIKELY
        return End.MAYBE if self._ends_with_other_prompt() else End.NO

    def _ends_with_other_prompt(self) -> bool:
        """A node whose name was just changed may answer with the new one."""
        line = bytes(self._data[self._line_at : self._line_at + MAX_GREETING_BYTES])
        return bool(_ANY_PROMPT.fullmatch(line))

    def _more_may_come(self, prompted: re.Match[bytes]) -> bool:
        """An empty reply may be the late prompt of the one before; an internal error is followed by one more line."""
        head = bytes(self._data[: prompted.start()])
        if not head.strip():
            return not self._empty_expected
        return bool(_INTERNAL_ERROR.search(_tail(head, 512)))

    def _without_late(self, data: bytes) -> bytes:
        """Without what belongs to the reply before: its late prompt, its late line."""
        while True:
            late = _LATE_LINE.match(data) or self._prompts.match(data)
            if late is None or not late.end():
                return data
            data = data[late.end() :]


def preview(data: bytes | bytearray, size: int = 60) -> str:
    """The beginning of received bytes, fit for a message."""
    text = bytes(data[:size]).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\u00b7" for char in text) + ("..." if len(data) > size else "")


def parse_hello(lines: tuple[str, ...]) -> Hello:
    """Read `hello:{name}:{uid}` with or without a fourth field; foreign lines around it are tolerated.

    Raises CodecError when no line is such an answer.
    """
    for line in lines:
        fields = line.strip().split(":")
        if fields[0] == "hello" and len(fields) >= 3 and fields[1] and fields[2]:
            return Hello(fields[1], fields[2], fields[3] if len(fields) > 3 else "")
    raise CodecError("There is no answer to hello.", received=preview("\n".join(lines).encode()))


def split_commands(text: str) -> tuple[str, ...]:
    """Cut `conf <a> dump` into its commands. `<a>` inside a quoted parameter is text; empty commands are dropped."""
    parts, start = [], 0
    for match in _SEPARATOR.finditer(text):
        if match[0] == "<a>":
            parts.append(text[start : match.start()])
            start = match.end()
    parts.append(text[start:])
    return tuple(part.strip() for part in parts if part.strip())


def parse_dump(lines: tuple[str, ...]) -> dict[str, str]:
    """Read the lines of `dump` (in configure mode) as key -> text; other lines are left out."""
    found = (_DUMP_LINE.fullmatch(line) for line in lines)
    return {match["key"]: match["value"] for match in found if match}


def parse_fields(lines: tuple[str, ...]) -> dict[str, str]:
    """Read the lines ` key: value` of a load module's answer as key -> text; other lines are left out."""
    pairs = (line.strip().partition(": ") for line in lines)
    return {key: value.strip() for key, mark, value in pairs if mark}


def _lines(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Plain lines and streamed lines."""
    every = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    plain = tuple(line for line in every if not line.startswith(_STREAMED))
    return plain, tuple(line.removeprefix(_STREAMED) for line in every if line.startswith(_STREAMED))


def _tail(data: bytes | bytearray, size: int = 64) -> bytes:
    """The last bytes, marked with a leading `?` when that cuts a line."""
    return b"?" + bytes(data[-size:]) if len(data) > size else bytes(data)
