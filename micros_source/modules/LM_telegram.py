"""Messages to and from Telegram chats, by the bot whose token is in the key `telegram`."""

from Common import micro_task, typed_help


def _bot():
    """The bot; raises ValueError without a token or network."""
    from Notify import Telegram

    problem = Telegram._ready()
    if problem or problem is None:
        raise ValueError("Missing telegram bot token" if problem is None else problem)
    return Telegram


async def load_n_init():
    """Tells the bot's commands to Telegram. A verdict."""
    try:
        return await _bot().set_commands()
    except ValueError as e:
        return str(e)


async def send(text):
    """Sends a text to all known chats: 'Sent<chat id>;' for each, or what went wrong."""
    try:
        return await _bot().send(text)
    except ValueError as e:
        return str(e)


async def receive():
    """Asks for messages and obeys them: {'sender', 'text', 'm_id', 'c_id'} of the last one."""
    bot = _bot()
    if not micro_task("telegram._loop") or micro_task("telegram._loop").done:
        await bot.poll()
    return bot.LAST


def receiver_loop():
    """Asks for messages every 5 s from now on: task `telegram._loop`."""
    from Notify import Telegram

    return "Starting" if micro_task("telegram._loop", Telegram.loop()) else "Already running"


def notifications(state=None):
    """Whether modules may send notifications; True or False switches it, and it stays."""
    from Notify import notifications as switch

    return "Notifications: %s" % ("on" if switch(state) else "off")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "load_n_init",
            "send 'text'",
            "receive",
            "BUTTON receiver_loop",
            "BUTTON notifications state=<True,False>",
        ),
        widgets,
    )
