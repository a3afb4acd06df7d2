"""Do the 95 % intervals of what the engine simulates hold the truth?

Studies are drawn, with replacement, from the replicates of one long study, whose own means are then the truth.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from sim.environment import Environment
from sim.experiment import Sample, simulate_many
from sim.metrics import METRICS

REPLICATES, STUDIES, AIM = 1000, 500, 0.93
MEASURED = (
    "compute_availability",
    "satellite_availability",
    "worst_month_availability",
    "time_below_sla_fraction",
    "launches",
    "total_cost_usd",
    "cost_per_useful_gpu_hour_usd",
)


@pytest.fixture(scope="module")
def scenario(fleet: Any) -> Any:
    """Eight satellites, five years, a job that needs half of all GPUs, launches that fail in one case of ten."""
    job = {
        "name": "job",
        "gpus": 8,
        "checkpoint_interval_min": 60,
        "checkpoint_block_s": 60,
        "checkpoint_durable_s": 60,
        "restart_min": 5,
    }
    plain = fleet(
        slots=8,
        gpus=2,
        days=5 * 365.25,
        bus={"kind": "exponential", "rate_per_year": 0.06},
        gpu={"kind": "exponential", "rate_per_year": 0.1},
        lead=180,
        success=0.9,
        jobs=[job],
    )
    changed = plain.model_dump(mode="json")
    changed["economics"] |= {"bus_usd": 5e6, "gpu_usd": 3e4}
    changed["launch"]["vehicle"]["price"] = {"kind": "per_flight", "usd": 3e6}
    return type(plain).model_validate(changed)


def held(sample: Sample, metric: str, n: int) -> float:
    """Share of studies of n replicates whose interval of a metric holds the mean of all replicates."""
    ratio = sample.ratio(metric)
    truth = sample.values(metric).mean() if ratio is None else ratio.of_means
    rng = np.random.default_rng([20270101, n])
    hits = 0
    for _ in range(STUDIES):
        rows = rng.integers(0, len(sample), n)
        # The whole study's means are the expectations of what is drawn from it.
        drawn = Sample(sample.metrics[rows], sample.control_names, sample.controls[rows], sample.controls.mean(axis=0))
        found = drawn.estimate(metric)
        assert found.ci_low is not None
        assert found.ci_high is not None
        rounding = 1e-12 * abs(truth)
        hits += found.ci_low - rounding <= truth <= found.ci_high + rounding
    return hits / STUDIES


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["run_to_failure", "replace_on_failure"])
def test_intervals_cover_what_the_engine_simulates(scenario: Any, strategy: str) -> None:
    sample = simulate_many(scenario, Environment.build(scenario), strategy, 1, range(REPLICATES), 2)
    assert set(MEASURED) <= set(METRICS)
    covered = {(metric, n): held(sample, metric, n) for metric in MEASURED for n in (8, 12, 20, 50)}
    least = AIM - 2 * sqrt(AIM * (1 - AIM) / STUDIES)
    assert not {case: share for case, share in covered.items() if share < least}
