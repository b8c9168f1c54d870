"""Where the node is, by its internet address (ip-api.com); the last answer is kept for times without a network."""

from Config import cfgget, cfgput
from micropython import const
from StateFile import StateFile

_URL = const("http://ip-api.com/json/?fields=lat,lon,timezone,offset")
_LIMIT = const(1024)


def known():
    """(latitude, longitude) in degrees of the last answer, or None."""
    state = StateFile("location", (0.0, 0.0))
    return tuple(state.values) if state.restored else None


def _checked(found):
    """(latitude, longitude, offset in minutes) of an answer. Raises ValueError."""
    try:
        latitude, longitude, offset = found["lat"], found["lon"], found["offset"]
        if -90 <= latitude <= 90 and -180 <= longitude <= 180 and -43200 <= offset <= 50400:
            return latitude, longitude, offset // 60
    except (KeyError, TypeError):
        pass
    raise ValueError("no place in the answer")


async def lookup():
    """Asks: (latitude, longitude). Sets `utc`, and the clock with it. Raises OSError, ValueError."""
    from urequests import fetch

    status, found = await fetch("GET", _URL, jsonify=True, limit=_LIMIT)
    if status != 200:
        raise OSError("HTTP %d" % status)
    latitude, longitude, minutes = _checked(found)
    if known() != (latitude, longitude):
        StateFile("location", (0.0, 0.0)).save(float(latitude), float(longitude))
    if minutes != cfgget("utc"):
        from SunTimes import move

        before = cfgget("utc")
        if cfgput("utc", minutes):
            move(before, minutes)
    return latitude, longitude
