"""
Telegram: messages to the chats that said `/ping`, and their commands, through the Bot API (core.telegram.org/bots/api).

Everything runs in tasks; one connection at a time, for TLS takes much memory. The token appears in no error text.
A failure is logged when it begins, not at every try.
"""

import time

import asyncio
from Config import MASK, SECRETS, cfgget
from Debug import errlog_add
from micropython import const
from StateFile import StateFile
from Tasks import Manager, TaskBase, exec_text

_URL = const("https://api.telegram.org/bot%s/%s")
_CHATS = const(4)
_QUEUE = const(8)  # messages that wait; more are refused
_PACE_MS = const(1000)  # the Bot API wants at most one message a second in a chat
_POLL_S = const(5)
_LONGEST_PAUSE_S = const(300)
_MESSAGE = const(4096)  # characters, limit of the Bot API
_LIMIT = const(8192)  # bytes of an answer: four messages of usual length
_UPDATES = const(4)
_COMMANDS = (
    ("ping", "Say hello: this chat gets messages and may command"),
    ("cmd", "Run a command on all nodes: /cmd system info"),
    ("cmd_select", "Run a command on one node: /cmd_select node01 system info"),
)


class Refused(OSError):
    """The Bot API said no: `code` and its description; `wait` are the seconds it wants to be left alone."""

    def __init__(self, answer):
        answer = answer if isinstance(answer, dict) else {}
        super().__init__(masked("%s %s" % (answer.get("error_code", ""), answer.get("description", "no answer"))))
        wait = (answer.get("parameters") or {}).get("retry_after", 0)
        self.wait = wait if isinstance(wait, int) else 0


def masked(text):
    """The text without this node's secrets."""
    for key in SECRETS:
        for secret in cfgget(key).split(";"):
            if len(secret) > 3:
                text = text.replace(secret, MASK)
    return text


class _Once:
    """Logs a failure when it begins."""

    failing = {}  # what -> True

    @staticmethod
    def failed(what, error):
        if not _Once.failing.get(what):
            _Once.failing[what] = True
            errlog_add("[ERR][telegram] %s: %s" % (what, masked(str(error) or "timeout")))

    @staticmethod
    def worked(what):
        _Once.failing.pop(what, None)


class Telegram:
    """The bot of the key `telegram`. State is shared: there is one bot."""

    CHATS = StateFile("telegram", ())  # `values` are the known chats
    OUT = []  # [chat id, text, id of the message that is answered or None]
    LAST = {}  # last message: sender, text, m_id, c_id
    STATE = StateFile("notify", (True,))
    _seen = 0  # id of the last update; 0: none since the start
    _singly = False  # a long message is among those that wait: one at a time, and the newest is not asked for again
    _busy = False
    _next = 0  # ticks_ms of the next message
    _verdict = ""

    # --- the Bot API

    @staticmethod
    async def call(method, **params):
        """The result of a method of the Bot API. Raises OSError, ValueError; urequests.TooLong."""
        import urequests

        while Telegram._busy:
            await asyncio.sleep_ms(50)
        Telegram._busy = True
        try:
            url = _URL % (cfgget("telegram"), method)
            _, answer = await urequests.fetch("POST", url, json=params, jsonify=True, limit=_LIMIT, redirects=0)
        finally:
            Telegram._busy = False
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            raise Refused(answer)
        return answer.get("result")

    # --- sending

    @staticmethod
    def _ready():
        """None without token; else why nothing can be sent, '' for nothing."""
        from Network import ifconfig

        if cfgget("telegram") in ("n/a", ""):
            return None
        if ifconfig()[0] != "STA":
            return "Network unavailable."
        return ""

    def send_msg(self, text, reply_to=None, chat_id=None):
        """
        Hands a text to the task `notify`, for one chat or all known ones: 'Sending<chat>;' for each, or why not. None
        without token.
        """
        problem = Telegram._ready()
        if problem is None or problem:
            return problem
        chats = [chat_id] if chat_id else Telegram.CHATS.values
        if not chats:
            return "No chat is known: send /ping to the bot"
        if len(Telegram.OUT) + len(chats) > _QUEUE:
            _Once.failed("send", "too many messages")
            return "Too many messages"
        for chat in chats:
            Telegram.OUT.append([chat, str(text), reply_to])
        Manager.create_task(Telegram._drain(), tag="notify")
        return "".join("Sending%d;" % chat for chat in chats)

    @staticmethod
    async def send(text):
        """The same for one who waits: 'Sent<chat>;' for each known chat, or the error. None without token."""
        problem = Telegram._ready()
        if problem is None or problem:
            return problem
        verdict = ""
        for chat in Telegram.CHATS.values:
            verdict += await Telegram._deliver([chat, str(text), None])
        return verdict or "No chat is known: send /ping to the bot"

    @staticmethod
    async def _deliver(message):
        """Sends one message: 'Sent<chat>;' or the error."""
        chat, text, reply_to = message
        params = {"chat_id": chat, "text": ("%s: %s" % (cfgget("devfid"), masked(text)))[:_MESSAGE]}
        if reply_to:
            params["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
        await asyncio.sleep_ms(max(0, min(_PACE_MS, time.ticks_diff(Telegram._next, time.ticks_ms()))))
        Telegram._next = time.ticks_add(time.ticks_ms(), _PACE_MS)
        try:
            await Telegram.call("sendMessage", **params)
        except (OSError, ValueError) as e:
            _Once.failed("send", e)
            if isinstance(e, Refused) and 0 < e.wait <= _LONGEST_PAUSE_S:
                await asyncio.sleep(e.wait)
            return "Failed%d: %s;" % (chat, masked(str(e) or "timeout"))
        _Once.worked("send")
        return "Sent%d;" % chat

    @staticmethod
    async def _drain():
        with TaskBase.TASKS["notify"] as task:
            while Telegram.OUT:
                task.out = await Telegram._deliver(Telegram.OUT[0])
                Telegram.OUT.pop(0)

    # --- receiving

    def get_msg(self):
        """The last message that came: {'sender', 'text', 'm_id', 'c_id'}, {} before one. None without token."""
        return None if cfgget("telegram") in ("n/a", "") else Telegram.LAST

    def receive_eval(self):
        """Asks for messages in the background (task `telegram`); the verdict of the last time. None without token."""
        if cfgget("telegram") in ("n/a", ""):
            return None
        Manager.create_task(Telegram.poll(), tag="telegram")
        return Telegram._verdict

    @staticmethod
    async def poll():
        """
        Asks for new messages and obeys them: the verdict. Raises OSError, ValueError. The newest message is left on the
        server, so that several nodes can share one bot. What was sent before this node started is not obeyed, but for
        `/ping`.
        """
        import urequests

        first = not Telegram._seen
        offset = -1 if first else Telegram._seen + Telegram._singly
        limit = 1 if Telegram._singly else _UPDATES
        try:
            updates = await Telegram.call("getUpdates", offset=offset, limit=limit, allowed_updates=["message"])
        except urequests.TooLong as e:
            if first or Telegram._singly:
                Telegram._skip(e.start)
            Telegram._singly = True
            raise
        verdict = ""
        for update in updates if isinstance(updates, list) else ():
            number = update.get("update_id") if isinstance(update, dict) else None
            if isinstance(number, int) and number > Telegram._seen:
                Telegram._seen = number
                Telegram._singly = False
                verdict = Telegram._message(update.get("message"), first) or verdict
        Telegram._seen = Telegram._seen or 1  # nothing was waiting: from now on all is new
        Telegram._verdict = verdict or Telegram._verdict
        return verdict

    @staticmethod
    def _skip(start):
        """Passes over a message that is too long to be read; its number is in the beginning of the answer."""
        mark = b'"update_id":'
        at = start.find(mark)
        digits = start[at + len(mark) : at + len(mark) + 20].split(b",")[0].strip()
        if at >= 0 and digits.isdigit():
            Telegram._seen = max(Telegram._seen, int(digits))

    @staticmethod
    def _message(message, first):
        """Takes one message; the verdict when it was for us."""
        try:
            chat = message["chat"]["id"]
            sender = message.get("from") or message["chat"]
            name = sender.get("first_name") or sender.get("title") or "?"
            text, number = message["text"], message["message_id"]
        except (KeyError, TypeError, AttributeError):
            return ""  # a picture, a sticker, somebody who joined
        if not isinstance(text, str) or not isinstance(chat, int) or not isinstance(number, int):
            return ""
        Telegram.LAST = {"sender": name, "text": masked(text), "m_id": number, "c_id": chat}
        words = text.split(None, 1)
        word = words[0].split("@")[0] if words else ""
        if not word.startswith("/") or first and word != "/ping":
            return ""
        reply = Telegram._obey(chat, number, word, words[1] if len(words) > 1 else "")
        if reply:
            Telegram().send_msg(reply, number, chat)
        return reply

    @staticmethod
    def _obey(chat, number, word, rest):
        """The reply to a command, '' when it is not for us or comes later."""
        if word == "/ping":
            return Telegram._enrol(chat, rest.strip())
        if word == "/cmd_select":
            name, _, rest = rest.partition(" ")
            if name != cfgget("devfid"):
                return ""
        elif word != "/cmd":
            return ""
        if chat not in Telegram.CHATS.values:
            return "This chat may not command: send /ping first"
        return _run(rest.strip(), number, chat)

    @staticmethod
    def _enrol(chat, password):
        """Makes a chat known, at most 4. With `auth` on only for the node's password."""
        chats = Telegram.CHATS.values
        if chat in chats:
            return "pong"
        if cfgget("auth"):
            from Lockout import Lockout

            place = "telegram"  # all unknown chats share one lock-out: accounts cost nothing
            if Lockout.wait_ms(place) or password != cfgget("appwd"):
                if password and not Lockout.wait_ms(place):
                    Lockout.failed(place)
                return "This node wants its password: /ping <password>"
            Lockout.passed(place)
        if len(chats) >= _CHATS:
            return "This node knows %d chats already" % _CHATS
        Telegram.CHATS.save(*(chats + [chat]))
        return "pong: this chat gets messages and may command"

    @staticmethod
    async def loop():
        """Polls every 5 s, less often while the network or the service fails."""
        with TaskBase.TASKS["telegram._loop"] as task:
            pause = _POLL_S
            while True:
                try:
                    if Telegram._ready() == "":
                        task.out = await Telegram.poll() or task.out
                        _Once.worked("receive")
                        pause = _POLL_S
                except Exception as e:  # whatever a server answers: the loop goes on
                    _Once.failed("receive", e)
                    task.out = masked(str(e) or "timeout")
                    pause = min(_LONGEST_PAUSE_S, max(pause * 2, getattr(e, "wait", 0)))
                await asyncio.sleep(pause)

    @staticmethod
    async def set_commands():
        """Tells the Bot API our commands: the verdict. Raises OSError, ValueError."""
        commands = [{"command": name, "description": text} for name, text in _COMMANDS]
        await Telegram.call("setMyCommands", commands=commands)
        return "Commands are set"


def _run(command, number, chat):
    """The reply to a command from a chat: only of modules in memory, and of the task list. '': it is sent later."""
    import sys

    words = command.split(None, 1)
    if not words:
        return "What command?"
    if words[0] != "task" and "LM_" + words[0] not in sys.modules:
        return "Not loaded: %s" % words[0]
    good, reply = exec_text(command, None, True)
    if good is not None:
        return reply or "done"
    Manager.create_task(_reply_later(reply, number, chat), tag="telegram.%d" % number)
    return ""


async def _reply_later(work, number, chat):
    """The reply of a function that takes its time."""
    Telegram().send_msg((await work)[1] or "done", number, chat)


def notify(text):
    """A notification: bool, taken for sending. False when they are off, see `notifications`."""
    return Telegram.STATE.values[0] and str(Telegram().send_msg(text)).startswith("Sending")


def notifications(state=None):
    """Switches notifications of modules on or off for good; the present state as bool."""
    if state is not None:
        Telegram.STATE.save(bool(state))
    return Telegram.STATE.values[0]
