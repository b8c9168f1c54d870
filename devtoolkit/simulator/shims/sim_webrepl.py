"""`webrepl`: not available on this virtual board, and says so."""


def start(port=8266, password=None, accept_handler=None):
    raise OSError("WebREPL is not available")


def start_foreground(port=8266, password=None):
    raise OSError("WebREPL is not available")


def stop():
    return None
