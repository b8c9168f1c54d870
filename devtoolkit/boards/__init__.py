"""The board catalogue: one TOML file per board."""
