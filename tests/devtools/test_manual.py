"""The manual: every function of every module in the known JSON format, in a page that can be searched, in the docs."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import functions_page
import pytest

from devtoolkit import paths
from devtoolkit.errors import UsageError
from devtoolkit.launcher import main
from devtoolkit.services.devtools import manual

API = Path(__file__).parents[1] / "modules"


@pytest.fixture(scope="module")
def made() -> manual.Manual:
    return manual.make()


def test_the_json_has_the_known_format_and_every_function_of_the_api(made: manual.Manual) -> None:
    text = manual.as_json(made)
    value = json.loads(text)
    assert list(value) == sorted(value)
    assert value["task"]["kill"]["param(s)"] == "taskID"
    api = json.loads((API / "lm_api.json").read_text()) | json.loads((API / "lm_api_extra.json").read_text())
    for module, functions in api.items():
        missing = set(functions) - set(value.get(module, {}))
        assert not missing, (module, missing)
    for module, functions in value.items():
        assert isinstance(functions.pop("img"), str)
        for name, entry in functions.items():
            assert set(entry) == {"doc", "param(s)"}, (module, name)
            assert not name.startswith("_")
            assert "msgobj" not in entry["param(s)"]
            assert entry["doc"], (module, name)
    assert value["rgb"]["color"]["param(s)"] == "r=None g=None b=None smooth=True"


def test_pins_and_widgets_are_in_the_manual(made: manual.Manual) -> None:
    modules = {module.name: module for module in made.modules}
    assert modules["rgb"].pins == ("redgb", "rgbue", "rgreenb")
    widgets = {one.name: one.widget for one in modules["rgb"].functions}
    assert (widgets["color"], widgets["brightness"], widgets["toggle"], widgets["status"]) == (
        "color",
        "slider",
        "button",
        "",
    )


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_and_has_every_function(made: manual.Manual) -> None:
    page = _Page()
    page.feed(manual.as_html(made))
    assert [attrs["id"] for tag, attrs in page.tags if tag == "section"] == [module.name for module in made.modules]
    assert sum(tag == "tr" for tag, _ in page.tags) == sum(len(module.functions) for module in made.modules)
    assert any(tag == "input" and attrs.get("type") == "search" for tag, attrs in page.tags)
    assert not [attrs for tag, attrs in page.tags if tag in ("link", "img") or attrs.get("src")]
    assert "{{" not in page.text.split("<script>")[0].split("function search")[0]


def test_texts_of_modules_are_shown_and_not_run() -> None:
    entry = manual.ManualModule("x", "<script>alert(1)</script>", (), (manual.ManualFunction("f", ("a='<b>'",), "&"),))
    page = manual.as_html(manual.Manual("1", (entry,)))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_pages_of_the_reference_are_what_the_source_says() -> None:
    for name, text in functions_page.texts().items():
        assert (functions_page.FOLDER / name).read_text(encoding="utf-8") == text, "run `python3 dev.py docs`"


def test_the_command_writes_both_files_and_searches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--manual", "--to", str(tmp_path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    names = {Path(file).name for file in result["files"]}
    version = re.search(r'MICROS_VERSION = "(.+)"', (paths.micros_source() / "core" / "Shell.py").read_text())
    assert version is not None
    assert names == {f"sfuncman_{version[1]}.json", "sfuncman.html"}
    assert main(["--manual", "servo_1 slider"]) == 0
    found = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line and not line.startswith(" ")}
    assert "servo" in found
    assert "rgb" not in found
    assert main(["--manual", "nothinglikethis"]) == UsageError.exit_code
