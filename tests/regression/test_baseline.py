"""Results move only on purpose."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from update_baseline import BASELINE, summaries


# Logarithms differ in the last digits between processors.  One interruption in a hundred thousand then comes on the
# other side of a checkpoint: useful hours move by 3e-6, and by more what few interruptions add up to.
LOOSE = dict.fromkeys(("lost_gpu_hours", "repeated_gpu_hours", "restart_gpu_hours", "detection_gpu_hours"), 5e-3)


def test_every_shipped_scenario_gives_what_it_gave() -> None:
    known = json.loads(BASELINE.read_text())
    found = summaries()
    assert found.keys() == known.keys()
    moved = {
        f"{run}: {metric}": (value, found[run].get(metric))
        for run, metrics in known.items()
        for metric, value in metrics.items()
        if found[run].get(metric) != pytest.approx(value, rel=LOOSE.get(metric, 1e-5), abs=1e-9)
    }
    assert not moved, "results moved; if on purpose, run tests/regression/update_baseline.py"
