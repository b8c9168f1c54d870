"""
Percent-decoding, and the REST grammar of a GET: `/` and `-` are blanks. Imported with the first address that needs it.

Kept as they are: `-` in quotes or before a number (`/-5`, `=-5`), and what comes percent-encoded (`%2F`, `%2D`).
"""

from binascii import unhexlify

from micropython import const
from WebRequest import Refused

_PERCENT = const(37)
_MINUS = const(45)
_SLASH = const(47)
_BACKSLASH = const(92)
_QUOTES = b"\"'"
# phones write typographic quotes
_TYPOGRAPHIC = (b"%E2%80%9C", b"%E2%80%9D", b"%e2%80%9c", b"%e2%80%9d", b"\xe2\x80\x9c", b"\xe2\x80\x9d")


def _code(raw, at):
    """The byte of the two hexadecimal digits at this place."""
    try:
        return unhexlify(raw[at : at + 2])[0]
    except (ValueError, IndexError):
        raise Refused(400)


def decoded(raw):
    """Bytes of an address with its percent codes resolved."""
    parts = raw.split(b"%")
    return parts[0] + b"".join(bytes([_code(part, 0)]) + part[2:] for part in parts[1:])


def _is_minus(out, following):
    """bool: a `-` after `out` belongs to the number that follows."""
    return following.isdigit() and (not out or out[-1:] in b" =([,{:")


def command(raw):
    """The command text of an address. Raises Refused."""
    for quote in _TYPOGRAPHIC:
        raw = raw.replace(quote, b'"')
    out = bytearray()
    quote = i = 0
    escaped = False
    while i < len(raw):
        byte = raw[i]
        i += 1
        if byte == _PERCENT:
            byte = _code(raw, i)
            i += 2
        elif byte == _SLASH or (byte == _MINUS and not quote and not _is_minus(out, raw[i : i + 1])):
            byte = 32
        if escaped:
            escaped = False
        elif quote and byte == _BACKSLASH:
            escaped = True
        elif byte == quote:
            quote = 0
        elif not quote and byte in _QUOTES:
            quote = byte
        out.append(byte)
    return str(out, "utf-8")
