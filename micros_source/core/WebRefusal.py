"""What the web server says when it does not do what was asked. Imported with the first such request."""

from Debug import console_write, errlog_add
from micropython import const
from Tasks import UNKNOWN

_LINGER_MS = const(2000)
_TEXTS = (
    "400 Bad Request",
    "401 Unauthorized",
    "404 Not Found",
    "405 Method Not Allowed",
    "408 Request Timeout",
    "411 Length Required",
    "413 Content Too Large",
    "414 URI Too Long",
    "429 Too Many Requests",
    "431 Request Header Fields Too Large",
    "500 Internal Server Error",
    "503 Service Unavailable",
    "505 HTTP Version Not Supported",
)
# what LoadModule says -> status; the first that fits
_REASONS = (
    ("no module named", 404),
    ("has no attribute", 404),
    ("No task found", 404),
    ("invalid syntax", 400),
    ("is not defined", 400),
    ("keyword arg", 400),
    ("positional arg", 400),
    ("Invalid task cmd", 400),
)
_STAYS_OPEN = (401, 429)  # said before a body is read


def status_line(status):
    """'404 Not Found' of 404."""
    number = str(status)
    for text in _TEXTS:
        if text.startswith(number):
            return text
    return number + " "


def status_of(reply):
    """Status line for the reply of a command that failed."""
    if reply is UNKNOWN:
        return status_line(400)
    for reason, status in _REASONS:
        if reason in reply and "internal error" not in reply:
            return status_line(status)
    return status_line(500)


async def refuse(client, status, text="", header=""):
    """Sends the refusal."""
    line = status_line(status)
    await client.send(line, "text/plain; charset=utf-8" if text else "text/plain", (text or line).encode(), header)


def _status_of_error(error):
    if isinstance(error, UnicodeError):
        return 400
    errlog_add("[ERR][web] %s: %s" % (type(error).__name__, error))
    return 503 if isinstance(error, MemoryError) else 500


async def answer(client, error, view):
    """Answers a request that raised. bool: the connection goes on."""
    from WebRequest import header

    status = getattr(error, "status", 0) or _status_of_error(error)
    unread = client.reading and (header(client, b"content-length") or header(client, b"transfer-encoding"))
    client.keep = client.keep and not unread and (status in _STAYS_OPEN or not client.reading)
    await refuse(client, status, getattr(error, "text", ""), getattr(error, "header", ""))
    if client.keep:
        return True
    # what is still coming is read away: a reset would take the reply back
    client.phase(_LINGER_MS, idle=True)
    client.served = True
    while await client.stream.readinto(view) != 0:
        pass
    return False


def _last_word(client, status, header=""):
    line = status_line(status)
    text = "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s"
    try:
        client.stream.s.write((text % (line, len(line), header, line)).encode())
        client.stream.s.read(512)  # what has come already: closing with unread data would be a reset
    except OSError as e:
        console_write("[web] %s: %s" % (client.id, e))


def busy(client):
    """No place for this connection."""
    _last_word(client, 503, "Retry-After: 1\r\n")
    client.close()


def timed_out(client):
    """The request does not come to its end."""
    _last_word(client, 408)
