"""The microphone of the load module i2s_mic, heard over the web."""

import io
import re
import wave

from devtoolkit.apps._sound import listen, samples_of
from devtoolkit.apps._web import stream
from devtoolkit.services.apps_kit import open_dashboard

_KIND = re.compile(r"audio/l(?P<bits>16|32);rate=(?P<rate>\d+);channels=(?P<channels>[12])")


def app(devfid: str | None = None, pwd: str | None = None, *, seconds: float = 10.0) -> None:
    """I2S microphone: loudness and strongest tone, kept as WAV."""
    with (
        open_dashboard(devfid, pwd) as board,
        stream(board, "/mic/stream", "i2s_mic load_n_init") as parts,
    ):
        loudness = board.plot(f"Loudness ({board.device.fuid})", ("peak", "%"), ("effective", "%"))
        tones = board.plot(f"Tone ({board.device.fuid})", ("tone", "Hz"))
        heard: list[int] = []
        rate, loudest = 0, 0.0
        for kind, data in parts:
            found = _KIND.search(kind)
            if found is None:
                board.say(f"What comes is no sound: {kind}")
                break
            rate = int(found["rate"])
            samples = samples_of(data, int(found["bits"]))[:: int(found["channels"])]
            sound = listen(samples, rate)
            heard += samples
            at = round(len(heard) / rate, 3)
            loudness.add(sound.peak, sound.effective, x=at)
            tones.add(sound.tone, x=at)
            board.say(
                f"{at:6.2f} s   peak {sound.peak:5.1f} %   effective {sound.effective:5.1f} %   {sound.tone:6.0f} Hz"
            )
            loudest = max(loudest, sound.peak)
            board.pause(0)
            if at >= seconds:
                break
        board.figure("loudest", loudest, "%")
        board.figure("heard", round(len(heard) / rate, 2) if rate else 0.0, "s")
        if heard:
            board.save(".wav", _wav(heard, rate))


def _wav(samples: list[int], rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return file.getvalue()
