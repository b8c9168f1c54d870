"""Commands of the documentation that a test cannot run, each with the reason: a pattern, and why not.

Those of the toolkit and of dev.py are still read by their real parsers. A pattern that fits nothing fails a test.
"""

import re

_USB = "a board on a real port"
_LONG = "goes on until Ctrl-C or for minutes; run with limits of its own in "
_SYSTEM = "changes the machine it runs on"
_PACKAGES = "installs packages"

NOT_RUN: tuple[tuple[str, str], ...] = (
    (r".*(/dev/ttyUSB|COM\d|--port PORT)", _USB),
    (r".*--wifi home$", "a node on its own Wi-Fi, which this machine would have to join"),
    (
        r"(sudo|printf|docker|systemctl|mkdir|chmod|cp|for|done|cd|tr) ?",
        _SYSTEM + "; see tests/gateway_ops",
    ),
    (
        r"\./devToolKit\.py -r( --dry-run| --dev shed)?$",
        "a boot drive of an interrupted update; run in tests/e2e/test_rp2_interrupted.py",
    ),
    (r".*(--sites?\b|--site-name|make_place\.sh)", "needs a broker and its keys; run in tests/sites"),
    (r"git clone", "fetches from elsewhere"),
    (r"(.*/)?pip install|python3 -m (venv|pip)", _PACKAGES + "; tests/package installs the wheel"),
    (r"python3 dev\.py", "is what runs the tests"),
    (r"openssl", "asks a server of the internet"),
    (r".*--firmware-fetch", "downloads; tests/services/test_firmware_fetch.py has a server of its own"),
    (r".*-a AirQuality", _LONG + "tests/apps"),
    (r".*-a SysCheck", "asks mDNS, where the nodes of this test keep quiet; run in tests/apps"),
    (r".*-lint($| LM_)", "a minute of pylint; run in tests/devtools"),
    (r".*--watch", _LONG + "tests/devtools and tests/services_net"),
    (r".*--port virtual:a --port", "three boards at once; run in tests/e2e/test_workshop.py"),
    (r".*--simulate 10", _LONG + "tests/simulator, with fewer nodes"),
    (r".*--migrate", "a node of the original; bench ota_faults has one that behaves so"),
    (r".*--webrepl repl", "is typed by hand; tests/transports speaks the protocol"),
    (r".*devToolKit\.py -gw", _LONG + "tests/gateway"),
    (r".*(--sites|--site |--broker)", "needs a broker and its sites; run in tests/sites"),
    (r"cp -r |\./env/sites/make_place\.sh", "makes or copies keys; run in tests/sites_ops"),
)


def reason(text: str) -> str:
    """Why this command is not run; empty when it is."""
    return next((why for pattern, why in NOT_RUN if re.match(pattern, text)), "")


def unused(texts: list[str]) -> list[str]:
    """Patterns that fit no command any more."""
    return [pattern for pattern, _ in NOT_RUN if not any(re.match(pattern, text) for text in texts)]
