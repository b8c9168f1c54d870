"""Commands to other nodes."""

from Common import typed_help


def sendcmd(*args, **kwargs):
    """
    `sendcmd host='node02.local' cmd='system heartbeat'`, or both without names: sends a command to another node in the
    background. {'verdict', 'tag'}; the answer comes with `task show <tag>`.
    """
    from InterConnect import send_cmd

    words = [str(word) for word in args]
    host = kwargs.get("host") or (words.pop(0) if words else "")
    cmd = kwargs.get("cmd") or " ".join(words)
    if not host or not cmd:
        raise ValueError("host and cmd wanted")
    return send_cmd(host, cmd)


def allow(host, password):
    """Keeps the password of a node that wants one; '' forgets it. bool"""
    from InterConnect import allow as keep

    return keep(host, password)


def addr_cache():
    """{host name: address, or None when it was not found}."""
    from InterConnect import host_cache

    return host_cache()


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        ("sendcmd host='node02.local' cmd='system heartbeat'", "allow host password", "TEXTBOX addr_cache"), widgets
    )
