"""`ntptime`: a simulated time server that knows the host's clock, can be off by an offset, or silent."""

import errno

import sim_network
import sim_time
import simcore
import simlink

host = "pool.ntp.org"
timeout = 1

_server = {"up": True, "offset_ms": 0}


def time():
    """Seconds since 2000-01-01 UTC; OSError(ETIMEDOUT) after `timeout` seconds without an answer."""
    sim_network.require_online()
    if not _server["up"]:
        simcore.sleep_ms(int(timeout * 1000))
        raise OSError(errno.ETIMEDOUT)
    return (sim_time.host_us() // 1000 + _server["offset_ms"]) // 1000 - sim_time.EPOCH_2000


def settime():
    sim_time.set_board_us((time() + sim_time.EPOCH_2000) * 1000000)


def _op(message):
    """{"op":"ntp","up":bool,"offset_ms":n}"""
    for name in ("up", "offset_ms"):
        if name in message:
            _server[name] = message[name]


simlink.ops["ntp"] = _op
simlink.views["ntp"] = lambda: dict(_server)
