"""Container files, unit and keys of centre and sites hold together, and do with real programs what they say."""

import http.server
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client
from gateway_programs import DOCKER, LOOPBACK, ROOT, accepts, free_port, needs, program, running, wait
from packaging.utils import canonicalize_name
from packaging.version import Version
from pinned_closure import SITE_FILE, closure, declared, pinned
from redis.backoff import NoBackoff
from redis.retry import Retry
from ruamel.yaml import YAML
from site_federation import MAKE_PLACE, broker_file, make_places, redis_of_the_centre

from devtoolkit.services.sites import broker, celery_app

UNIT = ROOT / "env" / "systemd" / "micros-site.service"
DOCKERFILE = DOCKER / "site" / "Dockerfile"
PLACES = ("centre", "site")
_PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?[\w.-]*")


def compose(place: str) -> Any:
    return YAML(typ="safe").load(DOCKER / place / "docker-compose.yaml")


# --- compose


@pytest.mark.parametrize("place", PLACES)
def test_the_compose_file_is_valid_by_the_compose_specification(place: str) -> None:
    file = DOCKER / place / "docker-compose.yaml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_service_has_a_pinned_image_a_health_check_and_a_restart() -> None:
    services = {f"{place} {name}": one for place in PLACES for name, one in compose(place)["services"].items()}
    assert set(services) == {
        *(f"centre {name}" for name in ("redis", "prometheus", "grafana")),
        *(f"site {name}" for name in ("gateway", "worker", "prometheus")),
    }
    for name, service in services.items():
        assert _PINNED.fullmatch(service["image"]), service["image"]
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped"
    images = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert len(images) == 2
    assert all(_PINNED.fullmatch(image) for image in images), images


@pytest.mark.parametrize("place", PLACES)
def test_secrets_are_files_that_are_not_shared_and_stand_nowhere_else(place: str) -> None:
    found = compose(place)
    assert all(secret == {"file": f"./secrets/{name}"} for name, secret in found["secrets"].items())
    used = {name for service in found["services"].values() for name in service.get("secrets", ())}
    assert used == set(found["secrets"])
    for service in found["services"].values():
        for key, value in service.get("environment", {}).items():
            assert "PASSWORD" not in key or value.startswith("/run/secrets/"), key
    assert "secrets/" in (DOCKER / place / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("place", PLACES)
def test_each_secret_is_made_by_the_script_or_named_in_the_guide(place: str, places: Path) -> None:
    made = {file.name for file in (places / ("north" if place == "site" else place)).iterdir()}
    guide = (ROOT / "docs" / "guide" / "sites.md").read_text()
    missing = set(compose(place)["secrets"]) - made
    assert all(f"secrets/{name}" in guide for name in missing), missing


def test_what_is_mounted_and_copied_is_there() -> None:
    for place in PLACES:
        services = compose(place)["services"].values()
        mounts = [text.split(":")[0] for service in services for text in service.get("volumes", ()) if text[0] == "."]
        assert mounts
        assert all((DOCKER / place / mount).exists() for mount in mounts), mounts
    copied = re.findall(r"env/docker/\S+\.\w+", DOCKERFILE.read_text())
    ignore = (DOCKER / "site" / "Dockerfile.dockerignore").read_text().splitlines()
    for path in (path for path in copied if "/src/" not in path and not path.startswith("/")):
        assert (ROOT / path).is_file() or path == "env/docker/requirements.txt", path
    assert all((ROOT / line[1:]).exists() for line in ignore if line.startswith("!"))


def test_the_pins_are_exactly_what_a_site_needs_and_what_the_project_allows() -> None:
    pins = pinned(SITE_FILE)
    assert set(pins) == closure("sites"), "run tests/support/pinned_closure.py sites"
    assert pins.items() >= pinned().items(), "the same versions as in the gateway's container"
    for wanted in declared("sites"):
        assert Version(pins[canonicalize_name(wanted.name)]) in wanted.specifier, wanted


def test_the_ports_agree_everywhere() -> None:
    text = (DOCKER / "site" / "prometheus" / "prometheus.yml").read_text()
    dockerfile = DOCKERFILE.read_text()
    for variable, port in (("GATEWAY_PORT", 5005), ("WORKER_METRICS_PORT", 5006)):
        assert f"{variable}={port}" in dockerfile
        assert f'"127.0.0.1:{port}"' in text
    assert "--metrics 5006" in UNIT.read_text()


def test_the_dashboards_ask_the_data_source_that_is_provisioned() -> None:
    source = YAML(typ="safe").load(DOCKER / "grafana/provisioning/datasources/prometheus.yml")["datasources"][0]
    provider = YAML(typ="safe").load(DOCKER / "grafana/provisioning/dashboards/micros.yml")["providers"][0]
    grafana = compose("centre")["services"]["grafana"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    mounts = dict(text.split(":")[1::-1] for text in grafana["volumes"] if text.startswith("."))
    assert all(place.startswith(provider["options"]["path"]) for place in mounts if "dashboards" in mounts[place])
    file = DOCKER / "centre" / mounts[str(Path(home).parent)] / Path(home).name
    board = json.loads(file.read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    asked = {part["datasource"]["uid"] for panel in panels for part in panel.get("targets", ())}
    assert asked == {source["uid"]}
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _y in cells) < 24


# --- what runs in the containers


@pytest.mark.parametrize(
    ("role", "environment", "started"),
    [
        (
            "gateway",
            {"GATEWAY_PASSWORD_FILE": "password"},
            "gateway:secret -gw --host :: --port 1 --site-name north a b",
        ),
        ("gateway", {}, "none -gw --host :: --port 1 --site-name north a b"),
        ("worker", {}, "none --site north --broker /b.toml --metrics 2 a b"),
    ],
)
def test_the_start_script_starts_the_role_and_hands_on_every_word(
    tmp_path: Path, role: str, environment: dict[str, str], started: str
) -> None:
    shown = tmp_path / "devToolKit.py"
    shown.write_text('#!/bin/sh\necho "${API_AUTH:-none}" "$@"\n')
    shown.chmod(0o755)
    (tmp_path / "password").write_text("secret\n")
    variables = {"GATEWAY_HOST": "::", "GATEWAY_PORT": "1", "WORKER_METRICS_PORT": "2", "SITE": "north"}
    done = subprocess.run(
        ["/bin/sh", str(DOCKER / "site" / "start.sh"), role, "a", "b"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "BROKER_FILE": "/b.toml", **variables, **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == started + "\n"


@pytest.mark.parametrize(
    ("words", "page", "code"),
    [
        ([], "/health", 0),
        (["worker"], "/metrics", 0),
        (["worker"], "/away", 1),
    ],
)
def test_the_health_check_asks_the_role(words: list[str], page: str, code: int) -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == ("/health" if not words else "/metrics")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f'micros_site_broker_up{{site="north"}} {float(page != "/away")}\n'.encode())

        def log_message(self, *_: object) -> None:
            return

    with http.server.HTTPServer((LOOPBACK, 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = str(server.server_port)
        environment = {**os.environ, "GATEWAY_PORT": port, "WORKER_METRICS_PORT": port}
        command = [sys.executable, str(DOCKER / "site" / "healthcheck.py"), *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        server.shutdown()
        thread.join()
    assert done.returncode == code, done.stderr


# --- keys, and the broker with them


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    return make_places(folder / "all", ("centre", "hub.example", LOOPBACK), ("north", "10.0.0.7"), ("south",))


@needs("openssl", "openssl")
def test_each_place_trusts_only_whom_it_must(places: Path) -> None:
    def pems(name: str) -> set[str]:
        return {file.name for file in (places / name).glob("*.pem")}

    assert pems("centre") == {"place.pem", "north.pem", "south.pem"}
    assert pems("north") == pems("south") == {"place.pem", "centre.pem"}
    for file in places.rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, "nobody else reads it"
    text = subprocess.run(
        ["openssl", "x509", "-noout", "-text", "-in", str(places / "north" / "place.pem")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "DNS:north, DNS:localhost, IP Address:10.0.0.7" in text
    assert "CA:FALSE" in text


@needs("openssl", "openssl")
def test_a_place_is_not_made_twice_nor_before_the_centre_nor_with_any_name(places: Path, tmp_path: Path) -> None:
    before = (places / "north" / "place.key").read_text()
    for folder, words in ((places, ("north",)), (tmp_path, ("north",)), (places, ("../north",)), (places, ("all",))):
        command = ["/bin/sh", str(MAKE_PLACE), str(folder), *words]
        assert subprocess.run(command, capture_output=True, check=False).returncode != 0, words
    assert (places / "north" / "place.key").read_text() == before
    assert not (tmp_path / "north").exists()


@needs("redis-server", "redis-server")
@needs("openssl", "openssl")
def test_the_broker_speaks_tls_wants_its_password_and_forgets_nothing(places: Path, tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path
    command = redis_of_the_centre(folder, places / "centre", port)
    password = (places / "centre" / "broker_password").read_text()
    ca, once = str(places / "centre" / "ca.crt"), Retry(NoBackoff(), 0)

    def asked(**options: Any) -> "redis_client.Redis":
        return redis_client.Redis("localhost", port, retry=once, **{"ssl": True, "ssl_ca_certs": ca, **options})

    with running(command, folder / "first.log") as process:
        wait(lambda: accepts(port) or process.poll() is not None, "Redis listens")
        assert process.poll() is None, (folder / "first.log").read_text()
        shown = Path(f"/proc/{process.pid}/cmdline").read_bytes() if Path("/proc").is_dir() else b""
        assert password.encode() not in shown
        health = ["/bin/sh", str(folder / "health.sh")]
        assert subprocess.run(health, capture_output=True, check=False).returncode == 0
        with pytest.raises(redis_client.AuthenticationError):
            asked().ping()
        with pytest.raises(redis_client.RedisError):
            asked(ssl=False, ssl_ca_certs=None, password=password).ping()
        with asked(password=password) as client:
            client.rpush("micros.site.north", "a job that waits")
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        process.kill()
        process.wait()
    assert subprocess.run(health, capture_output=True, check=False).returncode != 0
    with running(command, folder / "second.log") as process:
        wait(lambda: accepts(port) or process.poll() is not None, "Redis listens again")
        with asked(password=password) as client:
            assert client.lrange("micros.site.north", 0, -1) == [b"a job that waits"]
        own = broker.load(str(broker_file(places / "north", "hub.example", port)))
        client = celery_app.client_of(celery_app.make(own))
        assert client.ping(), "a site reaches it with the file that was made for it"
        client.close()


# --- systemd


@needs("systemd-analyze", "systemd")
def test_systemd_accepts_the_unit_and_finds_it_no_more_exposed_than_the_gateways(tmp_path: Path) -> None:
    exposure = {}
    for unit in (UNIT, UNIT.with_name("micros-gw.service")):
        text = unit.read_text()
        assert "/opt/micros/bin/python -m devToolKit" in text
        (tmp_path / unit.name).write_text(text.replace("/opt/micros/bin/python", sys.executable))
        exposure[unit.name] = _exposure(tmp_path / unit.name)
    done = _analyzed("verify", "--man=no", str(tmp_path / UNIT.name))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert exposure[UNIT.name] <= exposure["micros-gw.service"] < 5
    (tmp_path / UNIT.name).write_text(UNIT.read_text().replace("KillMode=mixed", "KillMode=somehow"))
    assert "somehow" in _analyzed("verify", "--man=no", str(tmp_path / UNIT.name)).stderr


def test_the_unit_calls_the_worker_with_options_that_it_has() -> None:
    from devtoolkit.cli import site

    line = next(line for line in UNIT.read_text().splitlines() if line.startswith("ExecStart="))
    words = [word for word in shlex.split(line) if word.startswith("--")]
    known = {spelling for option in (site.COMMAND.option, *site.COMMAND.modifiers) for spelling in option.spellings}
    assert set(words) <= known
    loaded = re.findall(r"^LoadCredential=([\w.]+):/etc/micros-site/\1$", UNIT.read_text(), re.MULTILINE)
    assert sorted(loaded) == ["broker.toml", "ca.crt", "centre.pem", "place.key", "place.pem"]


def _exposure(unit: Path) -> float:
    said = _analyzed("security", "--offline=true", "--no-pager", str(unit)).stdout
    match = re.search(r"exposure level for \S+: (\d+\.\d)", said)
    assert match, said
    return float(match[1])


def _analyzed(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("systemd-analyze") or "", *words], capture_output=True, text=True, check=False)
