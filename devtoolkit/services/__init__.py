"""What a user can ask for. No printing, no widgets, no argument parsing."""
