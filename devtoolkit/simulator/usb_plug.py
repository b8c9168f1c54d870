"""The USB plug of a chip that has USB of its own: its port vanishes from the bus and comes back as another one."""

import asyncio
from collections.abc import Callable

from devtoolkit.simulator.serial_port import SerialPort

_GONE_S = 0.3  # how long it is gone at a reset


class UsbPlug:
    """Of one board. `moved` is called when the port has vanished or come back. For the loop's thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: SerialPort) -> None:
        self.moved: Callable[[], None] = lambda: None
        self._loop = loop
        self._port = port
        self._coming: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """A port that is gone stays gone."""
        if self._coming:
            self._coming.cancel()
            self._coming = None

    def replug(self) -> None:
        """Gone now, back after a moment."""
        self.pull()
        self._coming = self._loop.call_later(_GONE_S, self.put)

    def pull(self) -> None:
        """Gone, until `put`."""
        self.cancel()
        self._port.hide()
        self.moved()  # first: whoever sees it vanish may look for it at once, and the system gives its name to others
        self._port.vanish()

    def put(self) -> None:
        """There again, as a new port."""
        self._coming = None
        self._port.appear()
        self.moved()
