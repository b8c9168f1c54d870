"""LM_intercon: the node commands itself, under a name that the simulated network knows."""

from module_bench import Bench


def _known(b: Bench) -> None:
    b.set("hosts", hosts={"node01.local": b.node.address, "other.local": b.node.address})


def _result(b: Bench, tag: str) -> str:
    b.until(lambda _: f"No        {tag}" in b.ask("task list"))
    return b.ask(f"task show {tag}")


def _sendcmd(b: Bench) -> None:
    _known(b)
    tag = "con.node01.servo"
    started = b.json("intercon sendcmd host='node01.local' cmd='servo sduty 99'")
    assert started == {"verdict": f"Task started: task show {tag}", "tag": tag}
    b.until(lambda h: h.duty("servo_1", 1024) == 99)
    assert _result(b, tag) == "SET SERVO1: duty: 99"
    b.json("intercon sendcmd 'node01.local' 'servo s2duty 55'")
    b.until(lambda h: h.duty("servo_2", 1024) == 55)
    assert b.json(f"intercon sendcmd '{b.node.address}' 'servo status'")["tag"] == (
        f"con.{'.'.join(b.node.address.split('.')[2:])}.servo"
    )
    assert b.ask("intercon sendcmd 'node01.local'").endswith("host and cmd wanted")


def _addr_cache(b: Bench) -> None:
    _known(b)
    b.call("intercon sendcmd 'other.local' 'servo deinit'")
    assert _result(b, "con.other.servo") == ""
    b.call("intercon sendcmd 'nobody.local' 'servo deinit'")
    _result(b, "con.nobody.servo")
    cache = b.json("intercon addr_cache")
    assert cache["other.local"] == b.node.address
    assert cache["nobody.local"] is None


EFFECTS = {"sendcmd": _sendcmd, "addr_cache": _addr_cache}
