"""The connection between a board and the simulated hardware in its VM."""

from collections.abc import Callable

from devtoolkit.errors import SimulatorError
from devtoolkit.simulator.link import LinkServer, Message, Peer

_ANSWER_S = 5.0


class VmLink:
    """One VM at a time: the last that said `up`. `heard` gets its events. For the loop's thread only."""

    def __init__(self, heard: Callable[[Message], None]) -> None:
        self._heard = heard
        self._server = LinkServer(self._message, self._closed)
        self._vm: Peer | None = None

    async def start(self) -> None:
        """Listen."""
        await self._server.start()

    async def stop(self) -> None:
        """Close every connection."""
        await self._server.stop()

    @property
    def up(self) -> bool:
        """Whether a VM is there to be asked."""
        return self._vm is not None

    def forget(self) -> None:
        """What this VM still says is not heard any more."""
        self._vm = None

    def invite(self) -> dict[str, object]:
        """The part of the next VM's configuration by which it connects; the one before is refused from now on."""
        return {"link": list(self._server.address), "token": self._server.renew_token()}

    async def ask(self, message: Message) -> Message:
        """Pass a request on; returns its answer. SimulatorError when there is none in time, or no VM."""
        if self._vm is None:
            raise SimulatorError("The virtual board's VM is not running.")
        return await self._vm.request(message, _ANSWER_S)

    async def _message(self, peer: Peer, message: Message) -> None:
        if "re" in message:
            peer.answered(message)
        elif message.get("ev") == "up":
            self._vm = peer
        elif peer is self._vm:
            self._heard(message)

    def _closed(self, peer: Peer) -> None:
        if peer is self._vm:
            self._vm = None
