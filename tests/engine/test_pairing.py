"""Luck is addressed by place: what one strategy does moves nobody's luck but by taking satellites away."""

import numpy as np
import pytest

from sim.events import EventKind
from sim.strategies import BUILT_IN

PARAMETERS = {
    "batch": {"reorder_point": 3},
    "scheduled_batch": {"review_period_days": 60},
    "on_orbit_spares": {"spares_per_plane": 4, "reorder_point": 2},
    "condition_based": {"retire_below_gpu_fraction": 0.01},
    "parking_orbit": {"reorder_point": 2, "order_quantity": 3},
}


def a_fleet(fleet, **over):
    given = {
        "slots": 20,
        "gpus": 5,
        "spare_berths": 6,
        "days": 1200,
        "gpu": {"kind": "weibull", "shape": 1.7, "scale_years": 4},
        "bus": {"kind": "bathtub", "infant_loss_fraction": 0.1, "constant_per_year": 0.2},
        "lead": {"kind": "lognormal", "median_days": 60, "sigma": 0.5},
        "success": 0.9,
        "per_flight": 5,
        "strategies": PARAMETERS,
    }
    return fleet(**(given | over))


def failures(result, until_day=np.inf):
    """{(satellite, kind, number of its GPU failure): day} of the first generation's slots."""
    log = result.events.where(EventKind.GPU_FAILED, EventKind.BUS_FAILED)
    first = (log.satellite < result.slots) & (log.time_days < until_day)
    found, seen = {}, {}
    for kind, satellite, day in zip(log.kind[first], log.satellite[first], log.time_days[first], strict=True):
        number = seen[kind, satellite] = seen.get((kind, satellite), 0) + 1
        found[int(satellite), int(kind), number] = float(day)
    return found


@pytest.mark.parametrize("strategy", BUILT_IN)
def test_the_first_generation_fails_on_the_same_days_under_every_strategy(fleet, checked_run, strategy):
    light = {"kind": "robots", "dry_kg": 1, "propellant_kg": 0.1, "cartridge": {"kg_per_gpu": 0.1}}
    parking = [{"altitude_km": 400, "planes": 2, "berths_per_plane": 60}] if strategy == "parking_orbit" else None
    scenario = a_fleet(fleet, servicing=light, parking=parking)
    alone, other = failures(checked_run(scenario)), failures(checked_run(scenario, strategy))
    assert len(alone) > 30
    if BUILT_IN[strategy]().services():
        # GPUs that were put in die too; of the first none is missing.
        days = np.sort(list(other.values()))
        nearest = days[np.searchsorted(days, np.array(list(alone.values())) - 1e-9)]
        assert nearest == pytest.approx(list(alone.values()), abs=2e-9)
        assert len(days) > len(alone)
        return
    # Nothing retires satellites here, so it is all of them.  Timeouts add up from other events: rounding alone.
    assert other.keys() == alone.keys()
    assert all(other[key] == pytest.approx(alone[key], abs=1e-9) for key in alone)


def test_a_satellite_built_for_a_berth_has_the_same_luck_whenever_it_is_ordered(fleet, checked_run):
    # The second satellite of each slot lives equally long under two strategies that order at different times.
    def second_lives(strategy):
        log = checked_run(a_fleet(fleet, days=4000, gpus=1, success=1.0, spare_berths=0), strategy).events
        born, lives = {}, {}
        for kind, berth, day in zip(log.kind, log.berth.tolist(), log.time_days.tolist(), strict=True):
            if kind == EventKind.DELIVERED:
                born.setdefault(berth, []).append(day)
            elif kind == EventKind.BUS_FAILED and len(born[berth]) == 2:
                lives[berth] = day - born[berth][1]
        return lives

    prompt, patient = second_lives("replace_on_failure"), second_lives("scheduled_batch")
    both = prompt.keys() & patient.keys()
    assert len(both) >= 5
    assert all(prompt[berth] == pytest.approx(patient[berth], abs=1e-8) for berth in both)


@pytest.mark.parametrize("strategy", ["run_to_failure", "on_orbit_spares"])
def test_a_longer_horizon_leaves_the_years_before_it_as_they_were(fleet, checked_run, strategy):
    short, long = (checked_run(a_fleet(fleet, days=years * 365.25), strategy).events for years in (5, 7))
    before = long.time_days < 5 * 365.25
    assert len(long) > len(short) > 50
    for column in vars(short):
        assert getattr(short, column).tolist() == getattr(long, column)[before].tolist(), column


def test_an_orbit_that_is_harder_on_buses_moves_no_gpu(fleet, checked_run):
    # The streams of parts are apart: other buses leave the GPUs of satellites that live on alone.
    def gpu_days(rate):
        result = checked_run(a_fleet(fleet, bus={"kind": "exponential", "rate_per_year": rate}))
        ended = set(result.events.where(EventKind.BUS_FAILED).satellite.tolist())
        gpus = {key: day for key, day in failures(result).items() if key[1] == EventKind.GPU_FAILED}
        return gpus, ended

    few, _ = gpu_days(0.0)
    many, ended = gpu_days(0.3)
    assert ended
    assert all(many[key] == pytest.approx(few[key], abs=1e-9) for key in few if key[0] not in ended)


def test_launch_luck_belongs_to_the_calendar_date(fleet, checked_run):
    # Under two strategies that order at different times, a date on which both fly fails for both or for neither.
    def outcomes(strategy):
        scenario = a_fleet(fleet, success=0.6, launch={"opportunity_interval_days": 30}, days=2500)
        log = checked_run(scenario, strategy).events
        failed = set(log.where(EventKind.LAUNCH_FAILED).time_days.round(6).tolist())
        return {day: day in failed for day in log.where(EventKind.LAUNCHED).time_days.round(6).tolist() if day > 0}

    one, other = outcomes("replace_on_failure"), outcomes("on_orbit_spares")
    both = one.keys() & other.keys()
    assert len(both) >= 10
    assert any(one[day] for day in both)
    assert all(one[day] == other[day] for day in both)


def test_replicates_and_seeds_differ(fleet, checked_run):
    scenario = a_fleet(fleet)
    runs = [failures(checked_run(scenario, seed=seed, replicate=r)) for seed, r in ((1, 0), (1, 1), (2, 0))]
    assert runs[0] != runs[1] != runs[2] != runs[0]
