"""LM_dht22: tenths, also below zero, asked every two seconds at most."""

from dht_effects import Dht

EFFECTS = Dht("dht22", 2200, ((24.3, 40.5), (-3.1, 44.4), (79.9, 99.0))).effects()
