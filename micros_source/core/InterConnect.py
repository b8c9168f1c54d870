"""
A command for another node: the shell protocol from the client's side, as a background task.

A node says its prompt first (`name $ `); only when the name is the asked one is the command sent. What comes before the
next prompt is the answer. A node that wants a password gets the one kept for it (`allow`), else this node's own when it
has `auth` on itself: a fleet with one password. Looking up, connecting and reading let everything else go on.
"""

import asyncio
import json

import Resolver
from Config import cfgget
from Debug import console_write, errlog_add, write_file
from LoadModule import msgobj
from micropython import const
from Tasks import Manager, TaskBase

_PIECE = const(128)
_TRIES = const(4)
_PAUSE_MS = const(100)
_CONNECT_MS = const(5000)
_ANSWER_MS = const(20000)
_ALL_MS = const(60000)  # an exchange never takes longer, however the answer drips
_LONGEST = const(4096)  # of an answer; the rest is cut off
_HOSTS = const(16)  # names kept
_CONFIGURE = const("[configure] ")
_PASSWORD = const("[password] ")
_PASSWORDS = const(".peers.key")


class InterCon:
    """One exchange. `say` takes error lines for whoever asked."""

    CONN_MAP = {}  # host name -> address, None when it was not found

    def __init__(self, say=console_write):
        self.say = say

    validate_ipv4 = staticmethod(Resolver.is_ipv4)

    @staticmethod
    async def _resolve(host):
        """Address of a host, asked for once. Raises OSError, ValueError."""
        if Resolver.is_ipv4(host):
            return host
        address = InterCon.CONN_MAP.get(host)
        if not address:
            InterCon._remember(host, None)
            address = await Resolver.address(host)
            InterCon._remember(host, address)
        return address

    @staticmethod
    def _remember(host, address):
        hosts = InterCon.CONN_MAP
        if host not in hosts and len(hosts) >= _HOSTS:
            hosts.pop(next(iter(hosts)))
        hosts[host] = address

    async def send_cmd(self, host, cmd):
        """The answer as text; '' without such a host, None when it is busy, is another one or wants a password."""
        try:
            return await asyncio.wait_for_ms(self._send_cmd(host, cmd), _ALL_MS)
        except asyncio.TimeoutError:
            return self._error("%s: timeout" % host)

    async def _send_cmd(self, host, cmd):
        problem = ""
        for attempt in range(_TRIES):
            try:
                if attempt:
                    await asyncio.sleep_ms(_PAUSE_MS)
                if attempt == 1 and not Resolver.is_ipv4(host):  # its address may have gone to another node
                    InterCon._remember(host, await Resolver.address(host))
                sock = await self._connected(host)
            except (OSError, ValueError, asyncio.TimeoutError) as e:
                return self._error("NoHost: %s" % (str(e) or "timeout"), "")
            try:
                stream = asyncio.StreamReader(sock)
                prompt = await self._until(stream, ("$ ", "Bye!"))
                problem = self._objection(prompt, host)
                if not problem:
                    return await self._exchange(stream, prompt, host, cmd)
            except (OSError, ValueError, asyncio.TimeoutError) as e:  # ValueError: no UTF-8
                return self._error("%s: %s" % (host, str(e) or "timeout"))
            finally:
                sock.close()
        return self._error(problem)

    async def _connected(self, host):
        """A connection; a name whose known address does not answer is looked up once more. Raises OSError."""
        known = InterCon.CONN_MAP.get(host)
        try:
            return await self._connect(host)
        except (OSError, asyncio.TimeoutError):
            if not known or Resolver.is_ipv4(host):
                raise
            InterCon._remember(host, None)
            if await self._resolve(host) == known:
                raise
            return await self._connect(host)

    async def _connect(self, host):
        address = await self._resolve(host)
        return await asyncio.wait_for_ms(Resolver.connect(address, cfgget("socport")), _CONNECT_MS)

    def _error(self, text, verdict=None):
        try:
            self.say("[intercon] " + text)
        except OSError:
            pass  # whoever asked has gone
        return verdict

    @staticmethod
    def _objection(prompt, host):
        """Why the command must not be sent now; '' for no reason."""
        if not prompt.endswith("$ "):
            return "%s is busy" % host
        if prompt.startswith(_PASSWORD):
            prompt = prompt[len(_PASSWORD) :]
        name = host.split(".")[0]
        if not Resolver.is_ipv4(host) and prompt != name + " $ ":
            return "prompt mismatch: %s, expected %s" % (prompt[:-3], name)
        return ""

    async def _exchange(self, stream, prompt, host, cmd):
        if prompt.startswith(_PASSWORD):
            prompt = prompt[len(_PASSWORD) :]
            await self._log_in(stream, prompt, host)
        stream.write(cmd.encode())
        await stream.drain()
        answer = await self._until(stream, (prompt, _CONFIGURE + prompt, "Bye!"))
        if not answer.endswith("Bye!"):
            stream.write(b"exit")
            await stream.drain()
        for end in (prompt, _CONFIGURE):
            if answer.endswith(end):
                answer = answer[: -len(end)]
        return answer.strip().replace("\n", " ")

    async def _log_in(self, stream, prompt, host):
        """Opens a session that wants a password. Raises OSError."""
        password = _passwords().get(host) or (cfgget("appwd") if cfgget("auth") else "")
        if not password:
            raise OSError("wants a password")
        stream.write(password.encode())
        await stream.drain()
        if not (await self._until(stream, (prompt, "Bye!"))).startswith("AuthOk"):
            raise OSError("refuses the password")

    @staticmethod
    async def _until(stream, ends):
        """
        Text up to one of the ends (without line feeds after it), or to the end of the connection. Raises OSError.
        Of a very long answer the last part is kept.
        """
        data = b""
        while True:
            piece = await asyncio.wait_for_ms(stream.read(_PIECE), _ANSWER_MS)
            data += piece
            if len(data) > _LONGEST:
                data = data[data.find(b"\n", _PIECE) + 1 :]
            found = data.rstrip(b"\n")
            if not piece or any(found.endswith(end.encode()) for end in ends):
                return found.decode()


def _passwords():
    """{host: password} of `allow`."""
    try:
        with open(_PASSWORDS) as f:
            found = json.load(f)
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def allow(host, password):
    """Keeps the password of a host for later commands; '' forgets it. bool: written."""
    passwords = _passwords()
    if password:
        passwords[host] = str(password)
    else:
        passwords.pop(host, None)
    try:
        write_file(_PASSWORDS, (json.dumps(passwords),))
        return True
    except OSError as e:
        errlog_add("[ERR][intercon] %s" % e)
        return False


async def _run(tag, host, cmd, say):
    with TaskBase.TASKS[tag] as task:
        answer = await InterCon(say).send_cmd(host, cmd)
        task.out = "" if answer is None else answer


def send_cmd(host, cmd, say=None):
    """Starts the task `con.<host>.<first word>`: {'verdict', 'tag'}. `say` takes its error lines."""
    parts = host.split(".")
    name = ".".join(parts[-2:]) if Resolver.is_ipv4(host) else host.replace(".local", "")
    words = cmd.split(None, 1)
    if not words:
        raise ValueError("no command")
    tag = "con.%s.%s" % (name, words[0])
    started = Manager.create_task(_run(tag, host, cmd, say or msgobj()), tag=tag)
    return {"verdict": "Task started: task show %s" % tag if started else "Task is Busy", "tag": tag}


def suffix(command, host, as_json, say):
    """`command >>host`: the same, as (bool, text) of a command."""
    command = command.strip()
    if not host or not command:
        return False, "Shell: <command> >>host"
    found = send_cmd(host, command, say)
    text = json.dumps(found) if as_json else " verdict: %s\n tag: %s" % (found["verdict"], found["tag"])
    return found["verdict"] != "Task is Busy", text


def host_cache():
    """{host name: address or None}."""
    return InterCon.CONN_MAP
