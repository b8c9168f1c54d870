"""Nodes for the tests of the device system."""

from collections.abc import Iterator

import pytest
from device_node import Connection, Node, running


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One node for all tests of a file that leave it as they found it."""
    with running(tmp_path_factory.mktemp("node"), aioqueue=8) as started:
        yield started


@pytest.fixture
def shell(node: Node) -> Iterator[Connection]:
    with node.connect() as connection:
        yield connection
