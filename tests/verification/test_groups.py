"""Redundancy aboard, as the engine lives it, against survival functions in closed form."""

from math import comb

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, erlang, kstest

from sim.events import EventKind
from sim.reliability import Life

KS_LEVEL = 1e-3
YEAR = 365.25


def constant(per_year):
    return {"kind": "exponential", "rate_per_year": per_year}


def weibull(shape, scale_years):
    return {"kind": "weibull", "shape": shape, "scale_years": scale_years}


def alone(fleet, group, *, slots=1000, years=1.0, **more):
    """One group that carries all of its satellite, and nothing else that fails."""
    reliability = {"groups": {"pump": {"stressed": False, **group}}, **more.pop("reliability", {})}
    return fleet(slots=slots, days=years * YEAR, reliability=reliability, **more)


def ends(result, cause="pump", kind=EventKind.BUS_FAILED):
    """Ages at which satellites of the first day ended by a cause, days."""
    log = result.events.where(kind)
    names = np.array([result.scenario.cause_name(number) for number in log.cause.tolist()])
    return log.time_days[names == cause]


def follows(days, distribution, until, count):
    """Whether ages follow a distribution function, watched so long, and are as many as `count` units give."""
    share = distribution(until)
    assert abs(len(days) - count * share) <= 4 * np.sqrt(count * share * (1 - share)) + 1e-9
    return kstest(distribution(days) / share, "uniform").pvalue > KS_LEVEL


@pytest.mark.parametrize(("units", "needed"), [(1, 1), (2, 1), (3, 2), (4, 4), (5, 2)])
def test_k_of_n_that_all_run(fleet, checked_run, units, needed):
    scenario = alone(fleet, {"law": weibull(1.5, 0.8), "units": units, "needed": needed})
    law = scenario.reliability.groups["pump"].law

    def failed(day):
        # Fewer than `needed` of n live, each with the survival of its law.
        return 1 - sum(
            comb(units, i) * law.survival(day) ** i * (1 - law.survival(day)) ** (units - i)
            for i in range(needed, units + 1)
        )

    assert follows(ends(checked_run(scenario)), failed, YEAR, 1000)


@pytest.mark.parametrize(("units", "needed"), [(2, 1), (3, 1), (4, 2)])
def test_cold_standby_lives_one_life_after_another(fleet, checked_run, units, needed):
    # `needed` at work fail at needed x rate, as long as there are reserves: units - needed + 1 exponential stages.
    scenario = alone(fleet, {"law": constant(2), "units": units, "needed": needed, "standby": "cold"}, slots=3000)
    stages = units - needed + 1
    assert follows(
        ends(checked_run(scenario)), lambda day: erlang.cdf(day, stages, scale=YEAR / (2 * needed)), YEAR, 3000
    )


def test_cold_standby_of_a_wearing_unit_adds_its_lives(fleet, checked_run):
    # Two Weibull lives in a row: the sum of two draws, by quadrature of the convolution.
    scenario = alone(fleet, {"law": weibull(2.5, 0.45), "units": 2, "standby": "cold"}, slots=500)
    law = scenario.reliability.groups["pump"].law

    def failed(day):
        def first_at(x):
            return law.hazard_per_day(x) * law.survival(x) * (1 - law.survival(day - x))

        return quad(first_at, 0, day)[0]

    assert follows(ends(checked_run(scenario)), np.vectorize(failed), YEAR, 500)


@pytest.mark.parametrize("pace", [0.0, 0.3, 1.0])
def test_warm_standby_lies_between_cold_and_hot(fleet, checked_run, pace):
    # One at work at rate l, one in reserve at pace x l: stages of rate l (1 + pace) and l, a hypoexponential sum.
    scenario = alone(fleet, {"law": constant(2), "units": 2, "standby": "warm"}, dormancy=pace)
    a, b = 2 / YEAR * (1 + pace), 2 / YEAR

    def failed(day):
        if pace == 0:
            return erlang.cdf(day, 2, scale=1 / b)
        return 1 - (a * np.exp(-b * day) - b * np.exp(-a * day)) / (a - b)

    assert follows(ends(checked_run(scenario)), failed, YEAR, 1000)


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_the_common_cause_fraction_joins_the_fates_of_a_group(fleet, checked_run, beta):
    # Independent parts at (1 - beta) l, and all at once at beta l: at 0 a pair in parallel, at 1 a single unit.
    rate = 2 / YEAR
    scenario = alone(fleet, {"law": constant(2), "units": 2, "common_cause_fraction": beta})

    def failed(day):
        each = np.exp(-(1 - beta) * rate * day)
        return 1 - np.exp(-beta * rate * day) * (1 - (1 - each) ** 2)

    assert follows(ends(checked_run(scenario)), failed, YEAR, 1000)


def test_a_host_takes_its_four_gpus_with_it(fleet, checked_run):
    groups = {"host": {"law": constant(1), "gpus": 4, "stressed": False}}
    scenario = fleet(slots=100, gpus=10, days=YEAR, reliability={"groups": groups})
    result = checked_run(scenario)
    log = result.events.where(EventKind.GROUP_FAILED)
    # Hosts of 4, 4 and 2 GPUs.
    assert follows(log.time_days, lambda day: -np.expm1(-day / YEAR), YEAR, 300)
    share = -np.expm1(-1.0)
    for size, hosts in ((4, 200), (2, 100)):
        assert np.count_nonzero(log.amount == size) == pytest.approx(
            hosts * share, abs=4 * np.sqrt(hosts * share * (1 - share))
        )
    assert -log.gpus.sum() == log.amount.sum()


def test_a_tray_goes_when_too_few_of_its_gpus_are_left(fleet, checked_run):
    # Trays of 4 that need 3: off at the second failure.
    scenario = fleet(slots=100, gpus=8, days=YEAR, gpu=constant(0.6), satellite={"tray": {"gpus": 4, "gpus_needed": 3}})
    result = checked_run(scenario)
    off = result.events.where(EventKind.TRAY_OFF)
    assert np.all(off.amount == 2)
    assert follows(off.time_days, lambda day: binom.sf(1, 4, -np.expm1(-0.6 / YEAR * np.asarray(day))), YEAR, 200)
    # What is switched off does not fail any more.
    assert result.events.count(EventKind.GPU_FAILED) <= 2 * len(off) + (200 - len(off))


def test_a_satellite_goes_when_too_few_of_its_gpus_are_left(fleet, checked_run):
    scenario = fleet(slots=300, gpus=6, days=YEAR, gpu=constant(0.6), satellite={"gpus_needed": 4})
    days = ends(checked_run(scenario), "too_few_gpus", EventKind.RETIRED)
    # The third failure of six.
    assert follows(days, lambda day: binom.sf(2, 6, -np.expm1(-0.6 / YEAR * np.asarray(day))), YEAR, 300)


def test_two_trays_that_go_at_once_end_a_satellite_once(fleet, checked_run):
    # A supply under GPUs 3-5 takes both trays of four below their need: the first to go ends the satellite.
    scenario = fleet(
        slots=20,
        gpus=8,
        days=YEAR,
        satellite={"tray": {"gpus": 4, "gpus_needed": 4}, "gpus_needed": 6},
        reliability={"groups": {"supply": {"law": constant(2), "gpus": 3}}},
    )
    assert checked_run(scenario).events.count(EventKind.RETIRED) > 10


@pytest.mark.parametrize(("standby", "pace"), [("cold", 0.0), ("warm", 0.3), ("hot", 1.0)])
def test_spare_gpus_aboard_step_in_until_they_are_used_up(fleet, checked_run, standby, pace):
    # N work at rate l each and S wait at pace x l: S + 1 stages of rate (N + i pace) l, i = S .. 0 left in reserve,
    # until fewer than N work.  Cold: mean (S + 1) / (N l).
    n, spares, rate = 4, 2, 1.0 / YEAR
    scenario = fleet(
        slots=300,
        gpus=n,
        days=2 * YEAR,
        gpu=constant(1),
        dormancy=0.3,
        satellite={"spare_gpus": spares, "spare_gpus_standby": standby, "gpus_needed": n},
    )
    days = ends(checked_run(scenario), "too_few_gpus", EventKind.RETIRED)
    means = [1 / ((n + i * pace) * rate) for i in range(spares, -1, -1)]
    assert len(days) > 280  # hardly any are cut off by the horizon
    if standby == "cold":
        assert sum(means) == pytest.approx((spares + 1) / (n * rate))
        assert follows(days, lambda day: erlang.cdf(day, spares + 1, scale=1 / (n * rate)), 2 * YEAR, 300)
    else:
        # Of distinct rates: F = 1 - sum of e^(-l_i t) times the product over j of l_j / (l_j - l_i).
        l_ = 1 / np.array(means)
        weight = [np.prod([b / (b - a) for b in l_ if b != a]) for a in l_]

        def failed(day):
            return 1 - sum(w * np.exp(-a * np.asarray(day)) for w, a in zip(weight, l_, strict=True))

        assert follows(days, failed, 2 * YEAR, 300)


def test_a_cold_spare_is_new_when_it_steps_in(fleet, checked_run):
    # One GPU at work and one in reserve that wears only in its turn: the second life counts from the first's end.
    scenario = fleet(slots=400, gpus=1, days=2 * YEAR, gpu=weibull(3, 0.8), satellite={"spare_gpus": 1})
    log = checked_run(scenario).events.where(EventKind.GPU_FAILED)
    law = scenario.reliability.gpu
    first, second, born = [], [], {}
    for satellite, day in zip(log.satellite.tolist(), log.time_days.tolist(), strict=True):
        if satellite in born:
            second.append((day - born[satellite], 2 * YEAR - born[satellite]))
        else:
            born[satellite] = day
            first.append(day)
    age, watch = np.array(second).T
    assert len(age) > 200
    assert follows(np.array(first), lambda day: 1 - law.survival(day), 2 * YEAR, 400)
    assert kstest((1 - law.survival(age)) / (1 - law.survival(watch)), "uniform").pvalue > KS_LEVEL


@pytest.mark.parametrize("standby", ["cold", "warm"])
def test_a_reserve_carries_its_infancy_into_a_storm(fleet, checked_run, standby):
    # Switched in while a factor of 10 holds, a new unit meets more hazard in a month than one at work in all its life.
    law = {"kind": "bathtub", "infant_loss_fraction": 0.3, "infant_days": 30, "infant_shape": 1}
    law |= {"constant_per_year": 0.5, "calendar_factor": {"years": (0.5, 0.6), "factors": (10.0, 0.0)}}
    scenario = alone(fleet, {"law": law, "units": 2, "standby": standby}, dormancy=0.02)
    days = ends(checked_run(scenario))
    # Independent draws, switched in by hand.
    rng, made = np.random.default_rng(1), scenario.reliability.groups["pump"].law
    pace = 0.0 if standby == "cold" else 0.02
    n = 100_000
    first = Life.born(np.zeros(n)).failure_day(made, rng.standard_exponential(n))
    luck, rest = rng.standard_exponential(n), Life.born(np.zeros(n), pace)
    asleep = rest.failure_day(made, luck) if pace else np.full(n, np.inf)
    turn = np.minimum(first, 1e6)
    second = np.where(asleep <= turn, turn, rest.at(made, turn, np.ones(n)).failure_day(made, luck))
    share = np.mean(np.maximum(first, second) < YEAR)
    assert abs(len(days) - 1000 * share) < 4 * np.sqrt(1000 * share * (1 - share)) + 1000 * 0.005


def test_a_spare_gpu_carries_its_infancy_into_a_storm(fleet, checked_run):
    law = {"kind": "bathtub", "infant_loss_fraction": 0.3, "infant_days": 30, "infant_shape": 1}
    law |= {"constant_per_year": 0.5, "calendar_factor": {"years": (0.5, 0.6), "factors": (10.0, 0.0)}}
    n = 3000
    scenario = fleet(slots=n, gpus=1, days=YEAR, gpu=law, satellite={"spare_gpus": 1, "gpus_needed": 1})
    days = ends(checked_run(scenario), "too_few_gpus", EventKind.RETIRED)
    rng, made = np.random.default_rng(1), scenario.reliability.gpu
    first = Life.born(np.zeros(100_000)).failure_day(made, rng.standard_exponential(100_000))
    second = Life.born(np.minimum(first, 1e6)).failure_day(made, rng.standard_exponential(100_000))
    share = np.mean(second < YEAR)
    assert abs(len(days) - n * share) < 4 * np.sqrt(n * share * (1 - share)) + 0.005 * n


def test_activating_a_spare_switches_no_reserve_in(fleet, checked_run):
    # Under a dormancy factor of 1 a stored satellite lives like one at work, so its pumps are those of a cold pair
    # from birth on, whoever is activated and when: slots and spares, one delivery in each plane.
    scenario = alone(
        fleet,
        {"law": constant(2), "units": 2, "standby": "cold"},
        slots=10,
        spare_berths=15,
        years=2.0,
        dormancy=1,
        shell={"planes": 30},
        lead=5000,
        strategies={"on_orbit_spares": {"spares_per_plane": 15, "phasing_days": 0}},
    )
    result = checked_run(scenario, "on_orbit_spares")
    assert result.events.count(EventKind.ACTIVATED) > 200
    assert follows(ends(result), lambda day: erlang.cdf(day, 2, scale=YEAR / 2), 2 * YEAR, 30 * 25)


def test_redundant_coolant_loops_lose_their_gpus_with_the_last(fleet, checked_run, environment):
    """Four loops of equal rate: alone each takes two of eight GPUs, in pairs the second of a pair takes four."""
    for each, gpus in ((1, 2), (2, 4)):
        radiator = {"area_m2": 50, "tube_fraction": 0.4, "tube_wall_mm": 0.5, "loops": 4, "loops_per_gpu": each}
        scenario = fleet(slots=400, gpus=8, days=YEAR, satellite={"radiator": radiator})
        # A pair has twice the tubes of a single loop, so that each of its loops is hit as often.
        per_loop = environment(scenario).keeping.punctures_per_year[0] / 4
        log = checked_run(scenario).events
        found = log.where(EventKind.GROUP_FAILED)
        assert set(found.amount.tolist()) <= {float(gpus)}

        def lost(day, rate=per_loop, loops=each):
            return (1 - np.exp(-rate * np.asarray(day) / YEAR)) ** loops

        days = found.time_days
        assert len(days) > 200
        assert follows(days, lost, YEAR, 400 * 4 // each)
