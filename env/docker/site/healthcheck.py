"""Ends with 0 when the gateway answers, or with `worker`, when the worker answers and reaches the broker."""

import os
import sys
import urllib.request

WORKER = sys.argv[1:] == ["worker"]
NAME, PATH = ("WORKER_METRICS_PORT", "metrics") if WORKER else ("GATEWAY_PORT", "health")

with urllib.request.urlopen(f"http://127.0.0.1:{os.environ[NAME]}/{PATH}", timeout=5) as answer:
    lines = answer.read().decode().splitlines()
reached = any(line.startswith("micros_site_broker_up{") and line.endswith(" 1.0") for line in lines)
sys.exit(0 if reached or not WORKER else "the broker does not answer")
