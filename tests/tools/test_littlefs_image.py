"""File-system images: read back by the library, mounted by the real MicroPython VM, refused when they cannot work."""

import dataclasses
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devtoolkit.errors import ImageError
from devtoolkit.model.board import LittleFsGeometry
from devtoolkit.tools.littlefs_image import build_image, read_image, used_blocks

ESP32 = LittleFsGeometry(4096, 32, 32, 128, 32)
RP2 = LittleFsGeometry(4096, 32, 256, 1024, 32)
REGION = 0x40000

part = st.text("abcXYZ_.0é", min_size=1, max_size=12).filter(lambda name: name not in (".", ".."))
file_sets = st.dictionaries(
    st.lists(part, min_size=1, max_size=3).map("/".join), st.binary(max_size=3000), max_size=12
).filter(lambda files: not any(one != two and two.startswith(f"{one}/") for one in files for two in files))

FEW = {
    "main.py": b"print('hello')",
    "lib/deep/er/x.mpy": random.Random(5).randbytes(20_000),
    "empty.txt": b"",
    "LM_system.mpy": random.Random(6).randbytes(4096),
}


@pytest.mark.parametrize("geometry", [ESP32, RP2], ids=["esp32", "rp2"])
@settings(max_examples=40, deadline=None)
@given(files=file_sets)
def test_files_and_folders_are_read_back(geometry: LittleFsGeometry, files: dict[str, bytes]) -> None:
    assert read_image(build_image(files, REGION, geometry), geometry) == files


def test_the_same_files_give_the_same_bytes_in_any_order() -> None:
    one = build_image(FEW, REGION, ESP32)
    assert one == build_image(dict(reversed(FEW.items())), REGION, ESP32)
    assert len(one) == REGION


def test_the_on_disk_version_is_2_0_which_every_micropython_mounts() -> None:
    assert b"littlefs\x2f\xe0\x00\x10\x00\x00\x02\x00" in build_image({}, REGION, ESP32)


def test_blocks_in_use_are_counted_and_small_files_share_them() -> None:
    small = {f"LM_{number}.mpy": bytes(100) for number in range(14)}
    assert used_blocks(build_image({}, REGION, ESP32), ESP32) == 2
    assert used_blocks(build_image(small, REGION, ESP32), ESP32) < 14


def test_files_that_do_not_fit_are_refused_with_needed_and_available_bytes_and_the_biggest() -> None:
    files = {**FEW, "big.bin": bytes(REGION)}
    with pytest.raises(ImageError) as caught:
        build_image(files, REGION, ESP32)
    needed = caught.value.facts["needed"]
    assert isinstance(needed, int)
    assert needed > REGION == caught.value.facts["available"]
    assert "big.bin" in caught.value.hint.split(",")[0]
    assert read_image(build_image(files, needed + 2 * 4096, ESP32), ESP32) == files


@pytest.mark.parametrize("path", ["", "/main.py", "a//b", "../x", "a/.", "a\0b", "x" * 256, "é" * 128])
def test_a_path_that_cannot_be_one_is_refused(path: str) -> None:
    with pytest.raises(ImageError, match="cannot be called"):
        build_image({path: b""}, REGION, ESP32)


def test_a_file_that_is_also_a_folder_is_refused() -> None:
    with pytest.raises(ImageError, match="both a file and the folder"):
        build_image({"lib": b"", "lib/x.py": b""}, REGION, ESP32)


@pytest.mark.parametrize(
    ("size", "change"),
    [
        (REGION + 1, {}),
        (4096, {}),
        (0, {}),
        (REGION, {"cache_size": 100}),
        (REGION, {"read_size": 0}),
        (REGION, {"prog_size": 48}),
        (REGION, {"lookahead_size": 12}),
        (REGION, {"block_size": 64, "cache_size": 64}),
    ],
)
def test_what_littlefs_would_only_assert_is_an_image_error(size: int, change: dict[str, int]) -> None:
    with pytest.raises(ImageError):
        build_image({}, size, dataclasses.replace(ESP32, **change))


@pytest.mark.parametrize("data", [b"\xff" * REGION, bytes(REGION), random.Random(7).randbytes(REGION), b"\xff" * 100])
def test_what_is_no_file_system_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError):
        read_image(data, ESP32)


def test_an_image_for_another_block_count_is_refused() -> None:
    with pytest.raises(ImageError):
        read_image(build_image(FEW, REGION, ESP32) + b"\xff" * 4096, ESP32)


def test_damaged_images_end_in_an_image_error_or_files_but_never_in_a_crash() -> None:
    image, chance = build_image(FEW, REGION, ESP32), random.Random(8)
    refused = 0
    for _ in range(300):
        damaged = bytearray(image)
        for _ in range(20):
            damaged[chance.randrange(8192)] = chance.randrange(256)
        try:
            read_image(bytes(damaged), ESP32)
        except ImageError:
            refused += 1
    assert 0 < refused <= 300


MOUNT = """
import os, sys, vfs
class Flash:
    def __init__(self, path):
        self.file = open(path, "r+b")
        self.blocks = os.stat(path)[6] // 4096
    def readblocks(self, block, data, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.readinto(data)
    def writeblocks(self, block, data, offset=None):
        self.file.seek(block * 4096 + (offset or 0))
        self.file.write(data)
        self.file.flush()
    def ioctl(self, what, argument):
        return {4: self.blocks, 5: 4096, 6: 0}.get(what)
vfs.mount(vfs.VfsLfs2(Flash(sys.argv[1]), readsize=32, progsize=%(prog)d, lookahead=32), "/flash")
total = 0
def walk(folder):
    for name, kind, *_ in os.ilistdir(folder):
        path = folder + "/" + name
        if kind == 0x4000:
            walk(path)
        else:
            with open(path, "rb") as file:
                print(path[7:], sum(file.read()) & 0xFFFF)
walk("/flash")
with open("/flash/written.txt", "w") as file:
    file.write("by the VM")
vfs.umount("/flash")
"""


@pytest.mark.vm
@pytest.mark.parametrize("geometry", [ESP32, RP2], ids=["esp32", "rp2"])
def test_the_real_vm_mounts_an_image_reads_every_file_and_writes_to_it(
    tmp_path: Path, geometry: LittleFsGeometry
) -> None:
    vm = os.environ.get("MICROPYTHON") or shutil.which("micropython", path=str(Path(sys.executable).parent))
    if not vm:
        pytest.skip("no MicroPython unix port on this machine: set MICROPYTHON")
    flash, script = tmp_path / "flash.bin", tmp_path / "mount.py"
    flash.write_bytes(build_image(FEW, REGION, geometry))
    script.write_text(MOUNT % {"prog": geometry.prog_size})
    done = subprocess.run([vm, str(script), str(flash)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    read = dict(line.split() for line in done.stdout.splitlines())
    assert read == {path: str(sum(data) & 0xFFFF) for path, data in FEW.items()}
    assert read_image(flash.read_bytes(), geometry) == {**FEW, "written.txt": b"by the VM"}
