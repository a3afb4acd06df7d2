"""Single rules of the engine, each of which a small change of the code would break unseen elsewhere."""

import numpy as np
import pytest

from sim.events import Cause, EventKind
from sim.launch import StandDown


def test_a_gpu_in_cold_reserve_does_not_age_when_its_satellite_wakes(fleet, checked_run, written_thresholds, log):
    # The spare in berth 1 wakes on day 10.  Its first GPU fails 20 days of work later, and only then does its reserve,
    # good for 5 days of work, begin to age.
    laws = written_thresholds(bus={(0, 0): 10.0}, gpu={(1, 0, 0): 20.0, (1, 0, 1): 5.0})
    scenario = fleet(
        slots=1,
        spare_berths=1,
        days=100,
        dormancy=0.0,
        satellite={"gpus": 1, "spare_gpus": 1, "spare_gpus_standby": "cold"},
        strategies={"on_orbit_spares": {"spares_per_plane": 1, "reorder_point": 0, "phasing_days": 0}},
        lead=1000,
        **laws,
    )
    result = checked_run(scenario, "on_orbit_spares")
    assert log(result, EventKind.ACTIVATED, EventKind.GPU_FAILED, EventKind.SWITCHED_IN) == [
        (10.0, "ACTIVATED"),
        (30.0, "GPU_FAILED"),
        (30.0, "SWITCHED_IN"),
        (35.0, "GPU_FAILED"),
    ]


def test_a_second_failure_does_not_shorten_a_stand_down(fleet, checked_run, monkeypatch):
    # Two flights of day 30 would fail.  The first grounds the vehicle for 200 days, so the second waits on the pad.
    days = iter([200.0, 10.0])
    monkeypatch.setattr(StandDown, "draw", lambda self, stream: next(days, 0.0))
    calendar = {"opportunity_interval_days": 30, "flights_per_opportunity": 2}
    scenario = fleet(slots=2, days=400, life_days=20, per_flight=1, success=0.0, launch=calendar)
    flown = checked_run(scenario, "replace_on_failure").events.where(EventKind.LAUNCHED)
    later = flown.time_days[flown.cause != Cause.DEPLOYMENT]
    assert later[:3].tolist() == [30.0, 230.0, 240.0]


def test_groups_aboard_shorten_the_time_between_a_gangs_interruptions(fleet, environment):
    job = {"gpus": 8}
    board = {"law": {"kind": "exponential", "rate_per_year": 0.73}, "gpus": 4, "stressed": False}
    plain, carried = (
        fleet(slots=2, gpus=4, jobs=[job], gpu={"kind": "exponential", "rate_per_year": 0.365}, reliability=more)
        for more in ({}, {"groups": {"board": board}})
    )
    rates = [1 / environment(one).gangs.mtbf_days(one.workload.jobs[0]) for one in (plain, carried)]
    assert rates[0] == pytest.approx(8 * 0.365 / 365.25)
    assert rates[1] - rates[0] == pytest.approx(2 * 0.73 / 365.25)


def test_a_planned_end_leaves_its_slot_at_once_and_a_failure_does_not(fleet, checked_run, written_thresholds):
    # Slot 0 fails on day 10, slot 1 ends by plan on day 20; a dead satellite stays for a day.
    laws = written_thresholds(bus={(0, 0): 10.0})
    scenario = fleet(
        slots=2,
        days=60,
        life_days=20,
        shell={"altitude_km": 1100},
        satellite={"propulsion": {"slot_clearance_km": 10}},
        **laws,
    )
    log = checked_run(scenario, "replace_on_failure").events.where(EventKind.DELIVERED)
    arrived = {berth: log.time_days[(log.berth == berth) & (log.time_days > 0)] for berth in (0, 1)}
    assert arrived[1][0] == 20.0
    assert 10.5 < arrived[0][0] < 15


@pytest.mark.parametrize("lot", [300, 100_000])
def test_a_lot_may_be_larger_than_any_block_of_satellites(fleet, checked_run, lot):
    def dead(replicate):
        defect = {
            "kind": "batch",
            "lot_satellites": lot,
            "probability": 0.5,
            "law": {"kind": "exponential", "rate_per_year": 1000},
        }
        scenario = fleet(slots=600, days=30, reliability={"common_causes": {"defect": defect}})
        log = checked_run(scenario, replicate=replicate).events.where(EventKind.GPU_FAILED)
        return np.bincount(log.berth // min(lot, 600), minlength=600 // min(lot, 600)).tolist()

    counts = [count for replicate in range(8) for count in dead(replicate)]
    assert set(counts) == {0, min(lot, 600)}  # a lot is bad as a whole or not at all


def test_spare_berths_that_nobody_uses_move_no_failure(fleet, checked_run):
    def failures(spare_berths):
        scenario = fleet(
            slots=9,
            gpus=5,
            spare_berths=spare_berths,
            shell={"planes": 3},
            bus={"kind": "exponential", "rate_per_year": 0.5},
            gpu={"kind": "weibull", "shape": 1.5, "scale_years": 1},
        )
        log = checked_run(scenario).events.where(EventKind.GPU_FAILED, EventKind.BUS_FAILED)
        return log.time_days.tolist(), log.satellite.tolist()

    assert failures(0) == failures(7)
    assert len(failures(0)[0]) > 50
