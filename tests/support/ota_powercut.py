"""Power cuts in updates over the air: what is recorded, and whether a node that was cut keeps the promise.

Whatever is cut, the node answers by itself, runs the old version or the new one, complete, with its configuration.
"""

import contextlib
import hashlib
import json
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ota_node import LOADER, NEW_VERSION, OLD_VERSION, PORT, OtaNode, Update, big_update, new_version, source_files
from powercut_node import SETTINGS, tree_of

from devtoolkit.simulator.power_cut import Cut, Recording

_OWN = ("node_config.json", "node_config.last", "err.log", ".if_mode")  # written by the node itself
_STATE = {"keeper.pds": b"1,2.5,1,old"}
_ANSWER_S = 60.0
_CFG: dict[str, Any] = {"wdt_ms": 1500}  # a hanging loader is bitten in less than real time
_MODULE = "LM_live.py"
_LIVE = {False: b"def version():\n    return 1\n", True: b"def version():\n    return 2\n# longer\n" * 20}
_HANGS = b"while True:\n    pass\n"
_BROKEN_GUARD = b"def guard(loader, journal):\n    1 / 0\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node said and holds after a boot: `version` is empty in update mode."""

    version: str
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Promise:
    """A node has the `old` files or the `new` ones, whole, and says so. A cut may leave it in `update_mode`."""

    old: dict[str, bytes]
    new: dict[str, bytes]
    update_mode: bool = False

    def problem(self, answer: Answer) -> str:
        """Empty when the promise was kept."""
        files = {name: data for name, data in answer.files.items() if not _is_own(name)}
        expected = {_version(side) for side in (self.old, self.new) if files == side}
        if not expected:
            return "the files are neither the old ones nor the new ones: " + _difference(files, self.old, self.new)
        if answer.version not in expected and not (self.update_mode and not answer.version):
            return f"says version {answer.version!r}, but has the files of {expected}"
        settings = json.loads(answer.files["node_config.json"])
        if {key: settings.get(key) for key in SETTINGS} != SETTINGS or "node_config.json.bad" in files:
            return f"lost its configuration: {settings}"
        return ""

    def is_new(self, answer: Answer) -> bool:
        return all(answer.files.get(name) == data for name, data in self.new.items())


@dataclass(frozen=True, slots=True)
class Scenario:
    """`staged` lies on the flash before; `change` is recorded; see `prepare` for what comes before it."""

    name: str
    promise: Promise
    staged: dict[str, bytes]
    change: Callable[[OtaNode], object]

    def node(self, root: Path) -> OtaNode:
        return OtaNode(root, {**_STATE, **self.staged}, **_CFG)

    def recording(self, node: OtaNode) -> Recording:
        return node.record(lambda _: self.change(node))


def _version(files: dict[str, bytes]) -> str:
    return NEW_VERSION if NEW_VERSION.encode() in files["Shell.py"] else OLD_VERSION


def _is_own(name: str) -> bool:
    """Files that belong to no version: the node's, what an update keeps, and what a cut left of a write."""
    return name.startswith("ota/") or name in _OWN or name.endswith(".tmp") or "_old." in name


def _difference(files: dict[str, bytes], *sides: dict[str, bytes]) -> str:
    texts = []
    for side in sides:
        names = sorted(name for name in {*files, *side} if files.get(name) != side.get(name))
        texts.append(f"{len(names)}: {', '.join(names[:6])}")
    return " / ".join(texts)


def boot(node: OtaNode, flash: bytes, *, update_mode: bool = False) -> Answer:
    """Powers the node on with that flash; waits for its answer, in the shell, or in update mode where that may be."""
    node.board.power_off()
    node.flash.write_bytes(flash)
    node.board.power_on()
    version = ""
    deadline = time.monotonic() + _ANSWER_S
    while True:
        with contextlib.suppress(OSError, AssertionError):
            if node.listens(node.board.shell_port):
                version = node.version()
                break
        if update_mode and _webrepl_answers(node):
            break
        assert time.monotonic() < deadline, node.board.console[-2000:]
        node.board.wait_console(0.01)
    node.board.power_off()
    return Answer(version, tree_of(node.flash.read_bytes()))


def _webrepl_answers(node: OtaNode) -> bool:
    try:
        with socket.create_connection((node.board.ip, PORT), timeout=5):
            return True
    except OSError:
        return False


def outcomes(node: OtaNode, promise: Promise, recording: Recording, cuts: list[Cut]) -> Iterator[tuple[Cut, str, bool]]:
    """(cut, problem, whether the new version is there) of each of these states."""
    for cut in cuts:
        answer = boot(node, recording.state(cut), update_mode=promise.update_mode)
        yield cut, promise.problem(answer), promise.is_new(answer)


def problems(promise: Promise, recording: Recording, cuts: list[Cut]) -> list[tuple[str, str]]:
    """(cut, problem) of some states, on a node of its own."""
    with tempfile.TemporaryDirectory() as folder:
        node = OtaNode(Path(folder), wait=False, **_CFG)
        try:
            return [(str(cut), problem) for cut, problem, _ in outcomes(node, promise, recording, cuts)]
        finally:
            node.close()


def recorded(name: str) -> tuple[Promise, Recording]:
    """What that scenario does to the flash, and what must hold."""
    scenario = scenarios()[name]()
    with tempfile.TemporaryDirectory() as folder:
        node = scenario.node(Path(folder))
        try:
            prepare(node, scenario)
            return scenario.promise, scenario.recording(node)
        finally:
            node.close()


# --- the scenarios


def _commit(update: Update, version: str) -> Callable[[OtaNode], None]:
    def change(node: OtaNode) -> None:
        reply = node.last_words(f"ota commit {update.id}")
        assert '"ok": true' in reply, reply
        assert node.version() == version
        if version == NEW_VERSION:
            assert node.words(f"confirm {update.id}")["ok"]
            node.pass_time(20)  # it tidies up
            assert not [name for name in node.tree() if name.startswith("ota/old/")]
        else:
            assert node.state()["state"] == "rolled_back"

    return change


def _abort(node: OtaNode) -> None:
    node.last_words("ota abort")
    assert node.version() == OLD_VERSION
    assert node.state()["reason"] == "aborted"


def _install(node: OtaNode) -> None:
    wanted = hashlib.sha256(_LIVE[True]).hexdigest()
    assert node.words(f"install /ota/live {wanted} {_MODULE}")["ok"]


def scenarios() -> dict[str, Callable[[], Scenario]]:
    """Makers of the scenarios by name."""
    return {
        "update": _update,
        "rollback": _rollback,
        "loader update": lambda: _loader_update("loader update", {}),
        "broken loader": lambda: _loader_update("broken loader", {LOADER[0]: b"raise ValueError('on purpose')\n"}),
        "truncated loader": lambda: _loader_update("truncated loader", {LOADER[0]: b"def main(failure=None):\n    if"}),
        "hanging loader": lambda: _loader_update("hanging loader", {LOADER[0]: _HANGS}),
        "broken guard": lambda: _loader_update("broken guard", {LOADER[1]: _BROKEN_GUARD}),
        "staging": _staging,
        "install": _live_install,
    }


def _update() -> Scenario:
    old = source_files()
    update = big_update(old)
    promise = Promise({**old, **_STATE}, {**update.applied_to(old), **_STATE})
    return Scenario("update", promise, update.staged, _commit(update, NEW_VERSION))


def _rollback() -> Scenario:
    """Recorded from the trial on: `prepare` commits."""
    one = _update()
    return Scenario("rollback", one.promise, one.staged, _abort)


def prepare(node: OtaNode, scenario: Scenario) -> None:
    """Brings the node to where the recording begins."""
    if scenario.name == "rollback":
        manifest = hashlib.sha256(scenario.staged["ota/manifest"]).hexdigest()
        assert '"ok": true' in node.last_words(f"ota commit {manifest[:16]}")
        assert node.version() == NEW_VERSION
        node.pass_time(2)  # the guard has seen the system: it announces the restart after `abort`


def _loader_update(name: str, broken: dict[str, bytes]) -> Scenario:
    old = source_files()
    loader = {file: old[file] + b"\n# new\n" for file in LOADER}
    update = Update({**new_version(old), **loader, **broken}, header={"force": True})
    before = {**old, **_STATE}
    promise = Promise(before, before if broken else {**update.applied_to(old), **_STATE})
    return Scenario(name, promise, update.staged, _commit(update, OLD_VERSION if broken else NEW_VERSION))


def _staging() -> Scenario:
    """The files are put, and the update mode is left without a commit."""
    old = {**source_files(), **_STATE}
    update = big_update(source_files())

    def change(node: OtaNode) -> None:
        with node.update_mode() as session:
            session.stage(update)
            assert session.request("leave") == {"ok": True}
            assert session.closed()
        assert node.version() == OLD_VERSION

    return Scenario("staging", Promise(old, old, update_mode=True), {}, change)


def _live_install() -> Scenario:
    old = {**source_files(), **_STATE, _MODULE: _LIVE[False]}
    new = {**old, _MODULE: _LIVE[True]}
    return Scenario("install", Promise(old, new), {_MODULE: _LIVE[False], "ota/live": _LIVE[True]}, _install)
