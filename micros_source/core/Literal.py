"""
Parameters of a module call, read as literals. Nothing is ever evaluated.

    >>> parse('10 -1.5 "a b" key=[1, 2]')
    ([10, -1.5, 'a b'], {'key': [1, 2]})

Accepted: decimal and hexadecimal numbers, exponents, a leading minus, texts in either quote with escapes,
True / False / None, nested lists, tuples and dicts, key=value. Values are separated by blanks or by one comma.
Refused: everything else. A bare word is a NameError, the rest a SyntaxError.
"""

from micropython import const

_MAX_DEPTH = const(8)
_BLANK = " \t\r\n"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", "'": "'", '"': '"', "\n": ""}
_HEX_LENGTH = {"x": 2, "u": 4, "U": 8}
_WORDS = {"True": True, "False": False, "None": None}


def quote_end(text, start):
    """Index of the quote that closes the one at `start`, or -1. A backslash protects the next character."""
    quote = text[start]
    i = start + 1
    while i < len(text):
        if text[i] == "\\":
            i += 1
        elif text[i] == quote:
            return i
        i += 1
    return -1


def split_outside(text, separator):
    """Parts of `text` between separators that stand outside quotes. A quote that is never closed protects nothing."""
    if separator not in text:
        return [text]
    parts = []
    start = i = 0
    while i < len(text):
        char = text[i]
        if char == separator:
            parts.append(text[start:i])
            start = i + 1
        elif char in "\"'":
            i = max(i, quote_end(text, i))
        i += 1
    parts.append(text[start:])
    return parts


def _is_letter(char):
    return char.isalpha() or char == "_"


def _bad():
    raise SyntaxError("invalid syntax")


class _Reader:
    """A text and the position in it."""

    def __init__(self, text):
        self.text = text
        self.end = len(text)
        self.pos = 0
        self.depth = 0

    def peek(self):
        return self.text[self.pos] if self.pos < self.end else ""

    def skip(self):
        """Skip blanks; True when there were some."""
        start = self.pos
        while self.pos < self.end and self.text[self.pos] in _BLANK:
            self.pos += 1
        return self.pos > start

    def separator(self, closers):
        """Between two values: blanks, one comma, or one of `closers` ('' is the end of the text)."""
        blank = self.skip()
        char = self.peek()
        if char == ",":
            self.pos += 1
            self.skip()
        elif char and char not in closers and not blank:
            _bad()

    def word(self):
        start = self.pos
        while self.pos < self.end and (_is_letter(self.text[self.pos]) or self.text[self.pos].isdigit()):
            self.pos += 1
        return self.text[start : self.pos]

    def value(self):
        char = self.peek()
        if not char:
            _bad()
        if char in "\"'":
            return self.string()
        if char in "[({":
            return self.nested(char)
        if char.isdigit() or char in "-.":
            return self.number()
        name = self.word()
        if not name or self.peek() in ("'", '"', "(", ".", "["):
            _bad()
        if name not in _WORDS:
            raise NameError("name '%s' is not defined" % name)
        return _WORDS[name]

    def number(self):
        start = self.pos
        if self.peek() == "-":
            self.pos += 1
        digits = self.pos
        while self.pos < self.end:
            char = self.text[self.pos]
            exponent_sign = char in "+-" and self.text[self.pos - 1] in "eE" and self.text[digits : digits + 2] != "0x"
            if not (char.isdigit() or char == "." or "a" <= char.lower() <= "z" or exponent_sign):
                break
            self.pos += 1
        text = self.text[digits : self.pos].lower()
        if not (text and text[0].isdigit() or len(text) > 1 and text[0] == "." and text[1].isdigit()):
            _bad()
        try:
            if text.startswith("0x"):
                number = int(text[2:], 16)
            else:
                number = float(text) if ("." in text or "e" in text) else int(text, 10)
        except ValueError:
            _bad()
        return -number if digits > start else number

    def string(self):
        end = quote_end(self.text, self.pos)
        if end < 0:
            _bad()
        body = self.text[self.pos + 1 : end]
        self.pos = end + 1
        return body if "\\" not in body else _unescape(body)

    def nested(self, opener):
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            _bad()
        self.pos += 1
        value = self.mapping() if opener == "{" else self.sequence("]" if opener == "[" else ")")
        self.depth -= 1
        return value

    def sequence(self, closer):
        items = []
        comma = False
        self.skip()
        while self.peek() != closer:
            items.append(self.value())
            before = self.pos
            self.separator(closer)
            comma = "," in self.text[before : self.pos]
        self.pos += 1
        if closer == "]":
            return items
        # (1) is a number in brackets, (1,) and (1 2) are tuples
        return items[0] if len(items) == 1 and not comma else tuple(items)

    def mapping(self):
        items = {}
        self.skip()
        while self.peek() != "}":
            key = self.value()
            self.skip()
            if self.peek() != ":":
                _bad()
            self.pos += 1
            self.skip()
            items[key] = self.value()
            self.separator("}")
        self.pos += 1
        return items

    def keyword(self):
        """The name before `=` at this place, or None (position unchanged)."""
        start = self.pos
        if _is_letter(self.peek()):
            name = self.word()
            if self.peek() == "=" and self.text[self.pos : self.pos + 2] != "==":
                self.pos += 1
                return name
            self.pos = start
        return None


def _unescape(body):
    out = ""
    i = 0
    while i < len(body):
        char = body[i]
        i += 1
        if char == "\\":
            char = body[i]
            i += 1
            if char in _HEX_LENGTH:
                digits = body[i : i + _HEX_LENGTH[char]]
                if len(digits) != _HEX_LENGTH[char]:
                    _bad()
                try:
                    out += chr(int(digits, 16))
                except ValueError:
                    _bad()
                i += len(digits)
                continue
            char = _ESCAPES.get(char, "\\" + char)
        out += char
    return out


def parse(text):
    """(positional, keyword values) of a parameter text. Raises NameError, SyntaxError, TypeError (a list as key)."""
    args = []
    kwargs = {}
    reader = _Reader(text)
    reader.skip()
    while reader.pos < reader.end:
        name = reader.keyword()
        if name is None:
            if kwargs:
                _bad()
            args.append(reader.value())
        else:
            if name.startswith("_") or name in kwargs:
                _bad()
            kwargs[name] = reader.value()
        reader.separator("")
    return args, kwargs
