"""Wrong passwords and the waiting they cost. Imported with the first password that somebody gives."""

from collections import OrderedDict
from time import ticks_add, ticks_diff, ticks_ms


class Lockout:
    """Wrong passwords per address: each makes the next check of that address wait longer."""

    FIRST_MS = 500
    LONGEST_MS = 60000
    ADDRESSES = 16  # the longest known one goes first
    failures = OrderedDict()  # address -> (count, ticks_ms until which it waits)

    @staticmethod
    def wait_ms(address):
        """Milliseconds until this address may try again, 0 for now."""
        entry = Lockout.failures.get(address)
        return max(0, ticks_diff(entry[1], ticks_ms())) if entry else 0

    @staticmethod
    def failed(address):
        count = Lockout.failures.get(address, (0, 0))[0] + 1
        if address not in Lockout.failures and len(Lockout.failures) >= Lockout.ADDRESSES:
            Lockout.failures.pop(next(iter(Lockout.failures)))
        delay = min(Lockout.LONGEST_MS, Lockout.FIRST_MS << min(count - 1, 7))
        Lockout.failures[address] = (count, ticks_add(ticks_ms(), delay))

    @staticmethod
    def passed(address):
        Lockout.failures.pop(address, None)
