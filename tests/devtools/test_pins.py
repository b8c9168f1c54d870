"""Pins: what modules use (compared with what they say on the VM), clashes of a configuration, limits of the chips."""

import json
import os
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import UsageError
from devtoolkit.launcher import main
from devtoolkit.services.devtools import module_pins, pin_maps, pins, sources
from devtoolkit.services.devtools.try_module import run_on_vm

ALL = sources.read_all(paths.micros_source())
BY_NAME = {one.name: one for one in ALL}
NAMES = pin_maps.known_names(ALL)
PINS = {name: number for number, name in enumerate(sorted(NAMES))}
# They tell the pins that they use in functions of their own only.
_NOT_TOLD = {"pet_feeder", "esp32"}


def found(module: str) -> set[str]:
    return set(module_pins.pins_of(BY_NAME[f"LM_{module}"], BY_NAME, NAMES).names)


def _functions(one: sources.Source) -> set[str]:
    return {function.name for function in sources.functions(one)}


def levels(report: pins.PinReport) -> dict[int | None, str]:
    return {one.gpio: one.level for one in report.findings}


@pytest.mark.vm
def test_the_pins_read_from_the_source_are_those_that_the_modules_tell_on_the_vm(tmp_path: Path) -> None:
    tell = [one.name for one in ALL if one.kind == "load_module" and "pinmap" in _functions(one)]
    asks = [
        f"    import {name}\n    found['{name[3:]}'] = sorted({name}.pinmap())" for name in tell if name != "LM_system"
    ]
    file = tmp_path / "LM_asker.py"
    file.write_text("\n".join(["def what():", "    found = {}", *asks, "    return found", ""]))
    (answer,) = run_on_vm(file, ["what"], pins=PINS)
    assert isinstance(answer, dict)
    told = {module: set(names) for module, names in answer.items()}
    read = {module: found(module) for module in told}
    assert read == told
    assert len(told) > 25
    assert {one.module for one in ALL if one.kind == "load_module" and found(one.module)} - set(told) == _NOT_TOLD


def test_maps_and_facts_know_every_board_and_no_map_leaves_the_chip() -> None:
    maps = pin_maps.maps(ALL)
    facts = pin_maps.facts()
    for board in load_boards():
        chip = facts.chip(board)
        assert set(maps[board.pin_map].values()) <= chip.gpios, board.id
        assert chip.strapping <= chip.gpios
        assert chip.adc <= chip.gpios
        assert chip.source
    assert facts.inputs | facts.analog | facts.pulled <= NAMES
    assert facts.chips["esp32c6"].strapping == {4, 5, 8, 9, 15}


def test_a_pin_that_two_modules_of_the_boothook_want_is_a_clash() -> None:
    config = {"boothook": "rgb load_n_init; neopixel load_n_init; bme280 measure; aht10 measure", "dbg": False}
    report = pins.check("esp32", (), config)
    assert report.modules == ("rgb", "neopixel", "bme280", "aht10")
    clashes = [one for one in report.findings if one.level == "clash"]
    assert [(one.gpio, "rgbue (rgb)" in one.text, "neop (neopixel)" in one.text) for one in clashes] == [
        (15, True, True)
    ]
    assert report.error is not None
    assert not [
        one for one in pins.check("esp32", (), {**config, "cstmpmap": "neop:13"}).findings if one.level == "clash"
    ]


@pytest.mark.vm
def test_the_clash_that_is_told_is_the_one_that_the_node_refuses(tmp_path: Path) -> None:
    file = tmp_path / "LM_both.py"
    file.write_text(
        "def what():\n    import LM_rgb, LM_neopixel\n    LM_rgb.load_n_init()\n"
        "    try:\n        LM_neopixel.load_n_init()\n        LM_neopixel.toggle(True)\n"
        "    except Exception as e:\n        return str(e)\n"
    )
    (answer,) = run_on_vm(file, ["what"])
    assert answer == "[io] Pin neop is busy: rgbue:15"


def test_cron_interrupts_and_the_progress_led_count_as_well() -> None:
    report = pins.check(
        "esp32",
        (),
        {
            "crontasks": "*:8:0:0!switch toggle;*:9:0:0!dimmer toggle",
            "irq1": True,
            "irq1_cbf": "buzzer bipp",
            "boothook": "n/a",
        },
    )
    assert set(report.modules) == {"switch", "dimmer", "buzzer"}
    assert {(use.owner, use.name) for use in report.uses} >= {("interrupts", "irq1"), ("progress LED", "builtin")}
    assert levels(report)[33] == "clash", "dim_1 and buzzer"


def test_pins_given_to_genio_by_name_or_number_count() -> None:
    report = pins.check("esp32", (), {"boothook": "genIO set_out 'dim_1' True; genIO set_pwm 14; rgb load_n_init"})
    assert ("genIO", "dim_1", 33) in {(use.owner, use.name, use.gpio) for use in report.uses}
    assert levels(report)[14] == "clash"


@pytest.mark.parametrize(
    ("board", "cstmpmap", "modules", "gpio", "level", "text"),
    [
        ("esp32", "neop:35", "neopixel", 35, "unusable", "input only"),
        ("esp32", "neop:7", "neopixel", 7, "unusable", "wired to the memory"),
        ("esp32", "neop:24", "neopixel", 24, "unusable", "has no GPIO 24"),
        ("esp32", "neop:12", "neopixel", 12, "caution", "strapping pin"),
        ("esp32", "neop:1", "neopixel", 1, "caution", "serial console"),
        ("esp32", "co2:26", "co2", 26, "unusable", "no analog input"),
        ("esp32", "rot_clk:34; rot_dt:13", "rencoder", 34, "caution", "no pull-up"),
        ("esp32c3", "neop:18", "neopixel", 18, "caution", "the board's USB"),
        ("esp32s3_spiram_oct", "neop:35", "neopixel", 35, "unusable", "wired to the memory"),
        ("esp32s2", "neop:46", "neopixel", 46, "unusable", "input only"),
        ("rp2", "neop:25", "neopixel", 25, "unusable", "Wi-Fi chip"),
        ("esp32c3", "n/a", "L298N_DCmotor", None, "caution", "The map has no pin l298"),
    ],
)
def test_what_a_pin_cannot_do_is_told(
    board: str, cstmpmap: str, modules: str, gpio: int | None, level: str, text: str
) -> None:
    report = pins.check(board, (modules,), {"cstmpmap": cstmpmap, "dbg": False})
    chosen = [one for one in report.findings if one.gpio == gpio]
    assert chosen
    assert (chosen[0].level, text in chosen[0].text) == (level, True), chosen


def test_a_module_whose_hardware_fixes_its_pins_clashes_with_who_takes_one() -> None:
    report = pins.check("esp32cam", ("OV2640", "servo"), {"cstmpmap": "servo_1:25", "dbg": False})
    assert levels(report)[25] == "clash"


def test_a_deploy_warns_and_is_not_refused(user_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"boothook": "rgb load_n_init; neopixel load_n_init"}))
    name = f"pins{os.getpid()}"
    words = ["--make", "--board", "esp32", "--port", f"virtual:{name}", "--config", str(config), "--yes"]
    assert main([*words, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    result = result if "steps" in result else result["reports"][0]
    assert any("GPIO 15 is wanted as rgbue (rgb) and neop (neopixel)" in text for text in result["warnings"])
    assert "warnings" in next(step["note"] for step in result["steps"] if step["step"] == "check")


def test_a_configuration_that_cannot_be_checked_does_not_stop_a_deploy() -> None:
    assert pins.warnings("esp32", {}) == ()
    (told,) = pins.warnings("esp32", {"boothook": "rgb toggle", "cstmpmap": "nosuchmap"})
    assert "nosuchmap" in told


def test_the_command_lists_pins_and_fails_on_a_clash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--pin-check", "dimmer"]) == 0
    assert "33  dim_1         dimmer" in capsys.readouterr().out
    assert main(["--pin-check", "dimmer,buzzer"]) == 1
    assert "clash: GPIO 33" in capsys.readouterr().out
    assert main(["--pin-check"]) == 0
    assert main(["--pin-check", "co2", "--board", "esp32s3"]) == 1
    with pytest.raises(UsageError, match="no module"):
        pins.check("esp32", ("nothing",))
