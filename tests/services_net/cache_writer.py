"""A child process that writes a connection cache: arguments are the file, a tag for the names, and how many times."""

import sys
from pathlib import Path

from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache

if __name__ == "__main__":
    path, tag, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    cache = DeviceCache(path)
    print("ready", flush=True)  # noqa: T201 - what the test waits for
    for number in range(count):
        cache.put(Device(f"micr{tag}{number % 50:02d}OS", f"{tag}{number % 50}", "127.0.0.1", 9000 + number, "ONLINE"))
