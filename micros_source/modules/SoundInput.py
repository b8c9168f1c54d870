"""
What LM_i2s_mic records with: the I2S port, and a buffer that a task fills round and round.

Data sheet DS-INMP441-00: for 2^18 clock cycles after the clock starts, 64 a frame, the microphone gives nothing.
"""

import asyncio

from Common import micro_task
from microIO import physical_pin
from micropython import const

USERS = ("LM_i2s_mic",)
PINS = ("i2s_sck", "i2s_ws", "i2s_sd")
PIECES = const(16)  # of the buffer; one of them is being filled
_TASK = const("i2s_mic.background")
_STARTUP = const(4096)  # frames
_SLACK_MS = const(500)  # that samples may be late


class Data:
    """What `load_n_init` takes when nothing else is said."""

    I2S_CHANNEL = 1
    SAMPLING_RATE = 8000
    BUF_LENGTH = 16000  # bytes that the background capture keeps
    SAMPLE_SIZE = 16
    CAPTURE_DURATION = 0.25
    DEFAULT_CHANNEL = "right"
    DOWNSAMPLING = 1
    SHIFT_SIZE = 6
    FORMAT = 1  # I2S.STEREO; 0 is I2S.MONO, the left channel only


class Input:
    """The one port. Others read its attributes."""

    number = Data.I2S_CHANNEL
    rate = Data.SAMPLING_RATE
    size = Data.BUF_LENGTH
    bits = Data.SAMPLE_SIZE
    stereo = Data.FORMAT
    port = None
    flag = None  # set when a piece is full
    drop = 0  # frames to be thrown away
    busy = False  # somebody reads from the port
    ring = None  # the background capture's buffer
    written = 0  # bytes that it has recorded
    fault = ""  # why it ended
    paused = False
    users = 0  # streams, other modules, and a command


def frame():
    """Bytes of a frame."""
    return Input.bits // 8 << Input.stereo


def _filled(_):
    Input.flag.set()


def open_port():
    """Raises OSError, ValueError."""
    if Input.port is None:
        from machine import I2S, Pin

        sck, ws, sd = [Pin(physical_pin(name)) for name in PINS]
        more = {"bits": Input.bits, "format": Input.stereo, "rate": Input.rate, "ibuf": Input.rate}  # that is 125 ms
        Input.port = I2S(Input.number, sck=sck, ws=ws, sd=sd, mode=I2S.RX, **more)
        Input.flag = asyncio.ThreadSafeFlag()
        Input.port.irq(_filled)
        Input.drop = _STARTUP


def close_port():
    """The driver lets go of the memory that it was filling."""
    if Input.port:
        port, Input.port = Input.port, None
        port.deinit()


async def _read(view):
    """Fills a piece of memory; others run meanwhile. Raises OSError."""
    port = Input.port
    if port is None:
        raise OSError("I2S: closed")
    ms = len(view) // frame() * 1000 // Input.rate + _SLACK_MS
    try:
        Input.flag.clear()
        port.readinto(view)
        await asyncio.wait_for_ms(Input.flag.wait(), ms)
        port = None
    except asyncio.TimeoutError:
        raise OSError("I2S: time-out")
    finally:
        if port and port is Input.port:  # not one that has been opened meanwhile
            close_port()


async def _begin(view):
    """Waits for the port, and for samples that are new. Raises OSError."""
    while Input.busy:
        await asyncio.sleep_ms(10)
    Input.busy = True
    open_port()
    Input.drop = max(Input.drop, Input.rate // 8)  # what waits in the driver is old
    while Input.drop > 0:
        piece = view[: min(len(view), Input.drop * frame())]
        await _read(piece)
        Input.drop -= len(piece) // frame()


async def record(size):
    """So many bytes from now on. Raises OSError."""
    samples = memoryview(bytearray(size))
    try:
        await _begin(samples)
        await _read(samples)
    finally:
        Input.busy = False
    return samples


async def _fill():
    """The task: fills the buffer. Who wants samples afterwards is told why it has ended."""
    with micro_task(_TASK) as task:
        try:
            piece = max(1, Input.size // PIECES // frame()) * frame()
            ring = memoryview(bytearray(piece * PIECES))
            await _begin(ring[:piece])
            Input.ring, Input.written = ring, 0
            while True:
                if Input.paused:
                    await asyncio.sleep_ms(20)
                    Input.drop = 1
                    continue
                at = Input.written % len(ring)
                await _read(ring[at : at + piece])
                if Input.drop:
                    Input.drop = 0
                    continue
                Input.written += piece
                task.out = "%d bytes" % Input.written
        except OSError as e:
            Input.fault = task.out = str(e)
        finally:
            Input.busy = False
            Input.ring = None


def running():
    """bool: the background capture."""
    task = micro_task(_TASK)
    return task is not None and not task.done


def check():
    """Raises OSError with the reason when the background capture has ended by itself, ValueError without one."""
    if not running():
        if Input.fault:
            raise OSError(Input.fault)
        raise ValueError("no background_capture")


def start():
    """Starts the background capture: bool, it was not running. Raises OSError, ValueError."""
    if running():
        return False
    open_port()
    Input.fault = ""
    Input.written = 0
    return bool(micro_task(_TASK, _fill()))


def stop():
    """Ends the background capture."""
    if running():
        micro_task(_TASK).cancel()


def newest(size):
    """The last bytes of the buffer, fewer when there are not as many; never those that are being filled."""
    ring = Input.ring
    if ring is None:
        return b""
    size = min(size, Input.written, len(ring) - len(ring) // PIECES)
    end = Input.written % len(ring)
    return bytes(ring[end - size : end]) if size <= end else bytes(ring[end - size :]) + bytes(ring[:end])
