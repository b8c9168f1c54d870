"""Headless Chromium for tests of pages: a page is opened, used as a user does, and photographed.

    with browser() as b:
        b.open("http://127.0.0.5:8080/")
        b.wait(lambda: b.texts("h2"))
        b.js("document.title")

Needs the programs `chromium` and `chromedriver` (Debian: `chromium`, `chromium-driver`; `dev.py test` installs them
where it may). Names outside of loopback do not resolve in this browser.
"""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

T = TypeVar("T")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed, and dev.py may not install them"
)
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # CI runs as root
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.*",
)
_WAIT_S = 30.0


class Browser:
    """One browser with one page."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get(url)

    def size(self, width: int, height: int) -> None:
        """The size of the page's view in CSS pixels, whatever the window's least size is."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def dark(self, *, on: bool = True) -> None:
        """What the user prefers."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def js(self, expression: str) -> Any:
        """Value of a JavaScript expression."""
        return self.driver.execute_script(f"return ({expression});")

    def find(self, css: str) -> WebElement:
        """The first element, waited for."""
        return self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, css), f"{css} on the page")[0]

    def texts(self, css: str) -> list[str]:
        """The texts of all such elements."""
        found: list[str] = self.js(f"[...document.querySelectorAll({css!r})].map(e => e.textContent)")
        return found

    def slide(self, css: str, value: float | str) -> None:
        """Puts a slider or a colour field to a value, with the events that a hand makes."""
        self.find(css)
        self.driver.execute_script(
            "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            "for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, {bubbles: true}));",
            css,
            value,
        )

    def wait(self, condition: Callable[[], T], what: str = "the condition", seconds: float = _WAIT_S) -> T:
        """Polls until the condition gives something true; that."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, f"never: {what}; log: {self.errors()}"
            time.sleep(0.05)
        return found

    def errors(self) -> list[str]:
        """Messages of the browser's console: scripts that failed, answers with an error status."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """A PNG of the page, or of what is in view."""
        height = self.js("document.documentElement.scrollHeight") if whole else 0
        if height:
            self.size(self.js("innerWidth"), height)
        path.write_bytes(self.driver.get_screenshot_as_png())


@contextlib.contextmanager
def browser(width: int = 1280, height: int = 900) -> Iterator[Browser]:
    """A fresh headless browser, ended with all its processes."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = Options()
        options.binary_location = CHROMIUM or ""
        for flag in (*_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        try:
            found = Browser(driver)
            found.size(width, height)
            yield found
        finally:
            driver.quit()
