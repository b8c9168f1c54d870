"""`import reset` at the REPL restarts the board."""

try:
    from Hooks import reboot

    reboot(True)
except Exception as e:
    print(e)

import machine

machine.reset()
