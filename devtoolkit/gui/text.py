"""The one function through which every text of the window passes, and how values are written for people."""

import time

_TABLE: dict[str, str] = {}


def tr(text: str, **values: object) -> str:
    """`text` in the language of the window, with `{name}` replaced; a text without translation stays English."""
    found = _TABLE.get(text, text)
    return found.format(**values) if values else found


def use(table: dict[str, str]) -> None:
    """Take these translations (English text -> text); widgets made from now on show them."""
    _TABLE.clear()
    _TABLE.update(table)


def size(count: float) -> str:
    """Bytes as people read them."""
    if count < 1024:
        return f"{count:.0f} B"
    return f"{count / 1024:.0f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.2f} MiB"


def span(seconds: float) -> str:
    """A length of time."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def ago(unix: float | None, now: float | None = None) -> str:
    """How long ago something was, in one unit."""
    if unix is None:
        return tr("never seen")
    passed = (time.time() if now is None else now) - unix
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if passed >= length:
            return tr("{count} {unit} ago", count=int(passed // length), unit=unit)
    return tr("just now")
