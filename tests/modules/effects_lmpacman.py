"""LM_lmpacman: files that vanish, modules that are dropped, sums that are right."""

import hashlib

from module_bench import Bench

FILES = {
    "LM_old.py": "def hi():\n    return 'source'\n",
    "LM_worn.mpy": "not read here",
    "LM_double.py": "x = 1\n",
    "LM_double.mpy": "wins",
    "main.mpy": "not run: main.py stays",
    "page.html": "<p>a page</p>",
    "index.html": "<p>home</p>",
    "toy.pds": "1,2,3",
    "gone.pds": "9",
}


def _restore(b: Bench) -> None:
    for name, text in FILES.items():
        b.put(name, text)


def _listmods(b: Bench) -> None:
    _restore(b)
    names = b.call("lmpacman listmods").split()
    assert {"LM_old.py", "LM_worn.mpy", "page.html", "LM_lmpacman.py"} <= set(names)
    assert not [name for name in names if not name.startswith("LM_") and not name.endswith(".html")]


def _dellm(b: Bench) -> None:
    _restore(b)
    assert b.call("lmpacman dellm 'LM_old.py'") == "Deleted: LM_old.py"
    assert b.call("lmpacman dellm lm='worn.mpy'") == "Deleted: LM_worn.mpy"
    assert b.files("LM_old.py") is None
    assert b.files("LM_worn.mpy") is None
    for safe in ("system.py", "LM_lmpacman.py"):
        assert b.call(f"lmpacman dellm '{safe}'").startswith("Protected: ")
    assert b.call("lmpacman dellm 'x/../../node_config.py'").startswith("No such file")
    assert b.call("lmpacman dellm").startswith("Name a module")
    assert b.files("LM_system.py")


def _delhtml(b: Bench) -> None:
    _restore(b)
    assert b.call("lmpacman delhtml 'page.html'") == "Deleted: page.html"
    assert b.files("page.html") is None
    assert b.call("lmpacman delhtml 'index.html'") == "Protected: index.html"
    assert b.call("lmpacman delhtml 'main.py'").startswith("Name a page")
    assert b.files("index.html")


def _del_duplicates(b: Bench) -> None:
    _restore(b)
    assert b.call("lmpacman del_duplicates") == "Deleted: LM_double.py"
    assert b.files("LM_double.py") is None
    assert b.files("main.py")
    assert b.call("lmpacman del_duplicates") == "No duplicates"


def _module(b: Bench) -> None:
    _restore(b)
    assert b.call("old hi") == "source"
    assert {"LM_old", "Tasks"} <= set(b.call("lmpacman module").strip("[]").replace("'", "").split(", "))
    b.put("LM_old.py", "def hi():\n    return 'newer'\n")
    assert b.call("lmpacman module unload='old'") == "Module unload old done."
    assert b.call("old hi") == "newer"
    assert b.call("lmpacman module 'LM_old'") == "Module unload LM_old done."
    assert b.call("lmpacman module 'Tasks'") == "Module Tasks is not loaded"


def _cachedump(b: Bench) -> None:
    _restore(b)
    assert "toy.pds: 1,2,3" in b.call("lmpacman cachedump").splitlines()
    assert b.call("lmpacman cachedump cdel='gone'") == "Deleted: gone.pds"
    assert b.files("gone.pds") is None
    assert b.call("lmpacman cachedump '../x'").startswith("No such file")


def _micros_checksum(b: Bench) -> None:
    _restore(b)
    lines = b.call("lmpacman micros_checksum").splitlines()
    assert lines.pop().startswith("micrOS version: 2.")
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    for name in ("LM_double.mpy", "Shell.py", "LM_lmpacman.py"):
        assert sums[name] == hashlib.sha1((b.node.folder / name).read_bytes()).hexdigest()


EFFECTS = {
    "listmods": _listmods,
    "dellm": _dellm,
    "delhtml": _delhtml,
    "del_duplicates": _del_duplicates,
    "module": _module,
    "cachedump": _cachedump,
    "micros_checksum": _micros_checksum,
}
