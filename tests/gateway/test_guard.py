"""Who may ask: credentials, allowed networks, proxies, other web sites; and secrets stay where they are."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from gateway_server import node, running

from devtoolkit.errors import UsageError
from devtoolkit.gateway.app import create_app, gateway_in
from devtoolkit.gateway.settings import GatewaySettings, from_options
from devtoolkit.gateway.throttle import FREE_TRIES, Throttle

PASSWORD = "only-the-owner-knows"
OWNER = httpx.BasicAuth("owner", PASSWORD)
WRONG = httpx.BasicAuth("owner", "guessed")
Client = Callable[..., httpx.AsyncClient]


def with_app(folder: Path, work: Callable[[Client], Awaitable[None]], **options: object) -> None:
    """`work` gets a maker of clients that come from an address of their choice."""

    async def run() -> None:
        settings = {"host": "0.0.0.0", "user": "owner", "password": PASSWORD, "watch": False, **options}
        app = create_app(GatewaySettings(cache=folder / "cache.json", **settings))

        def client(address: str = "198.51.100.7", host: str = "gateway.example", **more: object) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app, client=(address, 40000))
            return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", **more)

        try:
            await work(client)
        finally:
            await gateway_in(app).close()

    asyncio.run(run())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "gateway.example"])
def test_beyond_loopback_nobody_listens_without_credentials(host: str) -> None:
    with pytest.raises(UsageError, match="needs credentials"):
        from_options(host, None, [], environment={})
    assert from_options(host, None, [], environment={"API_AUTH": "a:b:c"}).password == "b:c"


@pytest.mark.parametrize("text", ["user", "user:", ":word"])
def test_credentials_of_another_form_are_refused_without_being_shown(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_options(None, None, [], environment={"API_AUTH": text})
    assert "word" not in caught.value.message.replace("user:password", "")


def test_credentials_may_come_from_a_file_and_networks_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "auth").write_text(f"owner:{PASSWORD}\n")
    environment = {"API_AUTH_FILE": str(tmp_path / "auth"), "GATEWAY_ALLOW": "10.0.0.0/8, fd00::/8"}
    found = from_options("0.0.0.0", "0", ["192.0.2.0/24"], environment=environment)
    assert (found.user, found.password, found.port) == ("owner", PASSWORD, 0)
    assert found.allow == (ip_network("192.0.2.0/24"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert PASSWORD not in repr(found)


def test_without_credentials_nothing_but_health_answers(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        async with client(auth=OWNER) as owner, client() as stranger:
            spec = (await owner.get("/openapi.json")).json()
            asked = [(path, method) for path, methods in spec["paths"].items() for method in methods]
            more = [("/openapi.json", "get"), ("/static/app.js", "get"), ("/nowhere", "get"), ("/", "options")]
            for path, method in (*asked, *more):
                answer = await stranger.request(method.upper(), path.replace("{", "").replace("}", ""))
                assert answer.status_code == (200 if path == "/health" else 401), (method, path)
                if path != "/health":
                    assert set(answer.json()) == {"error"}
            assert len(asked) > 25

    with_app(tmp_path, work)


def test_wrong_credentials_make_that_address_wait_and_nobody_else(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        async with client(auth=WRONG) as guesser:
            codes = [(await guesser.get("/webhooks")).status_code for _ in range(FREE_TRIES + 1)]
            assert codes == [401] * FREE_TRIES + [429]
            claimed = await guesser.get("/webhooks", headers={"X-Forwarded-For": "203.0.113.9"})
            assert claimed.status_code == 429  # a header does not make it somebody else
            assert int(claimed.headers["retry-after"]) >= 1
        async with client(auth=OWNER) as same:
            assert (await same.get("/webhooks")).status_code == 429  # not even a right guess is told
            assert (await same.get("/health")).status_code == 200
        async with client("198.51.100.8", auth=OWNER) as other:
            assert (await other.get("/webhooks")).status_code == 200

    with_app(tmp_path, work)


def test_each_failure_waits_longer_up_to_a_limit_and_is_forgotten_after_a_right_one() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    waits = []
    for _ in range(20):
        throttle.failed("192.0.2.1")
        waits.append(throttle.wait_s("192.0.2.1"))
    assert waits[: FREE_TRIES - 1] == [0] * (FREE_TRIES - 1)
    assert waits[FREE_TRIES - 1 :] == sorted(waits[FREE_TRIES - 1 :])
    assert waits[-1] == 300
    now[0] += 300
    assert throttle.wait_s("192.0.2.1") == 0
    throttle.succeeded("192.0.2.1")
    throttle.failed("192.0.2.1")
    assert throttle.wait_s("192.0.2.1") == 0


def test_the_addresses_of_one_ipv6_network_count_as_one_and_the_table_does_not_grow() -> None:
    throttle = Throttle()
    for number in range(FREE_TRIES):
        throttle.failed(f"2001:db8:1:2::{number:x}")
    assert throttle.wait_s("2001:db8:1:2:ffff::1") > 0
    assert throttle.wait_s("2001:db8:1:3::1") == 0
    for number in range(10_000):
        throttle.failed(f"2001:db8:{number:x}::1")
    assert len(throttle._failures) <= 4096


def test_an_allowed_network_needs_no_credentials_but_a_proxy_in_it_does(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        async with client("192.0.2.30") as scraper, client("192.0.3.30") as other:
            assert (await scraper.get("/webhooks")).status_code == 200
            assert (await other.get("/webhooks")).status_code == 401
            for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
                assert (await scraper.get("/webhooks", headers={name: "192.0.2.30"})).status_code == 401
                assert (await other.get("/webhooks", headers={name: "192.0.2.30"})).status_code == 401

    with_app(tmp_path, work, allow=(ip_network("192.0.2.0/24"),))


def test_on_loopback_without_credentials_neither_a_proxy_nor_a_foreign_name_gets_through(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        for host, code in (("127.0.0.1", 200), ("localhost:5005", 200), ("[::1]:5005", 200), ("evil.example", 403)):
            async with client("127.0.0.1", host) as browser:
                assert (await browser.get("/webhooks")).status_code == code, host
        async with client("127.0.0.1", "localhost") as proxy:
            assert (await proxy.get("/webhooks", headers={"X-Forwarded-For": "203.0.113.1"})).status_code == 403

    with_app(tmp_path, work, host="127.0.0.1", user="", password="")


def test_another_web_site_can_link_to_pages_but_do_nothing(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        async with client(auth=OWNER) as visitor:
            fetched = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
            linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
            assert (await visitor.get("/", headers=linked)).status_code == 200
            assert (await visitor.get("/sendcmd/lamp/rgb+toggle", headers=linked)).status_code == 403
            assert (await visitor.get("/webhooks/night", headers=linked)).status_code == 403
            assert (await visitor.get("/status", headers=fetched)).status_code == 403
            own = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
            assert (await visitor.get("/sendcmd/lamp/rgb+toggle", headers=own)).status_code == 404  # no such node

    with_app(tmp_path, work)


def test_secrets_are_neither_in_answers_nor_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lamp = node(30, config={"appwd": "NodeSecret1", "stapwd": "WifiSecret1"})
    secrets = (PASSWORD, "NodeSecret1", "WifiSecret1", "TypedSecret1", "guessed")
    with running(tmp_path, [lamp], user="owner", password=PASSWORD, client={"auth": OWNER}) as gateway:
        url = f"/api/v1/devices/{lamp.uid}"
        said = [
            gateway.get(f"/sendcmd/{lamp.name}/login+TypedSecret1").text,
            gateway.client.post(
                f"{url}/commands", json={"commands": ["login NodeSecret1", "conf", "dump", "appwd"]}
            ).text,
            gateway.client.post(f"{url}/commands", json={"commands": ["conf", "appwd TypedSecret1"]}).text,
            gateway.client.patch(f"{url}/config", json={"values": {"stapwd": ["TypedSecret1"]}}).text,
            gateway.client.patch(f"{url}/config", json={"values": {"nokey": "TypedSecret1"}}).text,
            gateway.get(f"{url}/config").text,
            gateway.get("/status").text,
            gateway.get("/metrics").text,
            gateway.get("/api/v1/events").text,
            gateway.client.get("/webhooks", auth=WRONG).text,
        ]
    ours = [one for one in caplog.records if not one.name.startswith("http")]  # the client logs what it sends
    logged = "\n".join(one.getMessage() for one in ours)
    assert "login NodeSecret1" in lamp.commands
    assert '"********"' in said[5]
    assert "appwd" in said[1]
    for secret in secrets:
        assert not [text for text in said if secret in text], secret
        assert secret not in logged, secret
    assert "/sendcmd/{device}/{cmd:path}" in logged
