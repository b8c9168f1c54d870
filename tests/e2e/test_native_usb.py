"""A chip with USB of its own: the port vanishes at every reset and comes back, under another name or not."""

import pytest

from devtoolkit import paths
from devtoolkit.boards.loader import board
from devtoolkit.errors import BoardError, PortError
from devtoolkit.pipelines import port_return
from devtoolkit.pipelines.base import Event
from devtoolkit.pipelines.deploy_context import DeployContext, DeployPlan
from devtoolkit.pipelines.port_return import wait_for_port
from devtoolkit.services import build
from devtoolkit.services.deploy import Deployer, DeployRequest
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.tools.serial_ports import SerialPort

OLD, NEW = (SerialPort(f"/dev/ttyACM{n}", "", "303a:4001", "020000000001") for n in (0, 1))


def test_make_follows_a_port_that_vanishes_at_every_reset() -> None:
    events: list[Event] = []
    with VirtualBoard.open("native", root=paths.simulator(), chip="esp32s3", flash_size=0x800000) as virtual:
        virtual.configure(native_usb=True)
        request = DeployRequest(board="esp32s3", port="virtual:native", name="native")
        first = Deployer(request, events.append, interfaces=("127.0.0.1",)).make()
        assert first.device is not None
        again = Deployer(request, events.append, interfaces=("127.0.0.1",)).make()
        assert again.device is not None
        assert again.uid == first.uid == virtual.uid
    assert any("waiting for the boot ROM's port" in event.note for event in events)


def context(name: str, ports: list[tuple[SerialPort, ...]]) -> DeployContext:
    """`ports`: what is plugged in at each look; the last one stays."""
    folder = paths.precompiled()

    def look() -> tuple[SerialPort, ...]:
        return ports.pop(0) if len(ports) > 1 else ports[0]

    return DeployContext(
        DeployPlan(
            board=board(name),
            device=OLD.device,
            firmware_name="",
            firmware=b"",
            manifest=build.load_manifest(folder),
            files={},
            config={},
            find_node=lambda _uid, _seconds: None,
            networked=False,
            ports=look,
        )
    )


def test_the_hint_for_the_reset_button_comes_only_when_no_port_returns_in_time() -> None:
    gone: tuple[SerialPort, ...] = ()
    at_once = context("esp32s2", [(OLD,), gone, gone, (NEW,)])
    assert [report.note for report in wait_for_port(at_once)] == ["", ""]
    assert at_once.port == NEW.device
    late = context("esp32s2", [(OLD,), gone, gone, gone, (NEW,)])
    notes = [report.note for report in wait_for_port(late, hint_after_s=0.05)]
    assert notes[0] == ""
    assert "press the board's reset button" in notes[-1]
    assert board("esp32s2").notes in notes[-1]
    assert late.port == NEW.device


def test_the_hint_waits_ten_seconds() -> None:
    assert port_return.HINT_AFTER_S == 10.0
    assert port_return.GIVE_UP_S > 3 * port_return.HINT_AFTER_S


def test_a_board_that_never_comes_back_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_return, "GIVE_UP_S", 0.2)
    with pytest.raises(BoardError, match="did not come back") as caught:
        list(wait_for_port(context("esp32s3", [(OLD,), ()])))
    assert "reset button" in caught.value.hint


class Vanishing:
    """A REPL whose port is still there from before the reset, and gone when it is opened: so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, device: str) -> "Vanishing":
        self.device = device
        return self

    def __enter__(self) -> "Vanishing":
        self.left -= 1
        if self.left >= 0:
            raise PortError(f"{self.device} vanished.")
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing is open."""

    def enter(self, *, booting: bool) -> None:
        """The raw REPL of a board that was reset just now."""
        assert booting

    def restart(self) -> None:
        """A fresh one."""


def test_a_port_that_vanishes_while_it_is_opened_is_waited_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_return, "SerialRepl", repl := Vanishing(times=2))
    back = context("esp32s3", [(OLD,), (), (NEW,)])
    assert [report.note for report in port_return.open_repl(back)].count("the port vanished, waiting for it") == 2
    assert back.repl is repl
    monkeypatch.setattr(port_return, "SerialRepl", Vanishing(times=2))
    with pytest.raises(PortError, match="vanished"):
        list(port_return.open_repl(context("esp32", [(OLD,)])))


def test_a_board_behind_a_usb_serial_chip_is_not_waited_for() -> None:
    one = context("esp32", [(OLD,), ()])
    assert list(wait_for_port(one)) == []
    assert one.port == OLD.device
