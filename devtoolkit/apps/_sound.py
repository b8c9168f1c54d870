"""What a piece of sound is: loudness and the strongest tone."""

import cmath
import math
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

FULL = 32768  # of 16 bits
_LONGEST = 2048  # samples that are looked at for a tone


@dataclass(frozen=True, slots=True)
class Sound:
    """`peak` and the effective value in percent of the range (of a full sine: 100 and 70.7), `tone` in Hz."""

    peak: float
    effective: float
    tone: float


def samples_of(data: bytes, bits: int) -> list[int]:
    """Samples of 16 bits from little-endian words of 16 or 32 bits."""
    words = array("h" if bits == 16 else "i", data[: len(data) // (bits // 8) * (bits // 8)])
    if sys.byteorder == "big":
        words.byteswap()
    return list(words) if bits == 16 else [word >> 16 for word in words]


def listen(samples: Sequence[int], rate: int) -> Sound:
    """Of a piece without its mean; one without samples is silent."""
    if not samples:
        return Sound(0.0, 0.0, 0.0)
    mean = sum(samples) / len(samples)
    waves = [sample - mean for sample in samples]
    effective = math.sqrt(sum(wave * wave for wave in waves) / len(waves))
    peak = max(map(abs, waves))
    return Sound(round(100 * peak / FULL, 2), round(100 * effective / FULL, 2), round(_tone(waves, rate), 1))


def _tone(waves: Sequence[float], rate: int) -> float:
    """The strongest line of the spectrum, with its neighbours taken into account."""
    size = 1 << (min(len(waves), _LONGEST).bit_length() - 1)
    if size < 8:
        return 0.0
    window = [wave * (0.5 - 0.5 * math.cos(2 * math.pi * at / size)) for at, wave in enumerate(waves[:size])]
    powers = [abs(value) for value in _fft([complex(value) for value in window])[: size // 2]]
    best = max(range(1, size // 2 - 1), key=powers.__getitem__)
    before, at, after = (math.log(max(powers[best + step], 1e-9)) for step in (-1, 0, 1))
    bend = before - 2 * at + after
    return (best + (0.5 * (before - after) / bend if bend else 0.0)) * rate / size


def _fft(values: list[complex]) -> list[complex]:
    """Cooley and Tukey's; the length is a power of two."""
    size = len(values)
    if size == 1:
        return values
    even, odd = _fft(values[::2]), _fft(values[1::2])
    turned = [cmath.exp(-2j * cmath.pi * at / size) * odd[at] for at in range(size // 2)]
    return [even[at] + turned[at] for at in range(size // 2)] + [even[at] - turned[at] for at in range(size // 2)]
