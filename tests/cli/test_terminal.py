"""What a person sees: 80 columns, a pipe, Ctrl-C and Ctrl-D at a question, a reader that has had enough."""

import asyncio
import builtins
import getpass
import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console as RichConsole
from toolkit_process import Toolkit

from devtoolkit.cli import _usb
from devtoolkit.cli._console import Console
from devtoolkit.cli._progress import Bars, _columns, progress_bars
from devtoolkit.cli._table import plain_table
from devtoolkit.cli._workshop import BOARD, seat_rows
from devtoolkit.cli.node_status import status_table
from devtoolkit.errors import CancelledByUser, NodeUnreachableError
from devtoolkit.model.device import Device
from devtoolkit.model.node_status import NodeStatus
from devtoolkit.pipelines.base import Cancel, Event, Listener
from devtoolkit.services.class_list import Seat
from devtoolkit.services.deploy import DeployReport, StepReport, Versions
from devtoolkit.services.ota.fleet import Rollout, update_fleet_async
from devtoolkit.services.ota.request import NodeUpdate, UpdateRequest

VERSIONS = Versions("2.0.0", "2.0.0-0", "1.27.0", "6.3")
GONE = "192.168.100.123:9008 is not reachable: the connection is refused."
NODES = (
    NodeStatus("micr0123456789abOS", "lamp", "192.168.100.121", 9008, "ONLINE", "2.0.0-0", 0.001),
    NodeStatus("micr0123456789acOS", "n" * 30, "192.168.100.123", 9008, "OFFLINE", reason=GONE),
)


def on_terminal(what: object, width: int = 80) -> list[str]:
    """The lines as a terminal of this width shows them."""
    screen = RichConsole(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    screen.print(what)
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line.rstrip()) <= width for line in text.splitlines())
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("details", [False, True])
def test_on_80_columns_no_address_state_or_reason_of_a_node_is_cut(details: bool) -> None:
    shown = on_terminal(status_table(NODES, 80, details=details))
    for node in NODES:
        (row,) = [line for line in shown if f"{node.ip}:{node.port}  {node.status}" in line]
        assert details or row.split()[0] == node.uid
    assert " ".join(shown).endswith(f"{'n' * 30}: {GONE}")
    assert "…" not in "".join(shown)


def test_where_there_is_room_the_reason_stands_beside_the_node() -> None:
    (row,) = [line for line in on_terminal(status_table(NODES, 200, details=True), 200) if "OFFLINE" in line]
    assert row.endswith(GONE)


def test_in_a_pipe_one_row_is_one_line_and_a_nodes_text_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    table = plain_table("A", "B")
    table.add_row("02:cd:ab", "[red] " + "x" * 300)
    Console().rich().print(table)
    assert capsys.readouterr().out.splitlines()[1].split() == ["02:cd:ab", "[red]", "x" * 300]


def test_on_80_columns_the_progress_shows_amount_and_note() -> None:
    from rich.progress import Progress

    with Progress(*_columns(80), console=RichConsole(file=io.StringIO(), width=80)) as progress:
        bars = Bars(progress)
        bars(Event("start", "a", "Check that firmware and files fit"))
        bars(Event("start", "b", "Write the flash"))
        bars(Event("progress", "b", "Write the flash", 1 << 20, 2 << 20))
        bars(Event("done", "a", "Check that firmware and files fit", 0, 0, "file system at 0x200000"))
        shown = "\n".join(on_terminal(progress.get_renderable()))
    assert "Check that firmware and files fit" in shown
    assert "file system at 0x200000" in shown
    assert "1,024/2,048 KiB" in shown


def test_in_a_pipe_each_step_is_one_line_when_it_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars(Console()) as listener:
        listener(Event("start", "a", "Write the flash"))
        listener(Event("progress", "a", "Write the flash", 1, 2))
        listener(Event("done", "a", "Write the flash", 2, 2, "all of it", 1.25))
        assert capsys.readouterr().err == "Write the flash: all of it (1.2 s)\n"
        listener(Event("failed", "b", "Boot", note="silent"))
    assert capsys.readouterr().err == "Boot failed: silent (0.0 s)\n"


def test_in_a_pipe_each_board_of_a_class_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with seat_rows(Console(), (Seat("virtual:a", "zoe", "Zoë"),)) as rows:
        rows("virtual:a", Event("start", "flash", "Write the flash"))
        rows("virtual:a", Event("failed", BOARD, "Failed", note="no chip"))
    assert capsys.readouterr().err == "virtual:a zoe: failed: no chip\n"


@pytest.mark.parametrize("key", [EOFError, KeyboardInterrupt], ids=["ctrl-d", "ctrl-c"])
def test_ctrl_d_at_a_question_stops_like_ctrl_c(key: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    def press(_question: str) -> str:
        raise key

    monkeypatch.setattr(Console, "can_ask", True)
    monkeypatch.setattr(builtins, "input", press)
    monkeypatch.setattr(getpass, "getpass", press)
    console = Console()
    for ask in (
        lambda: console.confirm("Erase it?"),
        lambda: console.ask("Name: ", "--name"),
        lambda: console.node_password("lamp"),
    ):
        with pytest.raises(CancelledByUser, match="Stopped by the user"):
            ask()


def test_a_reader_that_has_had_enough_gets_no_traceback(user_data: Path) -> None:
    toolkit = Toolkit(user_data)
    child = subprocess.Popen(
        [sys.executable, "-u", *toolkit.command("--manual")[1:]],
        env=toolkit.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    said = child.stderr.read()
    child.stderr.close()
    assert (child.wait(), said) == (1, "")


def test_a_node_with_a_network_of_its_own_tells_where_its_password_is(
    capsys: pytest.CaptureFixture[str], user_data: Path
) -> None:
    step = StepReport("node", "skipped", 0, 0.0, "")
    report = DeployReport(
        "esp32", "/dev/x", "ESP32", "m", "u", "shed", 4 << 20, "f", None, 1, VERSIONS, (step,), 1, 1.0, None
    )
    _usb.show(Console(), report)
    assert f"its own, shed; its password is in {user_data / 'secrets.json'}" in capsys.readouterr().out


def test_a_dry_run_looks_at_every_node_however_many_fail() -> None:
    async def away(request: UpdateRequest, _listener: Listener, _cancel: Cancel) -> NodeUpdate:
        raise NodeUnreachableError(f"{request.device.fuid} is away.", hint="")

    requests = tuple(UpdateRequest(Device(f"micr{n}OS", f"n{n}", "127.0.0.9", 9008), dry_run=True) for n in range(12))
    report = asyncio.run(update_fleet_async(requests, "2.0.0-0", Rollout(parallel=1, canary=True), execute=away))
    assert [node.outcome for node in report.nodes] == ["failed"] * 12
    assert report.stopped == ""
