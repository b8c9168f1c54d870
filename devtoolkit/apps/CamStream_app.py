"""Pictures of a node's camera."""

import time

from devtoolkit.apps._web import stream
from devtoolkit.services.apps_kit import open_dashboard

_SIZES = range(0xC0, 0xC4)  # JPEG markers of a frame's header, baseline to lossless


def app(devfid: str | None = None, pwd: str | None = None, *, pictures: int = 20, quality: str = "medium") -> None:
    """Camera: pictures of its stream, their size and how many a second; kept as JPEG."""
    start = f"OV2640 load_n_init quality='{quality}'"
    with open_dashboard(devfid, pwd) as board, stream(board, "/cam/stream", start) as parts:
        plot = board.plot(f"Pictures ({board.device.fuid})", ("size", "kB"), x=("picture", ""))
        began = last = time.monotonic()
        count = 0
        for kind, data in parts:
            count += 1
            last = time.monotonic()
            board.picture(data)
            wide, high = jpeg_size(data)
            plot.add(len(data) / 1000, x=count)
            board.say(f"picture {count}: {wide} x {high}, {len(data)} bytes" if wide else f"no JPEG: {kind}")
            board.pause(0)
            if count >= pictures:
                break
        board.figure("pictures", count)
        board.figure("rate", round(count / (last - began), 2) if count else 0.0, "1/s")


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height from a picture's header; (0, 0) when it is no JPEG."""
    at = 2 if data[:2] == b"\xff\xd8" else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _SIZES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0, 0
