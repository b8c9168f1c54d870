"""Which devices there are, and what is known of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.model.device import Device
    from devtoolkit.services.cache import DeviceFacts
    from devtoolkit.services.devtools.doctor import DoctorReport
    from devtoolkit.services.port_list import PortEntry
    from devtoolkit.services.presence import PresenceEvent


class Nodes(Seam):
    """Which devices there are, and what is known of them."""

    def known(self) -> tuple[tuple[Device, ...], dict[str, DeviceFacts]]:
        return self.cache().snapshot()

    def presence(self, *, scan: bool) -> AsyncIterator[PresenceEvent]:
        """Events of nodes that appear, change and vanish."""
        from devtoolkit.services.presence import watch

        return watch(self.cache(), scan=scan)

    def ports(self) -> tuple[PortEntry, ...]:
        from devtoolkit.services.port_list import list_ports

        return list_ports()

    def probe(self) -> tuple[PortEntry, ...]:
        """As `ports`, and every free board is asked for its chip, which restarts it."""
        from devtoolkit.services.port_list import list_ports

        return list_ports(probe=True)

    def search(self, on_found: Callable[[Device], None]) -> tuple[Device, ...]:
        from devtoolkit.services.discovery import search

        return search(self.cache(), on_found=on_found)

    def forget(self, uids: Sequence[str]) -> None:
        self.cache().forget(*uids)

    def doctor(self) -> DoctorReport:
        from devtoolkit.services.devtools import doctor

        return doctor.examine()

    def password_of(self, uid: str) -> str | None:
        from devtoolkit.services.secrets import password_of

        return password_of(uid)
