"""The task list as people see it: `task list`, `task show`, `task kill`. Imported at first use."""

import json

from Config import cfgget
from Tasks import Manager, TaskBase

_HELP = "Invalid task cmd! Help: task list / kill <taskID> / show <taskID>"
_PROTECTED = ("idle", "server")


def _find(tag):
    """Tasks of a tag, or of a group `module.*`."""
    if tag.endswith(".*"):
        group = tag[:-1]
        return [TaskBase.TASKS[name] for name in sorted(TaskBase.TASKS) if name.startswith(group)]
    return [TaskBase.TASKS[tag]] if tag in TaskBase.TASKS else []


def _tags(done):
    return [tag for tag, task in TaskBase.TASKS.items() if task.done is done]


def list_tasks():
    """(active lines with a header of three, lines of finished tasks)."""
    free = cfgget("aioqueue") - TaskBase.active()
    header = ["---- micrOS  top ----", "#queue: %d #load: %d%%\n" % (free, Manager.LOAD), "#Active   #taskID"]
    active = ["Yes       " + tag for tag in _tags(False)]
    return tuple(header + active), tuple("No        " + tag for tag in _tags(True))


def show(tag):
    """Last output of a task, or `tag: output` lines of a group."""
    tasks = _find(tag)
    if not tasks:
        return "No task found: " + tag
    if tag.endswith(".*"):
        return "\n".join("%s: %s" % (task.tag, task.out) for task in tasks)
    return str(tasks[0].out)


def kill(tag):
    """(bool, 'Kill: a|True, b|True'). The tasks `idle` and `server` stay."""
    tasks = _find(tag)
    if not tasks:
        return False, "No task found: " + tag
    states = [(task.tag, task.tag not in _PROTECTED and task.cancel()) for task in tasks]
    return all(state for _, state in states), "Kill: " + ", ".join("%s|%s" % state for state in states)


def command(text):
    """The shell's `task ...`: (bool, reply text)."""
    words = text.split()
    as_json = len(words) > 1 and words[-1] == ">json"
    if as_json:
        words.pop()
    if words == ["list"]:
        if as_json:
            return True, json.dumps({"active": _tags(False), "inactive": _tags(True)})
        active, finished = list_tasks()
        return True, "\n".join(active + finished) + "\n"
    if len(words) == 2 and words[0] == "kill":
        return kill(words[1])
    if len(words) == 2 and words[0] == "show":
        return True, show(words[1])
    return False, _HELP
