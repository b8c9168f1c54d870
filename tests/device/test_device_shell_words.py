"""The shell's built-in words, byte for byte."""

import pytest
from device_node import UID, Connection, Node

pytestmark = pytest.mark.vm

VERSION = "2.0.0-0"
HINTS = "Shell: for hints type help.\nShell: for LM exec: [1](LM)module [2]function [3...]optional params\n"
IDENTITY = f"hello:node01:{UID}\n"
HELP = """\
[MICROS]   - built-in shell commands
   hello   - hello msg - for device identification
   version - returns micrOS version
   exit    - exit from shell socket prompt
   reboot  - system soft reboot (vm), hard reboot (hw): reboot -h
   webrepl - start webrepl, for file transfers use with --update
[CONF] Configure mode - built-in shell commands
  conf       - Enter conf mode
    dump       - Dump all data
    key        - Get value
    key value  - Set value
  noconf     - Exit conf mode
[TASK] postfix: &x - one-time,  &&x - periodic, x: wait ms [x min: 20ms]
  task list         - list tasks with <tag>s
  task kill <tag>   - stop task
  task show <tag>   - show task output
  cron              - list scheduled commands with their next run
[EXEC] Command mode (LMs):
   help lm  - list ALL LoadModules
"""


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("hello", IDENTITY),
        ("hello anything", IDENTITY),
        ("  hello  \r\n", IDENTITY),
        ("version", VERSION + "\n"),
        ("version now", VERSION + "\n"),
        ("nosuchword", HINTS),
        ("HELLO", HINTS),
        ("probe", HINTS),
        ("probe >json", HINTS),
        ("probe empty", "\n"),
        ("probe nothing", "None\n"),
        ("probe state", " level: 3\n"),
        ("probe state >json", '{"level": 3}\n'),
        ("probe empty >json", "\n"),
        ("probe calls >json", "0\n"),
        ("probe help", " echo,\n count limit=1000,\n"),
        ("probe help >json", '["echo", "count limit=1000"]\n'),
        ("probe fail", "Core error: LM_probe->fail: broken\n"),
        ("probe fail text='two words'", "Core error: LM_probe->fail: two words\n"),
        ("probe echo Joe", "Core error: LM_probe->echo: name 'Joe' is not defined\n"),
        ("probe nosuch", "Core error: LM_probe->nosuch: 'module' object has no attribute 'nosuch'\n"),
        ("probe _worker 5", "Core error: LM_probe->_worker: 'module' object has no attribute '_worker'\n"),
        ("probe collect", "Core error: LM_probe->collect: 'module' object has no attribute 'collect'\n"),
        ("nosuch run", "Core error: LM_nosuch->run: no module named 'LM_nosuch'\n"),
        ("../x run", "Core error: LM_../x->run: no module named 'LM_../x'\n"),
        ("probe stream 2", "line 0\nline 1\nstreamed\n"),
        ("task show nothere", "No task found: nothere\n"),
        ("task kill nothere", "No task found: nothere\n"),
        ("task kill idle", "Kill: idle|False\n"),
        ("task kill server", "Kill: server|False\n"),
        ("task", "Invalid task cmd! Help: task list / kill <taskID> / show <taskID>\n"),
        ("task jump x", "Invalid task cmd! Help: task list / kill <taskID> / show <taskID>\n"),
    ],
)
def test_reply_is_exactly(shell: Connection, command: str, reply: str) -> None:
    assert shell.ask(command) == reply


@pytest.mark.parametrize("command", ["exit", "exit\r\n", " ", "\n"])
def test_exit_and_an_empty_packet_close_the_session(shell: Connection, command: str) -> None:
    shell.send(command)
    assert shell.rest() == "Bye!\n\n"


def test_help_is_the_eighteen_lines_and_the_loaded_modules(shell: Connection) -> None:
    assert shell.ask("probe calls") == "0\n"
    text = shell.ask("help")
    assert text.startswith(HELP)
    modules = text[len(HELP) :].split("\n")
    at = modules.index("   probe")
    assert modules[at + 1 : at + 4] == [" " * 8 + "echo", " " * 8 + "count", " " * 8 + "calls"]
    assert "   system" not in modules
    assert not any("worker" in line for line in modules)


def test_help_lm_lists_the_modules_of_the_file_system_and_compiled_ones_with_help_only(
    node: Node, shell: Connection
) -> None:
    (node.folder / "LM_packed.mpy").write_bytes(b"M\x06\x00\x1f")
    lines = shell.ask("help lm").split("\n")
    assert lines[lines.index("   packed") + 1] == " " * 9 + "help"
    assert "   system" in lines
    assert not any(line.strip() in ("memory_usage", "disk_usage") for line in lines)


def test_two_lines_in_one_packet_are_two_commands(shell: Connection) -> None:
    shell.send("hello\nversion\n")
    assert shell.until(f"{VERSION}\nnode01 $ ") == f"{IDENTITY}node01 $ {VERSION}\nnode01 $ "


def test_exit_ends_the_packet(shell: Connection) -> None:
    shell.send("version\nexit\nhello")
    assert shell.rest() == f"{VERSION}\nnode01 $ Bye!\n\n"


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_newline_inside_quotes_stays_in_the_text(shell: Connection, quote: str) -> None:
    assert shell.ask(f"probe echo {quote}a\nb  c{quote}") == "(('a\\nb  c',), [])\n"


def test_an_apostrophe_that_is_never_closed_holds_nothing_together(shell: Connection) -> None:
    shell.send("it's\nversion")
    assert shell.until(f"{VERSION}\nnode01 $ ") == f"{HINTS}node01 $ {VERSION}\nnode01 $ "


def test_bytes_that_are_no_text_are_an_unknown_word(shell: Connection) -> None:
    assert shell.ask(b"\xff\xfehello") == HINTS


def test_text_outside_ascii_survives(shell: Connection) -> None:
    assert shell.ask("probe same 'árvíztűrő 😀'") == "árvíztűrő 😀\n"


def test_webrepl_answers_four_lines_a_masked_password_and_the_reason_of_failure(node: Node, shell: Connection) -> None:
    lines = shell.ask("webrepl").split("\n")
    assert lines[:4] == [
        " Start micropython WEBREPL - file transfer and debugging",
        "  [i] restart machine shortcut: import reset",
        f"  Connect over http://micropython.org/webrepl/#{node.address}:8266/",
        "  \t[!] webrepl password: ********",
    ]
    assert lines[4] == "None" or lines[4].startswith("[ERR] while starting webrepl: ")
    assert lines[5:] == [""]


def test_system_info_has_the_fields_clients_look_for(shell: Connection) -> None:
    text = shell.ask("system info")
    fields = dict(line.strip().split(": ", 1) for line in text.strip().split("\n"))
    assert sorted(fields) == sorted(
        ["CPU clock [MHz]", "Mem usage [%]", "FS usage [%]", "CPU load [%]", "upython", "board", "mac", "uptime"]
    )
    assert fields["upython"].startswith("v1.")
    assert fields["mac"] == "02:00:00:00:00:4d"
    assert fields["CPU clock [MHz]"] == "240"


def test_system_alarms_streams_the_log_and_ends_with_the_verdict(shell: Connection) -> None:
    assert shell.ask("system alarms clean=True") == " OK alarm: 0\n"
    text = shell.ask("system alarms test=True")
    assert "[ERR] test alarm\n" in text
    assert text.endswith(" NOK alarm: 1\n")
    assert shell.ask("system alarms True") == " OK alarm: 0\n"


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("system heartbeat", "<3 heartbeat <3\n"),
        ("system clock", "WD: "),
        ("system rssi", " Amazing: -48\n"),
        ("system memory_usage >json", '"mem_used": '),
        ("system disk_usage >json", '"fs_used": '),
        ("system ifconfig", "('STA', ('127."),
        ("system pinmap", " builtin: 2\n"),
        ("system ha_sta", "STA connected\n"),
        ("system gclean", " GC MemFree[byte]: "),
        ("system top", " CPU load [%]: "),
        ("system sun", " sunrise: (0, 0, 0)"),
        ("system setclock 2026 1 2 3 4 5", "(2026, 1, 2, 3, 4, 5, 4, 2)\n"),
        ("system ntp", "(True, ("),
        ("system dat_dump", "\n"),
    ],
)
def test_system_module_answers(shell: Connection, command: str, part: str) -> None:
    assert part in shell.ask(command)


def test_uptime_does_not_jump_with_the_clock(shell: Connection) -> None:
    shell.ask("system setclock 2030 1 1 0 0 0")
    assert "uptime: 0 0:0:" in shell.ask("system info")


def test_fades_step_as_documented(shell: Connection) -> None:
    text = shell.ask("probe fades")
    assert " plain: [0, 2, 4, 6, 8, 10]\n" in text
    assert " at once: [7]\n" in text
    assert " single: (101, 10)\n" in text
    assert " several: ([10, 0], 5)\n" in text
