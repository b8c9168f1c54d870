"""The two web services behind the sun times, as they answer (recorded; their documentation names the fields)."""

import json
import re
from collections.abc import Callable

from web_servers import Answer, Request, WebServer, json_reply

PLACES = ("ip-api.com:80", "api.sunrise-sunset.org:80")
LOCATION = {"lat": 27.7017, "lon": 85.3206, "timezone": "Asia/Kathmandu", "offset": 20700}
SUN = {
    "results": {
        "sunrise": "2026-11-22T00:40:07+00:00",
        "sunset": "2026-11-22T11:25:31+00:00",
        "solar_noon": "2026-11-22T06:02:49+00:00",
        "day_length": 38724,
        "civil_twilight_begin": "2026-11-22T00:15:34+00:00",
        "civil_twilight_end": "2026-11-22T11:50:04+00:00",
        "nautical_twilight_begin": "2026-11-21T23:47:37+00:00",
        "nautical_twilight_end": "2026-11-22T12:18:01+00:00",
        "astronomical_twilight_begin": "2026-11-21T23:20:04+00:00",
        "astronomical_twilight_end": "2026-11-22T12:45:34+00:00",
    },
    "status": "OK",
    "tzid": "UTC",
}
# +5:45, the second one over midnight in neither direction
LOCAL = {"sunrise": [6, 25, 7], "sunset": [17, 10, 31]}


def with_sun(**changes: object) -> bytes:
    """The answer of the sun service with other results."""
    return json_reply({**SUN, "results": {**SUN["results"], **changes}})


class SunServices(WebServer):
    """Both services on one port. `location` and `sun` are their present answers (see web_servers)."""

    def __init__(self) -> None:
        self.location: Callable[[], Answer] = lambda: json_reply(LOCATION)
        self.sun: Callable[[], Answer] = lambda: json_reply(SUN)
        super().__init__(self._choose)

    def _choose(self, request: Request) -> Answer:
        if request.headers["host"] == "ip-api.com":
            assert request.path == "/json/?fields=lat,lon,timezone,offset"
            return self.location()
        assert re.fullmatch(r"/json\?lat=[-\d.]+&lng=[-\d.]+&date=today&formatted=0", request.path)
        return self.sun()

    def asked(self, host: str) -> list[str]:
        """Paths that a host was asked for."""
        return [request.path for request in self.requests if request.headers["host"] == host]

    @property
    def services(self) -> dict[str, list[str | int]]:
        return self.plays(*PLACES)


# What a service may answer that is of no use: an HTTP error, no JSON, JSON of another shape, values that cannot be.
USELESS: dict[str, Answer] = {
    "error": json_reply({}, "500 Internal Server Error"),
    "too many": json_reply({}, "429 Too Many Requests"),
    "page": json_reply(json.dumps("<html>").strip('"')),
    "list": json_reply([1, 2]),
    "null": json_reply(None),
    "empty": json_reply({}),
    "failure": json_reply({"status": "fail", "message": "reserved range"}),
    "text": json_reply({"lat": "27", "lon": "85", "offset": "0"}),
    "nowhere": json_reply({"lat": 127.0, "lon": 85.0, "offset": 0}),
    "no zone": json_reply({"lat": 27.0, "lon": 85.0, "offset": 999999}),
    "huge": json_reply({"lat": 1, "lon": 1, "offset": 0, "more": "x" * 50_000}),
    "no JSON": b"HTTP/1.1 200 OK\r\n\r\n{",
    "no HTTP": b"hello\r\n\r\n",
    "nothing": None,
}
USELESS_SUN: dict[str, Answer] = {
    "error": json_reply({}, "503 Service Unavailable"),
    "invalid": json_reply({"results": "", "status": "INVALID_REQUEST"}),
    "list": json_reply([]),
    "no results": json_reply({"status": "OK"}),
    "number": with_sun(sunrise=5),
    "null": with_sun(sunset=None),
    "formatted": with_sun(sunrise="5:05:35 AM"),
    "zone": with_sun(sunrise="2026-11-22T00:40:07+05:00"),
    "hour": with_sun(sunset="2026-11-22T25:40:07+00:00"),
    "letters": with_sun(sunset="2026-11-22Tab:40:07+00:00"),
    "nothing": None,
}
POLAR = with_sun(sunrise="1970-01-01T00:00:01+00:00", sunset="1970-01-01T00:00:01+00:00")
