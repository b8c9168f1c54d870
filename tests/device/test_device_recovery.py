"""Update mode, recovery and live WebREPL on a virtual board, in raw bytes; ten minutes pass in simulated time."""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from powercut_node import SETTINGS, CutNode, files_of
from webrepl_bytes import PORT, WebRepl

pytestmark = pytest.mark.vm

LOGIN = "ADmin123"
MINUTES = 60_000


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., CutNode]]:
    """Makes a node whose files, beside its own, are given; it need not answer its shell."""
    made: list[CutNode] = []

    def one(files: dict[str, bytes] | None = None, *, shell: bool = True) -> CutNode:
        made.append(CutNode(tmp_path, files, wait=shell))
        return made[-1]

    yield one
    for node in made:
        node.close()


def boots(node: CutNode) -> int:
    return node.board.console.count("rst:0x") + node.board.console.count("MPY: soft reboot")


def answers(node: CutNode) -> bool:
    return node.ask("hello")[0].startswith("hello:lamp:")


def listens(node: CutNode, port: int) -> bool:
    try:
        socket.create_connection((node.board.ip, port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def pass_time(node: CutNode, ms: int) -> None:
    assert node.board.vm({"op": "leap", "ms": ms})["ok"]


def a_look(node: CutNode) -> None:
    """More polls than lie between two looks at the files."""
    for _ in range(24):
        pass_time(node, 100)


def test_update_over_the_air_as_existing_toolkits_do_it(make: Callable[..., CutNode]) -> None:
    node = make()
    with socket.create_connection((node.board.ip, node.board.shell_port), timeout=10) as line:
        assert line.recv(100) == b"lamp $ "
        line.sendall(b"webrepl --update")
        reply = b""
        while piece := line.recv(4096):
            reply += piece
    assert reply.endswith(b" Restart node then start webrepl...\n Bye!\n")
    content = bytes(range(256)) * 17 + b"tail"
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        assert repl.version() >= (1, 21, 0)
        repl.put(".if_mode", b"webrepl")
        repl.put("LM_new.py", b"def one():\n    return 1\n")
        repl.put("data.bin", content)
        repl.put("empty", b"")
        assert repl.get("data.bin") == content
        assert repl.get("empty") == b""
    assert not listens(node, node.board.shell_port), "the system does not run in update mode"
    with WebRepl(node.board.ip, mask=b"\x01\xfe\x80\x33").login(LOGIN) as repl:
        assert repl.get("LM_new.py") == b"def one():\n    return 1\n"
        repl.put(".if_mode", b"micros")
        assert repl.closed()
    assert node.ask("new one") == ["1\n"]
    assert "node_config.json" in files_of(node.flash.read_bytes())


@pytest.mark.parametrize("mode", [b"webrepl", b"nonsense"])
def test_a_wrong_password_is_denied_and_a_second_client_rejected(make: Callable[..., CutNode], mode: bytes) -> None:
    node = make({".if_mode": mode}, shell=False)
    with WebRepl(node.board.ip) as repl:
        repl.send(b"wrong\r")
        repl.until("\r\nAccess denied\r\n")
        assert repl.closed()
    with WebRepl(node.board.ip).login(LOGIN):
        with pytest.raises((EOFError, ConnectionResetError)), WebRepl(node.board.ip):
            pass
        with socket.create_connection((node.board.ip, PORT), timeout=10) as plain:
            assert plain.recv(10) == b""
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        repl.put("x", b"y")


def test_a_put_into_a_missing_folder_and_a_get_of_a_missing_file_end_the_session(make: Callable[..., CutNode]) -> None:
    node = make({".if_mode": b"webrepl"}, shell=False)
    for broken in (lambda repl: repl.put("no/such", b"x"), lambda repl: repl.get("nosuch")):
        with WebRepl(node.board.ip).login(LOGIN) as repl, pytest.raises((EOFError, ConnectionResetError)):
            broken(repl)


def test_a_connection_lost_in_the_middle_of_a_put_leaves_update_mode_usable(make: Callable[..., CutNode]) -> None:
    node = make({".if_mode": b"webrepl"}, shell=False)
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        repl.begin_put("half.bin", 5000)
        repl.send(b"x" * 1000)
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        assert repl.get("half.bin").startswith(b"x" * 1000)
        repl.put("half.bin", b"whole")
        assert repl.get("half.bin") == b"whole"


def test_a_full_disk_is_not_told_by_webrepl_so_what_was_put_must_be_read_back(make: Callable[..., CutNode]) -> None:
    node = make({".if_mode": b"webrepl"}, shell=False)
    block = bytes(range(256)) * 4096
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        repl.put("one", block)
        repl.put("two", block[: len(block) // 2])
        assert repl.get("one") == block
        assert repl.get("two") != block[: len(block) // 2]


def test_a_serial_tool_takes_over_a_board_in_update_mode(make: Callable[..., CutNode]) -> None:
    node = make({".if_mode": b"webrepl"}, shell=False)
    WebRepl(node.board.ip).socket.close()
    tool = Path(sys.executable).with_name("mpremote")
    command = [tool, "connect", node.board.port, "exec", "print(6 * 7)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "42"), done.stderr


def test_an_abandoned_update_mode_ends_by_itself_even_after_ctrl_c(make: Callable[..., CutNode]) -> None:
    node = make({".if_mode": b"webrepl"}, shell=False)
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        repl.put("half_an_update.mpy", b"x")
        repl.type(b"\x03")
        repl.until(">>> ")
        before = boots(node)
        pass_time(node, 9 * MINUTES)
        repl.put("other.mpy", b"x")
        a_look(node)  # the change is seen
        pass_time(node, 9 * MINUTES)
        assert repl.get(".if_mode") == b"webrepl"
        assert boots(node) == before
        pass_time(node, 2 * MINUTES)
        with contextlib.suppress(Exception):  # the board restarts meanwhile
            a_look(node)
            a_look(node)
        assert repl.closed()
    assert answers(node)
    assert files_of(node.flash.read_bytes())[".if_mode"] == b"micros"


def test_off_leaves_the_plain_prompt(make: Callable[..., CutNode]) -> None:
    node = make({".if_mode": b"off"}, shell=False)
    assert node.board.wait_console(10, ">>> ")
    assert not listens(node, PORT)
    assert not listens(node, node.board.shell_port)


def test_a_system_that_does_not_start_offers_webrepl_and_its_console_for_the_repair(
    make: Callable[..., CutNode],
) -> None:
    node = make({"Tasks.py": b"raise ValueError('broken on purpose')\n"}, shell=False)
    good = (Path(__file__).resolve().parents[2] / "micros_source" / "core" / "Tasks.py").read_bytes()
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        assert b"[ERR][micrOSloader] micrOS start failed: broken on purpose\n" in repl.get("err.log")
        pass_time(node, 20_000)
        repl.put("Tasks.py", good)
        repl.type(b"\x03\x01")
        repl.until("raw REPL; CTRL-B to exit\r\n>")
        assert raw_paste(repl, b"import machine\nmachine.reset()\n") == ("", "")
        assert repl.closed()
    assert answers(node)


def raw_paste(repl: WebRepl, code: bytes) -> tuple[str, str]:
    """Output and error of code sent by raw paste; empty when the board is gone."""
    repl.type(b"\x05A\x01")
    repl.until("R\x01")
    while len(repl.text) < 3:
        repl.more()
    window, repl.text = ord(repl.text[0]) + 256 * ord(repl.text[1]), repl.text[3:]
    for at in range(0, len(code), window):
        if at:
            repl.until("\x01")
        repl.type(code[at : at + window])
    repl.type(b"\x04")
    try:
        repl.until("\x04")
        output = repl.until("\x04").rstrip("\x04")
        return output, repl.until("\x04>").removesuffix("\x04>")
    except (EOFError, ConnectionResetError):
        return "", ""


def test_the_console_runs_code_typed_and_pasted_and_tells_errors(make: Callable[..., CutNode]) -> None:
    node = make({".if_mode": b"webrepl"}, shell=False)
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        repl.type(b"1 + 1\r")  # the program runs: taken when it has ended
        repl.type(b"\x03")
        assert repl.until("\r\n2\r\n>>> ").count("2") == 1
        repl.type(b"6 * 7\r")
        assert repl.until(">>> ") == "6 * 7\r\n42\r\n>>> "
        repl.type(b"for n in range(2):\r    print(n)\r\r")
        assert "0\r\n1\r\n>>> " in repl.until("1\r\n>>> ")
        repl.type(b"\x01")
        repl.until("raw REPL; CTRL-B to exit\r\n>")
        code = b"text = '" + b"x" * 700 + b"'\nprint(len(text))\n"
        assert raw_paste(repl, code) == ("700\r\n", "")
        output, error = raw_paste(repl, b"print('before')\n1 / 0\n")
        assert output == "before\r\n"
        assert "ZeroDivisionError" in error
        repl.type(b"print(5)\x04")
        repl.until("OK5\r\n\x04\x04>")
        repl.type(b"\x02")
        repl.until(">>> ")


def test_live_webrepl_runs_beside_the_shell_and_stops_after_ten_minutes(make: Callable[..., CutNode]) -> None:
    node = make()
    assert not listens(node, PORT), "WebREPL runs only on request"
    assert node.ask("webrepl")[0].split("\n")[4] == "None"
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        repl.put("LM_live.py", b"def one():\n    return 1\n")
        assert node.ask("live one") == ["1\n"]
        pass_time(node, 5 * MINUTES)
        assert repl.get("LM_live.py").startswith(b"def one")
        assert node.ask("webrepl")[0].split("\n")[4] == "None", "asked again, it starts anew"
        assert repl.closed()
    assert answers(node)  # by now its ten minutes have begun
    pass_time(node, 9 * MINUTES)
    with WebRepl(node.board.ip).login(LOGIN) as repl:
        pass_time(node, MINUTES + 1000)
        assert repl.closed()
    assert not listens(node, PORT)
    assert answers(node)


def test_a_password_too_long_for_webrepl_is_named(make: Callable[..., CutNode]) -> None:
    settings = {**SETTINGS, "appwd": "longer than nine"}
    node = make({"node_config.json": json.dumps(settings).encode()})
    reply = node.ask("webrepl")[0].split("\n")
    assert reply[4] == "[ERR] while starting webrepl: appwd has more than 9 characters"
    assert "while starting webrepl" in node.ask("system alarms")[0]


def test_recovery_without_a_known_network_opens_the_access_point(make: Callable[..., CutNode]) -> None:
    settings = {"staessid": "nowhere", "stapwd": "x", "devfid": "lamp", "appwd": "Sesam7xyz"}
    node = make({".if_mode": b"webrepl", "node_config.json": json.dumps(settings).encode()}, shell=False)
    node.board.wait_state("running")
    while not listens(node, PORT):
        pass_time(node, 31_000)  # a network that a scan does not show may be a hidden one: it is tried all the same
    with WebRepl(node.board.ip).login("Sesam7xyz") as repl:
        repl.put("x", b"y")
    view = node.board.vm({"op": "get"})["wifi"]["ap"]
    assert (view["active"], view["ssid"], view["password"], view["auth"]) == (True, "lamp", "Sesam7xyz", 3)
