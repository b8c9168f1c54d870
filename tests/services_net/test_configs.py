"""Configurations over the network: checked before sending, taken back when refused, secrets kept apart."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_node import FakeNode
from synthetic_fleet import beside, node

from devtoolkit.errors import ConfigError, NodeUnknownError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.services import config_jobs, secrets
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.config_jobs import ConfigResult
from devtoolkit.services.configs import MASK, Change, NodeConfig
from devtoolkit.simulator.synthetic import SyntheticNode

SECRET = "Secret12x"
Work = Callable[[DeviceCache], ConfigResult]


def done(nodes: list[SyntheticNode], folder: Path, work: Work) -> ConfigResult:
    for one in nodes:
        one.port = 0
        one.commands.clear()
    return beside(nodes, folder, lambda cache: asyncio.to_thread(work, cache))


def of(result: ConfigResult) -> NodeConfig:
    assert len(result.nodes) == 1
    config = result.nodes[0].config
    assert config is not None
    return config


def sent(one: SyntheticNode) -> list[str]:
    return [text for text in one.commands if text not in ("conf", "noconf", "dump", "exit")]


def test_settings_are_read_with_their_types_and_masked(tmp_path: Path) -> None:
    one = node(1, config={"telegram": "n/a"})
    config = of(done([one], tmp_path, lambda cache: config_jobs.run("get", "s1", cache)))
    assert (config.values["soctout"], config.values["auth"], config.values["devfid"]) == (30, False, "s1")
    assert (config.values["appwd"], config.values["telegram"]) == (MASK, "n/a")
    only = of(done([one], tmp_path, lambda cache: config_jobs.run("get", "s1", cache, keys=["soctout"])))
    assert only.values == {"soctout": 30}
    with pytest.raises(ConfigError, match="no key nothing"):
        done([one], tmp_path, lambda cache: config_jobs.run("get", "s1", cache, keys=["nothing"]))


def test_the_originals_unmasked_password_is_not_shown_either(tmp_path: Path) -> None:
    with FakeNode(config={"devfid": "node01", "appwd": "ADmin123"}) as old:
        cache = DeviceCache(tmp_path / "device_conn_cache.json")
        cache.put(Device(old.uid, old.name, old.host, old.port))
        assert of(config_jobs.run("get", "node01", cache)).values["appwd"] == MASK


def test_values_are_set_where_they_differ_and_a_restart_is_hinted(tmp_path: Path) -> None:
    one = node(1)
    values = {"soctout": "60", "auth": "false"}
    config = of(done([one], tmp_path, lambda cache: config_jobs.run("set", "s1", cache, values=values)))
    assert config.changes == (Change("soctout", 30, 60),)
    assert config.reboot
    assert sent(one) == ["soctout 60"]
    again = of(done([one], tmp_path, lambda cache: config_jobs.run("set", "s1", cache, values=values)))
    assert (again.changes, again.reboot) == ((), False)


@pytest.mark.parametrize(
    "values",
    [
        {"soctout": "abc"},
        {"socport": "70000"},
        {"devfid": "two words"},
        {"soctuot": "60"},
        {"hwuid": "micr1OS"},
        {"appwd": MASK},
        {"appwd": "short"},
        {"boothook": "a  b"},
        {"telegram": ""},
        {"crontasks": "nonsense"},
        {"guimeta": "..."},
    ],
)
def test_what_is_not_allowed_is_refused_before_anything_is_sent(tmp_path: Path, values: dict[str, str]) -> None:
    one = node(1)
    with pytest.raises(ConfigError):
        done([one], tmp_path, lambda cache: config_jobs.run("set", "s1", cache, values={"dbg": "true", **values}))
    assert "conf" not in one.commands


def test_a_key_the_node_does_not_have_changes_nothing(tmp_path: Path) -> None:
    one = node(1)
    values = {"soctout": "60", "utc": "120"}
    with pytest.raises(ConfigError, match="no key utc"):
        done([one], tmp_path, lambda cache: config_jobs.run("set", "s1", cache, values=values))
    assert sent(one) == []


def test_what_was_set_is_taken_back_when_the_node_refuses_a_later_key(tmp_path: Path) -> None:
    one = node(1, config={"webui": "7"})  # this node takes only numbers there
    values = {"soctout": "60", "webui": "true"}
    with pytest.raises(ConfigError, match="refuses the value of webui: Failed to save"):
        done([one], tmp_path, lambda cache: config_jobs.run("set", "s1", cache, values=values))
    assert one.settings()["soctout"] == "30"


def test_a_new_name_and_password_are_known_to_the_toolkit_at_once(tmp_path: Path) -> None:
    one = node(1)
    values = {"appwd": SECRET, "devfid": "lamp"}
    config = of(done([one], tmp_path, lambda cache: config_jobs.run("set", "s1", cache, values=values)))
    assert sent(one) == ["devfid lamp", f"appwd {SECRET}"]
    assert SECRET not in str(config)
    assert secrets.password_of(one.uid) == SECRET
    assert DeviceCache(tmp_path / "device_conn_cache.json").find("lamp").uid == one.uid


def test_archive_keeps_a_history_and_diff_and_restore_use_it(tmp_path: Path) -> None:
    one = node(1)
    file = of(done([one], tmp_path, lambda cache: config_jobs.run("archive", "s1", cache))).file
    assert file is not None
    assert Path(file).name == "s1-node_config.json"
    assert json.loads(Path(file).read_text())["soctout"] == 30
    assert Path(file).stat().st_mode & 0o077 == 0
    one.config["soctout"] = "99"
    differing = of(done([one], tmp_path, lambda cache: config_jobs.run("diff", "s1", cache)))
    assert differing.changes == (Change("soctout", 99, 30),)
    done([one], tmp_path, lambda cache: config_jobs.run("archive", "s1", cache))
    (older,) = ConfigArchive().history("s1")
    assert json.loads(older.read_text())["soctout"] == 30
    restored = of(done([one], tmp_path, lambda cache: config_jobs.run("restore", "s1", cache, file=older)))
    assert restored.changes == (Change("soctout", 99, 30),)
    assert one.settings()["soctout"] == "30"


def test_masked_secrets_are_left_as_they_are(tmp_path: Path) -> None:
    one = node(1)
    done([one], tmp_path, lambda cache: config_jobs.run("archive", "s1", cache))
    one.config["appwd"] = SECRET
    restored = of(done([one], tmp_path, lambda cache: config_jobs.run("restore", "s1", cache)))
    assert restored.changes == ()
    assert "appwd" in restored.skipped
    assert one.settings()["appwd"] == SECRET


def test_with_the_kept_password_secrets_are_archived_and_put_back(tmp_path: Path) -> None:
    one = node(1, config={"appwd": SECRET, "telegram": "token-1"})
    secrets.remember(one.uid, SECRET)
    file = of(done([one], tmp_path, lambda cache: config_jobs.run("archive", "s1", cache))).file
    assert json.loads(Path(str(file)).read_text())["telegram"] == "token-1"
    one.config["telegram"] = "token-2"
    result = done([one], tmp_path, lambda cache: config_jobs.run("restore", "s1", cache))
    assert one.settings()["telegram"] == "token-1"
    assert "token" not in str(result)
    secrets.remember(one.uid, "outdated1")  # a wrong kept password only hides the secrets
    differing = of(done([one], tmp_path, lambda cache: config_jobs.run("diff", "s1", cache)))
    assert differing.changes == ()


def test_two_nodes_of_one_name_have_an_archive_each(tmp_path: Path) -> None:
    first, second = node(1), node(2, config={"soctout": "77"})
    second.name = first.name
    result = done([first, second], tmp_path, lambda cache: config_jobs.run("archive", "all", cache))
    files = {str(answer.config.file) for answer in result.nodes if answer.config}
    assert len(files) == 2
    archive = ConfigArchive()
    assert archive.load(second.uid, "s1")["soctout"] == 77
    assert archive.load(first.uid, "s1")["soctout"] == 30


def test_many_nodes_are_set_together_and_failures_come_last(tmp_path: Path) -> None:
    nodes = [node(1, fault="refuses"), node(2), node(3), node(4)]

    def work(cache: DeviceCache) -> ConfigResult:
        for one in nodes[:3]:
            cache.tag(one.uid, ["lab"])
        return config_jobs.run("set", "tag:lab", cache, values={"soctout": "45"})

    result = done(nodes, tmp_path, work)
    assert [answer.device.fuid for answer in result.nodes] == ["s2", "s3", "s1"]
    assert [one.settings()["soctout"] for one in nodes] == ["30", "45", "45", "30"]
    assert result.error is not None
    assert "1 of 3 nodes failed: s1" in result.error.message


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        done([node(1)], tmp_path, lambda cache: config_jobs.run("set", "s1", cache))
    with pytest.raises(UsageError):
        done([node(1)], tmp_path, lambda cache: config_jobs.run("restore", "all", cache, file=tmp_path / "x.json"))
    with pytest.raises(NodeUnknownError):
        done([node(1)], tmp_path, lambda cache: config_jobs.run("get", "tag:nobody", cache))
    with pytest.raises(ConfigError, match="no archived configuration of s1"):
        done([node(1)], tmp_path, lambda cache: config_jobs.run("diff", "s1", cache))
