"""The window (PyQt5). Nothing else of the toolkit imports this package or Qt."""
