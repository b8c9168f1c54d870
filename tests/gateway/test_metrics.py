"""`/metrics`: the gateway's own numbers and those of all nodes, in one scrape."""

from pathlib import Path

from gateway_server import node, running
from prometheus_client.parser import text_string_to_metric_families

GATEWAY = ("info", "http_requests", "http_request_duration_seconds", "node_commands", "node_command_duration_seconds")


def test_all_nodes_are_in_one_scrape_and_a_dead_one_is_down(tmp_path: Path) -> None:
    here, gone = node(60), node(61, fault="refuses")
    with running(tmp_path, [here, gone]) as gateway:
        answer = gateway.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
        values = {(one.name, one.labels.get("uid", "")): one.value for f in families.values() for one in f.samples}
        assert values["micros_node_up", here.uid] == 1
        assert values["micros_node_up", gone.uid] == 0
        assert values["micros_node_memory_used_ratio", here.uid] == 0.415
        assert values["micros_node_uptime_seconds", here.uid] == 3723
        assert ("micros_node_uptime_seconds", gone.uid) not in values
        assert {f"micros_gateway_{name}" for name in GATEWAY} <= families.keys()
        assert gateway.metric("micros_nodes", status="OFFLINE") == 1
        assert gateway.metric("micros_gateway_http_requests_total", route="/metrics", status="200") == 2


def test_scrapes_at_the_same_time_share_one_round(tmp_path: Path) -> None:
    one = node(62)
    with running(tmp_path, [one]) as gateway:
        for _ in range(5):
            gateway.get("/metrics")
        assert one.commands.count("system info") == 1


def test_paths_that_are_none_cannot_fill_the_table_of_requests(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        for number in range(20):
            assert gateway.get(f"/nowhere/{number}").status_code == 404
            assert gateway.client.request("BREW", f"/{number}").status_code in (400, 404, 405)
        text = gateway.get("/metrics").text
        assert "nowhere" not in text
        assert "BREW" not in text
        for method in ("GET", "other"):
            assert gateway.metric("micros_gateway_http_requests_total", method=method, route="other") == 20
