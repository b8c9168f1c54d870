"""Telegram, against a local fake of the Bot API: who may command, what is said, secrets, and a service that fails."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bot_api import HOST, TOKEN, BotApi, refusal
from device_node import wait_until
from module_bench import Bench, bench
from web_servers import json_reply, reply

pytestmark = pytest.mark.vm

ANN, BOB = 77, -1001234567890
PASSWORD = "Sesam7xyz"
NOTE = """
from Common import notify
def note(text="hi"):
    return notify(text)
"""


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[BotApi]:
    with BotApi(tmp_path) as running:
        yield running


@contextlib.contextmanager
def node_of(
    bot: BotApi, folder: Path, chats: str = "77", files: dict[str, str] | None = None, **settings: object
) -> Iterator[Bench]:
    """A node whose bot is `bot`, verified by its certificate."""
    place = folder / "node"
    place.mkdir()
    (place / f"{HOST}.der").write_bytes(bot.authority)
    stored = {"LM_note.py": NOTE, **({"telegram.pds": chats} if chats else {}), **(files or {})}
    with bench(
        place, settings={"telegram": TOKEN, **settings}, config={"services": bot.services}, files=stored
    ) as node:
        yield node


def polls(node: Bench, bot: BotApi, after_s: int = 6) -> None:
    """The next round of the receiver has come. A leap may end a round that is under way: then there is another one."""
    count = bot.asked("getUpdates")
    for _ in range(80):
        node.set("leap", ms=after_s * 1000)
        if bot.hears(lambda: bot.asked("getUpdates") > count, 0.25):
            return
    raise AssertionError("never asks again")


def hears(node: Bench, bot: BotApi, text: str | None, chat: int = ANN, **message: object) -> int:
    """A message that the node has heard; its id."""
    number = bot.say(text, chat, **message)
    node.call("telegram receive")
    return number


def says(node: Bench, bot: BotApi, chat: int, count: int) -> str:
    """The count-th message in a chat."""
    while len(bot.said(chat)) < count:
        before = len(bot.sent)
        if not bot.hears(lambda b=before: len(bot.sent) > b, 0.15):
            node.set("leap", ms=1000)  # messages are a second apart
        wait_until(lambda b=before: len(bot.sent) > b, "the bot says more")
    return bot.said(chat)[count - 1]


def receiving(node: Bench, bot: BotApi) -> None:
    assert node.call("telegram receiver_loop") == "Starting"
    assert node.call("telegram receiver_loop") == "Already running"
    wait_until(lambda: bot.asked("getUpdates") > 0, "asks")


def log(node: Bench) -> str:
    return node.files("err.log") or ""


def test_a_chat_becomes_known_by_ping_at_most_four_do_and_they_stay_known(bot: BotApi, tmp_path: Path) -> None:
    with node_of(bot, tmp_path, chats="") as node:
        assert node.call("telegram send 'too early'").startswith("No chat is known")
        node.call("telegram receive")
        for number, chat in enumerate((ANN, BOB, 3, 4)):
            hears(node, bot, "/ping", chat)
            assert says(node, bot, chat, 1) == "node01: pong: this chat gets messages and may command", number
        hears(node, bot, "/ping", 5)
        assert says(node, bot, 5, 1) == "node01: This node knows 4 chats already"
        hears(node, bot, "/ping@node_bot", ANN)
        assert says(node, bot, ANN, 2) == "node01: pong"
        assert node.files("telegram.pds") == f"{ANN},{BOB},3,4"
        node.restart()
        assert node.call("note note 'hello'") == "True"
        assert says(node, bot, 4, 2) == "node01: hello"
        assert [bot.said(chat)[-1] for chat in (ANN, BOB, 3)] == ["node01: hello"] * 3


def test_commands_run_for_known_chats_only_and_answer_the_message(bot: BotApi, tmp_path: Path) -> None:
    with node_of(bot, tmp_path) as node:
        node.call("telegram receive")
        node.call("system heartbeat")
        number = hears(node, bot, "/cmd system heartbeat")
        assert says(node, bot, ANN, 1) == "node01: <3 heartbeat <3"
        assert bot.sent[0]["reply_parameters"] == {"message_id": number, "allow_sending_without_reply": True}
        hears(node, bot, "/cmd_select node01 task list")
        assert "#queue" in says(node, bot, ANN, 2)
        hears(node, bot, "/cmd_select node02 system heartbeat")
        hears(node, bot, "/cmd rgb toggle")
        assert says(node, bot, ANN, 3) == "node01: Not loaded: rgb", "and not a word for the other node"
        hears(node, bot, "/cmd")
        assert says(node, bot, ANN, 4) == "node01: What command?"
        hears(node, bot, "/cmd system clean", BOB)
        assert says(node, bot, BOB, 1) == "node01: This chat may not command: send /ping first"
        hears(node, bot, "/cmd_select node01 system heartbeat", BOB)
        assert says(node, bot, BOB, 2) == "node01: This chat may not command: send /ping first"
        for text in ("hello", None, "", "/unknown", "/"):
            hears(node, bot, text)
        hears(node, bot, "/cmd system heartbeat")
        assert says(node, bot, ANN, 5) == "node01: <3 heartbeat <3"
        assert log(node).count("telegram") == 0


def test_a_command_that_takes_its_time_is_answered_when_it_is_done(bot: BotApi, tmp_path: Path) -> None:
    slow = "import asyncio\nasync def measure():\n    await asyncio.sleep_ms(50)\n    return {'ppm': 417}\n"
    with node_of(bot, tmp_path, files={"LM_slow.py": slow}) as node:
        node.call("telegram receive")
        node.call("slow measure")
        number = hears(node, bot, "/cmd slow measure")
        assert says(node, bot, ANN, 1) == "node01:  ppm: 417"
        assert bot.sent[0]["reply_parameters"] == {"message_id": number, "allow_sending_without_reply": True}


def test_several_messages_between_two_rounds_are_all_obeyed_once(bot: BotApi, tmp_path: Path) -> None:
    with node_of(bot, tmp_path) as node:
        node.call("telegram receive")
        node.call("note note")
        for text in ("a", "b", "c", "d", "e", "f"):
            bot.say(f"/cmd note {text}")
        node.call("telegram receive")
        node.call("telegram receive")
        assert says(node, bot, ANN, 7) is not None
        node.call("telegram receive")
        assert len(bot.said(ANN)) == 7
        assert len(bot.updates) == 1, "the newest stays for other nodes of this bot"


def test_what_was_said_before_the_node_started_is_not_obeyed_again(bot: BotApi, tmp_path: Path) -> None:
    with node_of(bot, tmp_path) as node:
        bot.say("/cmd system heartbeat")
        node.call("system heartbeat")
        node.call("telegram receive")
        hears(node, bot, "/cmd system clock")
        assert "WD: " in says(node, bot, ANN, 1)


def test_with_auth_on_a_chat_needs_the_password_to_become_known(bot: BotApi, tmp_path: Path) -> None:
    locked = "[password] node01 $ "
    with node_of(bot, tmp_path, chats="", auth=True, appwd=PASSWORD) as node, node.node.connect(locked) as shell:
        shell.ask(PASSWORD)
        for text in ("/ping", "/ping wrong", f"/ping {PASSWORD}"):
            bot.say(text)
            shell.ask("telegram receive")
        assert says(node, bot, ANN, 3) == "node01: This node wants its password: /ping <password>", "it waits now"
        for count in range(4, 30):
            bot.say(f"/ping {PASSWORD}")
            shell.ask("telegram receive")
            if "pong" in says(node, bot, ANN, count):
                break
        assert node.files("telegram.pds") == str(ANN)
        assert PASSWORD not in str(bot.sent) + shell.ask("telegram receive >json")


def test_secrets_appear_in_no_message_and_no_log(bot: BotApi, tmp_path: Path) -> None:
    with node_of(bot, tmp_path, appwd=PASSWORD) as node:
        node.call(f"telegram send 'the key is {PASSWORD} for virtual-wifi and {TOKEN}'")
        assert bot.said() == ["node01: the key is ******** for ******** and ********"]
        assert node.json("telegram receive") == {}
        bot.fail = refusal(401, f"bad {TOKEN}")
        assert TOKEN not in node.call("telegram send 'x'")
        assert TOKEN not in node.ask("telegram load_n_init")
        assert TOKEN not in node.ask("telegram receive")
        node.call("note note")
        wait_until(lambda: "telegram" in log(node), "the failure is logged")
        assert TOKEN not in log(node) + node.node.console.read_text()


FAILURES = {
    "odd updates": json_reply(
        {"ok": True, "result": [5, {"update_id": "x"}, {"update_id": 700_000_000, "message": 5}]}
    ),
    "odd messages": json_reply(
        {
            "ok": True,
            "result": [{"update_id": 700_000_001, "message": {"chat": {"id": "x"}, "text": 5, "message_id": []}}],
        }
    ),
    "refused": refusal(403, "Forbidden: bot was blocked by the user"),
    "no JSON": reply("<html>Bad Gateway</html>", "502 Bad Gateway"),
    "another shape": json_reply(["ok"]),
    "ok is text": json_reply({"ok": "true", "result": []}),
    "huge": reply("[" * 100_000),
    "no HTTP": b"\x00\x01\x02\r\n\r\n",
}


def test_a_service_that_answers_badly_is_logged_once_and_polling_goes_on(bot: BotApi, tmp_path: Path) -> None:
    with node_of(bot, tmp_path) as node:
        receiving(node, bot)
        node.call("system heartbeat")
        bot.say("/cmd system heartbeat")
        polls(node, bot)
        says(node, bot, ANN, 1)
        for answer in (*FAILURES.values(), None):
            bot.fail, bot.silent = answer, answer is None
            polls(node, bot, after_s=301)
            assert node.call("system heartbeat") == "<3 heartbeat <3"
        node.until(lambda _: log(node).count("[ERR][telegram] receive") == 1)
        bot.fail, bot.silent = None, False
        bot.number = 300_000_000  # later than what the odd answers claimed
        bot.say("/cmd system heartbeat")
        polls(node, bot, after_s=301)
        says(node, bot, ANN, 2)
        assert log(node).count("[ERR][telegram]") == 1


def test_a_message_too_long_to_read_is_passed_over(bot: BotApi, tmp_path: Path) -> None:
    with node_of(bot, tmp_path) as node:
        receiving(node, bot)
        node.call("system heartbeat")
        bot.say("/cmd system heartbeat")
        bot.say("x" * 20_000)
        polls(node, bot)
        node.until(lambda _: "answer too long" in log(node))
        polls(node, bot, after_s=20)
        assert says(node, bot, ANN, 1) == "node01: <3 heartbeat <3", "the one before it is not lost"
        bot.say("/cmd system clock")
        while len(bot.updates) > 1:
            polls(node, bot, after_s=301)
        assert "WD: " in says(node, bot, ANN, 2)


def test_while_telegram_has_not_answered_the_shell_answers(bot: BotApi, tmp_path: Path) -> None:
    go = threading.Event()
    good = json_reply({"ok": True, "result": {"message_id": 1}})
    bot.fail = [good[:30], go, good[30:]]
    with node_of(bot, tmp_path) as node, node.node.connect() as caller:
        caller.send("telegram send 'slow'")
        wait_until(lambda: bot.asked("sendMessage") == 1, "the message is on its way")
        assert node.ask("hello").startswith("hello:node01")
        assert node.call("note note") == "True", "it waits in the queue"
        go.set()
        assert caller.until("$ ") == "Sent77;\nnode01 $ "


def test_a_silent_telegram_is_given_up(bot: BotApi, tmp_path: Path) -> None:
    bot.fail = [threading.Event()]
    with node_of(bot, tmp_path) as node, node.node.connect() as caller:
        caller.send("telegram send 'lost'")
        wait_until(lambda: bot.asked("sendMessage") == 1, "the message is on its way")
        node.set("leap", ms=10_500)
        assert caller.until("$ ") == "Failed77: [Errno 110] ETIMEDOUT;\nnode01 $ "
        assert log(node).count("ETIMEDOUT") == 1


def test_notifications_are_paced_limited_and_can_be_switched_off_for_good(bot: BotApi, tmp_path: Path) -> None:
    with node_of(bot, tmp_path) as node:
        assert [node.call(f"note note {n}") for n in range(9)] == ["True"] * 8 + ["False"]
        assert says(node, bot, ANN, 8) == "node01: 7"
        assert log(node).count("too many messages") == 1
        assert node.call("telegram notifications") == "Notifications: on"
        assert node.call("telegram notifications False") == "Notifications: off"
        node.restart()
        assert node.call("note note 'unheard'") == "False"
        assert node.call("telegram send 'by hand'") == "Sent77;"
        assert node.call("telegram notifications True") == "Notifications: on"
        assert node.call("note note 'heard'") == "True"
        assert says(node, bot, ANN, 10) == "node01: heard"


def test_telegram_that_asks_for_patience_gets_it(bot: BotApi, tmp_path: Path) -> None:
    bot.fail = refusal(429, "Too Many Requests: retry after 35", retry_after=35)
    with node_of(bot, tmp_path) as node:
        node.call("note note 'first'")
        wait_until(lambda: bot.asked("sendMessage") == 1, "refused")
        node.until(lambda _: "retry after 35" in log(node))
        bot.fail = None
        node.call("note note 'second'")
        node.set("leap", ms=30_000)
        assert node.ask("hello").startswith("hello:")
        assert bot.sent == []
        node.set("leap", ms=6_000)
        assert says(node, bot, ANN, 1) == "node01: second"


@pytest.mark.parametrize("state", ["no token", "no network"])
def test_without_token_or_network_every_function_says_so(bot: BotApi, tmp_path: Path, state: str) -> None:
    text = "Missing telegram bot token" if state == "no token" else "Network unavailable."
    settings = {"telegram": "n/a"} if state == "no token" else {"nwmd": "AP"}
    with node_of(bot, tmp_path, **settings) as node:
        assert node.call("telegram load_n_init") == text
        assert node.call("telegram send 'x'") == text
        assert node.ask("telegram receive").endswith(text)
        assert node.call("note note") == "False"
        assert bot.connections == 0
