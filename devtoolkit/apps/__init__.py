"""Dashboard apps: each `<Name>_app.py` with a function `app(devfid=None, pwd=None)` is one. See docs/guide/apps.md."""
