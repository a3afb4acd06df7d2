"""Silent corruption in a gang that changes its size before it is noticed: one corruption, followed by hand."""

import numpy as np
import pytest

from sim.engine.segment import UnitArrivals
from sim.events import EventKind
from sim.metrics import measure, waterfall

DELAY_H = 24.0
RESTART_H = 1.0
JOB = {
    "gpus": 8,
    "on_loss": "elastic",
    "least_fraction": 0.25,
    "checkpoint_interval_min": 60,
    "checkpoint_block_s": 0,
    "checkpoint_durable_s": 0,
    "restart_min": 60 * RESTART_H,
}
RADIATION = {
    "effects": {"silent": {"rad_per_event": 0.1, "recovery": "late"}},
    "detection_delay_h": DELAY_H,
}


@pytest.fixture
def corrupted(fleet, checked_run, written_thresholds, monkeypatch):
    """`corrupted(bus, ...)`: a run of a gang on two satellites of four, to which one corruption comes."""

    def draw(self, beyond):
        if self._last == 0:
            self._arrivals, self._second = np.array([200.0, 1e12]), np.array([0.5, 0.5])
            self._last = 1e12

    monkeypatch.setattr(UnitArrivals, "_draw", draw)

    def run(bus, slots=2, lead=1e4, **job):
        laws = written_thresholds(bus=bus)
        scenario = fleet(slots=slots, gpus=4, days=40, lead=lead, jobs=[JOB | job], radiation=RADIATION, **laws)
        return checked_run(scenario, "replace_on_failure")

    return run


def silent(result, kind):
    """Rows of a kind that the corruption caused."""
    rows = result.events.where(kind)
    mine = rows.cause == result.scenario.cause_numbers["silent"]
    return rows.time_days[mine] * 24, rows.amount[mine]


@pytest.mark.parametrize(
    ("change", "hours_at"),
    [
        # From the loss on, s hours before the corruption is noticed, perhaps in a restart: (GPUs, hours computed).
        ({}, lambda s: [(4, s - RESTART_H)]),
        ({"lead": 0.25}, lambda s: [(4, 6 - RESTART_H), (8, max(s - 6 - RESTART_H, 0))]),
        ({"slots": 3, "hot_spares": 4, "swap_s": 600}, lambda s: [(8, s - 1 / 6)]),
    ],
)
@pytest.mark.parametrize("after_h", [6.3, 17.8])
def test_all_work_since_the_checkpoint_before_a_corruption_is_taken_back(corrupted, change, hours_at, after_h):
    """Whatever size the gang had when it did the work: before the loss of a satellite, after it, and grown again."""
    (noticed,), _ = silent(corrupted({}, **change), EventKind.SOFT_INTERRUPTED)
    came = noticed - DELAY_H
    clean = np.floor(came)  # a checkpoint on every hour
    lost_at = came + after_h
    result = corrupted({(1, 0): lost_at / 24}, **change)
    # What comes before the loss is as it was, so the corruption is the same and is noticed when it was.
    (again,), (number,) = silent(result, EventKind.SOFT_INTERRUPTED)
    assert (again, number) == (pytest.approx(noticed), 1)
    _, taken = silent(result, EventKind.LOST)
    # The loss itself took what came after the last checkpoint before it.
    expected = 8 * (np.floor(lost_at) - clean) + sum(gpus * hours for gpus, hours in hours_at(DELAY_H - after_h))
    assert taken.sum() == pytest.approx(expected, abs=1e-3)
    found = measure(result)
    assert sum(waterfall(found).values()) == pytest.approx(found["online_gpu_hours"], rel=1e-9)


def test_a_clean_checkpoint_is_one_from_before_the_corruption(corrupted):
    """Of a gang that shrinks before it comes, only what the smaller gang did is at stake."""
    (noticed,), _ = silent(corrupted({}), EventKind.SOFT_INTERRUPTED)
    result = corrupted({(1, 0): (noticed - DELAY_H - 50.4) / 24})
    (later,), _ = silent(result, EventKind.SOFT_INTERRUPTED)
    began = noticed - DELAY_H - 50.4 + RESTART_H
    since = later - DELAY_H - began
    _, taken = silent(result, EventKind.LOST)
    assert later > noticed  # fewer GPUs are hit less often
    assert taken.sum() == pytest.approx(4 * (DELAY_H + since % 1), abs=1e-3)
