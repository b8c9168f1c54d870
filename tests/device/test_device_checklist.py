"""What any client of the original needs of a node, one test a line of the interoperability checklist, in raw bytes.

Update mode and its end are in test_device_recovery, commands that TCP splits in test_device_framing.
"""

import json
import re
import socket
from pathlib import Path

import pytest
from device_node import PORT, UID, Connection, Node, running

pytestmark = pytest.mark.vm

PROMPT = "node01 $ "


def test_1_the_prompt_comes_at_once_and_is_one_name_without_blanks(node: Node) -> None:
    with socket.create_connection((node.address, PORT), timeout=5) as line:
        prompt = line.recv(256)
    assert re.fullmatch(rb"[^ \t\r\n:]+ \$ ", prompt)
    assert prompt.split()[0].decode() == node.stored().get("devfid", "node01")


def test_2_a_packet_without_newline_is_answered_with_lines_and_the_prompt_or_with_bye(node: Node) -> None:
    with socket.create_connection((node.address, PORT), timeout=5) as line:
        line.recv(256)
        line.sendall(b"version")
        reply = b""
        while not reply.endswith(b"$ "):
            reply += line.recv(4096)
        lines = reply.split(b"\n")
        assert lines[-1] == PROMPT.encode()
        line.sendall(b"exit")
        rest = b""
        while piece := line.recv(4096):
            rest += piece
        assert [text for text in rest.split(b"\n") if text][-1] == b"Bye!"


def test_3_hello_is_answered_before_the_password(tmp_path: Path) -> None:
    with running(tmp_path / "locked", auth=True) as locked, Connection(locked.address) as c:
        assert c.until("$ ") == "[password] " + PROMPT
        assert c.ask("hello", "[password] " + PROMPT).strip().split(":")[:3] == ["hello", "node01", UID]


def test_4_the_version_has_three_parts_and_a_build_number(shell: Connection) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+-\d+\n", shell.ask("version"))


@pytest.mark.parametrize("word", ["conf", "config"])
def test_5_configure_mode_reads_writes_dumps_and_ends(shell: Connection, word: str) -> None:
    conf = "[configure] " + PROMPT
    assert shell.ask(word, conf) == ""
    assert shell.ask("soctout", conf) == "30\n"
    assert shell.ask("soctout 30", conf) == "Saved\n"
    assert shell.ask("soctout soon", conf) == "Failed to save\n"
    assert shell.ask("nosuch 1", conf).endswith("Invalid key\n")
    assert shell.ask("nosuch", conf) == "None\n"
    assert all(":" in line for line in shell.ask("dump", conf).splitlines())
    assert shell.ask("noconf") == ""


def test_6_help_names_webrepl_update_and_tasks(shell: Connection) -> None:
    text = shell.ask("help")
    assert all(token in text for token in ("webrepl", "--update", "[TASK]"))


def test_7_the_system_module_answers_what_clients_read(shell: Connection) -> None:
    assert re.search(r"upython: v1\.\d+", shell.ask("system info"))
    info = json.loads(shell.ask("system info >json"))
    assert {"Mem usage [%]", "FS usage [%]", "upython"} <= set(info)
    assert isinstance(info["Mem usage [%]"], float)
    shell.ask("system alarms clean=True")
    assert shell.ask("system alarms").splitlines()[-1].strip() == "OK alarm: 0"
    assert shell.ask("system alarms test=True").splitlines()[-1].strip() == "NOK alarm: 1"
    assert shell.ask("system alarms True").splitlines()[-1].strip() == "OK alarm: 0"
    assert shell.ask("system heartbeat") == "<3 heartbeat <3\n"
    assert re.match(r"\d+\.\d+\.\d+ +\d+:\d+:\d+\n", shell.ask("system clock"))
    assert re.match(r" \w+: -\d+\n", shell.ask("system rssi"))
    for command, keys in (("memory_usage", {"percent", "mem_used"}), ("disk_usage", {"percent", "fs_used"})):
        assert keys <= set(json.loads(shell.ask(f"system {command} >json")))


def test_8_task_replies_have_their_known_texts(shell: Connection) -> None:
    assert shell.ask("system clock &500") == "Start system.clock\n"
    assert shell.ask("system clock &500") == "system.clock is Busy\n"
    assert shell.ask("task kill system.clock") == "Kill: system.clock|True\n"
    assert shell.ask("task kill no.such") == "No task found: no.such\n"
    assert shell.ask("task show no.such") == "No task found: no.such\n"


def test_9_a_full_node_says_that_it_is_busy(tmp_path: Path) -> None:
    with running(tmp_path / "small", aioqueue=3) as small:
        open_ones = [small.connect() for _ in range(3)]
        try:
            with Connection(small.address) as c:
                assert c.rest().startswith("Connection is busy. Bye!")
        finally:
            for c in open_ones:
                c.socket.close()
