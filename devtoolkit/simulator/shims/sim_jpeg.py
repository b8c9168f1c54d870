"""
A small JPEG encoder (ITU-T T.81, baseline) for pictures of 16 x 16 squares: every square has one colour, so of each
8 x 8 block only the mean is coded. Quick enough for a video of a simulated camera.
"""

_SOF = b"\xff\xc0\x00\x11\x08"
_COMPONENTS = b"\x03\x01\x22\x00\x02\x11\x00\x03\x11\x00"  # Y with 2 x 2 blocks a square, Cb and Cr with one
_DC_TABLE = b"\xff\xc4\x00\x1f\x00" + bytes((0, 0, 0, 12)) + bytes(12) + bytes(range(12))  # 4 bits each
_AC_TABLE = b"\xff\xc4\x00\x14\x10" + bytes((1,)) + bytes(15) + b"\x00"  # nothing but "end of block", 1 bit
_SOS = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00"
_EMPTY = "00000"  # a block that differs in nothing from the one before it
_BITS = 1024  # turned into bytes at once


def _block(difference):
    """Bits of a block whose mean differs so from the last one's."""
    size = abs(difference)
    length = 0
    while size >> length:
        length += 1
    if not length:
        return _EMPTY
    value = difference if difference > 0 else difference + (1 << length) - 1
    return "{:04b}".format(length) + ("{:0%db}" % length).format(value) + "0"


def _mean(value, step):
    return round((value - 128) * 8 / step)


def _scan(rows, means):
    """The bits of all squares, as bytes."""
    known = {}
    pieces = []
    last = None
    for row in rows:
        for name in row:
            if (last, name) not in known:
                old = means[last] if last is not None else (0, 0, 0)
                y, cb, cr = (new - before for new, before in zip(means[name], old))
                known[last, name] = _block(y) + 3 * _EMPTY + _block(cb) + _block(cr)
            pieces.append(known[last, name])
            last = name
    bits = "".join(pieces)
    bits += "1" * (-len(bits) % _BITS)  # T.81 pads with ones; a decoder does not mind more of them
    parts = [int(bits[at : at + _BITS], 2).to_bytes(_BITS // 8, "big") for at in range(0, len(bits), _BITS)]
    return b"".join(parts).replace(b"\xff", b"\xff\x00")


def encode(width, height, rows, colours, step):
    """
    `rows` of squares, each the name of a colour; `colours`: name -> (Y, Cb, Cr), 0..255. `step` is the quantisation,
    1 (best) to 255.
    """
    step = max(1, min(255, step))
    means = {name: tuple(_mean(value, step) for value in colour) for name, colour in colours.items()}
    table = b"\xff\xdb\x00\x43\x00" + bytes([step]) * 64
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    head = b"\xff\xd8" + table + _SOF + size + _COMPONENTS + _DC_TABLE + _AC_TABLE + _SOS
    return head + _scan(rows, means) + b"\xff\xd9"
