#!/usr/bin/env python3
"""Starts the toolkit: the window without arguments, a command with them. See `devToolKit.py --help`."""

import os
import sys
from pathlib import Path

_VENV_PYTHON = Path(__file__).resolve().parent / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

if __name__ == "__main__":
    # In a checkout the environment that dev.py made holds the packages; use it whatever Python started this file.
    if _VENV_PYTHON.exists() and Path(sys.prefix).resolve() != _VENV_PYTHON.parents[1].resolve():
        os.execv(_VENV_PYTHON, [str(_VENV_PYTHON), __file__, *sys.argv[1:]])  # noqa: S606 - our own interpreter

    from devtoolkit.launcher import main

    sys.exit(main())
