"""A stepper motor wired to the driver's pins on a test bench."""

from module_bench import Bench, Hardware

COILS = ("stppr_1", "stppr_2", "stppr_3", "stppr_4")
CYCLES_PER_TURN = 509.47  # 28BYJ-48: 8 x 63.684


def rotor(h: Hardware) -> int:
    """Half steps that the rotor has gone; 8 a cycle."""
    found: int = h.stepper(COILS[0])["half_steps"]
    return found


def idle(b: Bench) -> None:
    """Wait until the motor has done its moves."""
    b.until(lambda _: "Yes       stepper._move" not in b.ask("task list"))


def wire(b: Bench, mode: str = "HALF") -> int:
    """Wires a motor, lets its rotor find the field; where it is then."""
    b.call("stepper standby")
    b.set("wire", kind="stepper", pins=[b.pins[name] for name in COILS])
    b.call(f"stepper load_n_init '{mode}'")
    b.call("stepper step 1")
    idle(b)
    return rotor(b.hardware())
