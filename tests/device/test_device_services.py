"""Sun, location and time services that answer well, badly, slowly, not at all: known values stay, nothing waits."""

import calendar
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from device_node import install_source, run_vm, wait_until
from module_bench import Bench, bench
from sun_services import LOCAL, LOCATION, POLAR, SUN, USELESS, USELESS_SUN, SunServices
from web_servers import Answer, black_hole, json_reply

pytestmark = pytest.mark.vm

KEPT = "sunrise:6-25-7;sunset:17-10-31"
HOUR_MS = 3_600_000


@pytest.fixture
def services() -> Iterator[SunServices]:
    with SunServices() as running:
        yield running


def settings(**more: object) -> dict[str, object]:
    return {"cron": True, **more}


def sun(node: Bench) -> dict[str, list[int]]:
    shown: dict[str, list[int]] = node.json("system sun")
    return shown


def complaints(node: Bench) -> list[str]:
    return [line for line in (node.files("err.log") or "").splitlines() if "[ERR][sun]" in line]


def is_over(node: Bench, task: str) -> bool:
    return f"No        {task}" in node.ask("task list")


def clock(node: Bench) -> int:
    """Seconds since 1970 that the node's clock shows."""
    numbers = [int(n) for n in re.findall(r"\d+", node.call("system clock"))[:6]]
    return int(time.mktime((*numbers, 0, 0, -1)) - time.timezone)


def test_sun_times_come_in_local_time_of_a_zone_with_quarters_and_are_kept(
    tmp_path: Path, services: SunServices
) -> None:
    with bench(tmp_path, settings=settings(), config={"services": services.services}) as node:
        node.until(lambda _: sun(node) == LOCAL)
        assert node.files("sun.pds") == KEPT
        assert node.node.stored()["utc"] == 345
        assert services.asked("api.sunrise-sunset.org") == ["/json?lat=27.7017&lng=85.3206&date=today&formatted=0"]
        node.until(lambda _: abs(clock(node) - time.time() - 345 * 60) < 5)
        node.until(lambda _: is_over(node, "suntime"))
        assert complaints(node) == []
        loaded = node.call("lmpacman module")
        assert not re.search("SunTimes|Location|urequests|Resolver|NetTime", loaded), "it costs nothing afterwards"


def test_useless_answers_leave_the_known_times_and_one_line_in_the_log(tmp_path: Path, services: SunServices) -> None:
    """Every kind of answer in turn, an hour apart; then a good one again."""
    cases: list[tuple[str, Answer]] = [
        *(("location", answer) for answer in USELESS.values()),
        *(("sun", answer) for answer in USELESS_SUN.values()),
    ]
    services.location = lambda: cases[0][1]
    with bench(
        tmp_path,
        settings=settings(utc=345),
        config={"services": services.services},
        files={"sun.pds": KEPT, "location.pds": "27.7017,85.3206"},
    ) as node:
        services.sun = lambda: None
        for service, answer in cases:
            count = len(services.asked("ip-api.com"))
            suns = len(services.asked("api.sunrise-sunset.org"))
            services.location = (lambda a=answer: a) if service == "location" else (lambda: json_reply(LOCATION))
            services.sun = (lambda a=answer: a) if service == "sun" else (lambda: None)
            node.until(lambda _: complaints(node))
            node.set("leap", ms=HOUR_MS)
            wait_until(lambda c=count: len(services.asked("ip-api.com")) > c, "asks again")
            wait_until(lambda s=suns: len(services.asked("api.sunrise-sunset.org")) > s, "asks for the known place")
            assert sun(node) == LOCAL
        assert len(complaints(node)) == 1
        assert complaints(node)[0].endswith("the known times stay")
        services.location = lambda: json_reply({**LOCATION, "offset": 0})
        services.sun = lambda: json_reply(SUN)
        count = len(services.requests)
        node.set("leap", ms=HOUR_MS)
        node.until(lambda _: sun(node)["sunrise"] == [0, 40, 7])
        node.until(lambda _: is_over(node, "suntime"))
        assert len(complaints(node)) == 1


@pytest.mark.parametrize("part", ["location", "sun"])
def test_while_a_slow_service_has_not_answered_the_shell_answers(
    tmp_path: Path, services: SunServices, part: str
) -> None:
    go = threading.Event()
    good = getattr(services, part)()
    setattr(services, part, lambda: [good[:20], go, good[20:]])
    with bench(tmp_path, settings=settings(), config={"services": services.services}) as node:
        wait_until(lambda: len(services.requests) == (1 if part == "location" else 2), "the question is there")
        assert node.ask("hello").startswith("hello:node01")
        assert sun(node) == {"sunrise": [0, 0, 0], "sunset": [0, 0, 0]}
        go.set()
        node.until(lambda _: sun(node) == LOCAL)


@pytest.mark.parametrize("failure", ["never", "black hole", "refused", "no name server", "unknown name"])
def test_a_service_that_does_not_answer_at_all_is_given_up_and_the_kept_times_serve(
    tmp_path: Path, services: SunServices, failure: str
) -> None:
    services.location = lambda: [threading.Event()]
    with black_hole() as hole:
        places: dict[str, dict[str, object]] = {
            "never": {"services": services.services},
            "black hole": {"services": {"ip-api.com:80": list(hole), "api.sunrise-sunset.org:80": list(hole)}},
            "refused": {"services": {"ip-api.com:80": ["127.0.0.1", 1], "api.sunrise-sunset.org:80": ["127.0.0.1", 1]}},
            "no name server": {"dns": {"up": False}},
            "unknown name": {},
        }
        with bench(tmp_path, settings=settings(), config=places[failure], files={"sun.pds": KEPT}) as node:
            assert sun(node) == LOCAL, "at once, whatever the network does"
            seen: list[str] = []
            while not seen:
                node.set("leap", ms=2000)
                assert node.ask("hello").startswith("hello:node01")
                seen = complaints(node)
            expected = {"refused": "ECONNREFUSED", "no name server": "unknown host", "unknown name": "unknown host"}
            assert expected.get(failure, "ETIMEDOUT") in seen[0]
            assert node.files("sun.pds") == KEPT
            for _ in range(5):
                node.set("leap", ms=HOUR_MS)
                assert sun(node) == LOCAL
            assert len(complaints(node)) == 1


def test_a_change_of_summer_time_moves_the_clock_and_the_known_times(tmp_path: Path, services: SunServices) -> None:
    with bench(tmp_path, settings=settings(), config={"services": services.services}) as node:
        node.until(lambda _: sun(node) == LOCAL and is_over(node, "suntime") and is_over(node, "ntp"))
        services.location = lambda: json_reply({**LOCATION, "offset": 20700 + 3600})
        services.sun = lambda: None
        node.set("ntp", up=False)
        uptime = node.call("system info")
        before = clock(node)
        assert node.json("system sun refresh=True") == LOCAL, "the known ones, at once"
        node.until(lambda _: sun(node) == {"sunrise": [7, 25, 7], "sunset": [18, 10, 31]})
        assert 3600 <= clock(node) - before < 3620
        assert node.node.stored()["utc"] == 405
        assert re.search(r"uptime: 0 0:0:\d", uptime)
        assert re.search(r"uptime: 0 0:0:\d", node.call("system info")), "uptime does not jump"
        node.until(lambda _: node.files("sun.pds") == "sunrise:7-25-7;sunset:18-10-31")


def test_a_day_without_sunset_keeps_the_last_times(tmp_path: Path, services: SunServices) -> None:
    services.sun = lambda: POLAR
    files = {"sun.pds": KEPT}
    with bench(tmp_path, settings=settings(utc=345), config={"services": services.services}, files=files) as node:
        node.until(lambda _: is_over(node, "suntime"))
        assert sun(node) == LOCAL
        assert complaints(node) == []


@pytest.mark.parametrize(
    "text", ["", "rubbish", "sunrise:6-25-7", "sunrise:6-25-7;sunset:25-0-0", "sunrise:a-b-c;sunset:1-2-3"]
)
def test_a_damaged_file_of_sun_times_is_not_taken(tmp_path: Path, text: str) -> None:
    install_source(tmp_path)
    (tmp_path / "sun.pds").write_text(text)
    out = run_vm(tmp_path, "import SunTimes\nSunTimes.restore()\nprint(SunTimes.Sun.TIME['sunrise'])")
    assert out == "(0, 0, 0)\n"


def test_without_cron_nothing_is_asked(tmp_path: Path, services: SunServices) -> None:
    with bench(tmp_path, config={"services": services.services}) as node:
        assert node.call("system sun refresh=True") == "sun times are off: cron is off"
        node.until(lambda _: is_over(node, "ntp"))
    assert services.connections == 0


# --- time

NOON = calendar.timegm((2026, 11, 22, 12, 0, 0))


def _answer(question: bytes, **wrong: object) -> bytes:
    """An SNTP answer (RFC 4330) of 2026-11-22 12:00:00."""
    first = (int(wrong.get("leap", 0)) << 6) | 0x18 | int(wrong.get("mode", 4))
    seconds = int(wrong.get("seconds", NOON + 2208988800))
    mark = wrong.get("mark", question[40:48])
    assert isinstance(mark, bytes)
    return (
        struct.pack(">BBBb20x", first, int(wrong.get("stratum", 2)), 6, -20)
        + mark
        + bytes(8)
        + struct.pack(">II", seconds, 0)
    )


TIMES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "good": (_answer, ""),
    "next era": (lambda q: _answer(q, seconds=1000), ""),
    "short": (lambda q: _answer(q)[:40], "no answer to our question"),
    "stratum 0": (lambda q: _answer(q, stratum=0), "no time in the answer"),
    "clock not set": (lambda q: _answer(q, leap=3), "no time in the answer"),
    "no seconds": (lambda q: _answer(q, seconds=0), "no time in the answer"),
    "of a client": (lambda q: _answer(q, mode=3), "no answer to our question"),
    "not for us": (lambda q: _answer(q, mark=b"12345678"), "no answer to our question"),
    "empty": (lambda q: b"", "no answer to our question"),
}


def test_only_a_believable_answer_to_the_own_question_sets_the_clock(tmp_path: Path) -> None:
    install_source(tmp_path)
    (tmp_path / "node_config.json").write_text(json.dumps({"utc": -210}))
    code = """
import asyncio, time, NetTime, Time
async def main():
    for _ in range({count}):
        Time.set_time(2001, 2, 3, 4, 5, 6)
        print(repr(await NetTime.sync(1)), time.localtime()[:4])
asyncio.run(main())
"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)

        def serve() -> None:
            for make, _ in TIMES.values():
                question, sender = server.recvfrom(100)
                assert (question[0], len(question)) == (0x1B, 48)
                server.sendto(make(question), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        out = run_vm(
            tmp_path,
            code.replace("{count}", str(len(TIMES))),
            online=True,
            services={"pool.ntp.org:123": list(server.getsockname())},
        )
        thread.join()
    shown = dict(zip(TIMES, out.splitlines(), strict=True))
    untouched = "(2001, 2, 3, 4)"
    assert shown.pop("good") == "'' (2026, 11, 22, 8)"
    assert shown.pop("next era").startswith("'' (2036, 2, 7, ")
    assert shown == {name: f"{TIMES[name][1]!r} {untouched}" for name in shown}


# --- names


def test_names_are_asked_for_without_stopping_the_others_and_answers_are_checked(tmp_path: Path) -> None:
    install_source(tmp_path)
    code = """
import asyncio, Resolver
async def name(host):
    try:
        return await Resolver.address(host)
    except (OSError, ValueError) as e:
        return type(e).__name__
async def main():
    Resolver._WAITS_MS = (300, 300)
    for host in (
        "127.1.2.3", "Shop.ORG", "peer.local", "nobody.local", "nobody.org", "a" * 64 + ".org", "a..b", "a b.c"
    ):
        print(host[:20], await name(host))
    question = Resolver._question("shop.org")
    head = b"\\x12\\x34\\x81\\x80\\0\\1\\0\\2\\0\\0\\0\\0" + question
    alias = b"\\xc0\\x0c\\0\\5\\0\\1\\0\\0\\0\\x3c\\0\\4\\1x\\xc0\\x11"
    record = b"\\xc0\\x2a\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\x7f\\1\\2\\3"
    good = head + alias + record
    print(Resolver._answer(good, 0x1234, question), Resolver._answer(good, 0x1235, question))
    print(Resolver._answer(good, 0x1234, Resolver._question("shop.net")))
    print(Resolver._answer(head[:7] + b"\\0" + head[8:], 0x1234, question) == "")
    print([Resolver._answer(good[:n], 0x1234, question) for n in range(len(good))] == [None] * len(good))
    print(Resolver._answer(b"\\xff" * 60, 0xffff, question))
asyncio.run(main())
"""
    out = run_vm(tmp_path, code, online=True, hosts={"shop.org": "127.9.8.7", "peer.local": "127.4.4.4"})
    assert out.splitlines() == [
        "127.1.2.3 127.1.2.3",
        "Shop.ORG 127.9.8.7",
        "peer.local 127.4.4.4",
        "nobody.local OSError",
        "nobody.org OSError",
        "aaaaaaaaaaaaaaaaaaaa ValueError",
        "a..b ValueError",
        "a b.c ValueError",
        "127.1.2.3 None",
        "None",
        "True",
        "True",
        "None",
    ]
