"""The interactive shell: history, completion from the node's own `help`, colours. Imported only for a terminal."""

import asyncio
from collections.abc import Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory

from devtoolkit import paths
from devtoolkit.cli._console import Console
from devtoolkit.errors import BadReplyError, CodecError, NodeUnreachableError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.model.node_config import BY_NAME
from devtoolkit.services.shell import Visit, converse
from devtoolkit.services.shell_words import Words, completions, modules
from devtoolkit.transports.tcp_shell import TcpShell

_LEAVE = ("!", "exit")
_KEYS = tuple(BY_NAME)
_SECRET_WORDS = ("login", "appwd", "stapwd", "telegram")
_ERRORS = ("Core error:", "[ERROR]", "[ERR]", "Shell: for", "Invalid key", "Failed to save")


def talk(visit: Visit, console: Console) -> Device:
    """Until `!`, `exit` or Ctrl-D. A session that the node ended (it was idle too long) is opened again."""
    prompt = _Prompt(console)
    while True:
        try:
            device = asyncio.run(converse(visit, prompt.read, prompt.show))
        except (NodeUnreachableError, BadReplyError) as error:
            if not prompt.answered:
                raise  # not even one command: there is no node to come back to
            console.error(error)
            prompt.answered = False
            continue
        if prompt.left:
            return device
        console.note("The node ended the session; connecting again.")


class _History(FileHistory):
    """In a file; lines with passwords are not written down."""

    def store_string(self, string: str) -> None:
        if not any(word in _SECRET_WORDS for word in string.replace("<a>", " ").split()):
            super().store_string(string)


class _Words(Completer):
    """The node's words."""

    def __init__(self) -> None:
        self.known: Words = {}
        self.configuring = False

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        last = typed.rpartition(" ")[2]
        for word in completions(typed, self.known, _KEYS, configuring=self.configuring):
            yield Completion(word, start_position=-len(last))


class _Prompt:
    """One person at one node."""

    def __init__(self, console: Console) -> None:
        self.left = False
        self.answered = False
        self._console = console
        self._words = _Words()
        self._rich = console.rich()
        paths.user_data().mkdir(parents=True, exist_ok=True)
        history = _History(str(paths.user_data() / "shell_history"))
        self._session: PromptSession[str] = PromptSession(
            history=history, completer=self._words, complete_while_typing=False
        )

    async def read(self, shell: TcpShell) -> str | None:
        """The next line, None to leave."""
        if not self._words.known and not shell.configure_mode:
            await self._learn(shell)
        self._words.configuring = shell.configure_mode
        mode = [("ansiyellow", "[configure] ")] if shell.configure_mode else []
        text = FormattedText([*mode, ("ansigreen bold", shell.name), ("", " $ ")])
        while True:
            try:
                line = (await self._session.prompt_async(text)).strip()
            except KeyboardInterrupt:
                if self._session.default_buffer.text:
                    continue  # only the line is given up
                line = "!"
            except EOFError:
                line = "!"
            if line in _LEAVE:
                self.left = True
                return None
            if line:
                return line

    def show(self, lines: tuple[str, ...]) -> None:
        self.answered = True
        for line in lines:
            self._rich.print(line, markup=False, style="red" if line.startswith(_ERRORS) else None)

    async def _learn(self, shell: TcpShell) -> None:
        """The completion's words; a node that gives none is no reason to stop."""
        try:
            self._words.known = modules(await shell.command("help lm"))
        except (CodecError, UsageError):
            self._words.known = {}
