"""Background tasks, and the commands that reach modules: direct calls, `task ...`, `&` postfixes, command lists."""

from collections import OrderedDict

import asyncio
from Config import cfgget
from Debug import console_write, errlog_add
from LoadModule import call, last_word
from micropython import const

_MIN_PAUSE_MS = const(20)
_IDLE_MS = const(300)
_SUPERVISE_LOOPS = const(50)  # x 2 x 300 ms: about every 30 s
UNKNOWN = "Shell: for hints type help.\nShell: for LM exec: [1](LM)module [2]function [3...]optional params"

beats = 0  # counted by the idle task: the event loop is alive


class TaskBase:
    """A background task known by its tag. `out` is its last output, `done` says whether it has ended."""

    TASKS = OrderedDict()

    def __init__(self, tag):
        self.tag = tag
        self.out = ""
        self.done = False
        self.task = None

    def start(self, coroutine):
        TaskBase.TASKS[self.tag] = self
        self.task = asyncio.create_task(coroutine)

    def cancel(self):
        """bool: the task is told to end."""
        try:
            if self.task and not self.done:
                self.task.cancel()
            self.done = True
        except Exception as e:
            errlog_add("[ERR][task] cancel %s: %s" % (self.tag, e))
            return False
        return True

    def ended(self):
        """Keeps tag and output; what the coroutine held goes."""
        self.done = True
        self.task = None

    def __enter__(self):
        self.done = False
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        self.done = True

    @staticmethod
    def is_busy(tag):
        """bool: a task of that tag runs."""
        task = TaskBase.TASKS.get(tag)
        return task is not None and not task.done

    @staticmethod
    def active():
        """Unfinished tasks that take a place of the queue (their tag holds a dot)."""
        return sum(1 for tag, task in TaskBase.TASKS.items() if "." in tag and not task.done)

    @staticmethod
    def task_gc():
        """Forgets the oldest finished tasks above the queue size."""
        finished = [tag for tag, task in TaskBase.TASKS.items() if task.done]
        for tag in finished[: max(0, len(finished) - cfgget("aioqueue"))]:
            del TaskBase.TASKS[tag]


class NativeTask(TaskBase):
    """A module's own coroutine."""

    async def run(self, coroutine):
        try:
            await coroutine
        except Exception as e:
            self.out = str(e)
            errlog_add("[ERR][task] %s: %s" % (self.tag, e))
        finally:
            self.ended()


class MagicTask(TaskBase):
    """A module call, once or in a loop that ends when the call fails."""

    def __init__(self, tag, command, loop, pause):
        super().__init__(tag)
        self.command = command
        self.loop = loop
        self.pause = pause

    def say(self, line):
        self.out = line

    async def run(self):
        try:
            while True:
                await asyncio.sleep_ms(self.pause)
                good, reply = call(self.command, self.say, True)
                if good is None:
                    good, reply = await reply
                self.out = reply
                if not (self.loop and good):
                    break
        finally:
            self.ended()


class Manager:
    """The task list."""

    LOAD = 0

    @staticmethod
    def create_task(callback, tag=None, loop=False, delay=None):
        """
        A coroutine becomes a native task `tag`; a text or a list of words a module call, which needs a free place.
        False when such a task runs already. Raises RuntimeError when the queue is full.
        """
        if not isinstance(callback, (str, list, tuple)):
            if TaskBase.is_busy(tag):
                callback.close()
                return False
            task = NativeTask(tag)
            task.start(task.run(callback))
        else:
            command = callback if isinstance(callback, str) else " ".join(callback)
            tag = ".".join(command.split(None, 2)[:2])
            if TaskBase.is_busy(tag):
                return False
            if TaskBase.active() >= cfgget("aioqueue"):
                raise RuntimeError("[aio] Task queue full: %d" % cfgget("aioqueue"))
            task = MagicTask(tag, command, loop, max(_MIN_PAUSE_MS, delay or 0))
            task.start(task.run())
        TaskBase.task_gc()
        return True

    @staticmethod
    def list_tasks():
        """(active lines with a header of three, lines of finished tasks)."""
        from TaskList import list_tasks

        return list_tasks()

    @staticmethod
    def show(tag):
        """Last output of a task, or `tag: output` lines of a group."""
        from TaskList import show

        return show(tag)

    @staticmethod
    def kill(tag):
        """(bool, 'Kill: a|True, b|True'). The tasks `idle` and `server` stay."""
        from TaskList import kill

        return kill(tag)

    @staticmethod
    def server_task_msg(msg):
        """Sets the output of the task `server`."""
        if "server" in TaskBase.TASKS:
            TaskBase.TASKS["server"].out = msg

    @staticmethod
    async def idle_task():
        """Measures the load and looks after the Wi-Fi."""
        global beats
        import time

        import Network

        loops = 0
        while True:
            start = time.ticks_ms()
            await asyncio.sleep_ms(_IDLE_MS)
            await asyncio.sleep_ms(_IDLE_MS)
            beats += 1
            late = time.ticks_diff(time.ticks_ms(), start) - 2 * _IDLE_MS
            Manager.LOAD = (Manager.LOAD + min(100, max(0, late) * 100 // (2 * _IDLE_MS))) // 2
            loops += 1
            if loops >= _SUPERVISE_LOOPS:
                loops = 0
                Network.supervise()


def _start_background(command, postfix):
    loop = postfix.startswith("&&")
    number = postfix.lstrip("&")
    tag = ".".join(command.split(None, 2)[:2])
    try:
        started = Manager.create_task(command, loop=loop, delay=int(number) if number.isdigit() else 0)
    except RuntimeError as e:
        return False, str(e)
    return started, ("Start %s" if started else "%s is Busy") % tag


def _word(word, as_json):
    """A command of one word: `cron`."""
    if word.strip() != "cron":
        return False, UNKNOWN
    import sys

    from CronList import listing

    sys.modules.pop("CronList")
    return True, listing(as_json)


def exec_text(command, say=None, wait=False):
    """
    Runs one command text: `task ...`, a background start, or a direct call. (bool, reply text); with `wait` also
    (None, what to await for them), see LoadModule.call.
    """
    if ">>" in command:
        rest, last = last_word(command)
        as_json = last == ">json"
        if as_json:
            rest, last = last_word(rest)
        if last.startswith(">>"):
            from InterConnect import suffix

            return suffix(rest, last[2:], as_json, say)
    parts = command.split(None, 1)
    if parts and parts[0] == "task":
        from TaskList import command as task_command

        return task_command(parts[1] if len(parts) > 1 else "")
    if "&" not in command and ">json" not in command:
        return call(command, say, wait) if len(parts) > 1 else _word(command, False)
    rest, last = last_word(command)
    if last == ">json" and "&" in rest:
        inner, postfix = last_word(rest)
        if postfix.startswith("&"):
            rest, last = inner + " >json", postfix
    if last.startswith("&") and len(rest.split(None, 2)) > 1:
        return _start_background(rest, last)
    if len((rest if last == ">json" else command).split(None, 2)) < 2:
        return _word(rest if last == ">json" else "", True)
    return call(command, say, wait)


def lm_exec(arg_list, msgobj=None):
    """Runs a command given as words. (bool, reply text)."""
    return exec_text(" ".join(arg_list), msgobj)


def exec_lm_pipe(taskstr):
    """Runs commands separated by ';' (outside quotes); 'n/a' is none. False when an exception escapes."""
    if taskstr == "n/a":
        return True
    from Literal import split_outside

    try:
        for command in split_outside(taskstr, ";"):
            command = command.strip()
            if command not in ("", "n/a"):
                good, reply = exec_text(command)
                console_write("[pipe] %s: %s" % (command, reply))
                if not good:
                    errlog_add("[ERR][pipe] %s: %s" % (command, reply))
    except Exception as e:
        errlog_add("[ERR][pipe] %s: %s" % (taskstr, e))
        return False
    return True


def _schedule(function, argument):
    import micropython

    try:
        micropython.schedule(function, argument)
        return True
    except RuntimeError as e:
        errlog_add("[ERR][schedule] %s: %s" % (argument, e))
        return False


def exec_lm_pipe_schedule(taskstr):
    """exec_lm_pipe from an interrupt. bool: queued."""
    return _schedule(exec_lm_pipe, taskstr)


def exec_lm_core_schedule(arg_list):
    """lm_exec from an interrupt. bool: queued."""
    return _schedule(lm_exec, arg_list)
