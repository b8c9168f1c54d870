"""Shows the nodes to Home Assistant through an MQTT broker, and does what it wants of them.

The broker is optional and may go and come back: the gateway does not depend on it. Only what an entity offers can be
commanded, nothing else that a message says. Of several wishes for one entity that wait, the last one counts.
"""

import asyncio
import contextlib
import logging
import ssl

import aiomqtt

from devtoolkit.errors import ToolkitError
from devtoolkit.gateway.mqtt_messages import OFFLINE, ONLINE, Topics, discovery, is_ours, sensors
from devtoolkit.gateway.mqtt_node import MqttNode
from devtoolkit.gateway.mqtt_settings import Broker
from devtoolkit.services.scan import at_once
from devtoolkit.services.sessions import Sessions
from devtoolkit.services.survey import NodeReport, Survey

_LOG = logging.getLogger(__name__)
EVERY_S = 10.0  # between two rounds; as the text boxes of the node's web page
_FIRST_RETRY_S, _LAST_RETRY_S = 1.0, 60.0
_KEEPALIVE_S = 30
_GOODBYE_S = 2.0
_INCOMING = 10_000  # all retained discovery messages of a home come at once


class Bridge:
    """One broker and all nodes of a survey. `run` goes on until it is cancelled."""

    def __init__(self, broker: Broker, survey: Survey, sessions: Sessions, every_s: float = EVERY_S) -> None:
        self.broker = broker
        self.topics = Topics(broker)
        self._survey = survey
        self._sessions = sessions
        self._every_s = every_s
        self._nodes: dict[str, MqttNode] = {}  # by uid as it stands in topics
        self._sent: dict[str, str] = {}  # topic: payload; empty for what an earlier run has left
        self._wishes: dict[tuple[str, str], str] = {}
        self._busy: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Connect, show, obey; again when the broker was lost, later each time up to a minute."""
        wait = _FIRST_RETRY_S
        while True:
            try:
                async with self._client() as client:
                    wait = _FIRST_RETRY_S
                    await self._session(client)
            except* (aiomqtt.MqttError, OSError) as group:
                where = f"{self.broker.host}:{self.broker.port}"
                _LOG.warning("MQTT broker %s: %s; next try in %g s", where, group.exceptions[0], wait)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LAST_RETRY_S)

    def _client(self) -> aiomqtt.Client:
        broker = self.broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.user or None,
            password=broker.password or None,
            will=aiomqtt.Will(self.topics.bridge, OFFLINE, qos=1, retain=True),
            tls_context=ssl.create_default_context(cafile=broker.ca_file or None) if broker.tls else None,
            keepalive=_KEEPALIVE_S,
            max_queued_incoming_messages=_INCOMING,
        )

    async def _session(self, client: aiomqtt.Client) -> None:
        self._sent.clear()
        try:
            for topic in self.topics.subscriptions:
                await client.subscribe(topic, qos=1)
            await self._tell(client, self.topics.bridge, ONLINE)
            _LOG.info("MQTT broker %s:%d: connected", self.broker.host, self.broker.port)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._rounds(client))
                group.create_task(self._listen(client, group))
        except asyncio.CancelledError:
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):  # a wanted end sends no will
                async with asyncio.timeout(_GOODBYE_S):
                    await client.publish(self.topics.bridge, OFFLINE, qos=1, retain=True)
            raise

    # --- what is shown

    async def _rounds(self, client: aiomqtt.Client) -> None:
        while True:
            try:
                reports = await self._survey.fresh(self._every_s)
            except ToolkitError as error:  # a cache that cannot be read now
                _LOG.warning("MQTT: %s", error.message)
            else:
                await self._show_all(client, reports)
                await self._forget({self.topics.node(one.device.uid) for one in reports}, client)
            await asyncio.sleep(self._every_s)

    async def _show_all(self, client: aiomqtt.Client, reports: tuple[NodeReport, ...]) -> None:
        """As many at once as files may be open."""
        slots = asyncio.Semaphore(at_once())

        async def one(report: NodeReport) -> None:
            async with slots:
                await self._show(client, report)

        await asyncio.gather(*(one(report) for report in reports))

    async def _forget(self, known: set[str], client: aiomqtt.Client) -> None:
        """Nodes that are not in the cache any more are away; their entities stay until somebody deletes them."""
        for uid in self._nodes.keys() - known:
            del self._nodes[uid]
            await self._tell(client, self.topics.availability(uid), OFFLINE)

    async def _show(self, client: aiomqtt.Client, report: NodeReport) -> None:
        """One node: its entities, their states, and whether it is there."""
        uid = self.topics.node(report.device.uid)
        node = self._nodes.setdefault(uid, MqttNode(report))
        node.report = report
        if report.up:
            try:
                await node.learn(self._sessions)
            except ToolkitError as error:  # it answered a moment ago; the next round tells more
                _LOG.info("MQTT: %s: %s", report.device.fuid, error.message)
                return
            await self._announce(client, node)
            for entity, state in (*node.states(), *sensors(report)):
                await self._tell(client, self.topics.state(report.device.uid, entity), state)
        await self._tell(client, self.topics.availability(report.device.uid), ONLINE if report.up else OFFLINE)

    async def _announce(self, client: aiomqtt.Client, node: MqttNode) -> None:
        device = node.report.device
        wanted = {self.topics.config(device.uid, entity): entity for entity in node.entities.values()}
        for topic, entity in wanted.items():
            await self._tell(client, topic, discovery(self.topics, device, entity))
        for topic in tuple(self._sent):
            announced = self.topics.announced(topic)
            if announced and announced.node == self.topics.node(device.uid) and topic not in wanted:
                del self._sent[topic]
                await client.publish(topic, "", qos=1, retain=True)

    async def _tell(self, client: aiomqtt.Client, topic: str, payload: str) -> None:
        """Publish what has changed, to stay."""
        if self._sent.get(topic) != payload:
            self._sent[topic] = payload
            await client.publish(topic, payload, qos=1, retain=True)

    # --- what is heard

    async def _listen(self, client: aiomqtt.Client, group: asyncio.TaskGroup) -> None:
        async for message in client.messages:
            topic, payload = str(message.topic), message.payload
            if not isinstance(payload, bytes) or not payload:
                continue
            if topic == self.topics.birth:
                await self._greet(client, payload)
            elif wanted := self.topics.wanted(topic):
                self._wishes[wanted] = payload.decode("utf-8", "replace")
                if wanted not in self._busy:
                    self._busy.add(wanted)
                    group.create_task(self._obey(client, wanted.node, wanted.object_id))
            elif topic not in self._sent and self.topics.announced(topic) and is_ours(payload):
                self._sent[topic] = ""  # of an earlier run: `_announce` tells it anew or takes it away

    async def _greet(self, client: aiomqtt.Client, payload: bytes) -> None:
        """Home Assistant has started and may have lost everything: the next round tells it all again."""
        if payload == ONLINE.encode():
            self._sent.clear()
            await self._tell(client, self.topics.bridge, ONLINE)

    async def _obey(self, client: aiomqtt.Client, uid: str, object_id: str) -> None:
        try:
            while (payload := self._wishes.pop((uid, object_id), None)) is not None:
                await self._do(client, uid, object_id, payload)
        finally:
            self._busy.discard((uid, object_id))

    async def _do(self, client: aiomqtt.Client, uid: str, object_id: str, payload: str) -> None:
        node = self._nodes.get(uid)
        entity = node.entities.get(object_id) if node else None
        if node is None or entity is None:
            _LOG.warning("MQTT: nobody has the entity %.40s/%.40s", uid, object_id)
            return
        try:
            states = await node.do(self._sessions, entity, payload)
        except (ValueError, TypeError) as error:
            _LOG.warning("MQTT: %s/%s: not possible: %s", node.report.device.fuid, object_id, error)
        except ToolkitError as error:
            _LOG.warning("MQTT: %s/%s: %s", node.report.device.fuid, object_id, error.message)
        else:
            for shown, state in states:
                await self._tell(client, self.topics.state(node.report.device.uid, shown), state)
