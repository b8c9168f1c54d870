"""Streams of a node's load modules: opened, with the module started first when its address is not there yet."""

from collections.abc import Iterator
from contextlib import contextmanager

from devtoolkit.errors import BadReplyError, NodeError
from devtoolkit.services.apps_kit import Dashboard
from devtoolkit.services.node_web import PartStream


@contextmanager
def stream(board: Dashboard, path: str, start: str) -> Iterator[PartStream]:
    """The stream at `path`; `start` is the command that makes the address. Raises NodeError when the web is off."""
    if setting(board, "webui") != "True":
        raise NodeError(
            f"The web server of {board.device.fuid} is off.",
            hint=f"-nc set --dev {board.device.fuid} --key webui=True, then restart the node.",
            node=board.device.fuid,
        )
    parts = PartStream(board.device, path, board.password)
    try:
        parts.__enter__()
    except BadReplyError:  # 404: nobody has started the module
        board.say(board.call(start))
        parts = PartStream(board.device, path, board.password)
        parts.__enter__()
    try:
        yield parts
    finally:
        parts.__exit__(None, None, None)


def setting(board: Dashboard, key: str) -> str:
    """A value of the node's configuration as text."""
    board.ask("conf")
    try:
        return "\n".join(board.ask(key)).strip()
    finally:
        board.session.ask("noconf")
