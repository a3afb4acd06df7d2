"""Results move only on purpose."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from update_baseline import BASELINE, summaries


def test_every_shipped_scenario_gives_what_it_gave() -> None:
    known = json.loads(BASELINE.read_text())
    found = summaries()
    assert found.keys() == known.keys()
    # Logarithms differ in the last digits between processors, and a metric adds up thousands of them.
    moved = {
        f"{run}: {metric}": (value, found[run].get(metric))
        for run, metrics in known.items()
        for metric, value in metrics.items()
        if found[run].get(metric) != pytest.approx(value, rel=1e-7, abs=1e-9)
    }
    assert not moved, "results moved; if on purpose, run tests/regression/update_baseline.py"
