"""Metrics of sparing on logs made by hand: two planes of two slots with a spare berth each, 100 days."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from sim.events import Cause, EventKind, EventRecorder
from sim.metrics.sparing import _mean_wait, sparing_metrics

DAYS = 100.0


def measured(log: EventRecorder, start: float = 0.0) -> dict[str, float]:
    return sparing_metrics(log.finish(), DAYS, start)


def deployed(spares: bool = False) -> EventRecorder:
    """Berths 0, 1 and 3, 4 are slots, 2 and 5 spare berths."""
    log = EventRecorder()
    for serial, berth in enumerate((0, 1, 3, 4)):
        log.append(
            0,
            EventKind.DELIVERED,
            cause=Cause.DEPLOYMENT,
            plane=berth // 3,
            berth=berth,
            satellite=serial,
            satellites=1,
        )
    for serial, berth in enumerate((2, 5) if spares else ()):
        log.append(0, EventKind.STORED, cause=Cause.DEPLOYMENT, plane=berth // 3, berth=berth, satellite=10 + serial)
    return log


def lost(log: EventRecorder, day: float, berth: int, cause: Cause = Cause.BUS) -> None:
    kind = EventKind.BUS_FAILED if cause is Cause.BUS else EventKind.RETIRED
    log.append(day, kind, cause=cause, plane=berth // 3, berth=berth, satellites=-1)


def delivered(log: EventRecorder, day: float, berth: int) -> None:
    log.append(day, EventKind.DELIVERED, plane=berth // 3, berth=berth, satellites=1)


def test_a_spare_meets_one_loss_in_its_own_plane() -> None:
    log = deployed(spares=True)
    lost(log, 10, 0)
    # The dead satellite blocks its slot for 3 days: the spare is there all the same, and is claimed.
    lost(log, 12, 1)
    log.append(13, EventKind.ACTIVATED, plane=0, berth=2, satellite=10, amount=2)
    log.append(15, EventKind.PLACED, plane=0, berth=0, satellite=10, satellites=1)
    lost(log, 20, 3)
    delivered(log, 40, 1)
    found = measured(log)
    assert found["order_fill_rate"] == pytest.approx(2 / 3)
    assert found["expected_backorders"] == pytest.approx((40 - 12) / DAYS)
    assert found["mean_spares_orbit"] == pytest.approx((13 + 100) / DAYS)
    assert found["spares_consumed"] == 1
    # Waits of 5 and 28 days, and one of 80 that goes on: with the longest as ended the estimate is their mean.
    assert found["time_to_restore_days"] == pytest.approx((5 + 28 + 80) / 3)


def test_spares_that_fail_in_store_or_on_their_way_are_no_demand_but_are_missed() -> None:
    log = deployed(spares=True)
    log.append(10, EventKind.BUS_FAILED, cause=Cause.BUS, plane=0, berth=2, satellite=10)
    lost(log, 30, 0)
    lost(log, 40, 3)
    log.append(40, EventKind.ACTIVATED, plane=1, berth=5, satellite=11, amount=20)
    log.append(50, EventKind.BUS_FAILED, cause=Cause.BUS, plane=1, berth=-1, satellite=11)
    found = measured(log)
    assert found["order_fill_rate"] == pytest.approx(1 / 2)
    assert found["expected_backorders"] == pytest.approx((70 + 50) / DAYS)
    assert found["mean_spares_orbit"] == pytest.approx((10 + 40) / DAYS)
    assert isnan(found["time_to_restore_days"])


def test_a_satellite_that_is_relieved_is_no_demand() -> None:
    log = deployed()
    log.append(5, EventKind.ORDERED, plane=0, amount=2)
    lost(log, 30, 0, Cause.REPLACED)
    delivered(log, 30, 0)
    lost(log, 60, 1, Cause.END_OF_LIFE)
    delivered(log, 70, 1)
    found = measured(log)
    assert found["satellites_relieved"] == 1
    assert found["order_fill_rate"] == 0
    assert found["expected_backorders"] == pytest.approx(10 / DAYS)
    assert found["mean_on_order"] == pytest.approx((2 * 25 + 40) / DAYS)
    assert found["time_to_restore_days"] == 10


def test_slots_that_the_deployment_has_not_reached_are_no_backorders() -> None:
    log = EventRecorder()
    for day, berth in ((20, 0), (50, 1)):
        log.append(day, EventKind.DELIVERED, cause=Cause.DEPLOYMENT, plane=0, berth=berth, satellites=1)
    lost(log, 60, 0)
    log.append(60, EventKind.ORDERED, plane=0, amount=1)
    delivered(log, 90, 0)
    found = measured(log)
    assert found["expected_backorders"] == found["mean_on_order"] == pytest.approx(30 / DAYS)


@pytest.mark.parametrize("seed", range(3))
def test_censored_waits_give_the_mean_that_all_of_them_would(seed: int) -> None:
    # Exponential waits of 10 days, each watched for up to 60: the estimate is unbiased where the plain mean is not.
    stream = np.random.default_rng(seed)
    waits, watched = stream.exponential(10, 40_000), stream.uniform(0, 60, 40_000)
    seen = np.minimum(waits, watched)
    found = _mean_wait(seen, waits <= watched)
    assert seen.mean() < 9
    assert found == pytest.approx(10, abs=0.25)


def test_waits_that_all_ended_give_their_mean() -> None:
    days = np.array([3.0, 1.0, 1.0, 7.0])
    assert _mean_wait(days, np.ones(4, bool)) == pytest.approx(3.0)
    assert isnan(_mean_wait(days, np.zeros(4, bool)))


def test_a_warm_up_leaves_out_what_was_before() -> None:
    log = deployed(spares=True)
    lost(log, 10, 0)
    log.append(10, EventKind.ACTIVATED, plane=0, berth=2, satellite=10, amount=0)
    log.append(10, EventKind.PLACED, plane=0, berth=0, satellite=10, satellites=1)
    lost(log, 15, 1)
    log.append(15, EventKind.ORDERED, plane=0, amount=1)
    lost(log, 50, 0)
    delivered(log, 60, 0)
    found = measured(log, start=20)
    # A backorder since day 15, and a second one from day 50 to day 60.
    assert found["order_fill_rate"] == 0
    assert found["expected_backorders"] == pytest.approx((80 + 10) / 80)
    assert found["mean_spares_orbit"] == 1  # the other plane's
    assert found["mean_on_order"] == pytest.approx(40 / 80)
    assert found["time_to_restore_days"] == 10
    assert found["spares_consumed"] == 1
