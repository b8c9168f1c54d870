"""
REST by POST with a JSON body: `{"cmd": "rgb color r=5"}` to /rest, or to /rest/rgb/color the parameters, as an object
by name or as an array in order. Imported with the first POST.
"""

import json

from WebRequest import Refused


def _parameters(data):
    if isinstance(data, dict):
        for name in data:
            if not all(c.isalpha() or c.isdigit() or c == "_" for c in name):
                raise Refused(400, "Bad name of a parameter")
        return " ".join("%s=%r" % item for item in data.items())
    if isinstance(data, list):
        return " ".join(repr(value) for value in data)
    raise Refused(400, "The body must be an object or an array")


def command(method, target, body):
    """The command text of a request. Raises Refused."""
    if method != b"POST":
        raise Refused(405, "", "Allow: GET, POST\r\n")
    from WebText import command as text_of

    words = text_of(target[6:]).strip()
    try:
        data = json.loads(body) if body else []
    except ValueError:
        raise Refused(400, "The body is no JSON")
    if words:
        return "%s %s" % (words, _parameters(data))
    if not data:
        return ""
    if not isinstance(data, dict) or not isinstance(data.get("cmd"), str):
        raise Refused(400, 'The body must be {"cmd": "module function"}')
    return data["cmd"]
