"""Ends with 0 when the gateway answers on its port: the health check of the container."""

import os
import urllib.request

PORT = os.environ.get("GATEWAY_PORT", "5005")

with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=5) as answer:
    assert answer.status == 200, answer.status  # noqa: S101 - an error ends the check with 1
