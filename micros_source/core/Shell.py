"""The shell language of one connection: text in, pieces of reply text out."""

from collections import OrderedDict

from Config import MASK, SECRETS, cfgget, cfgput, keys
from Tasks import UNKNOWN, exec_text


class Lockout:
    """Wrong passwords per address: each makes the next check of that address wait longer."""

    FIRST_MS = 500
    LONGEST_MS = 60000
    ADDRESSES = 16  # the longest known one goes first
    failures = OrderedDict()  # address -> (count, ticks_ms until which it waits)

    @staticmethod
    def wait_ms(address):
        """Milliseconds until this address may try again, 0 for now."""
        from time import ticks_diff, ticks_ms

        entry = Lockout.failures.get(address)
        return max(0, ticks_diff(entry[1], ticks_ms())) if entry else 0

    @staticmethod
    def failed(address):
        from time import ticks_add, ticks_ms

        count = Lockout.failures.get(address, (0, 0))[0] + 1
        if address not in Lockout.failures and len(Lockout.failures) >= Lockout.ADDRESSES:
            Lockout.failures.pop(next(iter(Lockout.failures)))
        delay = min(Lockout.LONGEST_MS, Lockout.FIRST_MS << min(count - 1, 7))
        Lockout.failures[address] = (count, ticks_add(ticks_ms(), delay))

    @staticmethod
    def passed(address):
        Lockout.failures.pop(address, None)


class Shell:
    """
    Session state and the built-in words. `run(text)` gives the reply: a text, or a generator of text pieces and of
    numbers (milliseconds to wait). Afterwards `closing` tells that the session ends, `after` what to call then,
    `understood` that the word was known.
    """

    MICROS_VERSION = "2.0.0-0"

    def __init__(self, send, address=""):
        self.send = send  # takes a line that a module streams while it runs
        self.address = address
        self.name = cfgget("devfid")
        self.closing = False
        self.after = None
        self.understood = True
        self.reset()

    def reset(self):
        """Forgets password and configure mode."""
        self.authorised = not cfgget("auth")
        self.trusted = False  # this session may see the secrets
        self.configuring = False
        self._make_prompt()

    def _make_prompt(self):
        self._prompt = "%s%s%s $ " % (
            "" if self.authorised else "[password] ",
            "[configure] " if self.configuring else "",
            self.name,
        )

    def prompt(self):
        """'[password] ' + '[configure] ' + devfid + ' $ '"""
        return self._prompt

    def run(self, text):
        """
        Evaluates one command (None: it was too long): free words, password, built-in words, configure mode, modules.
        Returns the reply text, or a generator of its pieces.
        """
        self.understood = True
        if text == "hello":
            return self._hello()
        if not text or text == "exit":
            return self._end(text)
        words = text.split(None, 1)
        word = words[0]
        if word == "hello":
            return self._hello()
        if word == "version":
            return "%s\n%s" % (Shell.MICROS_VERSION, self._prompt)
        if word == "login" or not self.authorised:
            return self._login(word, words[1].strip() if len(words) > 1 else "")
        return self._built_in(word, text)

    def _hello(self):
        return "hello:%s:%s\n%s" % (self.name, cfgget("hwuid"), self._prompt)

    def _end(self, text):
        if text is None:
            self.understood = False
            return "Shell: command too long\n" + self._prompt
        self.closing = True
        return "Bye!\n\n"

    def _login(self, word, rest):
        """`login <password>`, or the bare password while the session waits for it."""
        password = rest if word == "login" else word
        wait = Lockout.wait_ms(self.address)
        while wait:
            yield wait
            wait = Lockout.wait_ms(self.address)
        if password != cfgget("appwd"):
            Lockout.failed(self.address)
            self.closing = True
            self.understood = False
            yield "AuthFailed\nBye!\n"
            return
        Lockout.passed(self.address)
        self.authorised = True
        self.trusted = self.trusted or word == "login"
        self._make_prompt()
        yield "AuthOk\n" + self._prompt

    def _built_in(self, word, text):
        if word == "reboot":
            return self._reboot("-h" in (text.split() + [""])[1])
        if word.startswith("webrepl"):
            return self._webrepl(text.split())
        if word.startswith("conf") or word.startswith("noconf"):
            self.configuring = word.startswith("conf")
            self._make_prompt()
            return self._prompt
        if word == "help":
            from ShellHelp import lines

            return self._listing(lines("lm" in text[4:]))
        if self.configuring:
            return self._configure(text.split())
        return self._execute(text)

    def _listing(self, lines):
        for line in lines:
            yield line + "\n"
        yield self._prompt

    def _execute(self, text):
        try:
            reply = exec_text(text, self.send)[1]
        except Exception as e:
            reply = "[ERROR] shell.lm_exec internal error: %s" % e
        self.understood = reply is not UNKNOWN
        return "%s\n%s" % (reply, self._prompt)

    # --- configure mode ---------------------------------------------------------------------------------------------

    def _configure(self, words):
        if words[0] == "dump":
            return self._listing(self._dump(words[1] if len(words) > 1 else ""))
        if len(words) == 1:
            return "%s\n%s" % (self._shown(words[0], cfgget(words[0])), self._prompt)
        try:
            reply = "Saved" if cfgput(words[0], " ".join(words[1:]), type_check=True) else "Failed to save"
        except KeyError:
            reply = "node_config write error: '%s'\nInvalid key" % words[0]
        return "%s\n%s" % (reply, self._prompt)

    def _dump(self, part):
        settings = cfgget()
        for key in keys():
            if part in key:
                yield "  %s:        %s" % ("{:<10}".format(key), self._shown(key, settings[key]))

    def _shown(self, key, value):
        return MASK if key in SECRETS and not self.trusted and value not in ("n/a", "") else value

    # --- restarts and WebREPL ---------------------------------------------------------------------------------------

    def _reboot(self, hard):
        from Hooks import reboot

        self.closing = True
        self.after = lambda: reboot(hard)
        return "%sReboot micrOS system.\nBye!\n" % ("[HARD] " if hard else "")

    def _webrepl(self, words):
        import WebRepl

        text = WebRepl.greeting(self._shown("appwd", cfgget("appwd")))
        if len(words) == 2 and "-u" in words[1]:
            self.closing = True
            self.after = WebRepl.restart_for_update
            return text + " Restart node then start webrepl...\n Bye!\n"
        return "%s%s\n%s" % (text, WebRepl.start(), self._prompt)
