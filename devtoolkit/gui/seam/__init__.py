"""What the window asks of the toolkit: one file for each area, imported when first needed."""
