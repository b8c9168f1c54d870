"""HTTP Basic, asked for with `auth` on: any user name, the password is appwd. Imported with the first request then."""

from binascii import a2b_base64

from Config import cfgget
from Lockout import Lockout
from WebRequest import Refused, header


def _ask():
    return Refused(401, "", 'WWW-Authenticate: Basic realm="%s", charset="UTF-8"\r\n' % cfgget("devfid"))


def check(client):
    """Returns when the request may pass. Raises Refused: 401, or 429 while the address waits for wrong passwords."""
    wait = Lockout.wait_ms(client.address)
    if wait:
        raise Refused(429, "", "Retry-After: %d\r\n" % (wait // 1000 + 1))
    scheme, _, coded = header(client, b"authorization").partition(b" ")
    if not coded:
        raise _ask()
    try:
        password = a2b_base64(coded).partition(b":")[2]
    except ValueError:
        password = b""
    if scheme.lower() != b"basic" or password != cfgget("appwd").encode():
        Lockout.failed(client.address)
        raise _ask()
    Lockout.passed(client.address)
