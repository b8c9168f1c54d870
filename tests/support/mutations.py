"""Packets that are nearly right, for the tests that attack a node."""

import random
from collections.abc import Sequence


def mutated(chance: random.Random, packet: bytes, odd: bytes, others: Sequence[bytes], longest: int) -> bytes:
    """`packet` with one to four faults: bytes of `odd` put in, bytes lost, a bit turned, up to `longest` bytes of one
    of the `others` put in, a part repeated.
    """
    data = bytearray(packet)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at:at] = bytes(chance.choices(odd, k=chance.randint(1, 3)))
            case 1:
                del data[at : at + chance.randint(1, 5)]
            case 2 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 3:
                data[at:at] = chance.choice(others)[: chance.randint(1, longest)]
            case _:
                data = data[:at] * chance.randint(1, 3)
    return bytes(data)
