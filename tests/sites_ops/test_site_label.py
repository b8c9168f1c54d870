"""A gateway that knows its site says so in its metrics; one that does not says nothing of it."""

from pathlib import Path

import pytest
from gateway_server import node, running

from devtoolkit.errors import UsageError
from devtoolkit.gateway.settings import from_options
from devtoolkit.launcher import main


def test_every_sample_of_a_node_and_the_gateways_info_has_the_site(tmp_path: Path) -> None:
    here, gone = node(70), node(71, fault="refuses")
    with running(tmp_path, [here, gone], site="north") as gateway:
        lines = [line for line in gateway.get("/metrics").text.splitlines() if not line.startswith("#")]
    about = [line for line in lines if line.startswith(("micros_node", "micros_gateway_info"))]
    assert {line.partition("{")[0] for line in about} >= {
        *("micros_node_up", "micros_node_info", "micros_node_memory_used_ratio", "micros_nodes", "micros_gateway_info"),
    }
    assert [line for line in about if 'site="north"' not in line] == []


def test_without_a_site_there_is_no_such_label(tmp_path: Path) -> None:
    with running(tmp_path, [node(72)]) as gateway:
        assert "site=" not in gateway.get("/metrics").text
        assert gateway.metric("micros_nodes", status="ONLINE") == 1


def test_the_site_comes_from_the_option_or_else_from_the_environment() -> None:
    environment = {"GATEWAY_SITE": "south"}
    assert from_options(None, None, [], environment={}).site == ""
    assert from_options(None, None, [], environment=environment).site == "south"
    assert from_options(None, None, [], site="north", environment=environment).site == "north"
    with pytest.raises(UsageError, match="site's name"):
        from_options(None, None, [], site='a"b', environment={})


def test_a_name_that_is_none_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-gw", "--port", "0", "--site-name", "North Wing"]) == 2
    assert "cannot be a site's name" in capsys.readouterr().err
