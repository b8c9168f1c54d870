"""A call of a load module's `async` function: it takes its time while all else goes on. Imported with the first one."""

from LoadModule import as_text, broken, log_fault
from Tasks import Manager


async def _ended(name, function, work, as_json):
    """(bool, text) when it is done."""
    try:
        text = as_text(function, await work, as_json)
        broken.pop(name, None)
        return True, text
    except Exception as e:
        if isinstance(e, OSError):
            log_fault(name, e)
        return False, "Core error: LM_%s->%s: %s" % (name, function, e)


def begin(parts, work, as_json, wait):
    """(None, what to await for (bool, text)) for a caller that waits; for others it goes on as a task, (bool, text)."""
    ending = _ended(parts[0], parts[1], work, as_json)
    if wait:
        return None, ending
    tag = ".".join(parts[:2])
    started = Manager.create_task(ending, tag=tag)
    return started, ("Start %s" if started else "%s is Busy") % tag
