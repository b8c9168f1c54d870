"""The container files hold together: schema, pins, secrets, and what the gateway needs."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gateway_programs import DOCKER, ROOT, needs, program
from packaging.utils import canonicalize_name
from packaging.version import Version
from pinned_closure import closure, declared, pinned
from ruamel.yaml import YAML

COMPOSE = DOCKER / "docker-compose.yaml"
DOCKERFILE = DOCKER / "Dockerfile"
UNIT = ROOT / "env" / "systemd" / "micros-gw.service"
_PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?[\w.-]*")


def yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """check-jsonschema carries the compose specification's schema, so nothing is fetched."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_compose_file_is_valid_by_the_compose_specification(tmp_path: Path) -> None:
    done = check(COMPOSE)
    assert done.returncode == 0, done.stdout
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(COMPOSE.read_text().replace("restart: unless-stopped", "restarts: unless-stopped", 1))
    assert "restarts" in check(wrong).stdout, "the schema would find a wrong word"


def test_the_override_of_the_guide_is_valid_too(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guide" / "gateway-deploy.md").read_text()
    (override,) = [part for block in text.split("```yaml\n") if (part := block.split("```")[0]).startswith("services:")]
    (tmp_path / "override.yaml").write_text(override)
    assert check(tmp_path / "override.yaml").returncode == 0


def test_every_service_has_a_pinned_image_a_health_check_and_a_restart() -> None:
    services = yaml(COMPOSE)["services"]
    assert set(services) == {"gateway", "prometheus", "grafana"}
    for name, service in services.items():
        assert _PINNED.fullmatch(service["image"]), service["image"]
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped"


def test_every_base_image_is_pinned() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert len(images) == 2
    assert all(_PINNED.fullmatch(image) for image in images), images


def test_secrets_are_files_and_stand_nowhere_else() -> None:
    compose = yaml(COMPOSE)
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    for service in compose["services"].values():
        for key, value in service.get("environment", {}).items():
            assert "PASSWORD" not in key or value.startswith("/run/secrets/"), key
    assert "secrets/" in (DOCKER / ".gitignore").read_text().splitlines()


def test_what_is_mounted_and_copied_is_there() -> None:
    services = yaml(COMPOSE)["services"].values()
    mounts = [text.split(":")[0] for service in services for text in service.get("volumes", ()) if text[0] == "."]
    copied = re.findall(r"env/docker/\S+\.\w+", DOCKERFILE.read_text())
    assert len(mounts) >= 3
    assert len(copied) >= 4
    assert all((DOCKER / mount).exists() for mount in mounts)
    assert all((ROOT / path).is_file() for path in copied)


def test_the_pins_are_exactly_what_the_gateway_needs_and_what_the_project_allows() -> None:
    pins = pinned()
    assert set(pins) == closure(), "a new dependency: is it NOT_NEEDED? else run tests/support/pinned_closure.py"
    for wanted in declared():
        assert Version(pins[canonicalize_name(wanted.name)]) in wanted.specifier, wanted


def test_the_ports_and_the_user_agree_everywhere() -> None:
    text = (DOCKER / "prometheus" / "prometheus.yml").read_text()
    assert "EXPOSE 5005" in DOCKERFILE.read_text()
    assert yaml(COMPOSE)["services"]["gateway"]["environment"]["GATEWAY_USER"] == "gateway"
    assert text.count("username: gateway") == text.count("password_file: /run/secrets/gateway_password") == 2
    assert '"gateway:5005"' in text


def test_the_dashboards_ask_the_data_source_that_is_provisioned() -> None:
    (source,) = yaml(DOCKER / "grafana/provisioning/datasources/prometheus.yml")["datasources"]
    (provider,) = yaml(DOCKER / "grafana/provisioning/dashboards/micros.yml")["providers"]
    mounts = yaml(COMPOSE)["services"]["grafana"]["volumes"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in mounts
    boards = [json.loads(file.read_text()) for file in (DOCKER / "grafana/dashboards").glob("*.json")]
    assert {board["uid"] for board in boards} == {"micros-fleet", "micros-sensors"}
    for board in boards:
        panels = board["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        asked = [part["datasource"]["uid"] for panel in panels if panel["type"] != "row" for part in panel["targets"]]
        assert set(asked) == {source["uid"]}
        assert _free_of_overlap([panel["gridPos"] for panel in panels])


def _free_of_overlap(places: list[dict[str, int]]) -> bool:
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    return len(cells) == len(set(cells)) and max(x for x, _y in cells) < 24


@needs("systemd-analyze", "systemd")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    text = UNIT.read_text()
    assert "/opt/micros/bin/python -m devToolKit -gw" in text
    unit.write_text(text.replace("/opt/micros/bin/python", sys.executable))
    done = _verify(unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    unit.write_text(unit.read_text().replace("Restart=always", "Restart=sometimes"))
    assert "sometimes" in _verify(unit).stderr, "it would find a wrong word"


def _verify(unit: Path) -> subprocess.CompletedProcess[str]:
    command = [program("systemd-analyze") or "", "verify", "--man=no", str(unit)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("secret", ["a-secret", ""])
def test_the_entry_point_reads_the_secret_and_hands_on_every_word(tmp_path: Path, secret: str) -> None:
    shown = tmp_path / "devToolKit.py"
    shown.write_text('#!/bin/sh\necho "${API_AUTH:-none}" "$@"\n')
    shown.chmod(0o755)
    file = tmp_path / "password"
    file.write_text(secret + "\n")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "GATEWAY_HOST": "0.0.0.0", "GATEWAY_PORT": "5005"}
    if secret:
        environment["GATEWAY_PASSWORD_FILE"] = str(file)
    command = ["/bin/sh", str(DOCKER / "entrypoint.sh"), "--mqtt", "mqtt://a b"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    auth = f"gateway:{secret}" if secret else "none"
    assert done.stdout == f"{auth} -gw --host 0.0.0.0 --port 5005 --mqtt mqtt://a b\n"
