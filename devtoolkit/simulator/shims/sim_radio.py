"""The simulated radio world: which networks are in the air, and what becomes of a station that wants to join."""

import simlink

NO_AP_FOUND, WRONG_PASSWORD, BEACON_TIMEOUT, ASSOC_FAIL, HANDSHAKE_TIMEOUT = 201, 202, 200, 203, 204

_REASONS = {"wrong_password": WRONG_PASSWORD, "assoc_fail": ASSOC_FAIL, "handshake": HANDSHAKE_TIMEOUT}
_NEW = {"password": None, "rssi": -60, "channel": 1, "present": True, "reject": None, "hidden": False}
_DEFAULT = {"ssid": "micrOS-virtual", "password": "virtual-wifi", "rssi": -48, "channel": 6}

networks = []
join_ms = 60  # from connect() to the verdict; also the length of a scan
changed = []  # called without arguments after each change of the world


def start(cfg):
    """The world of cfg["wifi"]; absent: one network."""
    global join_ms
    join_ms = cfg.get("join_ms", join_ms)
    _set_all(cfg.get("wifi"))


def _set_all(items):
    networks.clear()
    for item in [_DEFAULT] if items is None else items:
        _set(item)


def _set(item):
    """Add a network, or change the one of that ssid."""
    if item.get("reject") not in _REASONS and item.get("reject") is not None:
        raise ValueError("unknown reject reason " + str(item["reject"]))
    found = find(item["ssid"])
    if found is None:
        found = dict(_NEW)
        networks.append(found)
    found.update(item)


def find(ssid):
    for item in networks:
        if item["ssid"] == ssid:
            return item
    return None


def judge(ssid, key):
    """0 when a station with that key may join, else the ESP32's reason code."""
    net = find(ssid)
    if net is None or not net["present"]:
        return NO_AP_FOUND
    if net["reject"]:
        return _REASONS[net["reject"]]
    if net["password"] and net["password"] != key:
        return WRONG_PASSWORD
    return 0


def scan():
    """(ssid, bssid, channel, rssi, authmode, hidden) per network in the air."""
    return [
        (
            b"" if net["hidden"] else net["ssid"].encode(),
            bytes([2, 0, 0, 0, net["channel"] & 255, number & 255]),
            net["channel"],
            net["rssi"],
            net.get("authmode", 3 if net["password"] else 0),
            net["hidden"],
        )
        for number, net in enumerate(networks)
        if net["present"]
    ]


def _op_wifi(message):
    """{"op":"wifi"} with "networks": a new world, "set": one network to add or change, "drop": ssid, "join_ms": n"""
    global join_ms
    if "networks" in message:
        _set_all(message["networks"])
    if "set" in message:
        _set(message["set"])
    if "drop" in message:
        found = find(message["drop"])
        if found is None:
            raise ValueError("no network " + message["drop"])
        networks.remove(found)
    if "join_ms" in message:
        join_ms = int(message["join_ms"])
    for fn in changed:
        fn()


simlink.ops["wifi"] = _op_wifi
