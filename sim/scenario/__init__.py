"""Scenarios: the frozen models of a study's parameters, and how they are read from files."""

from sim.scenario.citations import Figure, sources, tally
from sim.scenario.load import load, resolved_yaml, sha256_of, shipped, shipped_overlays
from sim.scenario.models import Scenario
from sim.scenario.schema import json_schema

__all__ = [
    "Figure",
    "Scenario",
    "json_schema",
    "load",
    "resolved_yaml",
    "sha256_of",
    "shipped",
    "shipped_overlays",
    "sources",
    "tally",
]
