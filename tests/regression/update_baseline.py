"""Write the baseline anew: run it when results are meant to move, and say by how much in CHANGELOG.md.

python tests/regression/update_baseline.py
"""

import json
from pathlib import Path

from sim.engine import simulate
from sim.environment import Environment
from sim.metrics import measure
from sim.scenario import load, shipped

BASELINE = Path(__file__).with_name("baseline.json")
SAMPLES = {"spacex_fcc_1m": ("overlays/one_in_10000",)}
"""Overlays that make a sample of what is too large to be run here."""
STRATEGIES = ("run_to_failure", "scheduled_batch", "on_orbit_spares")


def summaries() -> dict[str, dict[str, float]]:
    """The metrics of one replicate of every shipped scenario, by scenario, strategy and metric; undefined left out."""
    found = {}
    for name in shipped():
        scenario = load(name, *SAMPLES.get(name, ()))
        if scenario.campus is not None:
            continue  # it follows none of these strategies
        environment = Environment.build(scenario)
        for strategy in STRATEGIES:
            measured = measure(simulate(scenario, environment, strategy, seed=7, replicate=0))
            found[f"{name} {strategy}"] = {key: value for key, value in measured.items() if value == value}
    return found


if __name__ == "__main__":
    BASELINE.write_text(json.dumps(summaries(), indent=1) + "\n")
