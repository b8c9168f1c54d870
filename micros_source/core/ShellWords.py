"""The shell's words that are seldom used: configure mode, `reboot`, `webrepl`, `ota`. Imported at first use."""

from Config import MASK, SECRETS, cfgget, cfgput, keys


def configure(shell, words):
    """One command of the configure mode: `dump [part]`, `key` or `key value ...`."""
    if words[0] == "dump":
        return shell.listing(_dump(shell, words[1] if len(words) > 1 else ""))
    if len(words) == 1:
        return "%s\n%s" % (_shown(shell, words[0], cfgget(words[0])), shell.prompt())
    try:
        reply = "Saved" if cfgput(words[0], " ".join(words[1:]), type_check=True) else "Failed to save"
    except KeyError:
        reply = "node_config write error: '%s'\nInvalid key" % words[0]
    return "%s\n%s" % (reply, shell.prompt())


def _dump(shell, part):
    settings = cfgget()
    for key in keys():
        if part in key:
            yield "  %s:        %s" % ("{:<10}".format(key), _shown(shell, key, settings[key]))


def _shown(shell, key, value):
    return MASK if key in SECRETS and not shell.trusted and value not in ("n/a", "") else value


def seldom(shell, words):
    """The reply to `reboot`, `ota ...` or `webrepl`."""
    if words[0] == "ota":
        from Ota import run

        return run(shell, words)
    return reboot(shell, words) if words[0] == "reboot" else webrepl(shell, words)


def reboot(shell, words):
    """Ends the session; the restart comes after the good-bye."""
    from Hooks import reboot

    hard = len(words) > 1 and "-h" in words[1]
    shell.closing = True
    shell.after = lambda: reboot(hard)
    return "%sReboot micrOS system.\nBye!\n" % ("[HARD] " if hard else "")


def webrepl(shell, words):
    """Starts WebREPL beside the shell, or restarts into update mode."""
    import WebRepl

    text = WebRepl.greeting(_shown(shell, "appwd", cfgget("appwd")))
    if len(words) == 2 and "-u" in words[1]:
        shell.closing = True
        shell.after = WebRepl.restart_for_update
        return text + " Restart node then start webrepl...\n Bye!\n"
    return "%s%s\n%s" % (text, WebRepl.start(), shell.prompt())
