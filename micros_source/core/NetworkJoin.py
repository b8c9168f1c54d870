"""
Joining a known Wi-Fi, and opening the access point when none answers. Imported for that, and dropped again.

Everything that waits is a coroutine: other clients are served meanwhile. A scan is the one call that blocks (about 2 s
on ESP32), so it is made only when there is a choice or an access point to keep.
"""

import time

import asyncio
import network
from Config import Data, cfgget, cfgput
from Debug import console_write, errlog_add
from micropython import const
from Network import _ap, _sta

_POLL_MS = const(100)
_HALF_S = const(500)  # the unit of time limits
_RETRIES = const(3)  # of the radio, before a network counts as refusing
_AP_AUTH = const(3)  # WPA2
_AP_PASSWORD = const(8)
_AP_CLIENTS = const(5)
_ROUNDS = const(3)


def set_dev_uid():
    """Stores hwuid: 'micr' + the chip's unique id in hex + 'OS'. bool; on a full disk it is known all the same."""
    import machine
    from binascii import hexlify

    uid = "micr%sOS" % hexlify(machine.unique_id()).decode()
    stored = cfgput("hwuid", uid)
    Data.CONFIG["hwuid"] = uid
    return stored


def _known():
    """[(name, password)] of the stored networks; an empty or missing password means an open network."""
    names = [n.strip() for n in cfgget("staessid").split(";")]
    passwords = [p.strip() for p in cfgget("stapwd").split(";")]
    passwords += [""] * (len(names) - len(passwords))
    return [(n, p) for n, p in zip(names, passwords) if n and n != "n/a"]


def _host_name():
    try:
        network.hostname(cfgget("devfid"))
    except ValueError as e:
        errlog_add("[ERR][nw] host name: %s" % e)  # some boards take fewer characters


def _stop_trying(sta):
    """Ends an attempt under way: while it lasts, ESP32 refuses scan and connect."""
    try:
        sta.disconnect()
    except OSError:
        pass  # not started


async def _visible(sta, known, scans=2):
    """
    Known networks in reach, in stored order; two scans, since one often misses. Where some network hides its name, the
    others follow: it may be one of them.
    """
    _stop_trying(sta)
    for _ in range(scans):
        try:
            names = [bytes(entry[0]).rstrip(b"\0") for entry in sta.scan()]
        except (OSError, ValueError) as e:
            console_write("[nw] scan: %s" % e)
            names = []
        found = [item for item in known if item[0].encode() in names]
        if found or b"" in names:
            return found + ([item for item in known if item not in found] if b"" in names else [])
        await asyncio.sleep_ms(400)
    return []


def _refused(sta):
    """bool: the radio has given up: not there, or turned us down (RP2 says so below 0, ESP32 from 200 to 299)."""
    status = sta.status()
    return status < 0 or 200 <= status < 300


def _retries(sta, number):
    """How often the radio tries again by itself; -1: for ever, which brings a lost network back without us."""
    try:
        sta.config(reconnects=number)
    except (OSError, ValueError):
        pass  # not on this board


async def _join(sta, name, password, timeout):
    """bool: connected. `timeout` x 0.5 s is the limit; a network that refuses ends it sooner."""
    console_write("[nw] connect: %s" % name)
    _stop_trying(sta)
    _retries(sta, _RETRIES)
    try:
        if password in ("", "n/a"):
            sta.connect(name)
        else:
            sta.connect(name, password)
        start = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), start) < timeout * _HALF_S:
            if sta.isconnected():
                _retries(sta, -1)
                return True
            if _refused(sta):
                break
            await asyncio.sleep_ms(_POLL_MS)
        console_write("[nw] %s: no connection, status %s" % (name, sta.status()))
        _stop_trying(sta)
    except OSError as e:
        console_write("[nw] %s: %s" % (name, e))
    return False


def _static_address(sta):
    """Takes the stored devip when it lies in the network just joined (first three octets of the gateway)."""
    ip, mask, gateway, dns = sta.ifconfig()
    stored = cfgget("devip")
    if stored in ("n/a", "", ip) or stored.rsplit(".", 1)[0] != gateway.rsplit(".", 1)[0]:
        return
    try:
        sta.ifconfig((stored, mask, gateway, dns))
    except (OSError, ValueError) as e:
        errlog_add("[ERR][nw] static address %s: %s" % (stored, e))


async def set_wifi(essid=None, pwd=None, timeout=60):
    """Joins the first known network in reach (or the given one), `timeout` x 0.5 s each. bool: connected."""
    sta = _sta()
    _host_name()  # before the interface is up: DHCP tells it then
    sta.active(True)
    if not sta.isconnected():
        known = [(essid, pwd or "")] if essid else _known()
        for name, password in await _visible(sta, known):
            if await _join(sta, name, password, timeout):
                break
        else:
            return False
    _static_address(sta)
    cfgput("devip", sta.ifconfig()[0])
    console_write("[nw] STA: %s" % (sta.ifconfig(),))
    return True


def set_access_point(_essid, _pwd, _authmode=_AP_AUTH):
    """
    Opens the access point at 192.168.4.1, WPA2, at most 5 clients. bool: active. A password too short for WPA2 gives an
    open one: the node stays reachable.
    """
    _stop_trying(_sta())
    ap = _ap()
    if len(_pwd) < _AP_PASSWORD:
        errlog_add("[ERR][nw] access point: password too short, open network")
        _authmode, _pwd = 0, ""
    try:
        ap.active(True)
        ap.config(essid=_essid, password=_pwd, authmode=_authmode, max_clients=_AP_CLIENTS)
    except Exception as e:
        # boards (RP2) that take these options only before activation, and fewer of them
        console_write("[nw] AP options: %s" % e)
        try:
            ap.active(False)
            ap.config(essid=_essid, password=_pwd)
            ap.active(True)
        except Exception as e:
            errlog_add("[ERR][nw] access point: %s" % e)
            return False
    console_write("[nw] AP: %s" % (ap.ifconfig(),))
    return ap.active()


async def start():
    """The boot's connection: see Network.auto_nw_config."""
    mode = "Unknown"
    for _ in range(_ROUNDS):
        if "AP" not in cfgget("nwmd").upper():
            _ap().active(False)
            if await set_wifi():
                mode = "STA"
                break
        if set_access_point(cfgget("devfid"), cfgget("appwd")):
            mode = "AP"
            break
    set_dev_uid()
    return mode


async def again():
    """One round of the known networks after a lost connection."""
    sta = _sta()
    known = _known()
    sta.active(True)
    if len(known) > 1 or _ap().active():
        known = await _visible(sta, known, 1)
    for name, password in known:
        if await _join(sta, name, password, 30):
            _static_address(sta)
            cfgput("devip", sta.ifconfig()[0])
            break
