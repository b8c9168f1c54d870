"""One node as Home Assistant has it: its entities, and the answers that their states come from."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from devtoolkit.gateway.mqtt_entities import Answer, Entity
from devtoolkit.gateway.mqtt_messages import sensors
from devtoolkit.gateway.mqtt_modules import CONTROLS, entities
from devtoolkit.services.sessions import Sessions
from devtoolkit.services.survey import NodeReport
from devtoolkit.services.widgets import Widget, WidgetMemory
from devtoolkit.transports.tcp_shell import TcpShell

States = list[tuple[Entity, str]]
_STATUS = re.compile(r"\s*status\b")  # a usage line


@dataclass(slots=True)
class MqttNode:
    """`entities` by object id, sensors included. Its methods raise ToolkitError when the node does not answer."""

    report: NodeReport
    entities: dict[str, Entity] = field(default_factory=dict)
    _widgets: WidgetMemory = field(default_factory=WidgetMemory)
    _modules: dict[tuple[Widget, ...], tuple[Entity, ...]] = field(default_factory=dict)
    _answers: dict[str, Answer] = field(default_factory=dict)  # by the command that gave it

    async def learn(self, sessions: Sessions) -> None:
        """Ask for modules that are new and for all states, in one session. It changes nothing on the node."""
        device = self.report.device
        async with sessions.session(device) as shell:
            found = await self._widgets.of(shell, device.version or "")
            modules = [tuple(group) for _name, group in groupby(found, key=lambda widget: widget.module)]
            before = self._modules
            self._modules = {
                known: before[known] if known in before else await _made(shell, known) for known in modules
            }
            own = [entity for made in self._modules.values() for entity in made]
            polls = sorted({entity.poll for entity in own if entity.poll})
            self._answers = {poll: await _asked(shell, poll) for poll in polls}
        everything: list[Entity] = [*own, *(sensor for sensor, _state in sensors(self.report))]
        self.entities = {entity.object_id: entity for entity in everything}

    def states(self) -> States:
        """What the last answers say."""
        return [pair for entity in self.entities.values() for pair in self._state(entity)]

    async def do(self, sessions: Sessions, entity: Entity, payload: str) -> States:
        """Do what is wanted of the entity; what it is then. Raises ValueError for what nobody may want."""
        command = entity.command(payload, self._answers.get(entity.poll, {}))
        async with sessions.session(self.report.device) as shell:
            await shell.command(command)
            if entity.poll:
                self._answers[entity.poll] = await _asked(shell, entity.poll)
                return self._state(entity)
        return [] if entity.component == "button" else [(entity, payload)]

    def _state(self, entity: Entity) -> States:
        state = entity.state(self._answers.get(entity.poll, {})) if entity.poll else None
        return [] if state is None else [(entity, state)]


async def _made(shell: TcpShell, known: Sequence[Widget]) -> tuple[Entity, ...]:
    """A module's entities. Its status is asked only where there is one, and something to command: it may start it."""
    module = known[0].module
    status: Answer = {}
    if any(widget.type in CONTROLS for widget in known):
        usage = await shell.command(f"{module} help")
        if any(_STATUS.match(line) for line in usage):
            status = await _asked(shell, f"{module} status")
    return entities(known, status)


async def _asked(shell: TcpShell, command: str) -> Answer:
    """A JSON object as an answer; empty for every other one."""
    try:
        value = json.loads("".join(await shell.command(f"{command} >json")))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
