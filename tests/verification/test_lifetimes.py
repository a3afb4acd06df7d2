"""The engine's ages at failure against the laws they were drawn from.

A unit watched from effective age a0 to effective age c, and seen to fail at a, has (F(a) - F(a0)) / (F(c) - F(a0))
uniform on (0, 1), whatever ends the watch, as long as that does not depend on the unit's own luck.  So censoring and
competing failures need no model of their own: a Kolmogorov-Smirnov test on these numbers is exact.
"""

import numpy as np
import pytest
from scipy.special import gamma
from scipy.stats import kstest

from sim.events import EventKind
from sim.reliability import Life

KS_LEVEL = 1e-3


def satellites(result):
    """By serial number: day of arrival, day of activation (nan: none) and day of the end (the horizon: none)."""
    log = result.events
    arrived = log.where(EventKind.DELIVERED, EventKind.STORED)
    born = dict(zip(arrived.satellite.tolist(), arrived.time_days.tolist(), strict=True))
    moved = log.where(EventKind.ACTIVATED)
    woken = dict(zip(moved.satellite.tolist(), moved.time_days.tolist(), strict=True))
    gone = log.where(EventKind.BUS_FAILED, EventKind.RETIRED)
    ended = dict(zip(gone.satellite.tolist(), gone.time_days.tolist(), strict=True))
    return {s: (day, woken.get(s, np.nan), ended.get(s, result.horizon_days)) for s, day in born.items()}


def watched(result, kind=EventKind.GPU_FAILED):
    """(age at failure, age at the end of the watch) of the units that failed, at full pace from birth, days."""
    lives, log = satellites(result), result.events.where(kind)
    born = np.array([lives[s][0] for s in log.satellite.tolist()])
    # A satellite's own end would be its bus's luck; only the horizon ends the watch of a bus.
    end = np.array(
        [lives[s][2] if kind is EventKind.GPU_FAILED else result.horizon_days for s in log.satellite.tolist()]
    )
    return log.time_days - born, end - born


def weibull(shape, scale_days):
    return {"kind": "weibull", "shape": shape, "scale_years": scale_days / 365.25}


def constant(mttf_days):
    return {"kind": "exponential", "rate_per_year": 365.25 / mttf_days}


@pytest.mark.parametrize("shape", [0.7, 3.0])
@pytest.mark.parametrize("strategy", ["run_to_failure", "replace_on_failure", "on_orbit_spares"])
def test_gpus_keep_their_age_through_everybody_elses_failures(fleet, checked_run, shape, strategy):
    # Buses fail, satellites are replaced, spares (not dormant here) are activated, gangs restart: no GPU is reborn.
    scenario = fleet(
        slots=40,
        gpus=20,
        spare_berths=6,
        days=500,
        gpu=weibull(shape, 300),
        bus=constant(250),
        dormancy=1,
        lead=20,
        jobs=[{"gpus": 100, "count": 3}],
        strategies={"on_orbit_spares": {"spares_per_plane": 6, "reorder_point": 3}},
    )
    result = checked_run(scenario, strategy)
    age, end = watched(result)
    assert len(age) > 300
    law = scenario.reliability.gpu
    assert kstest((1 - law.survival(age)) / (1 - law.survival(end)), "uniform").pvalue > KS_LEVEL


def test_buses_fail_at_the_age_of_their_law(fleet, checked_run):
    law = {"kind": "bathtub", "infant_loss_fraction": 0.2, "infant_days": 30, "constant_per_year": 0.5}
    law |= {"wear_out_shape": 4, "wear_out_scale_years": 1}
    scenario = fleet(slots=200, days=800, bus=law, gpu=constant(100), gpus=3, lead=10)
    age, end = watched(checked_run(scenario, "replace_on_failure"), EventKind.BUS_FAILED)
    survival = scenario.reliability.bus.survival
    assert len(age) > 300
    assert kstest((1 - survival(age)) / (1 - survival(end)), "uniform").pvalue > KS_LEVEL


def test_wear_out_of_256_units_in_a_gang_that_restarts_at_each_failure(fleet, checked_run):
    # MTTF 100 days, shape 3, 60 days: 256 (1 - exp(-(60/eta)^3)) = 36.5 failures.  Redrawing lives at restarts gives 3.
    law = weibull(3, 100 / gamma(1 + 1 / 3))
    scenario = fleet(slots=1, gpus=256, days=60, gpu=law, jobs=[{"gpus": 180}])
    counts = [checked_run(scenario, replicate=replicate).events.count(EventKind.GPU_FAILED) for replicate in range(100)]
    share = 1 - float(scenario.reliability.gpu.survival(60.0))
    assert share * 256 == pytest.approx(36.5, abs=0.05)
    assert abs(np.mean(counts) - share * 256) < 4 * np.sqrt(256 * share * (1 - share) / len(counts))


@pytest.mark.parametrize("factors", [(4.0, 0.5), (0.0, 6.0)])
def test_survival_under_a_calendar_factor_is_exp_of_minus_the_cumulative_hazard(fleet, checked_run, factors):
    # Two generations: born on day 0, and by replacement in the midst of the steps.
    steps = {"calendar_factor": {"years": (0.3, 0.6), "factors": factors}}
    scenario = fleet(slots=60, gpus=20, days=365.25, gpu=weibull(1.8, 300) | steps, bus=constant(200), lead=5)
    result = checked_run(scenario, "replace_on_failure")
    age, watch = watched(result)
    born = result.events.where(EventKind.GPU_FAILED).time_days - age
    law, life = scenario.reliability.gpu, Life.born(born)
    share = np.expm1(-life.hazard_until(law, born + age)) / np.expm1(-life.hazard_until(law, born + watch))
    assert len(age) > 300
    assert kstest(share, "uniform").pvalue > KS_LEVEL
    # The test can tell: without the factor the same ages do not fit.
    assert kstest(law.survival(age), "uniform").pvalue < 1e-6


def clock_share(law, clock, clock_0, clock_end):
    """How far into its watch a unit failed: uniform for the right clock."""
    f, f0, fc = (1 - law.survival(c) for c in (clock, clock_0, clock_end))
    return (f - f0) / (fc - f0)


@pytest.mark.parametrize("dormancy", [0.0, 0.3, 1.0])
def test_stored_spares_age_at_the_dormancy_factor(fleet, checked_run, dormancy):
    scenario = fleet(
        slots=1,
        gpus=10,
        spare_berths=200,
        days=400,
        gpu=weibull(2, 300),
        dormancy=dormancy,
        strategies={"on_orbit_spares": {"spares_per_plane": 200}},
    )
    log = checked_run(scenario, "on_orbit_spares").events.where(EventKind.GPU_FAILED)
    stored = log.berth >= 1
    law = scenario.reliability.gpu
    expected = 2000 * (1 - float(law.survival(dormancy * 400)))
    assert abs(stored.sum() - expected) <= 4 * np.sqrt(expected)
    if dormancy > 0:
        clock = dormancy * log.time_days[stored]
        assert kstest(clock_share(law, clock, 0.0, dormancy * 400), "uniform").pvalue > KS_LEVEL


def test_activated_spares_go_on_from_their_dormant_age_at_full_pace(fleet, checked_run):
    dormancy = 0.2
    scenario = fleet(
        slots=120,
        gpus=10,
        spare_berths=100,
        days=500,
        gpu=weibull(3, 250),
        bus=constant(600),
        dormancy=dormancy,
        strategies={"on_orbit_spares": {"spares_per_plane": 100, "phasing_days": 3}},
    )
    result = checked_run(scenario, "on_orbit_spares")
    lives, log = satellites(result), result.events.where(EventKind.GPU_FAILED)
    rows = [(day, *lives[s]) for s, day in zip(log.satellite.tolist(), log.time_days.tolist(), strict=True)]
    day, born, woken, end = np.array([row for row in rows if row[0] > row[2]]).T
    assert len(day) > 200
    # The spare with most GPUs alive goes first: a choice that looks at the past of the clock, not at what is left.
    at_waking = dormancy * (woken - born)
    law = scenario.reliability.gpu
    right = clock_share(law, at_waking + day - woken, at_waking, at_waking + end - woken)
    assert kstest(right, "uniform").pvalue > KS_LEVEL
    for wrong_start in (woken - born, 0 * born):  # as if never dormant; as if new at activation
        wrong = clock_share(law, wrong_start + day - woken, wrong_start, wrong_start + end - woken)
        assert kstest(wrong, "uniform").pvalue < KS_LEVEL


def test_a_dormant_infant_carries_its_hazard_into_a_storm(fleet, checked_run):
    # At work, infancy is over when the factor rises; on a clock at a tenth of the pace it is not, and costs far more.
    storm = {"calendar_factor": {"years": (0.5,), "factors": (30.0,)}}
    scenario = fleet(
        slots=1,
        gpus=50,
        spare_berths=100,
        days=365.25,
        gpu={"kind": "bathtub", "infant_loss_fraction": 0.1, "infant_days": 30} | storm,
        dormancy=0.1,
        strategies={"on_orbit_spares": {"spares_per_plane": 100}},
    )
    log = checked_run(scenario, "on_orbit_spares").events.where(EventKind.GPU_FAILED)
    failed = np.count_nonzero(log.berth >= 1)
    dormant = float(Life.born(0.0, 0.1).hazard_until(scenario.reliability.gpu, 365.25))
    awake = float(Life.born(0.0).hazard_until(scenario.reliability.gpu, 365.25))
    assert dormant > 5 * awake
    share = -np.expm1(-dormant)
    assert abs(failed - 5000 * share) < 4 * np.sqrt(5000 * share * (1 - share))


def share_online(result):
    """Time-averaged share of the nameplate GPUs online."""
    log, horizon = result.events, result.horizon_days
    return float((log.gpus * (horizon - log.time_days)).sum() / (horizon * result.nameplate_gpus))


def test_decay_without_repair(fleet, checked_run):
    # (1 - e^(-l T)) / (l T) at l = .09 a year, T = 5 years.
    theory = 0.805270774173837
    law = {"kind": "exponential", "rate_per_year": 0.09}
    scenario = fleet(slots=20, gpus=50, days=5 * 365.25, gpu=law)
    shares = [share_online(checked_run(scenario, replicate=replicate)) for replicate in range(40)]
    assert abs(np.mean(shares) - theory) < 4 * np.std(shares, ddof=1) / np.sqrt(len(shares))


def test_the_control_of_gpus_with_buses_is_the_capacity_of_a_fleet_that_is_left_alone(fleet, checked_run):
    scenario = fleet(slots=12, gpus=6, days=900, life_days=700, gpu=weibull(2, 900), bus=constant(800))
    for replicate in range(5):
        result = checked_run(scenario, replicate=replicate)
        assert share_online(result) == pytest.approx(result.controls.values[2], rel=1e-12)


def test_controls_scatter_around_their_expectations(fleet, checked_run):
    storm = {"calendar_factor": {"years": (0.5, 1.0), "factors": (3.0, 1.0)}}
    scenario = fleet(slots=12, gpus=6, days=700, gpu=weibull(0.8, 1500) | storm, bus=constant(800))
    runs = [checked_run(scenario, replicate=replicate).controls for replicate in range(200)]
    values = np.array([run.values for run in runs])
    error = np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
    assert np.all(np.abs(values.mean(axis=0) - runs[0].expected) < 4 * error)
