"""Commands that a time, a period or a pin sets off."""

from Debug import console_write, errlog_add
from Tasks import TaskBase, exec_text
from micropython import const

_SHOWN = const(80)  # characters of a reply that `task show` gives


class Trigger:
    """A list of commands. A command that fails goes to the log once, and again after it has worked."""

    def __init__(self, name, commands):
        self.name = name  # of the task they run in, and of the log lines
        self.commands = commands
        self.failed = 0  # one bit for each command

    def run(self):
        """Runs the commands one after the other; a bad one does not stop the next."""
        for number, command in enumerate(self.commands):
            try:
                good, reply = exec_text(command)
            except Exception as e:
                good, reply = False, repr(e)
            self._note(1 << number, command, good, str(reply))

    def _note(self, bit, command, good, reply):
        line = "%s: %s" % (command, reply[:_SHOWN])
        console_write("[%s] %s" % (self.name, line))
        task = TaskBase.TASKS.get(self.name)
        if task:
            task.out = line
        if good or reply.endswith(" is Busy"):  # what it starts still runs from the last time
            self.failed &= ~bit
        elif not self.failed & bit:
            self.failed |= bit
            errlog_add("[%s][ERR] %s" % (self.name, line))
