"""A broker behind TLS is believed when its certificate is, and not otherwise."""

from pathlib import Path

import pytest
from gateway_programs import free_port, needs
from site_processes import Redis, SiteProcess
from synthetic_sites import make_key

from devtoolkit.errors import BrokerError
from devtoolkit.services.sites import broker
from devtoolkit.services.sites.operations import connect

pytestmark = needs("redis-server", "redis-server")


def broker_file(folder: Path, port: int, ca: str) -> Path:
    file = folder / f"{ca}.toml"
    file.write_text(f'broker = "rediss://:a-secret@127.0.0.1:{port}/0"\ntls_ca = "{ca}.pem"\n')
    return file


def test_a_site_and_its_centre_meet_over_tls_and_a_stranger_is_not_believed(tmp_path: Path) -> None:
    for name in ("redis", "stranger"):
        make_key(tmp_path, name)
    tls = free_port()
    words = ("--tls-port", str(tls), "--tls-cert-file", str(tmp_path / "redis.pem"), "--tls-auth-clients", "no")
    words += ("--tls-key-file", str(tmp_path / "redis.key"), "--tls-ca-cert-file", str(tmp_path / "redis.pem"))
    with Redis(tmp_path / "data", options=(*words, "--requirepass", "a-secret")):
        file = broker_file(tmp_path, tls, "redis")
        site = SiteProcess("north", tmp_path / "north", str(file)).start()
        try:
            with connect(broker.load(str(file))) as fleet:
                assert [(one.name, one.present) for one in fleet.sites()] == [("north", True)]
            with (
                connect(broker.load(str(broker_file(tmp_path, tls, "stranger")))) as fleet,
                pytest.raises(BrokerError, match="cannot be reached"),
            ):
                fleet.sites()
            assert site.stop() == 0
            assert "a-secret" not in site.log
        finally:
            site.kill()
