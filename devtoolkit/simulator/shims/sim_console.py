"""The REPL as WebREPL shows it: the unix port cannot duplicate its own terminal, so this one speaks for it.

It runs what a person or a tool types, as any REPL does: friendly prompt, raw REPL (Ctrl-A), raw paste (Ctrl-E A
Ctrl-A), paste mode (Ctrl-E), soft reset (Ctrl-D). What it writes goes to the WebREPL client only.
"""

import io
import sys as _sys

_WINDOW = 128  # bytes of raw paste that may be on their way
_BANNER = b'MicroPython %s; virtual board\r\nType "help()" for more information.\r\n'
_RAW = b"raw REPL; CTRL-B to exit\r\n>"


class Console:
    """`feed(byte)` takes what is typed, `write(data)` gets what appears. SystemExit is a soft reset."""

    def __init__(self, write):
        self._write = write
        self._line = b""
        self._block = b""  # lines of a compound statement
        self._take = self._friendly
        self._room = 0
        self._globals = {"__name__": "__main__", "__repl_print__": self._show}

    def feed(self, byte):
        self._take(byte)

    def _prompt(self):
        self._line = self._block = b""
        self._take = self._friendly
        self._write(b">>> ")

    def _show(self, value):
        if value is not None:
            print(repr(value))

    # --- friendly ---------------------------------------------------------------------------------------------------

    def _friendly(self, byte):
        if byte == 1:
            self._start_raw()
        elif byte == 2:
            self._write(b"\r\n" + _BANNER % _sys.version.split()[-1].encode())
            self._prompt()
        elif byte == 3:
            self._write(b"\r\n")
            self._prompt()
        elif byte == 4 and not self._line:
            self._write(b"\r\n")
            raise SystemExit
        elif byte == 5:
            self._line = b""
            self._take = self._paste
            self._write(b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
        elif byte in (8, 127):
            if self._line:
                self._line = self._line[:-1]
                self._write(b"\x08 \x08")
        elif byte in (10, 13):
            self._write(b"\r\n")
            self._enter()
        elif byte >= 32:
            self._line += bytes([byte])
            self._write(bytes([byte]))

    def _enter(self):
        line, self._line = self._line, b""
        text = line.rstrip()
        if text.endswith(b":") or (self._block and text):
            self._block += line + b"\n"
            self._write(b"... ")
            return
        code = self._block + line
        if code.strip():
            self._report(self._run(code, "single"))
        self._prompt()

    def _paste(self, byte):
        if byte == 3:
            self._write(b"\r\n")
            self._prompt()
        elif byte == 4:
            self._write(b"\r\n")
            self._report(self._run(self._line.replace(b"\r", b"\n"), "exec"))
            self._prompt()
        else:
            self._line += bytes([byte])
            self._write(b"\r\n=== " if byte in (10, 13) else bytes([byte]))

    def _report(self, error):
        if error:
            self._write(error.replace(b"\n", b"\r\n"))

    # --- raw --------------------------------------------------------------------------------------------------------

    def _start_raw(self):
        self._line = b""
        self._take = self._raw
        self._write(_RAW)

    def _raw(self, byte):
        if byte == 1 and self._line == b"\x05A":
            self._line = b""
            self._room = _WINDOW
            self._take = self._raw_paste
            self._write(b"R\x01" + bytes([_WINDOW & 255, _WINDOW >> 8]) + b"\x01")
        elif byte == 1:
            self._start_raw()
        elif byte == 2:
            self._write(b"\r\n" + _BANNER % _sys.version.split()[-1].encode())
            self._prompt()
        elif byte == 3:
            self._line = b""
        elif byte == 4:
            if not self._line:
                self._write(b"OK\r\n")
                raise SystemExit
            self._write(b"OK")
            self._run_raw()
        else:
            self._line += bytes([byte])

    def _raw_paste(self, byte):
        if byte == 3:
            self._start_raw()
        elif byte == 4:
            self._write(b"\x04")
            self._take = self._raw
            self._run_raw()
        else:
            self._line += bytes([byte])
            self._room -= 1
            if not self._room:
                self._room = _WINDOW
                self._write(b"\x01")

    def _run_raw(self):
        code, self._line = self._line, b""
        error = self._run(code, "exec")
        self._write(b"\x04" + error.replace(b"\n", b"\r\n") + b"\x04>")

    def _run(self, code, kind):
        """Runs code; the traceback of what it raised."""
        try:
            exec(compile(code.decode(), "<stdin>", kind), self._globals)
        except SystemExit:
            raise
        except BaseException as exc:
            trace = io.StringIO()
            _sys.print_exception(exc, trace)
            return trace.getvalue().encode()
        return b""
