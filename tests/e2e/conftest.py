"""One deployed virtual board for the tests of this folder, made by the real command in a child process."""

from typing import Any

import pytest
from toolkit_process import Toolkit


@pytest.fixture(scope="module")
def toolkit(tmp_path_factory: pytest.TempPathFactory) -> Toolkit:
    return Toolkit(tmp_path_factory.mktemp("toolkit") / "data")


@pytest.fixture(scope="module")
def made(toolkit: Toolkit) -> dict[str, Any]:
    """The JSON that `--make` of the board `demo` printed."""
    return toolkit.json("--make", "--board", "esp32", "--port", "virtual:demo", "--name", "demo", "--yes")
