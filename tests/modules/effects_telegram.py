"""LM_telegram: what the fake Bot API heard and said."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot_api import HOST, TOKEN, BotApi
from module_bench import Bench

SETTINGS = {"telegram": TOKEN}


def _with_bot(check: Callable[[Bench, BotApi], None]) -> Callable[[Bench], None]:
    """An effect with a bot of its own, on a node that knows the bot's certificate."""

    def effect(b: Bench) -> None:
        with tempfile.TemporaryDirectory() as folder, BotApi(Path(folder)) as bot:
            b.node.folder.joinpath(f"{HOST}.der").write_bytes(bot.authority)
            b.set("services", services=bot.services)
            check(b, bot)
            b.call("task kill telegram._loop")

    return effect


def _load_n_init(b: Bench, bot: BotApi) -> None:
    assert b.call("telegram load_n_init") == "Commands are set"
    names = [command["command"] for command in bot.commands if isinstance(command, dict)]
    assert names == ["ping", "cmd", "cmd_select"]


def _receiver_loop(b: Bench, bot: BotApi) -> None:
    bot.say("/ping")
    assert b.call("telegram receiver_loop") == "Starting"
    assert bot.hears(lambda: bot.said() != [], 10)
    assert bot.said() == ["node01: pong: this chat gets messages and may command"]
    b.until_file("telegram.pds", "77")


def _receive(b: Bench, bot: BotApi) -> None:
    number = bot.say("good morning")
    assert b.json("telegram receive") == {"sender": "Ann", "text": "good morning", "m_id": number, "c_id": 77}


def _send(b: Bench, bot: BotApi) -> None:
    b.put("telegram.pds", "77,-100200")
    b.restart()
    b.set("services", services=bot.services)
    assert b.call("telegram send 'water \U0001f4a7'") == "Sent77;Sent-100200;"
    assert bot.said() == bot.said(-100200) == ["node01: water \U0001f4a7"]
    assert json.loads(bot.requests[0].body)["chat_id"] == 77


EFFECTS = {
    "load_n_init": _with_bot(_load_n_init),
    "receiver_loop": _with_bot(_receiver_loop),
    "receive": _with_bot(_receive),
    "send": _with_bot(_send),
}
