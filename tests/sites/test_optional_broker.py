"""Without a broker nothing of Celery is imported; how a broker is named, and what is refused there."""

import subprocess
import sys
from pathlib import Path

import pytest
from gateway_programs import ROOT, free_port

from devtoolkit.errors import DataFileError, ToolkitError, UsageError
from devtoolkit.launcher import main
from devtoolkit.services import keyring_store
from devtoolkit.services.sites import broker, devices
from devtoolkit.services.sites.jobs import check_name

_SCRIPT = """
import sys
from devtoolkit.launcher import main
code = main(sys.argv[1:])
print(code, sorted(name for name in sys.modules if name.partition(".")[0] in ("celery", "kombu", "redis", "billiard")))
"""


@pytest.mark.parametrize(
    "words", [["-stat"], ["--help"], ["-o", "--dev", "nobody", "--yes"], ["-c", "-p", "--dev all hi"]]
)
def test_no_command_without_sites_imports_celery(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].endswith(" []"), done.stdout


def test_the_window_asks_no_broker_where_none_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(broker.VARIABLE, raising=False)
    assert (devices.sites(), devices.sites_devices()) == ((), ())


def test_a_url_with_a_password_is_refused_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sites", "--broker", "redis://:geheim@127.0.0.1:6379/0"]) == UsageError.exit_code
    told = capsys.readouterr().err
    assert "A password does not belong on the command line" in told
    assert "geheim" not in told


def test_no_error_repeats_the_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "broker"
    file.write_text(f"redis://user:geheim@127.0.0.1:{free_port()}/0\n")
    assert main(["--sites", "--broker", str(file)]) != 0
    file.write_text("http://user:geheim@127.0.0.1/0\n")
    assert main(["--sites", "--broker", str(file)]) == UsageError.exit_code
    told = capsys.readouterr()
    assert "geheim" not in told.out + told.err
    assert "cannot be reached" in told.err
    assert "geheim" not in repr(broker._checked({"broker": "redis://user:geheim@127.0.0.1/0"}))


def test_a_broker_is_named_by_a_file_of_one_line_or_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line, toml = tmp_path / "broker", tmp_path / "broker.toml"
    line.write_text("\n rediss://:p@centre.example:6380/1 \n")
    (tmp_path / "ca.pem").write_text("x")
    toml.write_text(
        'broker = "amqps://u:p@centre.example"\nresults = "rediss://:p@centre.example"\ntls_ca = "ca.pem"\n'
    )
    assert broker.load(str(line)).url == "rediss://:p@centre.example:6380/1"
    assert broker.load(str(line)).place == "centre.example:6380"
    two = broker.load(str(toml))
    assert (two.place, two.results, two.tls_ca) == (
        "centre.example:5671",
        "rediss://:p@centre.example",
        str(tmp_path / "ca.pem"),
    )
    monkeypatch.setenv(broker.VARIABLE, str(line))
    assert broker.load() == broker.load(str(line))


def test_a_broker_may_lie_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {(broker.KEYRING_SERVICE, "shop"): "redis://:p@centre.example/0"}
    monkeypatch.setattr(keyring_store, "get", lambda service, name: kept.get((service, name)))
    assert broker.load("keyring:shop").results == "redis://:p@centre.example/0"
    with pytest.raises(UsageError, match="no broker other"):
        broker.load("keyring:other")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('broker = "amqp://centre.example"', "results need a Redis"),
        ('broker = "redis://centre.example"\nsigning_key = "a"', "Signing needs all"),
        ('broker = "redis://centre.example"\ntls_ca = "missing.pem"', "is missing"),
        ('broker = "redis://centre.example"\nbrokr = "x"', "not understood"),
        ('broker = "http://centre.example"', "another form"),
        ('broker = "redis://centre.example:no"', "another form"),
        ("broker = ", "no TOML"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "broker.toml"
    file.write_text(text)
    with pytest.raises(ToolkitError, match=why):
        broker.load(str(file))
    with pytest.raises(DataFileError):
        broker.load(str(tmp_path / "nothing"))


@pytest.mark.parametrize("name", ["", "All", "all", "here", "a/b", "a" * 33, "-a", "a b", "süd"])
def test_a_name_that_could_be_taken_for_something_else_is_no_sites(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)
