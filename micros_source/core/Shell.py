"""The shell language of one connection: text in, pieces of reply text out."""

from Config import cfgget
from Tasks import UNKNOWN, exec_text


class Shell:
    """
    Session state and the built-in words. `run(text)` gives the reply: a text, or an iterable of text pieces, of
    numbers (milliseconds to wait) and of what to await for (bool, text piece). Afterwards `closing` tells that the
    session ends, `after` what to call then, `understood` that the word was known.
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
        from Lockout import Lockout

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
        if word in ("reboot", "ota") or word.startswith("webrepl"):
            from ShellWords import seldom

            return seldom(self, text.split())
        if word.startswith("conf") or word.startswith("noconf"):
            self.configuring = word.startswith("conf")
            self._make_prompt()
            return self._prompt
        if word == "help":
            from ShellHelp import lines

            return self.listing(lines("lm" in text[4:]))
        if self.configuring:
            from ShellWords import configure

            return configure(self, text.split())
        return self._execute(text)

    def listing(self, lines):
        """Lines and the prompt, piece by piece."""
        for line in lines:
            yield line + "\n"
        yield self._prompt

    def _execute(self, text):
        try:
            good, reply = exec_text(text, self.send, True)
            if good is None:
                return reply, "\n" + self._prompt
        except Exception as e:
            reply = "[ERROR] shell.lm_exec internal error: %s" % e
        self.understood = reply is not UNKNOWN
        return "%s\n%s" % (reply, self._prompt)
