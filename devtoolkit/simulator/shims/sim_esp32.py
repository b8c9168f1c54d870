"""`esp32`: chip temperature and the partitions of the simulated flash (`vfs`: from the app to the end)."""

import simcore
import simlink

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True

_celsius = [42.0]


def mcu_temperature():
    return int(_celsius[0])


def raw_temperature():
    return int(_celsius[0] * 9 / 5 + 32)


def start(cfg):
    """The first ESP32 only knows `raw_temperature`, the later chips only `mcu_temperature`."""
    globals().pop("mcu_temperature" if cfg["chip"] == "esp32" else "raw_temperature", None)


class Partition:
    """Facts only (`info`, `find`, `ioctl` sizes); the blocks themselves belong to the board's block device."""

    BOOT = 0
    RUNNING = 1
    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, id, block_size=4096):
        for row in _table():
            if id == row[4] or (id in (Partition.BOOT, Partition.RUNNING) and row[0] == Partition.TYPE_APP):
                self._row = row
                self._block = block_size
                return
        raise OSError(2)

    @staticmethod
    def find(type=1, subtype=0xFF, label=None, block_size=4096):
        return [
            Partition(row[4], block_size)
            for row in _table()
            if row[0] == type and subtype in (0xFF, row[1]) and label in (None, row[4])
        ]

    def info(self):
        return self._row

    def ioctl(self, op, arg):
        return {4: self._row[3] // self._block, 5: self._block}.get(op)


def _table():
    size = simcore.cfg.get("flash_size", 4 * 1024 * 1024)
    return (
        (1, 2, 0x9000, 0x6000, "nvs", False),
        (1, 1, 0xF000, 0x1000, "phy_init", False),
        (0, 0, 0x10000, 0x1F0000, "factory", False),
        (1, 0x81, 0x200000, size - 0x200000, "vfs", False),
    )


def _op(message):
    _celsius[0] = float(message["celsius"])


def _op_hall(message):
    """{"op":"hall","value":n}: the firmware is an old one (before 1.21), with a hall sensor that reads n."""
    value = int(message["value"])
    globals()["hall_sensor"] = lambda: value


simlink.ops["chip_temperature"] = _op
simlink.ops["hall"] = _op_hall
simlink.views["chip_temperature"] = lambda: _celsius[0]
