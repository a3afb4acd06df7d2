"""The shipped scenarios and overlays of constellations, and those of campuses."""

from sim.scenario import shipped, shipped_overlays
from sim.scenario.yaml_file import read

CAMPUSES = [name for name, path in shipped().items() if "campus" in read(path).value]
FLEETS = [name for name in shipped() if name not in CAMPUSES]
OF_CAMPUSES = [name for name, path in shipped_overlays().items() if "campus" in read(path).value]
OF_FLEETS = [name for name in shipped_overlays() if name not in OF_CAMPUSES]
OF_ONE = {"overlays/one_in_10000": "spacex_fcc_1m"}
"""Overlays that are a part of one scenario."""
PAIRS = [
    *((base, overlay) for base in FLEETS for overlay in OF_FLEETS if OF_ONE.get(overlay, base) == base),
    *((base, overlay) for base in CAMPUSES for overlay in OF_CAMPUSES),
]
"""Overlays with the scenarios on which they can be laid."""
