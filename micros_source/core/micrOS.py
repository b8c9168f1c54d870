"""The system's start order; `main` runs until the event loop ends or a start step fails."""

import asyncio
import gc
import sys

from Config import Data, cfgget, cfgput
from Debug import DebugCfg, errlog_add


def _optional(module, *functions):
    """Calls functions of a part that the configuration asks for. A part that fails does not stop the system."""
    try:
        part = __import__(module)
        for function in functions:
            getattr(part, function)()
    except Exception as e:
        errlog_add("[ERR][%s] start: %s" % (module, e))


def _start_events():
    if any(cfgget("irq%d" % n) for n in range(1, 5)):
        _optional("Interrupts", "emergency_mbuff", "initEventIRQs")


def _start_timers():
    if cfgget("timirq"):
        _optional("Interrupts", "enableInterrupt")
    if cfgget("cron"):
        _optional("Interrupts", "enableCron")
    sys.modules.pop("Interrupts", None)  # it only starts things


async def _start():
    from Tasks import Manager

    import Hooks
    import Network
    from microIO import set_pinmap
    from Server import SocketServer
    from Shell import Shell

    set_pinmap(cfgget("cstmpmap"))
    if DebugCfg.DEBUG:
        DebugCfg.init_pled()
    cfgput("version", Shell.MICROS_VERSION)
    Manager.create_task(Manager.idle_task(), tag="idle")
    Hooks.bootup()
    _start_events()  # a switch on the wall works without the network
    await Network.auto_nw_config()
    import Time

    Time.start_ntp()
    Network.ADDRESS_LISTENERS.append(Time.start_ntp)
    if cfgget("cron"):
        _optional("Time", "suntime")
        Network.ADDRESS_LISTENERS.append(Time.suntime)
    _start_timers()
    server = await SocketServer.run_server()
    Manager.create_task(server.wait_closed(), tag="server")
    if cfgget("webui"):
        _optional("Web", "start")
    _optional("Announce", "start")
    gc.collect()
    gc.threshold(gc.mem_free() // 4)  # what lives long lands in the first quarter, the rest stays in one piece


async def _run():
    global _optional, _start, _start_events, _start_timers
    await _start()
    del _optional, _start, _start_events, _start_timers  # their code is not needed again and costs a kilobyte
    while True:
        await asyncio.sleep(3600)


def main():
    """Runs the node."""
    if Data.CONFIG["dbg"]:
        from Hooks import profiling_info

        profiling_info("start")
    asyncio.run(_run())
