"""Start of the node: loader, system, and recovery when the system fails. Never updated over the air."""

import sys


def start(loader_name):
    """Runs the node. The loader is out of memory while the system runs, and comes back when it stops."""
    if not __import__(loader_name).main():
        return
    del sys.modules[loader_name]
    reason = "event loop ended"
    try:
        __import__("micrOS").main()
    except Exception as e:
        reason = e
    __import__(loader_name).recovery(reason)


start("micrOSloader")
