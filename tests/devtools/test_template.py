"""A new module from the template: it has no defect, its own test passes, and it works on a node as it is."""

import importlib.util
import os
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.errors import SimulatorError, UsageError
from devtoolkit.launcher import main
from devtoolkit.services.devtools import lint, template
from devtoolkit.services.devtools.try_module import run_on_vm


@pytest.fixture
def made(tmp_path: Path) -> template.NewModule:
    return template.make("fan", tmp_path / "own")


def test_the_module_has_no_defect_and_its_entry_is_complete(made: template.NewModule) -> None:
    report = lint.run(extra=[Path(made.file)])
    assert report.findings == ()
    assert made.entry.pins == ("fan",)
    assert {one.name: one.widget for one in made.entry.functions}["set_value"] == "slider"
    assert all(one.doc for one in made.entry.functions)
    assert not made.listed


@pytest.mark.vm
def test_its_own_test_passes_and_fails_when_the_module_is_wrong(made: template.NewModule) -> None:
    spec = importlib.util.spec_from_file_location("own_test", made.test)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.test_it_sets_the_output_and_tells_it()
    file = Path(made.file)
    file.write_text(file.read_text().replace('{"X": ', '{"Y": '))
    with pytest.raises(AssertionError):
        module.test_it_sets_the_output_and_tells_it()


@pytest.mark.vm
def test_it_keeps_its_value_and_refuses_a_wrong_one(made: template.NewModule) -> None:
    replies = run_on_vm(Path(made.file), ["set_value 40", "load_n_init", "status", "help True"], pins={"fan": 26})
    assert replies[:3] == [{"X": 40}, "CACHE: True", {"X": 40}]
    assert isinstance(replies[3], list)
    with pytest.raises(SimulatorError, match="out of range"):
        run_on_vm(Path(made.file), ["set_value 101"], pins={"fan": 26})


def test_in_a_checkout_it_goes_where_modules_are_and_into_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "micros_source"
    (source / "modules").mkdir(parents=True)
    (source / "core").mkdir()
    (source / "core" / "Common.py").write_text("")
    (source / "LM_to_compile.dat").write_text("LM_rgb.py\n")
    monkeypatch.setattr(paths, "checkout", lambda: tmp_path)
    monkeypatch.setattr(paths, "micros_source", lambda: source)
    made = template.make("LM_fan")
    assert Path(made.file) == source / "modules" / "LM_fan.py"
    assert Path(made.test) == tmp_path / "tests" / "modules" / "test_module_fan.py"
    assert (source / "LM_to_compile.dat").read_text() == "LM_rgb.py\nLM_fan.py\n"
    assert '"../../micros_source/modules/LM_fan.py"' in Path(made.test).read_text()


@pytest.mark.parametrize("name", ["", "1fan", "fan-2", "task", "import", "../fan", "a" * 40])
def test_a_name_that_cannot_be_one_is_refused_and_nothing_is_made(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        template.make(name, tmp_path)
    assert not list(tmp_path.glob("*.py"))


def test_what_is_there_is_not_overwritten(made: template.NewModule, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(made.file).parent
    os.utime(made.file, (1, 1))
    assert main(["--new-module", "fan", "--to", str(folder)]) == UsageError.exit_code
    assert "there already" in capsys.readouterr().err
    assert Path(made.file).stat().st_mtime == 1
