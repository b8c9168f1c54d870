"""Runs in the VM, `micropython -i boot.py CONFIG.json [ADDRESS]`: what MicroPython's start-up does on an ESP32.

Puts the simulated hardware in place, mounts the file system from the flash file instead of the host's, runs boot.py
and main. When it ends, `-i` offers the REPL.
"""

import json
import os
import sys
import vfs

_BOOT_PY = """\
# This file is executed on every boot (including wake-boot from deepsleep)
#import esp
#esp.osdebug(None)
#import webrepl
#webrepl.start()
"""


_CORRUPTED = """\
The filesystem appears to be corrupted. If you had important data there, you
may want to make a flash snapshot to try to recover it. Otherwise, perform
factory reprogramming of MicroPython firmware (completely erase flash, followed
by firmware programming).
"""


def _is_blank(device):
    block = bytearray(device.ioctl(5, 0))
    device.readblocks(0, block, 0)
    return all(byte == 0xFF for byte in block)


def _complain():
    """As `inisetup` on ESP32, until Ctrl-C."""
    import time

    while True:
        print(_CORRUPTED)
        time.sleep(3)


def _format(device):
    """As MicroPython's `inisetup`."""
    print("Performing initial setup")
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(vfs.VfsLfs2(device), "/")
    with open("boot.py", "w") as file:
        file.write(_BOOT_PY)


def _mount(device, chip):
    """bool: a file system is there. ESP32 makes one only where the first block is blank."""
    vfs.umount("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    try:
        vfs.mount(vfs.VfsLfs2(device), "/")
    except OSError:
        if chip.startswith("esp32") and not _is_blank(device):
            return False
        _format(device)
    os.chdir("/")
    return True


def _exists(name):
    try:
        os.stat(name)
        return True
    except OSError:
        return False


def _guarded(run):
    """True when it ended well. SystemExit is a soft reset; with `-i` the VM would not exit, so the board is asked."""
    import simlink

    try:
        run()
        return True
    except SystemExit:
        simlink.final({"ev": "reset", "kind": "soft"})
    except (Exception, KeyboardInterrupt) as error:
        sys.print_exception(error)
    return False


def _run_boot():
    with open("boot.py") as file:
        code = compile(file.read(), "boot.py", "exec")
    exec(code, globals())


def _flash(cfg):
    """The partition; read through the mapping whose address may follow the configuration's name."""
    place = cfg["flash"], cfg["fs_offset"], cfg["fs_size"], cfg["ops"], cfg.get("record")
    if len(sys.argv) > 2:
        try:
            from blockdev_mapped import MappedPartition

            return MappedPartition(int(sys.argv[2]), *place)
        except SyntaxError:  # this VM makes no machine code
            pass
    from blockdev import FlashPartition

    return FlashPartition(*place)


def _start():
    import gc

    with open(sys.argv[1]) as file:
        cfg = json.loads(file.read())  # `load` reads in pieces of some bytes, each waits on a slow disk
    device = _flash(cfg)
    sys.path.insert(0, cfg["shims"])
    import simlink
    import simshims

    simshims.install(cfg)
    device.interrupted = simlink.interrupted
    sys.argv[:] = [""]
    mounted = _mount(device, cfg["chip"])
    gc.collect()
    steps = [lambda: simlink.send({"ev": "mounted"})]  # from here on a Ctrl-C may come
    if not mounted:
        return steps + [_complain]
    if _exists("boot.py"):
        steps.append(_run_boot)
    if not cfg["raw_repl"] and (_exists("main.py") or _exists("main.mpy")):
        steps.append(lambda: __import__("main"))
    return steps


try:
    _steps = _start()
except BaseException as _error:
    sys.print_exception(_error)
    os.system("kill -9 $PPID")  # before anything is mounted: the board process reports it
for _name in ("_start", "_mount", "_format", "_is_blank", "_exists", "_BOOT_PY", "_flash", "vfs", "json", "os"):
    globals().pop(_name)
for _name in _steps:
    if not _guarded(_name):
        break
_guarded(sys.modules["webrepl"].serve_prompt)
for _name in ("_steps", "_guarded", "_run_boot", "_complain", "_CORRUPTED", "_name"):
    globals().pop(_name, None)
