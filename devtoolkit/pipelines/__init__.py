"""Long work as small steps that report, skip and stop."""
