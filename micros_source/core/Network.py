"""
Wi-Fi: the state of it, and supervision that never resets the node. How a network is joined or opened: NetworkJoin, in
memory only meanwhile.
"""

import sys

import asyncio
import network
from Config import cfgget
from Debug import errlog_add
from micropython import const

_LONGEST_PAUSE = const(5)  # supervisions (30 s each) left out after tries in vain


class _State:
    busy = False  # a connection attempt is under way
    fails = 0  # reconnects in vain
    pause = 0  # supervisions that are left out
    address = None  # last address that the listeners were told


ADDRESS_LISTENERS = []  # callables without parameters, run when the address has changed


def _sta():
    return network.WLAN(network.STA_IF)


def _ap():
    return network.WLAN(network.AP_IF)


def ifconfig():
    """('STA' | 'AP' | '', (ip, mask, gateway, dns)) of the interface in use, the station first."""
    if _sta().isconnected():
        return "STA", _sta().ifconfig()
    if _ap().active():
        return "AP", _ap().ifconfig()
    return "", ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")


def get_mac():
    """'aa:bb:cc:dd:ee:ff' of the Wi-Fi."""
    return ":".join("%02x" % b for b in _sta().config("mac"))


def rssi():
    """Signal of the present network in dBm."""
    return _sta().status("rssi")


def _tell_address():
    address = ifconfig()[1][0]
    if address != _State.address:
        _State.address = address
        for listener in ADDRESS_LISTENERS:
            listener()


async def auto_nw_config():
    """'STA', 'AP' or 'Unknown': station first unless nwmd says AP, else the access point; three rounds."""
    import NetworkJoin

    _State.busy = True
    mode = await NetworkJoin.start()
    sys.modules.pop("NetworkJoin", None)
    _State.busy = False
    _State.address = ifconfig()[1][0]
    return mode


async def _reconnect():
    try:
        import NetworkJoin

        await NetworkJoin.again()
    except Exception as e:
        errlog_add("[ERR][nw] reconnect: %s" % e)
    finally:
        sys.modules.pop("NetworkJoin", None)
        _State.fails = 0 if _sta().isconnected() else _State.fails + 1
        _State.pause = min(_State.fails - 1, _LONGEST_PAUSE) if _State.fails else 0
        _State.busy = False
        _tell_address()


def _close_unused_ap():
    """The station is back: the access point goes as soon as nobody uses it."""
    ap = _ap()
    if not ap.active():
        return
    try:
        used = len(ap.status("stations"))
    except (ValueError, TypeError):
        used = 0
    if not used:
        ap.active(False)


def supervise(now=False):
    """
    Looks after the Wi-Fi: starts a reconnect when the station is lost, after tries in vain more and more seldom (every
    30 s to 3 min), unless it is wanted `now`. Returns a status text, never waits.
    """
    if "AP" in cfgget("nwmd").upper():
        return "AP mode"
    if _sta().isconnected():
        _close_unused_ap()
        _tell_address()
        return "STA connected"
    if _State.busy:
        return "STA lost, reconnect under way"
    if _State.pause and not now:
        _State.pause -= 1
        return "STA lost, next try later"
    _State.busy = True
    asyncio.create_task(_reconnect())
    return "STA lost, reconnect started"


def sta_high_avail():
    """Status text of `supervise`, the name that load modules use."""
    return supervise(True)


def __getattr__(name):
    """What is seldom asked for lies in NetworkJoin."""
    if name not in ("set_wifi", "set_access_point", "set_dev_uid"):
        raise AttributeError(name)
    import NetworkJoin

    return getattr(NetworkJoin, name)
