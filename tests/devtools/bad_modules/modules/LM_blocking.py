"""Waits, prints, evaluates."""

import time


def wait(seconds):
    """Stops the node."""
    time.sleep(seconds)  # planted: blocks
    time.sleep_ms(500)  # planted: blocks
    time.sleep_ms(5)
    print("done")  # planted: prints


def calculate(text):
    """Runs what it is given."""
    return exec(text)  # planted: evaluates_text


def quiet():
    """Hides everything."""
    try:
        return wait(1)
    except:  # planted: bare_except
        return None


def silent():  # planted: no_docstring
    return missing_name  # planted: undefined-variable
