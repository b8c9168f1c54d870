"""One virtual node for all tests of a file."""

from collections.abc import Iterator

import pytest
from ops_node import OpsNode, ops_node_in


@pytest.fixture(scope="module")
def ops_node(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[OpsNode]:
    name = "ops-" + request.module.__name__.rpartition("_")[2]
    with ops_node_in(tmp_path_factory.mktemp("ops"), name) as node:
        yield node
