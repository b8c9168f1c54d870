"""Numbers that several parts share, each with its reason."""

import os

SHELL_PORT = 9008  # `socport` default of every micrOS node (reference: shell protocol)
PROBE_PORT = 9008  # UDP; a one-byte datagram here makes our nodes announce themselves, whatever `socport` is
SERVICE_TYPE = "_micros._tcp.local."  # DNS-SD service of our nodes
WEBREPL_PORT = 8266  # MicroPython's WebREPL
REPL_BAUD = 115200  # MicroPython's UART REPL on every ESP32 and RP2 firmware
LOOPBACK = "127.0.0.1"


def chosen_interfaces() -> tuple[str, ...] | None:
    """IPv4 addresses of the interfaces discovery is limited to (`MICROS_INTERFACES`, comma separated), None for all."""
    text = os.environ.get("MICROS_INTERFACES", "").strip()
    return tuple(part.strip() for part in text.split(",") if part.strip()) or None
