"""The page of the reference with every key of a node's configuration: made from the schema in `devtoolkit/model`."""

from pathlib import Path

from devtoolkit.model.node_config import KEYS, ConfigKey

PATH = Path(__file__).parent / "reference" / "configuration.md"
_HEAD = """\
# Configuration keys

Made from the schema in `devtoolkit/model/node_config.py` by `python3 dev.py docs`. The toolkit's forms and checks and
the node's own defaults are the same table (a test compares them). The node keeps the values in `node_config.json`; a
new value goes to a temporary file that is renamed, so a power cut costs nothing.

```sh
devToolKit.py -nc get --dev lamp --key devfid                 # one value; without --key all
devToolKit.py -nc set --dev lamp --key cron=True --key utc=120
```

By hand, in the node's shell:

```node
conf
dump
soctout
soctout 60
noconf
```

`n/a` means: nothing set. *Restart*: a change counts after the next restart of the node. *Secret*: shown as `********`
until the session has said `login <password>`, and in no log. *Node*: the node writes it itself.
"""
_TAIL = """\
## What texts must look like

| key | rule |
|---|---|
| `devfid` | 1 to 32 letters, digits, `-` and `_`, no `-` at either end: it is host name, prompt and Wi-Fi name |
| `appwd` | 8 or 9 characters without blanks: WPA2 wants 8 at least, WebREPL takes 9 at most |
| `staessid`, `stapwd` | as many passwords as names; names up to 32 bytes, passwords 8 to 64 characters or none |
| `crontasks` | `weekday:hour:minute:second!command`, `sunset-30!command`; see [times](../guide/scheduler.md) |
| `boothook`, `timirqcbf`, `irq1_cbf` ... | `module function ...; module function ...` |
| `cstmpmap` | `map; name:pin; name:pin`, each part may be missing |
| `devip` | an IPv4 address |

What does not fit is refused by the toolkit before anything is sent, and by the node with `Failed to save`. A value
that does not fit in the file itself is replaced by the default at boot, with a line in the error log. Keys that a
version does not know are kept.
"""


def text() -> str:
    """The whole page."""
    groups = dict.fromkeys(key.group for key in KEYS)
    parts = [_HEAD]
    for group in groups:
        rows = [_row(key) for key in KEYS if key.group == group]
        parts.append("\n".join([f"## {group.capitalize()}", "", *_COLUMNS, *rows, ""]))
    return "\n".join([*parts, _TAIL])


_COLUMNS = ("| key | meaning | default | allowed | |", "|---|---|---|---|---|")


def _row(key: ConfigKey) -> str:
    marks = (("restart", key.reboot and not key.written_by_node), ("secret", key.secret), ("node", key.written_by_node))
    told = ", ".join(word for word, holds in marks if holds)
    default = key.default if isinstance(key.default, str) else str(key.default)
    return f"| `{key.key}` | {key.text} | `{default}` | {_allowed(key)} | {told} |"


def _allowed(key: ConfigKey) -> str:
    if key.choices:
        return ", ".join(f"`{choice}`" for choice in key.choices)
    if key.low is not None and key.high is not None:
        return f"{key.low} to {key.high}{' ' * bool(key.unit)}{key.unit}"
    return {"bool": "`True`, `False`", "int": "a whole number", "str": "text"}[key.type]
