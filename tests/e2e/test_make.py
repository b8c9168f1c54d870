"""From an empty virtual board to a node that answers, by the commands a user types."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from littlefs import LittleFS
from littlefs.context import UserContext
from toolkit_process import Toolkit

import devtoolkit
from devtoolkit.model.node_config import defaults

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
FS_OFFSET, FS_SIZE, BLOCK = 0x200000, 0x200000, 4096  # 4 MB flash, MicroPython 1.27: from the last partition's end


def test_make_ends_with_ok_uid_versions_and_every_step(made: dict[str, Any]) -> None:
    assert made["ok"] is True, made["error"]
    result = made["result"]
    assert result["uid"] == f"micr{result['mac'].replace(':', '')}OS"
    assert result["versions"]["toolkit"] == devtoolkit.__version__
    assert (
        result["versions"]["micros"] == json.loads((ROOT / "precompiled/manifest.json").read_text())["micros_version"]
    )
    assert "1.2" in result["versions"]["micropython"]
    steps = {step["step"]: step for step in result["steps"]}
    assert list(steps) == ["detect", "check", "erase", "flash", "verify", "first_boot", "manifest", "node"]
    assert all(step["state"] == "done" and step["seconds"] > 0 for step in steps.values())
    assert steps["erase"]["bytes"] == result["flash_size"] == 4 * 2**20
    assert steps["flash"]["bytes"] == steps["verify"]["bytes"] == result["bytes"] > FS_SIZE
    assert result["device"]["fuid"] == "demo"
    assert result["device"]["status"] == "ONLINE"


def test_flash_file_holds_exactly_the_manifest(toolkit: Toolkit, made: dict[str, Any]) -> None:
    """Read with littlefs-python alone; nothing of the builder is used."""
    assert made["ok"]
    flash = (toolkit.user_data / "simulator" / "demo" / "flash.bin").read_bytes()
    assert len(flash) == 4 * 2**20
    context = UserContext(FS_SIZE)
    context.buffer[:] = flash[FS_OFFSET : FS_OFFSET + FS_SIZE]
    system = LittleFS(context=context, block_size=BLOCK, block_count=FS_SIZE // BLOCK, mount=True)
    found = {}
    for top, _folders, names in system.walk("/"):
        for name in names:
            path = f"{top.rstrip('/')}/{name}"
            with system.open(path, "rb") as file:
                found[path.lstrip("/")] = file.read()
    wanted = {item["path"]: item for item in json.loads((ROOT / "precompiled/manifest.json").read_text())["files"]}
    assert set(wanted) <= set(found)
    for path, item in wanted.items():
        assert hashlib.sha256(found[path]).hexdigest() == item["sha256"], path
        assert len(found[path]) == item["size"]
    config = json.loads(found["node_config.json"])
    assert config["devfid"] == "demo"
    assert len(config["appwd"]) == 9
    written_by_the_node = {path for path in set(found) - set(wanted) if not path.startswith(("node_config.json", "."))}
    assert not {path for path in written_by_the_node if path.endswith((".py", ".mpy", ".html"))}


def test_a_simulated_node_answers_hello_info_and_dump(toolkit: Toolkit, made: dict[str, Any]) -> None:
    with toolkit.simulated("demo"):
        hello = toolkit("-c", "-p", "--dev demo hello")
        assert hello.returncode == 0, hello.stderr
        assert hello.stdout.splitlines()[0].startswith(f"hello:demo:{made['result']['uid']}")
        info = toolkit("-c", "-p", "--dev demo system info").stdout
        for field in ("CPU clock", "Mem usage", "FS usage", "upython: v1.", "board", "mac", "uptime"):
            assert field in info
        dump = toolkit("-c", "-p", "--dev demo conf <a> dump").stdout
        shown = {line.split(":")[0].strip() for line in dump.splitlines() if ":" in line}
        assert set(defaults()) <= shown
        by_reserved_name = toolkit("-c", "-p", f"--dev {made['result']['uid']} version")
        assert by_reserved_name.stdout.strip() == made["result"]["versions"]["micros"]
        found = toolkit.json("-s")
        online = {
            device["uid"]: device["fuid"] for device in found["result"]["devices"] if device["status"] == "ONLINE"
        }
        assert online[made["result"]["uid"]] == "demo"  # other tests' nodes may be there as well
    offline = toolkit.json("-c", "-p", "--dev demo hello")
    assert offline["error"]["type"] == "NodeUnreachableError"
    cache = json.loads((toolkit.user_data / "device_conn_cache.json").read_text())
    assert list(cache)[:2] == ["__devuid__", "__localhost__"]
    assert cache[made["result"]["uid"]][2] == "demo"


def tool(toolkit: Toolkit, *words: str) -> str:
    done = subprocess.run(
        [str(PROGRAMS / words[0]), *words[1:]],
        env=toolkit.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_unmodified_esptool_mpremote_and_ampy_work_by_hand(toolkit: Toolkit, made: dict[str, Any]) -> None:
    with toolkit.simulated("demo"):
        port = toolkit.board_info("demo")["port"]
        chip = tool(toolkit, "esptool", "--port", port, "flash-id")
        assert made["result"]["mac"] in chip.lower()
        assert "4MB" in chip
        assert "main.py" in tool(toolkit, "mpremote", "connect", port, "fs", "ls")
        assert "main.py" in tool(toolkit, "ampy", "--port", port, "ls")


def test_ctrl_c_while_flashing_leaves_a_board_that_the_next_run_repairs(toolkit: Toolkit, tmp_path: Path) -> None:
    words = ("--make", "--board", "esp32", "--port", "virtual:cut", "--name", "cut", "--yes", "--json")
    process = subprocess.Popen(
        toolkit.command(*words),
        env={**toolkit.environment, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    folder = toolkit.user_data / "simulator" / "cut"

    def written() -> bool:
        """True once the bootloader image is in the flash file."""
        try:
            with (folder / "flash.bin").open("rb") as file:
                file.seek(0x1000)
                return file.read(1) == b"\xe9"
        except FileNotFoundError:
            return False

    while not written():
        assert process.poll() is None, process.communicate()
        os.sched_yield()
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out)["error"]["type"] == "CancelledByUser"
    again = toolkit.json(*words[:-1])
    assert again["ok"], again["error"]
    shutil.rmtree(folder)


def test_the_installed_command_needs_no_configuration_of_a_shell(toolkit: Toolkit) -> None:
    done = subprocess.run(
        [str(PROGRAMS / "devToolKit.py"), "-v"], env=toolkit.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert devtoolkit.__version__ in done.stdout


@pytest.mark.parametrize("module", ["devToolKit"])
def test_python_dash_m_works_as_well(toolkit: Toolkit, module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        env=toolkit.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "--make" in done.stdout


def test_erase_deploy_and_install_are_the_parts_of_make(toolkit: Toolkit) -> None:
    where = ("--board", "esp32", "--port", "virtual:parts", "--name", "parts", "--yes")
    flash = toolkit.user_data / "simulator" / "parts" / "flash.bin"
    erased = toolkit.json("--erase", *where)
    assert [step["step"] for step in erased["result"]["steps"]] == ["detect", "check", "erase"]
    assert set(flash.read_bytes()) == {0xFF}
    deployed = toolkit.json("--deploy", *where)
    assert deployed["result"]["bytes"] < FS_OFFSET
    assert flash.read_bytes()[0x1000] == 0xE9
    installed = toolkit.json("--install", *where)
    assert installed["ok"], installed["error"]
    assert installed["result"]["bytes"] == FS_SIZE
    assert installed["result"]["device"]["fuid"] == "parts"
