"""
A command for another node: the shell protocol from the client's side, as a background task.

A node says its prompt first (`name $ `); only when the name is the asked one is the command sent. What comes before the
next prompt is the answer.
"""

import asyncio
import socket

from Config import cfgget
from Debug import console_write
from LoadModule import msgobj
from micropython import const
from Tasks import Manager, TaskBase

_PIECE = const(128)
_TRIES = const(4)
_PAUSE_MS = const(100)
_CONNECT_MS = const(5000)
_ANSWER_MS = const(20000)
_LONGEST = const(4096)  # of an answer; the rest is cut off
_CONFIGURE = const("[configure] ")


class InterCon:
    """One exchange. `say` takes error lines for whoever asked."""

    CONN_MAP = {}  # host name -> address, None when it was not found

    def __init__(self, say=console_write):
        self.say = say

    @staticmethod
    def validate_ipv4(str_in):
        """bool: the text is an IPv4 address."""
        parts = str_in.split(".")
        return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)

    @staticmethod
    def _resolve(host):
        """
        Address of a host, asked for once. Raises OSError. MicroPython has no resolver that gives way to other tasks:
        the first look-up of a name blocks for its duration (mDNS on a local network: some milliseconds).
        """
        if InterCon.validate_ipv4(host):
            return host
        if not InterCon.CONN_MAP.get(host):
            InterCon.CONN_MAP[host] = None
            InterCon.CONN_MAP[host] = socket.getaddrinfo(host, cfgget("socport"), 0, socket.SOCK_STREAM)[0][-1][0]
        return InterCon.CONN_MAP[host]

    async def send_cmd(self, host, cmd):
        """The answer as text; '' without such a host, None when it is busy, is another one or wants a password."""
        problem = ""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep_ms(_PAUSE_MS)
            try:
                address = InterCon._resolve(host)
                opening = asyncio.open_connection(address, cfgget("socport"))
                reader, writer = await asyncio.wait_for_ms(opening, _CONNECT_MS)
            except (OSError, asyncio.TimeoutError) as e:
                return self._error("NoHost: %s" % (str(e) or "timeout"), "")
            try:
                prompt = await self._until(reader, ("$ ", "Bye!"))
                problem = self._objection(prompt, host)
                if not problem:
                    return await self._exchange(reader, writer, prompt, cmd)
            except (OSError, ValueError, asyncio.TimeoutError) as e:  # ValueError: no UTF-8
                return self._error("%s: %s" % (host, str(e) or "timeout"))
            finally:
                writer.close()
                await writer.wait_closed()
        return self._error(problem)

    def _error(self, text, verdict=None):
        try:
            self.say("[intercon] " + text)
        except OSError:
            pass  # whoever asked has gone
        return verdict

    @staticmethod
    def _objection(prompt, host):
        """Why the command must not be sent now; '' for no reason. Raises OSError when another try is of no use."""
        if not prompt.endswith("$ "):
            return "%s is busy" % host
        if prompt.startswith("[password] "):
            raise OSError("wants a password")
        name = host.split(".")[0]
        if not InterCon.validate_ipv4(host) and prompt != name + " $ ":
            return "prompt mismatch: %s, expected %s" % (prompt[:-3], name)
        return ""

    async def _exchange(self, reader, writer, prompt, cmd):
        writer.write(cmd.encode())
        await writer.drain()
        answer = await self._until(reader, (prompt, _CONFIGURE + prompt, "Bye!"))
        if not answer.endswith("Bye!"):
            writer.write(b"exit")
            await writer.drain()
        for end in (prompt, _CONFIGURE):
            if answer.endswith(end):
                answer = answer[: -len(end)]
        return answer.strip().replace("\n", " ")

    @staticmethod
    async def _until(reader, ends):
        """
        Text up to one of the ends (without line feeds after it), or to the end of the connection. Raises OSError.
        Of a very long answer the last part is kept.
        """
        data = b""
        while True:
            piece = await asyncio.wait_for_ms(reader.read(_PIECE), _ANSWER_MS)
            data += piece
            if len(data) > _LONGEST:
                data = data[data.find(b"\n", _PIECE) + 1 :]
            found = data.rstrip(b"\n")
            if not piece or any(found.endswith(end.encode()) for end in ends):
                return found.decode()


async def _run(tag, host, cmd, say):
    with TaskBase.TASKS[tag] as task:
        answer = await InterCon(say).send_cmd(host, cmd)
        task.out = "" if answer is None else answer


def send_cmd(host, cmd):
    """Starts the task `con.<host>.<first word>`: {'verdict', 'tag'}."""
    parts = host.split(".")
    name = ".".join(parts[-2:]) if InterCon.validate_ipv4(host) else host.replace(".local", "")
    words = cmd.split(None, 1)
    if not words:
        raise ValueError("no command")
    tag = "con.%s.%s" % (name, words[0])
    started = Manager.create_task(_run(tag, host, cmd, msgobj()), tag=tag)
    return {"verdict": "Task started: task show %s" % tag if started else "Task is Busy", "tag": tag}


def host_cache():
    """{host name: address or None}."""
    return InterCon.CONN_MAP
