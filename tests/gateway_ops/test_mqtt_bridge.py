"""The nodes as Home Assistant sees and commands them: real broker, virtual node, a client that plays Home Assistant."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from gateway_programs import LOOPBACK, Mosquitto, gateway, mosquitto, needs
from ops_node import OpsNode
from toolkit_process import Toolkit

from devtoolkit.gateway.mqtt_bridge import Bridge
from devtoolkit.gateway.mqtt_settings import PASSWORD_FILE, Broker, broker
from devtoolkit.model.device import Device
from devtoolkit.services.sessions import Sessions
from devtoolkit.services.survey import Survey

pytestmark = [needs("mosquitto", "mosquitto"), pytest.mark.vm]
_LIMIT_S = 60


class HomeAssistant:
    """What such a client has been told: payloads by topic; an empty one takes the topic away."""

    def __init__(self, client: aiomqtt.Client, uid: str) -> None:
        self.client = client
        self.uid = uid
        self.heard: dict[str, str] = {}

    async def listen(self) -> None:
        async for message in self.client.messages:
            payload = bytes(message.payload or b"").decode()
            if payload:
                self.heard[str(message.topic)] = payload
            else:
                self.heard.pop(str(message.topic), None)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        async with asyncio.timeout(_LIMIT_S):
            while not condition():
                await asyncio.sleep(0.02)
        assert condition(), what

    def config(self, component: str, object_id: str) -> dict[str, Any] | None:
        text = self.heard.get(f"homeassistant/{component}/{self.uid}/{object_id}/config")
        return json.loads(text) if text else None

    def state(self, object_id: str) -> str:
        return self.heard.get(f"micros/{self.uid}/{object_id}/state", "")

    def light(self, object_id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.state(object_id) or "{}")
        return found

    async def set(self, object_id: str, payload: object) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        await self.client.publish(f"micros/{self.uid}/{object_id}/set", text, qos=1)


@contextlib.asynccontextmanager
async def home(running: Mosquitto, node: OpsNode) -> AsyncIterator[HomeAssistant]:
    async with aiomqtt.Client(LOOPBACK, running.port, username=running.user, password=running.password) as client:
        found = HomeAssistant(client, node.device.uid)
        await client.subscribe("#", qos=1)
        task = asyncio.create_task(found.listen())
        try:
            yield found
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def bridged(where: Broker, node: OpsNode) -> AsyncIterator[None]:
    """The bridge as the gateway runs it, with rounds that follow each other quickly."""
    sessions = Sessions()
    survey = Survey(sessions, node.cache)
    task = asyncio.create_task(Bridge(where, survey, sessions, every_s=0.2).run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await survey.close()
        await sessions.close()


async def said(node: OpsNode, command: str) -> str:
    """A node's answer, over a session beside the bridge's."""
    return " ".join(await asyncio.to_thread(node.say, command))


def play(work: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(2 * _LIMIT_S):
            await work

    asyncio.run(limited())


@pytest.fixture
def running_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with mosquitto(tmp_path) as running:
        secret = tmp_path / "password"
        secret.write_text(running.password + "\n")
        monkeypatch.setenv(PASSWORD_FILE, str(secret))
        yield running


@pytest.fixture
def with_home(
    ops_node: OpsNode, running_broker: Mosquitto
) -> Callable[[Callable[[HomeAssistant], Awaitable[None]]], None]:
    """Runs a test's part beside a bridge that has told everything."""

    def run(part: Callable[[HomeAssistant], Awaitable[None]]) -> None:
        async def both() -> None:
            async with home(running_broker, ops_node) as ha, bridged(broker(running_broker.url), ops_node):
                availability = f"micros/{ops_node.device.uid}/availability"
                await ha.until(lambda: ha.heard.get(availability) == "online", "the node is announced")
                await part(ha)

        play(both())

    return run


def test_every_widget_of_the_node_is_announced_as_what_it_is(with_home: Any, ops_node: OpsNode) -> None:
    async def part(ha: HomeAssistant) -> None:
        rgb = ha.config("light", "rgb")
        assert rgb is not None
        assert (rgb["schema"], rgb["supported_color_modes"]) == ("json", ["rgb"])
        assert rgb["device"]["name"] == ops_node.device.fuid
        assert rgb["unique_id"] == f"micros_{ops_node.device.uid}_rgb"
        assert [one["topic"] for one in rgb["availability"]] == [
            "micros/bridge/availability",
            f"micros/{ops_node.device.uid}/availability",
        ]
        assert (ha.config("light", "dimmer") or {})["supported_color_modes"] == ["brightness"]
        assert ha.config("button", "rgb_random")
        assert ha.config("switch", "switch_set_state2")
        servo = ha.config("number", "servo_sduty") or {}
        assert (servo["min"], servo["max"], servo["step"]) == (40, 115, 1)
        temperature = next(topic for topic in ha.heard if topic.endswith("config") and "dht22_measure_temp" in topic)
        assert json.loads(ha.heard[temperature])["device_class"] == "temperature"
        assert ha.config("sensor", "alarms")
        assert ha.config("number", "rgb_brightness") is None, "the lamp has it"

    with_home(part)


def test_a_colour_from_home_assistant_shines_on_the_node_and_comes_back(with_home: Any, ops_node: OpsNode) -> None:
    async def part(ha: HomeAssistant) -> None:
        await ha.set("rgb", {"state": "ON", "color": {"r": 255, "g": 0, "b": 128}, "brightness": 128})
        await ha.until(lambda: ha.light("rgb").get("brightness") == 128, "the state comes back")
        assert ha.light("rgb") == {
            "state": "ON",
            "color_mode": "rgb",
            "brightness": 128,
            "color": {"r": 255, "g": 0, "b": 128},
        }
        assert '"R": 502' in await said(ops_node, "rgb status >json")
        await ha.set("rgb", {"state": "ON", "brightness": 255})
        await ha.until(lambda: ha.light("rgb").get("brightness") == 255, "brighter")
        assert ha.light("rgb")["color"] == {"r": 255, "g": 0, "b": 128}
        await ha.set("rgb", {"state": "OFF"})
        await ha.until(lambda: ha.light("rgb").get("state") == "OFF", "off")

    with_home(part)


def test_switch_number_and_button_do_what_they_say(with_home: Any, ops_node: OpsNode) -> None:
    async def part(ha: HomeAssistant) -> None:
        await ha.set("switch_set_state2", "ON")
        await ha.until(lambda: ha.state("switch_set_state2") == "ON", "the switch is on")
        assert '"SW2": 1' in await said(ops_node, "switch status >json")
        await ha.set("servo_sduty", "90")
        await ha.until(lambda: ha.state("servo_sduty") == "90", "the number is shown")
        await ha.set("switch_toggle2", "PRESS")
        await ha.until(lambda: ha.state("switch_set_state2") == "OFF", "the button has switched it off")

    with_home(part)


def test_what_is_changed_on_the_node_and_what_it_measures_is_shown(with_home: Any, ops_node: OpsNode) -> None:
    async def part(ha: HomeAssistant) -> None:
        await said(ops_node, "dimmer set_value 1000")
        await ha.until(lambda: ha.light("dimmer").get("brightness") == 255, "the new brightness")
        ops_node.hardware.dht22.put(temperature=3.5)
        await ha.until(
            lambda: "3.5" in [ha.heard[t] for t in ha.heard if "dht22_measure_temp" in t], "the new temperature"
        )

    with_home(part)


def test_asking_for_states_keeps_the_error_log(with_home: Any, ops_node: OpsNode) -> None:
    before = ops_node.say("system alarms test=True", "system alarms")

    async def part(ha: HomeAssistant) -> None:
        await ha.until(lambda: float(ha.state("alarms") or 0) >= 1, "the alarm is shown")
        seen = ha.state("uptime_s")
        await ha.until(lambda: ha.state("uptime_s") != seen, "another round")

    with_home(part)
    after = ops_node.say("system alarms")
    ops_node.say("system alarms True")
    assert any("alarm" in line for line in before)
    assert after[-1].split()[-1] != "0", after


REFUSED = (
    ("rgb", '{"state": "ON", "color": {"r": 999, "g": 0, "b": 0}}'),
    ("rgb", '{"state": "reboot"}'),
    ("rgb", "rgb random"),
    ("rgb", "[]"),
    ("servo_sduty", "90 && system reboot"),
    ("servo_sduty", "1000"),
    ("servo_sduty", "nan"),
    ("switch_set_state2", "on; reboot"),
    ("rgb_random", "reboot"),
    ("alarms", "0"),
    ("system_reboot", "PRESS"),
)


def test_nothing_else_than_what_an_entity_offers_reaches_the_node(
    with_home: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "devtoolkit.gateway.mqtt_bridge")

    async def part(ha: HomeAssistant) -> None:
        for entity, payload in REFUSED:
            caplog.clear()
            await ha.set(entity, payload)
            await ha.until(
                lambda: "not possible" in caplog.text or "nobody has" in caplog.text, f"{payload} is refused"
            )
            assert "a-secret" not in caplog.text

    with_home(part)


def test_the_end_of_the_gateway_and_a_silent_node_are_told(ops_node: OpsNode, running_broker: Mosquitto) -> None:
    async def both() -> None:
        async with home(running_broker, ops_node) as ha:
            async with bridged(broker(running_broker.url), ops_node):
                await ha.until(lambda: ha.heard.get("micros/bridge/availability") == "online", "the bridge is there")
            await ha.until(lambda: ha.heard.get("micros/bridge/availability") == "offline", "the bridge has gone")

    play(both())


def test_a_node_that_goes_away_is_unavailable(ops_node: OpsNode, running_broker: Mosquitto) -> None:
    gone = Device("micr0000ops0deadOS", "gone", LOOPBACK, 9)  # the discard port: nobody listens
    ops_node.cache.put(gone)

    async def both() -> None:
        topic = f"micros/{gone.uid}/availability"
        async with home(running_broker, ops_node) as ha, bridged(broker(running_broker.url), ops_node):
            await ha.until(lambda: ha.heard.get(topic) == "offline", "it is not there")
            here = f"micros/{ops_node.device.uid}/availability"
            await ha.until(lambda: ha.heard.get(here) == "online", "the other one is")
            ops_node.cache.clean()
            await ha.until(lambda: ha.heard[here] == "offline", "it was forgotten")
        ops_node.cache.put(ops_node.device)

    play(both())


def test_what_an_earlier_run_announced_and_is_gone_is_taken_away(ops_node: OpsNode, running_broker: Mosquitto) -> None:
    stale = f"homeassistant/light/{ops_node.device.uid}/gone/config"
    foreign = f"homeassistant/light/{ops_node.device.uid}/foreign/config"

    async def both() -> None:
        async with home(running_broker, ops_node) as ha:
            mine = json.dumps({"origin": {"name": "micrOS gateway"}})
            await ha.client.publish(stale, mine, qos=1, retain=True)
            await ha.client.publish(foreign, '{"origin": {"name": "somebody else"}}', qos=1, retain=True)
            await ha.until(lambda: stale in ha.heard and foreign in ha.heard, "they are there")
            async with bridged(broker(running_broker.url), ops_node):
                await ha.until(lambda: stale not in ha.heard, "the stale one is taken away")
            assert foreign in ha.heard

    play(both())


def test_the_bridge_returns_when_the_broker_was_lost(
    ops_node: OpsNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()

    async def both() -> None:
        with mosquitto(first) as running:
            monkeypatch.setenv("MQTT_PASSWORD", running.password)
            where = broker(running.url)
            async with home(running, ops_node) as ha:
                bridge = bridged(where, ops_node)
                await bridge.__aenter__()
                await ha.until(lambda: ha.light("rgb"), "all is told")
        with mosquitto(second, running.port) as again:
            async with home(again, ops_node) as ha:
                await ha.until(lambda: ha.light("rgb") and ha.config("light", "rgb"), "all is told again")
                await bridge.__aexit__(None, None, None)

    play(both())


def test_the_command_line_starts_the_bridge_and_says_goodbye(ops_node: OpsNode, running_broker: Mosquitto) -> None:
    async def both() -> None:
        async with home(running_broker, ops_node) as ha:
            with gateway(ops_node.user_data, "--no-watch", "--mqtt", running_broker.url):
                await ha.until(lambda: ha.light("rgb"), "the lamp is told")
                assert ha.heard["micros/bridge/availability"] == "online"
            await ha.until(lambda: ha.heard["micros/bridge/availability"] == "offline", "the bridge has gone")

    play(both())


def test_a_password_in_the_address_is_refused_before_anything_listens(ops_node: OpsNode) -> None:
    done = Toolkit(ops_node.user_data)("-gw", "--port", "0", "--mqtt", "mqtt://me:a-secret@127.0.0.1")
    assert done.returncode == 2
    assert "a-secret" not in done.stdout + done.stderr
