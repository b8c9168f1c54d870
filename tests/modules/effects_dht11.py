"""LM_dht11: whole degrees, asked once a second at most."""

from dht_effects import Dht

EFFECTS = Dht("dht11", 1100, ((20.0, 51.0), (48.0, 21.0))).effects()
