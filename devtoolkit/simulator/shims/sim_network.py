"""`network` of the virtual board: WLAN against a simulated radio world (see simshims for the `wifi` message)."""

import errno as _errno

import sim_radio
import simcore
import simlink
from sim_wlan_ip import Addresses, text

STA_IF, AP_IF = 0, 1
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, STAT_BEACON_TIMEOUT = 201, 202, 200
STAT_ASSOC_FAIL, STAT_HANDSHAKE_TIMEOUT, STAT_CONNECT_FAIL = 203, 204, 203
AUTH_OPEN, AUTH_WEP, AUTH_WPA_PSK, AUTH_WPA2_PSK, AUTH_WPA_WPA2_PSK = 0, 1, 2, 3, 4
AUTH_WPA2_ENTERPRISE, AUTH_WPA3_PSK, AUTH_WPA2_WPA3_PSK = 5, 6, 7
MODE_11B, MODE_11G, MODE_11N, MODE_LR = 1, 2, 4, 8

_AP_ADDRESS = "192.168.4.1"
_RETRY_MS = 250  # the radio tries again by itself
_country = "XX"
_hostname = "mpy-esp32"


def start(cfg):
    """Lease, names and radio world of this node."""
    global _hostname
    sim_radio.start(cfg)
    _hostname = "mpy-" + (cfg.get("chip") or "esp32")
    WLAN._sta._set_up([cfg["ip"], "255.255.255.0", cfg.get("gateway") or "127.0.0.1", "127.0.0.1"])
    WLAN._ap._conf["ssid"] = "ESP_" + cfg["mac"].replace(":", "")[6:].upper()


def online():
    """True while a packet could reach anybody: joined as a station, or serving an access point."""
    return WLAN._sta._joined or WLAN._ap._active


listeners = []  # called with True/False when `online()` changes
_was_online = False


def _changed():
    global _was_online
    now = online()
    if now != _was_online:
        _was_online = now
        for fn in listeners:
            fn(now)
    simlink.send({"ev": "wifi", "value": view()})


def view():
    sta, ap = WLAN._sta, WLAN._ap
    return {
        "sta": {
            "active": sta._active,
            "joined": sta._ssid if sta._joined else None,
            "status": sta.status(),
            "ip": sta._ip[0],
        },
        "ap": {
            "active": ap._active,
            "ssid": ap._conf["ssid"],
            "password": ap._conf["password"],
            "auth": ap._conf["authmode"],
        },
        "networks": sim_radio.networks,
        "hostname": _hostname,
    }


class WLAN(Addresses):
    """One object per interface, as on the ESP32: `WLAN(STA_IF)` is always the same one."""

    IF_STA, IF_AP = STA_IF, AP_IF
    SEC_OPEN, SEC_WEP, SEC_WPA, SEC_WPA2, SEC_WPA_WPA2, SEC_WPA3, SEC_WPA2_WPA3 = 0, 1, 2, 3, 4, 6, 7
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    def __new__(cls, interface=STA_IF):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        return cls._ap if interface == AP_IF else cls._sta

    def __init__(self, interface=STA_IF):
        return None

    def _setup(self, ap):
        self._is_ap = ap
        self._active = False
        self._joined = False
        self._wanted = False
        self._ssid = ""
        self._key = ""
        self._tries = 0
        self._reason = 0
        self._conf = {
            "ssid": "",
            "password": "",
            "authmode": AUTH_OPEN,
            "hidden": False,
            "channel": 1,
            "max_clients": 4,
            "reconnects": -1,
            "pm": WLAN.PM_PERFORMANCE,
            "txpower": 20.0,
            "protocol": 7,
        }
        self._set_up([_AP_ADDRESS, "255.255.255.0", _AP_ADDRESS, "0.0.0.0"] if ap else ["0.0.0.0"] * 4)
        self._job = simcore.Job(self._verdict)

    def active(self, state=None):
        if state is not None and bool(state) != self._active:
            self._active = bool(state)
            if not state:
                self._job.stop()
                self._joined = self._wanted = False
            _changed()
        return self._active

    def _need_sta(self):
        if self._is_ap:
            raise OSError("STA required")

    def _need_started(self):
        self._need_sta()
        if not self._active:
            raise OSError("Wifi Not Started")

    def connect(self, ssid=None, key=None, *, bssid=None):
        self._need_started()
        if self._wanted and not self._joined:
            raise OSError("Wifi Internal State Error")
        if ssid is not None:
            self._ssid = text(ssid)
            self._key = "" if key is None else text(key)
        was = self._joined
        self._joined = False
        self._wanted = True
        self._tries = 0
        self._reason = 0
        self._job.start(sim_radio.join_ms)
        if was:
            _changed()

    def _verdict(self, _):
        self._reason = sim_radio.judge(self._ssid, self._key)
        if not self._reason:
            self._lease()
            self._joined = True
            _changed()
            return
        self._tries += 1
        limit = self._conf["reconnects"]
        if limit < 0 or self._tries <= limit:
            self._job.start(_RETRY_MS)

    def _recheck(self):
        """The world has changed: a joined station may have lost its network."""
        fine = (0, STAT_WRONG_PASSWORD)  # a new password does not end a session
        if self._joined and sim_radio.judge(self._ssid, self._key) not in fine:
            self._joined = False
            self._reason = STAT_BEACON_TIMEOUT
            self._tries = 0
            self._job.start(_RETRY_MS)
            _changed()

    def disconnect(self):
        self._need_started()
        was = self._joined
        self._job.stop()
        self._joined = self._wanted = False
        self._reason = 0
        if was:
            _changed()

    def isconnected(self):
        simcore.hook()
        return self._joined if not self._is_ap else False

    def status(self, what=None):
        if what == "rssi":
            self._need_sta()
            net = sim_radio.find(self._ssid) if self._joined else None
            if net is None:
                raise OSError("Wifi Not Connected")
            return net["rssi"]
        if what == "stations":
            if not self._is_ap:
                raise OSError("AP required")
            return []
        if what is not None:
            raise ValueError("unknown status param")
        simcore.hook()
        if self._is_ap:
            return None
        if self._joined:
            return STAT_GOT_IP
        limit = self._conf["reconnects"]
        if self._wanted and (limit < 0 or self._tries <= limit):
            return STAT_CONNECTING
        return self._reason or STAT_IDLE

    def scan(self):
        self._need_sta()
        if not self._active:
            raise OSError("STA must be active")
        simcore.wait(sim_radio.join_ms)
        return sim_radio.scan()

    def config(self, *args, **kwargs):
        if args:
            if len(args) != 1 or kwargs:
                raise TypeError("either pos or kw args are allowed")
            return self._config_get(args[0])
        for name, value in kwargs.items():
            self._config_set(name, value)
        return None

    def _config_get(self, name):
        if name == "mac":
            mac = bytearray(int(part, 16) for part in simcore.cfg["mac"].split(":"))
            mac[5] = (mac[5] + (1 if self._is_ap else 0)) & 255
            return bytes(mac)
        if name in ("dhcp_hostname", "hostname"):
            return _hostname
        if name in ("essid", "ssid"):
            return self._conf["ssid"] if self._is_ap else self._ssid
        name = "authmode" if name == "security" else name
        if name in ("password", "key") or name not in self._conf:
            raise ValueError("unknown config param")
        return self._conf[name]

    def _config_set(self, name, value):
        if name in ("dhcp_hostname", "hostname"):
            hostname(value)
            return
        if name == "mac":
            return
        name = {"essid": "ssid", "key": "password", "security": "authmode"}.get(name, name)
        if name not in self._conf:
            raise ValueError("unknown config param")
        if self._is_ap and name == "password" and 0 < len(value) < 8:
            raise OSError("Wifi Invalid Password")
        self._conf[name] = text(value) if name in ("ssid", "password") else value
        if self._is_ap:
            simlink.send({"ev": "wifi", "value": view()})


def _make(ap):
    wlan = object.__new__(WLAN)
    wlan._setup(ap)
    return wlan


WLAN._sta = _make(False)
WLAN._ap = _make(True)


def hostname(name=None):
    global _hostname
    if name is None:
        return _hostname
    if len(name) > 32:
        raise ValueError("hostname too long")
    _hostname = text(name)
    return None


def country(code=None):
    global _country
    if code is None:
        return _country
    if len(code) != 2:
        raise ValueError("invalid country")
    _country = code
    return None


def ipconfig(name=None, **kwargs):
    if name == "dns":
        return WLAN._sta._ip[3]
    if "dns" in kwargs:
        WLAN._sta._ip[3] = kwargs["dns"]
        return None
    if name is None:
        return None
    raise ValueError("unexpected key")


def join_now():
    """Join the first network without waiting: for tests of a single module."""
    sta = WLAN._sta
    sta.active(True)
    net = sim_radio.networks[0]
    sta.connect(net["ssid"], net["password"])
    sta._job.stop()
    sta._verdict(None)


def require_online():
    if not online():
        raise OSError(_errno.EHOSTUNREACH)


sim_radio.changed.append(WLAN._sta._recheck)
simlink.views["wifi"] = view
