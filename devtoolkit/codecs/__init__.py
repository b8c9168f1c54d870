"""Bytes in, frozen objects out; no I/O here."""
