"""`/api/v1` and the web hooks: devices, commands, configuration, jobs with their events."""

from pathlib import Path
from typing import Any

import pytest
from gateway_server import Running, node, running, sse, until
from openapi_spec_validator import validate

from devtoolkit.gateway.webhook_files import Hook


def test_the_openapi_description_is_valid_and_tells_every_error(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        spec = gateway.json("/openapi.json")
        validate(spec)
        for path, methods in spec["paths"].items():
            for method, operation in methods.items():
                assert operation["summary"], (path, method)
                if path != "/health":
                    assert {"401", "403", "429"} <= operation["responses"].keys(), (path, method)
                assert not [code for code in operation["responses"] if code > "499" and code != "504"]
        assert gateway.get("/docs").status_code == 200


def test_pages_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        for page in ("/", "/docs", "/imgstream"):
            answer = gateway.get(page)
            assert answer.headers["content-type"].startswith("text/html")
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert "://" not in answer.text


def test_several_commands_go_in_one_session_in_order(tmp_path: Path) -> None:
    one = node(70)
    with running(tmp_path, [one]) as gateway:
        body = {"commands": ["conf", "devfid", "noconf"]}
        found = gateway.client.post(f"/api/v1/devices/{one.name}/commands", json=body).json()
        assert found["device"]["uid"] == one.uid
        assert [reply["command"] for reply in found["replies"]] == body["commands"]
        assert found["replies"][1]["lines"] == [one.name]
        until(lambda: one.commands == [*body["commands"], "exit"], "that session is ended, nobody else gets it")


def test_devices_are_listed_at_once_and_their_state_comes_as_an_event(tmp_path: Path) -> None:
    here, gone = node(71, latency_s=0.1), node(72, fault="refuses")
    with running(tmp_path, [here, gone]) as gateway:
        with gateway.client.stream("GET", "/api/v1/events", headers={"Accept": "text/event-stream"}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(lines) == ": here"  # from now on nothing is missed
            events = sse(lines)
            first = {one["uid"]: one for one in gateway.json("/api/v1/devices")}
            assert first.keys() == {here.uid, gone.uid}
            assert gateway.json("/api/v1/devices?fresh=true")
            told = dict([_node_event(next(events)), _node_event(next(events))])
        assert told == {here.uid: "ONLINE", gone.uid: "OFFLINE"}
        states = {one["uid"]: one["status"] for one in gateway.json("/api/v1/devices")}
        assert states == told
        assert gateway.json(f"/api/v1/devices/{here.name}")["last_seen"] > 0
        assert [event["kind"] for event in gateway.json("/api/v1/events")][:2] == ["node", "node"]


def _node_event(event: tuple[str, Any]) -> tuple[str, str]:
    kind, data = event
    assert kind == "node"
    return data["uid"], data["status"]


def test_settings_are_read_set_compared_and_put_back_with_secrets_masked(tmp_path: Path) -> None:
    one = node(73, config={"cron": "False", "appwd": "NodeSecret1"})
    with running(tmp_path, [one]) as gateway:
        url = f"/api/v1/devices/{one.uid}/config"
        values = gateway.json(url)["values"]
        assert values["cron"] is False
        assert values["appwd"] == "********"
        assert gateway.json(f"{url}?key=cron")["values"] == {"cron": False}
        assert gateway.client.post(f"{url}/archive").json()["file"] == f"{one.name}-node_config.json"
        changed = gateway.client.patch(url, json={"values": {"cron": True}}).json()
        assert changed["changes"] == [{"key": "cron", "old": False, "new": True}]
        assert one.config["cron"] == "True"
        assert gateway.json(f"{url}/diff")["changes"] == [{"key": "cron", "old": True, "new": False}]
        assert gateway.client.post(f"{url}/restore").json()["changes"] == [{"key": "cron", "old": True, "new": False}]
        assert gateway.client.patch(url, json={"values": {"cron": "maybe"}}).status_code == 400
        assert gateway.client.patch(url, json={"values": {}}).status_code == 422
        assert one.config["cron"] == "False"


def ended(gateway: Running, job: dict[str, Any]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = gateway.json(f"/api/v1/jobs/{job['id']}")
        return found if found["state"] != "running" else None

    return until(look, "the job ends")


def test_an_update_is_a_job_whose_progress_is_streamed_to_its_end(tmp_path: Path) -> None:
    one = node(74, latency_s=0.05)
    with running(tmp_path, [one]) as gateway:
        begun = gateway.client.post("/api/v1/ota", json={"nodes": one.name, "dry_run": True})
        assert begun.status_code == 202
        job = begun.json()
        headers = {"Accept": "text/event-stream"}
        with gateway.client.stream("GET", f"/api/v1/jobs/{job['id']}/events", headers=headers) as stream:
            events = list(sse(stream.iter_lines()))  # it ends by itself
        assert events[0][1]["title"] == one.name
        assert events[-1] == ("end", {"state": "failed", "at": events[-1][1]["at"]})  # a synthetic node has no `ota`
        found = ended(gateway, job)
        assert found["failure"]["type"] == "UpdateError"
        assert found["result"]["nodes"][0]["device"]["uid"] == one.uid
        assert gateway.json("/api/v1/jobs")[0]["id"] == job["id"]
        assert gateway.metric("micros_gateway_jobs", state="failed") == 1


def test_what_is_wrong_with_an_update_is_told_before_it_is_a_job(tmp_path: Path) -> None:
    with running(tmp_path, [node(75)]) as gateway:
        assert gateway.client.post("/api/v1/ota", json={"nodes": "nobody"}).status_code == 404
        assert gateway.client.post("/api/v1/ota", json={"nodes": "all", "mode": "files"}).status_code == 422
        assert gateway.client.post("/api/v1/ota", json={"nodes": "all", "parallel": 0}).status_code == 422
        assert gateway.json("/api/v1/jobs") == []
        assert gateway.json("/api/v1/jobs/none", 404)["error"]["type"] == "NotFoundError"


def test_a_search_is_a_job_that_finds_nodes(tmp_path: Path) -> None:
    one = node(76)
    with running(tmp_path, [one]) as gateway:
        job = ended(gateway, gateway.client.post("/api/v1/search").json())
        assert job["state"] == "done"
        assert {device["uid"]: device["status"] for device in job["result"]}[one.uid] == "ONLINE"


def declare(folder: Path, name: str, text: str) -> None:
    (folder / "webhooks").mkdir(exist_ok=True)
    (folder / "webhooks" / name).write_text(text)


def test_only_declared_web_hooks_run_and_only_with_plain_words(tmp_path: Path) -> None:
    one, two = node(77), node(78, fault="refuses")
    declare(
        tmp_path,
        "info.toml",
        f'title = "Info"\nnodes = "{one.name},{two.name}"\ncommands = ["system {{1}}"]\narguments = 1\n',
    )
    declare(tmp_path, "broken.toml", 'nodes = "all"\n')
    with running(tmp_path, [one, two]) as gateway:
        assert gateway.json("/webhooks") == [{"name": "info", "title": "Info", "arguments": 1}]
        found = gateway.json("/webhooks/info/info")
        assert found["ok"] is False  # one of the two is away
        assert found["nodes"][0]["lines"][0] == " Mem usage [%]: 41.5"
        assert found["nodes"][1]["error"]
        assert one.commands[0] == "system info"
        for path, code in {
            "/webhooks/info": 400,
            "/webhooks/info/a/b": 400,
            "/webhooks/info/info%20%3Ca%3E%20reboot": 400,
            "/webhooks/info/%22x%22": 400,
            "/webhooks/info/--option": 400,
            "/webhooks/broken": 400,
            "/webhooks/nothing": 404,
            "/webhooks/..%2finfo": 404,
            "/webhooks/%2e%2e/cache": 404,
        }.items():
            assert gateway.get(path).status_code == code, path
        assert not [text for text in one.commands if text not in ("system info", "exit")]


def test_a_web_hooks_program_gets_its_words_and_no_shell_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_AUTH", "owner:secret-of-the-gateway")
    declare(tmp_path, "say.toml", 'run = "say.py"\narguments = 1\n')
    declare(tmp_path, "say.py", "import os, sys\nprint(sys.argv[1:], os.environ.get('API_AUTH'))\nsys.exit(3)\n")
    declare(tmp_path, "out.toml", 'run = "../outside.py"\n')
    (tmp_path / "outside.py").write_text("raise SystemExit(0)\n")
    declare(tmp_path, "link.toml", 'run = "link.py"\n')
    (tmp_path / "webhooks" / "link.py").symlink_to(tmp_path / "outside.py")
    with running(tmp_path) as gateway:
        found = gateway.json("/webhooks/say/hello")
        assert found == {"name": "say", "ok": False, "nodes": [], "exit_code": 3, "output": "['hello'] None\n"}
        assert gateway.client.post("/webhooks/say").status_code == 400
        assert gateway.get("/webhooks/out").status_code == 400
        assert gateway.get("/webhooks/link").status_code == 400


@pytest.mark.parametrize("word", ["a b", "a;b", "$(x)", "<a>", "'", '"', "", "-x", "a\nb", "x" * 65])
def test_a_word_that_is_not_plain_fits_into_no_command(word: str) -> None:
    from devtoolkit.errors import UsageError

    with pytest.raises(UsageError):
        Hook("h", "h", "all", ("rgb {1}",), None, 1).filled((word,))
