"""What stays the same over a virtual board's life: MAC, chip, flash size, and the loopback address it answers at."""

import errno
import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from devtoolkit.errors import DataFileError, SimulatorError
from devtoolkit.settings import LOOPBACK, SHELL_PORT

FILE = "identity.json"
_VERSION = 1
_RP2_FLASH = b"\xe6\x61"  # what the ids of the Pico W's flash chips begin with

Claim = Callable[[str, int], int | None]  # address and port -> what `registry.unlock` gives back; None: another has it
_WEB_PORT = 80
_WEB_INSTEAD = 8080  # where port 80 needs rights that the user has not
_MORE_PORTS = 200  # boards on one address, where the system has only one loopback address


@dataclass(frozen=True, slots=True)
class Identity:
    """`mac` as aa:bb:cc:dd:ee:ff; `ports` maps ports that device code asks for to those it gets, where they differ."""

    name: str
    chip: str
    mac: str
    flash_size: int
    ip: str
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def mac_bytes(self) -> bytes:
        return bytes.fromhex(self.mac.replace(":", ""))

    @property
    def shell_port(self) -> int:
        """The port that the node's shell is reached at."""
        return self.ports.get(str(SHELL_PORT), SHELL_PORT)

    @property
    def unique_id(self) -> bytes:
        """`machine.unique_id()`: the MAC on ESP chips, eight bytes of the flash chip on RP2."""
        return (_RP2_FLASH + self.mac_bytes) if self.chip.startswith("rp2") else self.mac_bytes

    @property
    def uid(self) -> str:
        """The node's uid as micrOS forms it from the chip's unique id."""
        return f"micr{self.unique_id.hex()}OS"


def load(folder: Path) -> Identity | None:
    """The stored identity, None for a new board. Raises DataFileError when the file is damaged or too new."""
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version = data.pop("version")
        if version != _VERSION:
            raise DataFileError(f"{path} has version {version}; this toolkit knows {_VERSION}.", file=str(path))
        identity = Identity(**data)
        if len(identity.mac_bytes) != 6:
            raise ValueError("a MAC has six bytes")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataFileError(f"{path} is damaged: {error}.", hint="Start the virtual board with --fresh.") from None
    return identity


def save(folder: Path, identity: Identity) -> None:
    """Write the identity."""
    write_json(folder / FILE, {"version": _VERSION, **asdict(identity)})


def write_json(path: Path, data: dict[str, object]) -> None:
    """Write a file that only the user may read, by way of a temporary name."""
    temporary = path.with_name(path.name + ".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(json.dumps(data, indent=1))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        error.filename = error.filename or str(path)  # a full disk does not say where
        raise


def create(name: str, chip: str, flash_size: int) -> Identity:
    """A new identity with a random, locally administered MAC; its address is still to be settled (`with_address`)."""
    mac = bytes([0x02]) + secrets.token_bytes(5)
    return Identity(name, chip, mac.hex(":"), flash_size, LOOPBACK)


def with_address(identity: Identity, others: list[Identity], claim: Claim) -> tuple[Identity, int]:
    """`identity` with an address that is free now, that none of `others` has, and that `claim` gives; and the claim.

    Raises SimulatorError when there is none.
    """
    taken = {(other.ip, other.shell_port) for other in others}
    for ip, port in _candidates():
        if (ip, port) in taken or _can_bind(ip, port) != 0:
            continue
        claimed = claim(ip, port)
        if claimed is not None:
            ports = {} if port == SHELL_PORT else {str(SHELL_PORT): port}
            return replace(identity, ip=ip, ports=ports | _web_port(ip, port)), claimed
    raise SimulatorError("No loopback address is free for another virtual board.")


def require_loopback() -> None:
    """Raises SimulatorError where this machine's loopback network is down: a board talks over it with its parts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((LOOPBACK, SHELL_PORT))  # UDP: nothing is sent
        except OSError as error:
            raise SimulatorError(
                f"Virtual boards need the loopback network, which is down here ({LOOPBACK}: {error.strerror}).",
                hint="On Linux: sudo ip link set lo up",
            ) from error


def is_free(identity: Identity) -> bool:
    """Whether nobody listens at the board's address now."""
    return _can_bind(identity.ip, identity.shell_port) == 0


def _candidates() -> Iterator[tuple[str, int]]:
    """127.0.0.1, 127.0.0.2 ... with the usual port; where only the first exists, further ports on it."""
    yield LOOPBACK, SHELL_PORT
    if _can_bind("127.0.0.2", 0) != errno.EADDRNOTAVAIL:
        yield from ((f"127.0.{high}.{low}", SHELL_PORT) for high in range(4) for low in range(2 - (high > 0), 255))
    else:
        yield from ((LOOPBACK, SHELL_PORT + more) for more in range(1, _MORE_PORTS))


def _web_port(ip: str, shell_port: int) -> dict[str, int]:
    shared = shell_port != SHELL_PORT
    if not shared and _can_bind(ip, _WEB_PORT) != errno.EACCES:
        return {}
    return {str(_WEB_PORT): _WEB_INSTEAD + (shell_port - SHELL_PORT)}


def _can_bind(ip: str, port: int) -> int:
    """0 when this address can be listened at, else the error number."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closed connection's rest is no hindrance
        try:
            probe.bind((ip, port))
            probe.listen(1)
        except OSError as error:
            return error.errno or errno.EIO
    return 0
