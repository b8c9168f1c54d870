"""Real Prometheuses of two sites and of the centre, with the shipped configuration, rules and dashboard."""

import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_programs import DOCKER, LOOPBACK, get, needs, program, wait
from site_federation import AWAY, NODES, PASSWORD, USER, Federation, federation

pytestmark = [needs("prometheus", "prometheus"), needs("promtool", "prometheus"), needs("openssl", "openssl")]
BOARD = DOCKER / "centre" / "grafana" / "dashboards" / "sites.json"
_LIMIT_S = 90.0


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    with federation(tmp_path_factory.mktemp("federation")) as found:
        for name in NODES:
            seen(found, f'count_over_time(micros_site_tasks_total{{site="{name}", operation="update"}}[1m]) >= 2')
        for site in found.sites.values():
            for operation, done, failed in (("status", 4, 0), ("update", 1, 2), ("command", 1, 0)):
                site.worker.began(operation)
                site.worker.ended(operation, f"micros.{operation}", "done", done, failed)
        yield found


def seen(fleet: Federation, expression: str) -> list[dict[str, Any]]:
    """Samples with a number at the centre; waited for."""

    def numbers() -> list[dict[str, Any]]:
        return [sample for sample in fleet.centre.query(expression) if sample["value"][1] != "NaN"]

    return wait(numbers, f"data for {expression}", _LIMIT_S)


def by_site(fleet: Federation, expression: str) -> dict[str, float]:
    return {sample["metric"]["site"]: float(sample["value"][1]) for sample in seen(fleet, expression)}


def test_the_centre_sees_the_nodes_of_each_site_under_its_name(fleet: Federation) -> None:
    offline = {"north": 0.25, "south": 0.0}
    wait(lambda: by_site(fleet, "site:micros_nodes:count") == NODES, "all nodes", _LIMIT_S)
    wait(lambda: by_site(fleet, "site:micros_nodes_offline:ratio") == offline, "all that live answer", _LIMIT_S)
    names = {sample["metric"]["fuid"].split("-")[0] for sample in seen(fleet, 'micros_node_up{site="south"}')}
    assert names == {"south"}


def test_no_site_can_speak_for_another(fleet: Federation) -> None:
    assert 'site="pretender"' in get(f"{fleet.sites['south'].gateway}/metrics", USER, PASSWORD)
    assert fleet.centre.query('{site="pretender"}') == []
    assert fleet.centre.query('{exported_site=~".+"}') == []


def test_jobs_keep_the_names_they_have_at_their_site(fleet: Federation) -> None:
    found = {(one["metric"]["job"], one["metric"]["site"]): one["value"][1] for one in seen(fleet, "up")}
    here = {(job, name): "1" for job in ("micros", "micros-worker", "sites") for name in NODES}
    assert found == {**here, ("sites", AWAY): "0"}


def test_who_has_no_certificate_of_the_authority_reads_nothing(fleet: Federation) -> None:
    port, keys = fleet.sites["north"].prometheus.port, fleet.keys
    context = ssl.create_default_context(cafile=str(keys / "centre" / "ca.crt"))
    assert "alert" in asked(context, port), "the server refuses during the handshake"
    context.load_cert_chain(keys / "centre" / "place.pem", keys / "centre" / "place.key")
    assert "200 OK" in asked(context, port)


def asked(context: ssl.SSLContext, port: int) -> str:
    """The first line of /federate, or why there is none."""
    with (
        socket.create_connection((LOOPBACK, port), timeout=60) as line,
        context.wrap_socket(line, server_hostname="localhost") as tls,
    ):
        try:
            tls.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
            return tls.recv(200).decode().splitlines()[0]
        except ssl.SSLError as error:
            return str(error).lower().replace("_", " ")


def test_every_expression_of_the_dashboard_returns_data(fleet: Federation) -> None:
    expressions = [one["expr"] for panel in json.loads(BOARD.read_text())["panels"] for one in panel.get("targets", ())]
    assert len(expressions) >= 15
    for expression in expressions:
        seen(fleet, filled(expression))


def filled(expression: str) -> str:
    """As Grafana would send it with all sites chosen."""
    expression = expression.replace("$__rate_interval", "1m").replace("$site", ".*")
    assert "$" not in expression, expression
    return expression


def test_the_dashboard_has_a_row_for_each_site_even_one_that_is_away(fleet: Federation) -> None:
    board = json.loads(BOARD.read_text())
    assert [panel["title"] for panel in board["panels"] if panel.get("repeat") == "site"] == ["Site $site"]
    (variable,) = board["templating"]["list"]
    match = re.fullmatch(r"label_values\((?P<series>.+), (?P<label>\w+)\)", variable["query"]["query"])
    assert match
    values = fleet.centre.api(f"label/{match['label']}/values", **{"match[]": match["series"]})
    assert sorted(values) == sorted([*NODES, AWAY])


def test_the_alerts_tell_the_site_that_is_away_the_nodes_that_are_gone_and_the_rollout_that_failed(
    fleet: Federation,
) -> None:
    def alerts() -> dict[tuple[str, str], str]:
        (group,) = fleet.centre.api("rules")["groups"]
        assert all(rule["health"] != "err" for rule in group["rules"]), group
        found = [one for rule in group["rules"] for one in rule.get("alerts", ())]
        return {(one["labels"]["alertname"], one["labels"]["site"]): one["state"] for one in found}

    wanted = {
        ("MicrosSiteAway", AWAY): "pending",
        ("MicrosSiteNodesOffline", "north"): "pending",
        ("MicrosRolloutFailed", "north"): "firing",
        ("MicrosRolloutFailed", "south"): "firing",
    }
    wait(lambda: alerts() == wanted, "the alerts, and no others", _LIMIT_S)


def test_promtool_finds_nothing_to_say_about_the_workers_metrics(fleet: Federation) -> None:
    text = get(fleet.sites["north"].worker_url)
    done = subprocess.run(
        [program("promtool") or "", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("place", ["centre", "site"])
def test_promtool_accepts_the_shipped_configuration(tmp_path: Path, place: str) -> None:
    """With empty files for the secrets: it looks whether they are there, not into them."""
    folder = tmp_path / "prometheus"
    shutil.copytree(DOCKER / place / "prometheus", folder)
    text = (folder / "prometheus.yml").read_text()
    for name in set(re.findall(r"/run/secrets/([\w.]+)", text)):
        (tmp_path / name).touch()
    (folder / "prometheus.yml").write_text(text.replace("/run/secrets", str(tmp_path)))
    command = [program("promtool") or "", "check", "config", "prometheus.yml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "FAILED" not in done.stdout
