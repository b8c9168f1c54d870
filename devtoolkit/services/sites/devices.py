"""What the window shows of other sites; nothing, and no Celery, where no broker is set up."""

from devtoolkit.model.device import Device
from devtoolkit.services.sites import broker
from devtoolkit.services.sites.model import Site


def sites() -> tuple[Site, ...]:
    """The sites of the chosen broker. Raises BrokerError."""
    return _look()[0]


def sites_devices() -> tuple[Device, ...]:
    """Their nodes, with the site's name on each; the state is what the site knew last. Raises BrokerError."""
    return _look()[1]


def _look() -> tuple[tuple[Site, ...], tuple[Device, ...]]:
    if not broker.chosen():
        return (), ()
    from devtoolkit.services.sites.operations import connect  # late: brings Celery

    with connect(broker.load()) as fleet:
        found = fleet.sites()
        names = ",".join(site.name for site in found)
        return found, fleet.devices(names) if names else ()
