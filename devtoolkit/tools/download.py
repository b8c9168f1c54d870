"""Downloads a file over HTTP, goes on where an earlier try broke off, and checks it before it gets its name."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from devtoolkit.errors import ToolError

STALL_S = 30.0  # no byte for this long: the connection is given up
PART = ".part"
_VALIDATOR = ".part-of"  # holds the server's mark of the content that the part belongs to
_CHUNK = 0x10000
_AGAIN = "Run it again: it goes on where it stopped."


def fetch(url: str, target: Path, *, sha256: str = "", stall_s: float = STALL_S) -> Iterator[tuple[int, int]]:
    """Download `url` to `target`; yields `(done, total)` bytes, total 0 while it is not known.

    What has come is kept in `target` + ".part" and continued by the next call, as long as the server still has the same
    content. The file gets its name only when it is whole and, when given, has this SHA-256. Raises ToolError: with fact
    `offline` when no server was reached, `status` when it refused, `sha256` for other content than expected.
    """
    if not url.startswith(("http://", "https://")):
        raise ToolError(f"{url} is no web address.", hint="It should begin with https://.", url=url)
    part, mark = _beside(target, PART), _beside(target, _VALIDATOR)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _open(url, part, mark, stall_s) as answer:
        done, total = _start(answer, part, mark)
        yield done, total
        with part.open("ab") as file:
            for data in _chunks(answer, url, done, total):
                file.write(data)
                done += len(data)
                yield done, total
    if total and done != total:
        raise _broke_off(url, done, total)
    _check(part, mark, url, sha256)
    part.replace(target)
    mark.unlink(missing_ok=True)


def _open(url: str, part: Path, mark: Path, stall_s: float) -> Any:
    """The server's answer; a part that the server's content does not continue is given up."""
    headers = {"User-Agent": "micrOSDevToolKit", "Accept-Encoding": "identity"}
    if part.is_file() and mark.is_file() and part.stat().st_size:
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": mark.read_text(encoding="utf-8")}
    else:
        part.unlink(missing_ok=True)
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=stall_s)  # noqa: S310 - fetch takes http only
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            return _open(url, part, mark, stall_s)
        raise ToolError(
            f"{url}: the server says {error.code} {error.reason}.",
            hint="The file may have been moved.",
            url=url,
            status=error.code,
        ) from error
    except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
        reason = getattr(error, "reason", None) or error
        raise ToolError(
            f"{url} cannot be reached: {reason}.", hint="Is this machine in the internet?", url=url, offline=True
        ) from error


def _start(answer: Any, part: Path, mark: Path) -> tuple[int, int]:
    """Bytes that are there already, and all. A whole answer (200) begins anew."""
    length = int(answer.headers.get("Content-Length") or 0)
    have = part.stat().st_size if part.is_file() else 0
    if answer.status == HTTPStatus.PARTIAL_CONTENT and _range_start(answer) == have:
        return have, have + length
    part.write_bytes(b"")
    mark.unlink(missing_ok=True)
    validator = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
    if validator and not validator.startswith("W/"):  # a weak mark does not promise the same bytes
        mark.write_text(validator, encoding="utf-8")
    return 0, length


def _range_start(answer: Any) -> int:
    """N of `Content-Range: bytes N-M/TOTAL`, -1 when there is none."""
    text = str(answer.headers.get("Content-Range") or "").removeprefix("bytes ").partition("-")[0]
    return int(text) if text.isdigit() else -1


def _chunks(answer: Any, url: str, done: int, total: int) -> Iterator[bytes]:
    while True:
        try:
            data = answer.read1(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _broke_off(url, done, total) from error
        if not data:
            return
        done += len(data)
        yield data


def _check(part: Path, mark: Path, url: str, sha256: str) -> None:
    found = hashlib.sha256(part.read_bytes()).hexdigest()
    if sha256 and found != sha256:
        part.unlink()
        mark.unlink(missing_ok=True)
        raise ToolError(
            f"{url} is not the expected file: its SHA-256 is {found[:16]}..., not {sha256[:16]}....",
            hint="It was thrown away. Try again; if it stays so, somebody changes what you download.",
            url=url,
            sha256=found,
            expected=sha256,
        )


def _broke_off(url: str, done: int, total: int) -> ToolError:
    of = f" of {total}" if total else ""
    return ToolError(f"{url}: broke off after {done}{of} bytes.", hint=_AGAIN, url=url, done=done, total=total)


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(target.name + suffix)
