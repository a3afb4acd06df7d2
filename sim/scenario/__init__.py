"""Scenarios: the frozen models of a study's parameters, and how they are read from files."""

from sim.scenario.citations import Figure, sources, tally
from sim.scenario.load import load, resolved_yaml, sha256_of
from sim.scenario.models import Scenario
from sim.scenario.schema import json_schema
from sim.scenario.twin import ground_twin
from sim.shipped import shipped, shipped_overlays

__all__ = [
    "Figure",
    "Scenario",
    "ground_twin",
    "json_schema",
    "load",
    "resolved_yaml",
    "sha256_of",
    "shipped",
    "shipped_overlays",
    "sources",
    "tally",
]
