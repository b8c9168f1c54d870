"""A real Prometheus with the configuration that is shipped, a gateway, a virtual node and synthetic ones behind it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gateway_programs import DOCKER, LOOPBACK, ROOT, Prometheus, gateway, get, needs, program, prometheus, wait
from ops_node import OpsNode

from devtoolkit.model.device import Device
from devtoolkit.simulator.synthetic_process import numbered
from devtoolkit.simulator.synthetic_process import running as synthetic

pytestmark = [needs("prometheus", "prometheus"), needs("promtool", "prometheus"), pytest.mark.vm]
USER, PASSWORD = "gateway", "a-secret-of-the-tests"
SYNTHETIC = 3
DASHBOARDS = sorted((DOCKER / "grafana" / "dashboards").glob("*.json"))
_ORIGINAL = """
  - job_name: original
    metrics_path: /metrics/{device}/{command}
    basic_auth:
      username: gateway
      password_file: /run/secrets/gateway_password
    static_configs:
      - targets: ["gateway:5005"]
  - job_name: stranger
    static_configs:
      - targets: ["gateway:5005"]
"""


@dataclass(frozen=True)
class Scraped:
    """What the tests of this file look at."""

    server: Prometheus
    url: str
    node: str  # the virtual node's name

    def seen(self, expression: str) -> list[dict[str, Any]]:
        """Samples with a number; waited for."""

        def numbers() -> list[dict[str, Any]]:
            return [sample for sample in self.server.query(expression) if sample["value"][1] != "NaN"]

        return wait(numbers, f"data for {expression}")


def configuration(folder: Path, url: str, node: str) -> Path:
    """The shipped folder with this gateway's place, this secret, shorter intervals, and two more jobs."""
    secret = folder / "gateway_password"
    secret.write_text(PASSWORD)
    shutil.copytree(DOCKER / "prometheus", folder / "prometheus")
    file = folder / "prometheus" / "prometheus.yml"
    text = file.read_text() + _ORIGINAL.format(device=node, command="dht22+measure")
    commands = (folder / "prometheus" / "commands" / "README.md").read_text().split("```yaml\n")[1].split("```")[0]
    commands = commands.replace("livingroom/", f"{node}/").replace(
        "garden/light_sensor+illuminance", f"{node}/rgb+status"
    )
    (folder / "prometheus" / "commands" / "own.yml").write_text(commands.replace("gateway:5005", url[7:]))
    for old, new in (
        ("gateway:5005", url.removeprefix("http://")),
        ("/run/secrets/gateway_password", str(secret)),
        ("60s", "2s"),
        ("15s", "2s"),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def scraped(ops_node: OpsNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    folder = tmp_path_factory.mktemp("prometheus")
    with synthetic(numbered(SYNTHETIC)) as nodes:
        devices = [Device(one.uid, one.name, one.ip, one.port) for one in nodes]
        gone = Device("micr00000000deadOS", "gone", LOOPBACK, 9)  # the discard port: nobody listens
        ops_node.cache.put(*devices, gone)
        ops_node.say("system alarms test=True")
        with (
            gateway(ops_node.user_data, "--no-watch", API_AUTH=f"{USER}:{PASSWORD}") as url,
            prometheus(folder, configuration(folder, url, ops_node.device.fuid)) as server,
        ):
            get(f"{url}/sendcmd/{ops_node.device.fuid}/system+heartbeat", USER, PASSWORD)
            found = Scraped(server, url, ops_node.device.fuid)
            found.seen('count_over_time(up{job="micros"}[1m]) >= 2')
            yield found


def test_two_scrapes_of_everything_arrive(scraped: Scraped) -> None:
    for job in ("micros", "micros-commands", "original"):
        scraped.seen(f'count_over_time(up{{job="{job}"}}[5m]) >= 2')
        assert {sample["value"][1] for sample in scraped.seen(f'up{{job="{job}"}}')} == {"1"}, job
    bad = [target for target in scraped.server.targets() if target["health"] == "down"]
    assert {target["labels"]["job"] for target in bad} == {"stranger"}
    assert "401" in bad[0]["lastError"]


def test_all_nodes_are_there_and_the_one_that_is_gone_is_down(scraped: Scraped) -> None:
    up = {sample["metric"]["fuid"]: sample["value"][1] for sample in scraped.seen("micros_node_up")}
    assert up == {scraped.node: "1", "gone": "0", **dict.fromkeys((one.name for one in numbered(SYNTHETIC)), "1")}


def test_the_originals_scrape_job_gives_the_originals_names(scraped: Scraped) -> None:
    prefix = "micrOS_" + re.sub(r"\W", "_", scraped.node) + "__dht22_measure_"
    samples = scraped.seen(f'{{job="original", __name__=~"{prefix}.+"}}')
    assert {sample["metric"]["__name__"].removeprefix(prefix): sample["value"][1] for sample in samples} == {
        "tempC": "21.5",
        "hum": "40",
    }


def test_a_command_file_needs_no_restart_and_names_its_device(scraped: Scraped) -> None:
    found = {
        (sample["metric"]["device"], sample["metric"]["command"])
        for sample in scraped.seen('up{job="micros-commands"} == 1')
    }
    assert found == {(scraped.node, "dht22+measure"), (scraped.node, "rgb+status")}


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_every_expression_of_a_dashboard_returns_data(scraped: Scraped, file: Path) -> None:
    board = json.loads(file.read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    assert len(expressions) >= 6
    for expression in expressions:
        scraped.seen(_filled(expression))


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_every_variable_of_a_dashboard_has_values(scraped: Scraped, file: Path) -> None:
    for variable in json.loads(file.read_text())["templating"]["list"]:
        match = re.fullmatch(r"label_values\((?P<series>.+), (?P<label>\w+)\)", variable["query"]["query"])
        assert match, variable
        found = scraped.server.api(f"label/{match['label']}/values", **{"match[]": _filled(match["series"])})
        assert found, variable["name"]


def _filled(expression: str) -> str:
    """As Grafana would send it with "All" chosen."""
    for variable, value in {"$__rate_interval": "1m", "$__range": "5m", "$node": ".*", "$module": ".*"}.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression.replace('"$1"', ""), expression
    return expression


def test_the_alert_rules_work(scraped: Scraped) -> None:
    def states() -> dict[str, str]:
        (group,) = scraped.server.api("rules")["groups"]
        assert all(rule["health"] != "err" for rule in group["rules"]), group
        return {rule["name"]: rule["state"] for rule in group["rules"]}

    wait(lambda: states()["MicrosNodeDown"] == "pending", "the node that is gone is noticed")
    wait(lambda: states()["MicrosNodeAlarms"] == "pending", "so is the entry in an error log")
    assert states()["MicrosGatewayDown"] == "inactive"


def test_promtool_finds_nothing_to_say_about_the_metrics(scraped: Scraped) -> None:
    said = _promtool_metrics(get(f"{scraped.url}/metrics", USER, PASSWORD))
    assert said == []


def test_promtool_minds_nothing_about_the_originals_names_but_their_capitals(scraped: Scraped) -> None:
    said = _promtool_metrics(get(f"{scraped.url}/metrics/{scraped.node}/dht22+measure", USER, PASSWORD))
    assert said
    assert all("camelCase" in line for line in said), said


def _promtool_metrics(text: str) -> list[str]:
    done = subprocess.run(
        [program("promtool") or "", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).splitlines()


def test_promtool_accepts_the_shipped_configuration_and_rules() -> None:
    done = subprocess.run(
        [program("promtool") or "", "check", "config", "prometheus.yml"],
        cwd=DOCKER / "prometheus",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "FAILED" not in done.stdout


def test_promtool_accepts_the_jobs_of_the_guide(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guide" / "gateway-deploy.md").read_text()
    (jobs,) = [part for block in text.split("```yaml\n")[1:] if "scrape_configs" in (part := block.split("```")[0])]
    (tmp_path / "prometheus.yml").write_text(jobs)
    command = [program("promtool") or "", "check", "config", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
