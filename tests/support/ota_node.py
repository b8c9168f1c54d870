"""Updates over the air for tests, without the toolkit: manifests made here, raw WebREPL puts, and the shell."""

import contextlib
import hashlib
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from powercut_node import PROMPT, SOURCE, CutNode, tree_of
from webrepl_bytes import PORT, WebRepl

LOGIN = "ADmin123"
OLD_VERSION, NEW_VERSION = "2.0.0-0", "2.0.1-0"
LOADER = ("micrOSloader.py", "micrOSguard.py", "micrOSrecovery.py")
_STEP_MS = 2000  # of simulated time: less than the watchdog's 8 s and than the pause between two beats of the system
LONG_STEP_MS = 6000  # where the system has no beats, or nobody looks at them
_WAIT_S = 60.0


def source_files() -> dict[str, bytes]:
    """The node's program files as `CutNode` installs them."""
    parts = ("core", "modules", "pinmaps")
    return {file.name: file.read_bytes() for part in parts for file in sorted((SOURCE / part).glob("*.py"))}


@dataclass(frozen=True, slots=True)
class Update:
    """Files to install, names to remove; `id` and `manifest` follow from them."""

    files: dict[str, bytes]
    removed: tuple[str, ...] = ()
    header: dict[str, object] = field(default_factory=dict)

    @property
    def manifest(self) -> bytes:
        header = {"schema": 1, "version": NEW_VERSION, "trial_s": 10, **self.header}
        entries: list[list[object]] = [
            [name, len(data), hashlib.sha256(data).hexdigest()] for name, data in self.files.items()
        ]
        entries += [[name] for name in self.removed]
        return "".join(json.dumps(line) + "\n" for line in (header, *entries, {"end": len(entries)})).encode()

    @property
    def id(self) -> str:
        return hashlib.sha256(self.manifest).hexdigest()[:16]

    @property
    def staged(self) -> dict[str, bytes]:
        """Everything that is put, by path, the manifest last."""
        files = {"ota/" + name.replace("/", "~"): data for name, data in self.files.items()}
        return {**files, "ota/manifest": self.manifest}

    def applied_to(self, files: dict[str, bytes]) -> dict[str, bytes]:
        return {name: data for name, data in {**files, **self.files}.items() if name not in self.removed}


def new_version(old: dict[str, bytes], **changes: bytes) -> dict[str, bytes]:
    """Shell.py with the new version's number, and `changes` by module name."""
    shell = old["Shell.py"].replace(OLD_VERSION.encode(), NEW_VERSION.encode())
    assert shell != old["Shell.py"]
    return {"Shell.py": shell, **{f"{name}.py": text for name, text in changes.items()}}


def big_update(old: dict[str, bytes]) -> Update:
    """20 files changed, 2 removed, 2 added."""
    fixed = {"main.py", *LOADER, "Shell.py", "LM_system.py"}
    names = [name for name in old if name not in fixed]
    changed = {name: old[name] + b"\n# new\n" for name in names[:: len(names) // 19][:19]}
    removed = tuple(name for name in names if name.startswith("LM_") and name not in changed)[:2]
    added = {"LM_added.py": b"def one():\n    return 1\n", "web/added.html": b"<p>added</p>" * 100}
    update = Update({**new_version(old), **changed, **added}, removed)
    assert (len(update.files), len(removed)) == (22, 2)
    return update


# --- a node


class OtaNode(CutNode):
    """A node that can be asked in its shell or in update mode. `programs`: for tests that compare its files later."""

    programs: dict[str, bytes]

    def words(self, text: str) -> dict[str, Any]:
        """The last line of the reply to `ota ...` in the shell."""
        last: dict[str, Any] = self.lines(text)[-1]
        return last

    def lines(self, text: str) -> list[Any]:
        reply = self.ask(f"ota {text}")[0]
        return [json.loads(line) for line in reply.splitlines()]

    def last_words(self, text: str, *, password: str = "", leave: bool = False) -> str:
        """Reply to a command that ends the session (with `leave`: and to `exit`); the password is said first."""
        with self._open() as line:
            prompt = line.recv(4096)
            if password:
                line.sendall(password.encode())
                assert b"AuthOk" in line.recv(4096)
            line.sendall(text.encode())
            data = b""
            while piece := line.recv(4096):
                data += piece
                if leave and data.endswith(PROMPT):
                    line.sendall(b"exit")
                    leave = False
            assert prompt.endswith(PROMPT)
            return data.decode()

    def ask_locked(self, text: str) -> None:
        """Waits until a node that asks for a password answers this word."""
        assert text.encode() in self.last_words(text, leave=True).encode()

    def pass_minutes(self, minutes: float) -> None:
        """Simulated time at once, for what has no watchdog; the node has looked at its files afterwards."""
        self.board.vm({"op": "leap", "ms": round(minutes * 60_000)})
        self.board.vm({"op": "leap", "ms": 1500})

    def version(self) -> str:
        """What the shell says; one that goes down for a restart is asked again."""
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                return self.ask("version")[0].strip()
            except (OSError, AssertionError):
                assert time.monotonic() < deadline, self.board.console

    def state(self) -> dict[str, Any]:
        return self.words("state")

    def pass_time(self, seconds: float, step_ms: int = _STEP_MS) -> None:
        """Simulated time in small steps; ends early when the VM restarts, which is no error."""
        for _ in range(max(1, round(seconds * 1000 / step_ms))):
            with contextlib.suppress(Exception):
                self.board.vm({"op": "leap", "ms": step_ms})

    def pass_time_until(self, text: str, times: int = 1, step_ms: int = _STEP_MS) -> None:
        """Simulated time passes until the console shows a text so many times."""
        deadline = time.monotonic() + _WAIT_S
        while self.board.console.count(text) < times:
            assert time.monotonic() < deadline, self.board.console
            self.pass_time(0, step_ms)
            self.board.wait_console(0.02, text, times)

    def restarts(self) -> int:
        return self.board.console.count("rst:0x")

    def wait_restarts(self, times: int) -> None:
        """Waits until the board has restarted so many times since it was made."""
        assert self.board.wait_console(_WAIT_S, "rst:0x", times), self.board.console

    def listens(self, port: int) -> bool:
        try:
            socket.create_connection((self.board.ip, port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True

    def tree(self) -> dict[str, bytes]:
        return tree_of(self.flash.read_bytes())

    @contextlib.contextmanager
    def update_mode(self, password: str = LOGIN) -> Iterator["Session"]:
        """Restarts into update mode, unless it is in it, and logs in."""
        if self.listens(self.board.shell_port):
            self.last_words("webrepl --update")
        with WebRepl(self.board.ip).login(password) as repl:
            yield Session(repl)


class Session:
    """A WebREPL connection in update mode."""

    def __init__(self, repl: WebRepl) -> None:
        self.repl = repl
        self._number = 0

    def stage(self, update: Update) -> None:
        for name, data in update.staged.items():
            self.repl.put("/" + name, data)

    def request(self, words: str) -> dict[str, Any]:
        self._number += 1
        self.repl.put("/ota/request", f"{self._number} {words}\n".encode())
        deadline = time.monotonic() + _WAIT_S
        while True:
            reply: dict[str, Any] = json.loads(self.repl.get("/ota/result"))
            if reply.pop("n") == self._number:
                return reply
            assert time.monotonic() < deadline, f"no result of {words}"
            time.sleep(0.05)  # the node looks every 200 ms

    def closed(self) -> bool:
        return self.repl.closed()


def make(root: Path, update: Update | None = None, **options: object) -> OtaNode:
    """A running node, on which an update lies staged, if there is one."""
    return OtaNode(root, update.staged if update else None, **options)


__all__ = ["LONG_STEP_MS", "PORT", "OtaNode", "Session", "Update", "big_update", "make", "new_version", "source_files"]
