"""Ways to reach a device: serial REPL, TCP shell."""
