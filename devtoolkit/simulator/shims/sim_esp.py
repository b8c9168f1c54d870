"""`esp`: debug output (there is none) and flash facts."""

import simcore

LOG_NONE, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_VERBOSE = range(6)


def osdebug(uart, level=0):
    return None


def flash_size():
    return simcore.cfg.get("flash_size", 4 * 1024 * 1024)


def flash_user_start():
    return 0x200000
