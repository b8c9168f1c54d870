"""The window's tests draw offscreen."""

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["LC_ALL"] = "C.UTF-8"  # the window speaks the system's language, the tests read English
os.environ.setdefault("XDG_RUNTIME_DIR", os.environ.get("TMPDIR", "/tmp"))

from fake_services import FakeServices
from window_driver import Driver, opened


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def driver(qapp: object, services: FakeServices) -> Iterator[Driver]:
    with opened(services) as found:
        yield found
