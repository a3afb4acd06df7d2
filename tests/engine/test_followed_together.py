"""Where the time of gangs went does not depend on how many of them are followed at once."""

import numpy as np
import pytest

from sim.events import EventKind

JOBS = [
    {"name": "endless", "count": 6, "gpus": 24, "restart_min": 5},
    {"name": "deaf", "count": 2, "gpus": 12, "restart_min": 60, "failures_during_restart": False},
    {"name": "finite", "count": 3, "gpus": 16, "work_gpu_hours": 2_000, "arrival_day": 20},
]
EFFECTS = {"silent": {"rad_per_event": 30, "recovery": "late"}, "error": {"rad_per_event": 3}}
HARSH = {"gpu": {"kind": "exponential", "rate_per_year": 1.5}, "bus": {"kind": "exponential", "rate_per_year": 0.1}}


@pytest.mark.parametrize("policy", ["ride_through", "pause", "throttle"])
def test_one_by_one_or_together_the_log_is_the_same(fleet, checked_run, monkeypatch, policy):
    scenario = fleet(
        slots=8,
        gpus=36,
        days=200,
        jobs=JOBS,
        reliability=HARSH,
        radiation={"effects": EFFECTS, "detection_delay_h": 30},
        power={"eclipse_policy": policy},
        shell={"kind": "walker", "planes": 1, "altitude_km": 900, "inclination_deg": 70},
    )
    together = checked_run(scenario, "replace_on_failure").events
    monkeypatch.setattr("sim.engine.gang_runs.NOTED_AT_MOST", 1)
    monkeypatch.setattr("sim.engine.gang_runs.TOGETHER_DAYS", 1e-9)
    one_by_one = checked_run(scenario, "replace_on_failure").events
    for kind in EventKind:
        assert together.count(kind) == one_by_one.count(kind), kind.name
        assert together.total(kind) == pytest.approx(one_by_one.total(kind), rel=1e-9, abs=1e-6), kind.name
    assert together.count(EventKind.JOB_FINISHED) > 0
    assert together.count(EventKind.JOB_INTERRUPTED) > 20
    assert together.count(EventKind.SOFT_INTERRUPTED) > 20
    assert np.array_equal(together.time_days, one_by_one.time_days)
