"""A sheet of labels for new nodes, to print and cut: whose it is, name, address, password, and two QR codes.

One HTML file without anything from outside. The left code joins the node's own network (phones ask, then join), the
right one holds name, address and password as text.
"""

import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import segno
from segno import helpers

_STYLE = """
@page { size: A4; margin: 10mm; }
* { box-sizing: border-box; }
body { margin: 0; font: 9pt/1.3 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #111; }
header { padding: 8mm; background: #eef2f7; }
header p { margin: 1mm 0 0; color: #445; }
main { display: grid; grid-template-columns: repeat(2, 95mm); width: 190mm; margin: 0 auto; }
article { height: 46mm; padding: 3.5mm 4mm 2mm 5mm; border: 0.2mm dashed #aab; break-inside: avoid; overflow: hidden;
  display: grid; grid-template-rows: 6mm minmax(0, 1fr); gap: 1mm; }
h2 { margin: 0; font-size: 13pt; line-height: 1.2; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.body { display: grid; grid-template-columns: 1fr 25mm 25mm; gap: 1mm; align-items: start; }
dl { margin: 1mm 0 0; min-width: 0; }
dt { font-size: 6.5pt; color: #556; text-transform: uppercase; letter-spacing: 0.04em; }
dd { margin: 0 0 1.2mm; font-size: 9pt; overflow-wrap: anywhere; line-height: 1.15; }
dl.long dd:not(.key) { font-size: 7pt; margin-bottom: 0.8mm; }
dd.key { font: 600 11pt/1.2 ui-monospace, "DejaVu Sans Mono", monospace; white-space: nowrap; }
figure { margin: 0; text-align: center; }
figure svg { width: 25mm; height: 25mm; display: block; }
figcaption { font-size: 6.5pt; line-height: 1.2; color: #334; }
@media print { header { display: none; } article { border-color: #ccd; } }
"""
_LONG = 16  # characters of a name from which on name and address do not fit one line each
_HEADING = """<header><strong>micrOS labels</strong>
<p>Print on A4 at 100 %, cut along the dashed lines. This page holds passwords: keep it to yourself.</p></header>"""


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says. `ip` is empty for a node that has no Wi-Fi yet."""

    title: str
    name: str
    uid: str
    address: str
    ip: str
    password: str


def sheet(labels: Sequence[Label]) -> str:
    """The whole page."""
    body = "".join(map(_article, labels))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>micrOS labels</title>'
        f"<style>{_STYLE}</style></head>\n<body>{_HEADING}<main>{body}</main></body></html>\n"
    )


def wifi_code(label: Label) -> segno.QRCode:
    """The code that lets a phone join the node's own network."""
    return segno.make(helpers.make_wifi_data(ssid=label.name, password=label.password, security="WPA"), error="m")


def text_code(label: Label) -> segno.QRCode:
    """The code that holds name, address and password."""
    lines = [label.name, label.address, *([label.ip] if label.ip else []), label.password]
    return segno.make("\n".join(lines), error="m", micro=False)


def _article(label: Label) -> str:
    address = "<br>".join(html.escape(part) for part in (label.address, label.ip) if part)
    title, long = html.escape(label.title), ' class="long"' if len(label.name) > _LONG else ""
    return f"""
<article><h2 title="{title}">{title}</h2><div class="body">
<dl{long}><dt>Name</dt><dd>{html.escape(label.name)}</dd><dt>Address</dt><dd>{address}</dd>
<dt>Password</dt><dd class="key">{html.escape(label.password)}</dd></dl>
<figure>{_svg(wifi_code(label))}<figcaption>Join the node's<br>own Wi-Fi</figcaption></figure>
<figure>{_svg(text_code(label))}<figcaption>Name, address,<br>password</figcaption></figure>
</div></article>"""


def _svg(code: segno.QRCode) -> str:
    """The code as an SVG that scales; with the quiet zone that scanners need."""
    out = io.BytesIO()
    code.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, nl=False)
    return out.getvalue().decode()
