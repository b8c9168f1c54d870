"""
A fake of Telegram's Bot API for the calls that the node makes, as its documentation describes them (getUpdates with
positive and negative offsets, sendMessage with reply_parameters, setMyCommands), over TLS with a self-made certificate.
"""

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path

from web_servers import Answer, Request, WebServer, certificate, json_reply

HOST = "api.telegram.org"
TOKEN = "123456789:AAF-test_Token0123456789abcdefghij"
_numbers = itertools.count(1)  # a node that meets two bots in turn takes the second one's messages for new


class BotApi(WebServer):
    """The bot of TOKEN. `say` is a message to it, `sent` what it said; `fail` answers everything instead."""

    def __init__(self, folder: Path) -> None:
        self.updates: list[dict[str, object]] = []
        self.sent: list[dict[str, object]] = []
        self.commands: list[object] = []
        self._news = threading.Condition()
        self.fail: Answer | None = None
        self.silent = False  # closes without an answer
        tls, self.authority = certificate(folder, HOST)
        self.number = next(_numbers) * 1000
        super().__init__(self._choose, tls)

    @property
    def services(self) -> dict[str, list[str | int]]:
        return self.plays(f"{HOST}:443")

    def say(self, text: str | None, chat: int = 77, **message: object) -> int:
        """A message from a chat to the bot; its id. None: a picture."""
        self.number += 1
        content = {"text": text} if text is not None else {"photo": []}
        self.updates.append(
            {
                "update_id": 500_000_000 + self.number,
                "message": {
                    "message_id": self.number,
                    "from": {"id": chat, "is_bot": False, "first_name": "Ann"},
                    "chat": {"id": chat, "first_name": "Ann", "type": "private"},
                    "date": 1_795_000_000,
                    **content,
                    **message,
                },
            }
        )
        return self.number

    def asked(self, method: str) -> int:
        """How often a method was called."""
        return sum(1 for request in self.requests if request.path.endswith(f"/{method}"))

    def hears(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether the condition holds within this time; looked at after each request."""
        with self._news:
            return self._news.wait_for(condition, seconds)

    def said(self, chat: int = 77) -> list[str]:
        """What the bot said in a chat."""
        return [str(message["text"]) for message in self.sent if message["chat_id"] == chat]

    def _choose(self, request: Request) -> Answer:
        with self._news:
            answer = self._answer(request)
            self._news.notify_all()
            return answer

    def _answer(self, request: Request) -> Answer:
        if self.silent:
            return None
        if self.fail is not None:
            return self.fail
        bot, _, method = request.path.strip("/").partition("/")
        if bot != f"bot{TOKEN}":
            return refusal(401, "Unauthorized")
        return self._call(method, json.loads(request.body or b"{}"))

    def _call(self, method: str, params: dict[str, object]) -> Answer:
        if method == "getUpdates":
            return _good(self._pending(int(str(params.get("offset", 0))), int(str(params.get("limit", 100)))))
        if method == "sendMessage":
            if len(str(params["text"])) > 4096:
                return refusal(400, "Bad Request: message is too long")
            self.sent.append(params)
            return _good(
                {"message_id": 5000 + len(self.sent), "chat": {"id": params["chat_id"]}, "date": 1_795_000_000}
            )
        if method == "setMyCommands":
            commands = params["commands"]
            assert isinstance(commands, list)
            self.commands = commands
            return _good(True)
        return refusal(404, "Not Found")

    def _pending(self, offset: int, limit: int) -> list[dict[str, object]]:
        """Updates not confirmed; a call with an offset confirms those before it."""
        if offset < 0:
            self.updates = self.updates[offset:]
        else:
            self.updates = [update for update in self.updates if int(str(update["update_id"])) >= offset]
        return self.updates[:limit]


def _good(result: object) -> bytes:
    return json_reply({"ok": True, "result": result})


def refusal(code: int, description: str, **parameters: object) -> bytes:
    """An error as the Bot API tells it."""
    value: dict[str, object] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        value["parameters"] = parameters
    return json_reply(value, f"{code} Error")
