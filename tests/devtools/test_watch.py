"""Watch mode: each save of a module runs on the node, what does not compile or fails is told, and the node goes on."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from toolkit_process import LIMIT_S, Toolkit
from update_nodes import OtaNode

from devtoolkit import paths
from devtoolkit.errors import NodeUnknownError, UsageError
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.devtools.watch import Round, Watched, WatchReport, watch

pytestmark = pytest.mark.vm


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtaNode]:
    with contextlib.closing(OtaNode(tmp_path_factory.mktemp("boards"), f"watch{os.getpid()}")) as made:
        yield made


@pytest.fixture
def node(board: OtaNode) -> OtaNode:
    return board.wait()


def text_of(result: str) -> str:
    return f'"""Mine."""\n\n\ndef what(times=1):\n    """A text."""\n    return {result!r} * times\n'


def followed(watched: Watched, saves: list[Callable[[], object]]) -> WatchReport:
    """Each save is made when the round before is there; the watch ends after the last one's round."""

    async def main() -> WatchReport:
        stop = asyncio.Event()
        left = list(saves)

        def on_round(_done: Round) -> None:
            if left:
                left.pop(0)()
            else:
                stop.set()

        cache = DeviceCache(paths.device_cache())
        async with asyncio.timeout(60):
            return await watch(watched, cache, on_round=on_round, stop=stop)

    return asyncio.run(main())


def replaced(file: Path, text: str) -> None:
    """As editors save: under another name, then renamed."""
    other = file.with_name("swap.tmp")
    other.write_text(text)
    other.replace(file)


def test_each_save_runs_on_the_node_and_what_is_wrong_is_told(node: OtaNode, tmp_path: Path) -> None:
    file = tmp_path / "LM_mine.py"
    file.write_text(text_of("one"))
    restarts = node.board.console.count("rst:0x")
    report = followed(
        Watched(file, node.name, "what 2"),
        [
            lambda: file.write_text(text_of("two")),
            lambda: file.write_text("def what(times):\n    return (\n"),
            lambda: replaced(file, text_of("three")),
            lambda: file.write_text(text_of("four").replace("return", "raise ValueError('no luck')\n    return")),
            lambda: file.write_text("import nothing_there\n" + text_of("five")),
            lambda: file.write_text(text_of("six").replace("\n    return", "\n    print(1)\n    return")),
        ],
    )
    first, second, broken, third, failing, missing, last = report.rounds
    assert [one.reply for one in (first, second, third, last)] == [
        ("oneone",),
        ("twotwo",),
        ("threethree",),
        ("sixsix",),
    ]
    assert "LM_mine.py, line 3" in broken.problem or "LM_mine.py, line 2" in broken.problem
    assert broken.reply == ()
    assert "no luck" in failing.problem
    assert "nothing_there" in missing.problem
    assert [bool(one.problem) for one in report.rounds] == [False, False, True, False, True, True, False]
    assert any("print" in hint for hint in last.hints)
    assert not first.hints
    assert all(one.seconds > 0 for one in report.rounds)
    assert node.ask("mine what")[0] == "six"
    assert node.board.console.count("rst:0x") == restarts, "the node has not restarted"


def test_the_command_shows_the_result_and_ends_well_on_ctrl_c(node: OtaNode, tmp_path: Path, user_data: Path) -> None:
    file = tmp_path / "LM_cli.py"
    file.write_text(text_of("first"))
    toolkit = Toolkit(user_data)
    command = toolkit.command("--watch-module", str(file), "--dev", node.name, "--call", "what")
    process = subprocess.Popen(
        command,
        env=toolkit.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert process.stdout.readline() == "first\n"
        while "Watching" not in (line := process.stderr.readline()):
            assert line, "the watch ended"
        file.write_text(text_of("second"))
        assert process.stdout.readline() == "second\n"
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, errors
    assert "2 times sent" in errors


def test_a_file_that_is_no_module_and_an_unknown_node_are_refused(tmp_path: Path) -> None:
    plain = tmp_path / "notes.txt"
    plain.write_text("x")
    with pytest.raises(UsageError, match="no load module"):
        Watched(plain, "node01")
    with pytest.raises(UsageError, match="--new-module"):
        Watched(tmp_path / "LM_none.py", "node01")
    file = tmp_path / "LM_mine.py"
    file.write_text(text_of("x"))
    with pytest.raises(NodeUnknownError):
        followed(Watched(file, "nobody"), [])
