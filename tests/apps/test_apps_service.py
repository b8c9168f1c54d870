"""How apps are found, set, watched and stopped, and what they leave behind; the node is a synthetic one."""

import csv
import json
import math
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from devtoolkit.apps._sound import listen, samples_of
from devtoolkit.apps.CamStream_app import jpeg_size
from devtoolkit.cli.applications import COMMAND
from devtoolkit.errors import NodeLockedError, ToolkitError, UsageError
from devtoolkit.launcher import main
from devtoolkit.services import apps, apps_find, plot_png, plot_text
from devtoolkit.services.apps_types import AppEvent, AppResult, PlotData, PointAdded, Said, Series
from devtoolkit.simulator.synthetic import SyntheticNode
from devtoolkit.simulator.synthetic_process import running

NAME, PASSWORD = "appsyn", "Syn1pass"
MINE = '''
"""Mine."""
from dataclasses import dataclass

from devtoolkit.services.apps_kit import open_dashboard


@dataclass(frozen=True, slots=True)
class Item:
    text: str


def app(devfid=None, pwd=None, *, count: int = 2, loud: bool = False, label: str | None = None, wait: float = 0.0):
    """Counts on the node. More text."""
    print(Item("hello").text, "from my app")
    with open_dashboard(devfid, pwd) as board:
        plot = board.plot("Counted", "n", x=("step", ""))
        for number in board.every(wait, count):
            plot.add(number * (10 if loud else 1), x=number)
        print(label or "no label", end="")
    return count
'''


@pytest.fixture(scope="module")
def node() -> Iterator[SyntheticNode]:
    with running([SyntheticNode(NAME, f"micr{os.getpid():06x}a0a0OS")]) as (one,):
        yield one


@pytest.fixture
def address(node: SyntheticNode) -> str:
    return f"{node.ip}:{node.port}"


@pytest.fixture
def my_folder(user_data: Path) -> Path:
    """The user's own apps: one that works."""
    folder = user_data / "apps"
    folder.mkdir(parents=True)
    (folder / "Mine_app.py").write_text(MINE, encoding="utf-8")
    return folder


def rows_of(file: str) -> list[list[str]]:
    with Path(file).open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))


# --- which there are


def test_a_file_in_the_users_folder_appears_by_itself_and_is_not_run_for_that(my_folder: Path) -> None:
    (my_folder / "Bomb_app.py").write_text('raise SystemExit("run")\ndef app(devfid=None, pwd=None): pass\n')
    (my_folder / "notes.txt").write_text("no app")
    (my_folder / "_help.py").write_text("no app")
    found = {info.name: info for info in apps.available().apps}
    mine = found["Mine"]
    assert (mine.source, mine.title, mine.problem) == ("user", "Counts on the node. More text", "")
    assert [(one.name, one.type, one.default, one.optional) for one in mine.parameters] == [
        ("count", "int", 2, False),
        ("loud", "bool", False, False),
        ("label", "str", None, True),
        ("wait", "float", 0.0, False),
    ]
    assert found["Bomb"].problem == ""
    assert apps.available().user_folder == str(my_folder)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("def app(devfid=None:\n", "it is no Python text"),
        ("def other(): pass\n", "it has no function app"),
        ("def app(name): pass\n", "its function app takes no devfid"),
    ],
)
def test_a_broken_app_is_listed_with_its_problem_and_not_run(my_folder: Path, text: str, problem: str) -> None:
    (my_folder / "Broken_app.py").write_text(text)
    (info,) = [info for info in apps.available().apps if info.name == "Broken"]
    assert info.problem.startswith(problem)
    with pytest.raises(UsageError, match=problem):
        apps.run("Broken", "127.0.0.1")


def test_an_app_is_taken_from_its_folder_only(my_folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "Elsewhere_app.py"
    outside.write_text(MINE)
    (my_folder / "Elsewhere_app.py").symlink_to(outside)
    with pytest.raises(UsageError, match="link to a file outside"):
        apps.run("Elsewhere")
    for name in (str(outside), "../Elsewhere", "Mine_app.py/..", "http://host/Mine"):
        with pytest.raises(UsageError, match="There is no app"):
            apps.run(name)


def test_a_users_app_takes_the_place_of_a_bundled_one(my_folder: Path, address: str) -> None:
    (my_folder / "Template_app.py").write_text("def app(devfid=None, pwd=None):\n    return 'mine'\n")
    assert apps_find.find("template").source == "user"
    assert apps.run("Template", address).figures[0].value == "mine"


# --- running


def test_what_an_app_prints_plots_and_returns_is_its_result(
    my_folder: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[AppEvent] = []
    result = apps.run("mine", address, settings={"count": "3", "loud": "True", "label": "x"}, on_event=events.append)
    assert (result.app, result.node, result.ip) == ("Mine", NAME, "127.0.0.1")
    assert result.lines == ("hello from my app", "x")
    assert result.plots[0].rows == ((0, 0), (1, 10), (2, 20))
    assert result.figures[0].value == 3
    assert [event.row for event in events if isinstance(event, PointAdded)] == [(0, 0), (1, 10), (2, 20)]
    assert Said("hello from my app") in events
    assert capsys.readouterr().out == ""


def test_results_are_saved_as_table_and_picture_that_hold_the_values(my_folder: Path, address: str) -> None:
    result = apps.run("Mine", address, settings={"count": 3})
    again = apps.run("Mine", address, settings={"count": 3})
    assert not set(result.files) & set(again.files)
    (figures,) = [file for file in result.files if file.endswith("-figures.csv")]
    (table,) = [file for file in result.files if file.endswith(".csv") and file != figures]
    (picture,) = [file for file in result.files if file.endswith(".png")]
    assert rows_of(table) == [["step", "n"], ["0", "0"], ["1", "1"], ["2", "2"]]
    assert rows_of(figures) == [["name", "value", "unit"], ["result", "3", ""]]
    with Image.open(picture) as image:
        for x, y in ((0, 0), (1, 1), (2, 2)):
            at = plot_png.place(x, y, (-0.1, 2.1), (-0.1, 2.1))
            assert image.getpixel((round(at[0]), round(at[1]))) == plot_png.COLOURS[0]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"cuont": "3"}, "no parameter cuont"),
        ({"count": "many"}, "int wanted"),
        ({"loud": "maybe"}, "bool wanted"),
        ({"count": "None"}, "int wanted"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_before_the_app_runs(
    my_folder: Path, settings: dict[str, str], text: str
) -> None:
    with pytest.raises(UsageError, match=text):
        apps.run("Mine", "nobody", settings=settings)


def test_an_error_of_the_app_itself_names_file_and_line(my_folder: Path) -> None:
    (my_folder / "Bad_app.py").write_text("def app(devfid=None, pwd=None):\n    return 1 / 0\n")
    with pytest.raises(ToolkitError, match=r"ZeroDivisionError: division by zero \(line 2\)"):
        apps.run("Bad")


def test_an_app_that_is_stopped_keeps_what_it_has_found(my_folder: Path, address: str) -> None:
    stop = threading.Event()

    def soon(event: AppEvent) -> None:
        if isinstance(event, PointAdded) and event.row[0] == 1:
            stop.set()

    began = time.monotonic()
    result = apps.run("Mine", address, settings={"count": 1000, "wait": 0.05}, on_event=soon, stop=stop)
    assert result.stopped
    assert len(result.plots[0].rows) == 2
    assert any(file.endswith(".csv") for file in result.files)
    assert result.error is not None
    assert time.monotonic() - began < 30


def test_ctrl_c_is_the_same_as_stop(my_folder: Path, address: str) -> None:
    def interrupt(event: AppEvent) -> None:
        if isinstance(event, PointAdded):
            raise KeyboardInterrupt

    result = apps.run("Mine", address, on_event=interrupt)
    assert (result.stopped, len(result.plots[0].rows)) == (True, 1)


def test_what_was_found_before_a_failure_is_saved_all_the_same(my_folder: Path, address: str) -> None:
    text = MINE.replace("        print(label", "        board.call('nosuch module')\n        print(label")
    (my_folder / "Half_app.py").write_text(text)
    with pytest.raises(ToolkitError, match="nosuch module: Shell: for hints") as failure:
        apps.run("Half", address)
    files = failure.value.facts["files"]
    assert isinstance(files, list)
    assert any(file.endswith(".png") for file in files)


def test_an_app_runs_in_a_worker_thread_while_others_print(
    my_folder: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, results = threading.Event(), []
    worker = threading.Thread(
        target=lambda: results.append(
            apps.run("Mine", address, settings={"count": 20, "wait": 0.01}, on_event=lambda _: begun.set())
        )
    )
    worker.start()
    assert begun.wait(20)
    print("from the main thread")  # noqa: T201 - what an app prints is not to swallow it
    worker.join()
    assert results[0].lines == ("hello from my app", "no label")
    assert capsys.readouterr().out == "from the main thread\n"


def test_a_locked_node_gets_the_password_that_is_given() -> None:
    with running([SyntheticNode(NAME, f"micr{os.getpid():06x}a0a1OS", password=PASSWORD)]) as (locked,):
        place = f"{locked.ip}:{locked.port}"
        with pytest.raises(NodeLockedError):
            apps.run("GetVersion", place)
        assert apps.run("GetVersion", place, PASSWORD).node == NAME
        asked: list[str] = []
        assert apps.run("GetVersion", place, ask=lambda name: asked.append(name) or PASSWORD).node == NAME
        assert asked == [NAME]


# --- the command


def schema() -> dict[str, object]:
    import generate

    return generate.schema_of(COMMAND)


def test_the_list_shows_names_and_parameters(my_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["-a", "list"], ["-a"]):
        assert main(words) == 0
        shown = capsys.readouterr().out
        assert "Mine (yours)" in shown
        assert "SysCheck" in shown
        assert "samples=20 pause_s=3.0" in shown
        assert str(my_folder) in shown.replace("\n", "")


def test_json_of_list_result_and_refusal_follow_the_schema(
    my_folder: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, code in ((["list"], 0), (["Mine", "--dev", address, "--set", "count=2"], 0), (["Nobodys"], 2)):
        assert main(["-a", *words, "--json"]) == code
        value = json.loads(capsys.readouterr().out)
        jsonschema.validate(value, schema())
        assert value["ok"] == (code == 0)
        if words[0] == "Mine":
            assert value["result"]["lines"] == ["hello from my app", "no label"]
            assert value["result"]["plots"][0]["rows"] == [[0, 0], [1, 1]]
    assert "There are AirQualityBME280" in value["error"]["hint"]


def test_the_command_shows_lines_a_plot_and_where_results_are(
    my_folder: Path, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-a", "Mine", "--dev", address, "--set", "count=4", "--save", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("hello from my app\nno label\nCounted\n")
    assert "n: 3 (0 to 3)" in shown
    assert f"saved: {tmp_path / 'out'}" in shown
    assert any("\u2801" <= letter <= "\u28ff" for letter in shown)


@pytest.mark.parametrize("words", [["--dev", "all"], ["--dev", "a,b"], ["--set", "count"], ["--set", "=1"]])
def test_what_the_command_does_not_understand_is_refused(
    my_folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-a", "Mine", *words]) == 2
    assert "error:" in capsys.readouterr().err


# --- plots

SINE = PlotData(
    "Sine",
    Series("time", "s"),
    (Series("a", "V"), Series("b")),
    tuple((x / 10, math.sin(x / 10), None if x % 2 else 2.0) for x in range(60)),
)


def test_a_text_plot_shows_highs_and_lows_where_they_are() -> None:
    text = plot_text.draw(SINE, 60, 10)
    lines = text.splitlines()
    assert lines[0] == "Sine"
    assert "1 a [V]: -0.373877 (-0.999923 to 0.999574)" in lines[-2:]
    assert "2 b: 2 (2 to 2)" in lines[-2:]
    body = [line.split("|", 1)[1] for line in lines if "|" in line and "-|-" not in line]
    flat, sine = (next(at for at, line in enumerate(body) if mark in line) for mark in "21")
    assert flat < len(body) / 2 < sine  # the line at 2 lies above the end of the sine
    assert plot_text.draw(PlotData("x", Series("t"), (Series("y"),))) == ""
    assert "y: 5 (5 to 5)" in plot_text.draw(PlotData("x", Series("t"), (Series("y"),), ((1.0, 5.0),)))


def test_where_an_output_has_no_braille_letters_the_plot_is_made_of_stars() -> None:
    text = plot_text.draw(SINE, 60, 10, braille=False)
    assert text.isascii()
    assert text.count("*") > 60


def test_the_windows_plot_holds_the_rows_that_were_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    pyqtgraph = pytest.importorskip("pyqtgraph", reason="the extra `plots` is optional", exc_type=ImportError)
    from devtoolkit.gui.widgets.live_plot import LivePlot

    application = pyqtgraph.mkQApp()
    live = LivePlot(PlotData(SINE.title, SINE.x, SINE.series), dark=True)
    assert live.shown(0) == ([], [])
    for row in SINE.rows:
        live.add(row)
    for number in range(2):
        assert live.shown(number) == SINE.column(number)
    live.widget.resize(400, 300)
    assert not live.widget.grab().toImage().isNull()
    live.widget.close()
    application.processEvents()


def test_sound_is_measured_right() -> None:
    wave = [round(8000 * math.sin(2 * math.pi * 437 * at / 8000)) for at in range(2000)]
    heard = listen(wave, 8000)
    assert heard.tone == pytest.approx(437, abs=1)
    assert heard.effective == pytest.approx(100 * 8000 / 32768 / 2**0.5, rel=0.01)
    assert listen([], 8000).peak == 0.0
    assert listen([5] * 100, 8000).effective == 0.0
    assert samples_of(b"\x01\x00\xff\xff\x00", 16) == [1, -1]
    assert samples_of(b"\x00\x00\x01\x00\x00\x00\xff\xff", 32) == [1, -1]


def test_a_pictures_size_is_read_from_its_header() -> None:
    head = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x02\x58\x03\x20\x03"
    assert jpeg_size(head + bytes(20)) == (800, 600)
    for data in (b"", b"\xff\xd8", b"GIF89a", b"\xff\xd8\xff\xe0\x00\x00" * 3):
        assert jpeg_size(data) == (0, 0)


def test_a_result_without_anything_leaves_no_file(tmp_path: Path) -> None:
    from devtoolkit.services import apps_save

    assert apps_save.save(AppResult("A", "n", "u", "i", 0.0), (), tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()
