"""`import reset` at the REPL restarts the board."""

import machine

machine.reset()
