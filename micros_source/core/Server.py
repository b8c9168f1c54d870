"""
The shell server: connections, their limit, and where one command ends.

TCP has no message borders and clients send commands without a newline: a read below 512 bytes runs at once, for longer
ones see LongCommand. Newlines outside quotes separate commands.
"""

import asyncio
import gc
import socket
import time

from Config import cfgget
from Debug import console_write
from micropython import const
from Shell import Shell

_RUN_AT_ONCE = const(512)
_SILENCE_MS = const(100)
_MIN_IDLE_MS = const(5000)
_MIN_CLIENTS = const(3)
_SEGMENT = const(1024)
_IPPROTO_TCP = const(6)

ENDPOINTS = {}  # web endpoints of load modules: name -> callback


class Client:
    """One connection. `kind` is 'S' (shell) or 'W' (web); each kind has a limit of its own."""

    ACTIVE_CLIS = {}

    def __init__(self, kind, stream):
        self.address, port = stream.get_extra_info("peername")[:2]
        self.kind = kind
        self.id = "%s%s:%d" % (kind, ".".join(self.address.split(".")[2:]), port)
        self.stream = stream
        self.task = asyncio.current_task()
        self.last = time.ticks_ms()
        self.held = ""  # reply text that waits for more
        self.running = False  # a command is being answered
        if hasattr(socket, "TCP_NODELAY"):
            try:
                stream.s.setsockopt(_IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except (OSError, ValueError):
                pass

    def touch(self):
        """The client did something useful. Mere bytes do not count: a slow dripper stays evictable."""
        self.last = time.ticks_ms()

    def say(self, line):
        """One line to this client; while a command runs it is held until a kilobyte or the end of the reply."""
        self.hold("%s\n" % line)
        if not self.running:
            self.flush()

    def hold(self, text):
        """Small segments in a row would each wait for the peer's delayed acknowledgement (40 ms and more)."""
        self.held += text
        if len(self.held) > _SEGMENT:
            self.flush()

    def flush(self):
        text, self.held = self.held, ""
        self.stream.write(text.encode())

    def register(self):
        Client.ACTIVE_CLIS[self.id] = self
        _show_clients()

    def close(self):
        if Client.ACTIVE_CLIS.pop(self.id, None):
            _show_clients()
        self.stream.s.close()

    def evict(self):
        """Gives the place away; the connection gets the good-bye."""
        Client.ACTIVE_CLIS.pop(self.id, None)
        try:
            self.stream.s.write(b"Bye!\n\n")
        except OSError:
            pass
        self.task.cancel()


def _show_clients():
    from Tasks import Manager

    Manager.server_task_msg(", ".join(sorted(Client.ACTIVE_CLIS)))


def limit():
    """Places for each kind of client."""
    return max(_MIN_CLIENTS, cfgget("aioqueue"))


def admit(client):
    """Registers a client, evicting the longest idle one of its kind when all places are taken. bool: it is in."""
    peers = [c for c in Client.ACTIVE_CLIS.values() if c.kind == client.kind]
    if len(peers) >= limit():
        now = time.ticks_ms()
        idlest = max(peers, key=lambda c: time.ticks_diff(now, c.last))
        if time.ticks_diff(now, idlest.last) < max(_MIN_IDLE_MS, cfgget("soctout") * 1000):
            return False
        console_write("[server] evict %s" % idlest.id)
        idlest.evict()
    client.register()
    return True


def commands_in(buffer, size):
    """Commands of one packet. A packet of blanks is one empty command, which closes the session; see Shell.run."""
    try:
        text = str(buffer[:size], "utf-8").strip()
    except UnicodeError:
        return ("?",)
    if "\n" not in text:
        return (text,)
    from Literal import split_outside

    return [line for line in (part.strip() for part in split_outside(text, "\n")) if line]


async def _hold_pieces(client, pieces):
    """A long reply piece by piece: a text, a number (wait so many milliseconds), or what to await for (bool, text)."""
    try:
        for piece in pieces:
            if isinstance(piece, int):
                await asyncio.sleep_ms(piece)
                continue
            if not isinstance(piece, str):
                piece = (await piece)[1]
            client.hold(piece)
            if client.stream.out_buf:
                await client.stream.drain()
    finally:
        if hasattr(pieces, "close"):  # a client that goes in the middle leaves no file open
            pieces.close()


class SocketServer:
    """The shell port."""

    @staticmethod
    def reply_all(msg):
        """One line to every shell client."""
        for client in list(Client.ACTIVE_CLIS.values()):
            if client.kind == "S":
                client.say(msg)

    @staticmethod
    async def accept_client(client):
        """(accepted, client id); a refused client has been told and closed."""
        if admit(client):
            return True, client.id
        client.stream.write(b"Connection is busy. Bye!Bye!\n\n")
        await client.stream.drain()
        client.close()
        return False, client.id

    @staticmethod
    async def serve_client(stream, _):
        """One shell session, from prompt to good-bye."""
        client = Client("S", stream)
        if not (await SocketServer.accept_client(client))[0]:
            return
        buffer = bytearray(_RUN_AT_ONCE)
        shell = Shell(client.say, client.address)
        try:
            stream.write(shell.prompt().encode())
            while not shell.closing:
                size = await stream.readinto(buffer)
                if not size:
                    if size is None:
                        continue
                    break
                if size == _RUN_AT_ONCE:
                    from LongCommand import commands_after

                    commands = await commands_after(stream, buffer)
                else:
                    commands = commands_in(buffer, size)
                client.running = True
                for command in commands:
                    reply = shell.run(command)
                    if isinstance(reply, str):
                        client.held += reply
                    else:
                        await _hold_pieces(client, reply)
                    client.flush()
                    if stream.out_buf:
                        await stream.drain()
                    if shell.understood:
                        client.touch()
                    if shell.closing:
                        break
                client.running = False
            if shell.after:
                # the good-bye is on its way; give the network a moment before the restart
                await asyncio.sleep_ms(_SILENCE_MS)
                shell.after()
        except OSError as e:
            console_write("[server] %s: %s" % (client.id, e))
        finally:
            client.close()
            gc.collect()  # the next session's objects live long: they get the low holes, not the middle of the heap

    @staticmethod
    async def run_server():
        """Starts the shell server; returns it listening. Raises OSError when the port is taken."""
        server = await asyncio.start_server(SocketServer.serve_client, "0.0.0.0", cfgget("socport"), limit() + 1)
        console_write("[server] shell on port %d" % cfgget("socport"))
        return server
