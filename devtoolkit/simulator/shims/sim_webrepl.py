"""`webrepl` of the virtual board: the same wire protocol as on a real one, served whenever device code waits.

While a program runs its prints go to the client too, and a Ctrl-C of the client interrupts it; what else is typed
waits for the prompt. When the program has ended the board keeps serving WebREPL, its console included, until something
is typed on the serial line; then the VM's own REPL has the board, and WebREPL is silent until the next reset.
"""

import builtins
import socket as _socket
import sys as _sys

import sim_network
import sim_webrepl_files
import simcore
from sim_console import Console
from sim_netaddr import home, in_port, pack, unpack
from sim_webrepl_files import FileTransfer
from sim_websocket import BINARY, WebSocket

_CTRL_C = b"\x03"
_TYPED_AHEAD = 1024
_LF = (10, 13)

_print = builtins.print
_port = 8266
_running = False  # started and not stopped
_listener = None  # there while Wi-Fi is up
_client = None
_prompting = False  # no program runs


class _Client:
    def __init__(self, sock):
        self.logged_in = False
        self._typed = b""
        self._console = Console(self._show)
        self._ws = WebSocket(sock, self._greet, self._received, self._gone)
        self._files = FileTransfer(lambda data: self._ws.send(BINARY, data))

    def _greet(self):
        self._ws.text(b"Password: ")

    def _gone(self):
        global _client
        self._files.close()
        builtins.print = _print
        if _client is self:
            _client = None

    def _show(self, data):
        if self._ws.open:
            self._ws.text(data)

    def tee(self, *values, **options):
        """`print` while somebody is logged in."""
        _print(*values, **options)
        if options.get("file") in (None, _sys.stdout):
            text = options.get("sep", " ").join([str(value) for value in values]) + options.get("end", "\n")
            self._show(text.replace("\n", "\r\n").encode())

    def close(self):
        self._ws.close()

    def drain(self):
        self._ws.drain()

    def prompt(self):
        """The console has the board."""
        if self.logged_in:
            self._show(b"\r\n>>> ")
            self._take_typed()
        self._ws.pump()

    def _received(self, opcode, data):
        if not self.logged_in:
            self._login(data)
        elif opcode == BINARY:
            try:
                self._files.feed(data)
            except OSError as exc:  # no such file or folder: the board's stream ends
                _print("[webrepl]", exc)
                self.close()
        else:
            self._typed = (self._typed + data)[:_TYPED_AHEAD]
            self._take_typed()

    def _login(self, data):
        for at, byte in enumerate(data):
            if byte in _LF:
                if not sim_webrepl_files.matches(self._typed):
                    self._ws.text(b"\r\nAccess denied\r\n")
                    self.close()
                    return
                self.logged_in = True
                self._typed = b""
                builtins.print = self.tee
                self._ws.text(b"\r\nWebREPL connected\r\n>>> ")
                rest = data[at + 1 :].lstrip(b"\n")
                if rest:
                    self._received(0, rest)
                return
            self._typed += bytes([byte])

    def _take_typed(self):
        """The console's input; of what comes while a program runs a Ctrl-C counts, the rest waits for the prompt."""
        if not _prompting:
            before, found, after = self._typed.partition(_CTRL_C)
            if found:
                self._typed = before + after
                raise KeyboardInterrupt
            return
        while self._typed and self._ws.open:
            byte = self._typed[0]
            self._typed = self._typed[1:]
            self._console.feed(byte)


def _accept():
    global _client
    sock, peer = _listener.accept()
    if _client:
        _client.drain()  # the old connection may have ended before the new one came
    if _client:
        _print("\nConcurrent WebREPL connection from", unpack(peer), "rejected")
        sock.close()
        return
    _print("\nWebREPL connection from:", unpack(peer))
    _client = _Client(sock)


def _listen(online):
    """The port is there while a packet could reach it."""
    global _listener
    if _listener:
        simcore.drop_source(_listener)
        _listener.close()
        _listener = None
    if _running and online:
        _listener = _socket.socket()
        _listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        _listener.bind(pack(home(), in_port(_port)))
        _listener.listen(1)
        simcore.add_source(_listener, _accept)


def start(port=8266, password=None, accept_handler=None):
    global _running, _port
    stop()
    if password is None:
        print("WebREPL is not configured, run 'import webrepl_setup'")
        return
    sim_webrepl_files.password(password)
    _running = True
    _port = port
    _listen(sim_network.online())
    print("WebREPL server started on http://%s:%d/" % (sim_network.WLAN._sta.ifconfig()[0], port))
    print("Started webrepl in manual override mode")


def start_foreground(port=8266, password=None):
    start(port, password)


def stop():
    global _running
    _running = False
    if _client:
        _client.close()
    _listen(False)


def serve_prompt():
    """The program has ended: serve the console too, until something is typed on the serial line or nobody listens."""
    global _prompting
    _prompting = True
    try:
        if _client:
            _client.prompt()
        while _running and not simcore.wait(1000, _sys.stdin):
            pass
    except KeyboardInterrupt:
        pass  # Ctrl-C on the serial line
    finally:
        _prompting = False


sim_network.listeners.append(_listen)
