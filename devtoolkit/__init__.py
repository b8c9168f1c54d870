"""micrOS DevToolKit: deploys, updates, finds and commands micrOS nodes."""

__version__ = "2.0.0.post0"
