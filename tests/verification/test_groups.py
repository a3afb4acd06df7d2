"""Redundancy, burn-in and stress, as the engine lives them, against survival functions in closed form."""

from math import comb

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, erlang, gamma, kstest

from sim.events import Cause, EventKind
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
    scenario = alone(fleet, {"law": constant(2), "units": units, "needed": needed, "standby": "cold"})
    stages = units - needed + 1
    assert follows(
        ends(checked_run(scenario)), lambda day: erlang.cdf(day, stages, scale=YEAR / (2 * needed)), YEAR, 1000
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
    scenario = fleet(
        slots=100, gpus=8, days=YEAR, gpu=constant(0.6), satellite={"tray": {"gpus": 4, "gpus_needed": 3}}
    )
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


@pytest.mark.parametrize(("standby", "dormancy"), [("cold", 1.0), ("warm", 0.5)])
def test_a_reserve_of_a_stored_satellite_rests_until_its_own_turn(fleet, checked_run, standby, dormancy):
    # The pumps of a stored satellite age at the dormancy factor, those in reserve at theirs on top of it: that the
    # satellite is activated switches no reserve in.
    rate, until = 2 / YEAR, 2.0 * YEAR
    scenario = alone(
        fleet,
        {"law": constant(2), "units": 2, "standby": standby},
        slots=10,
        spare_berths=15,
        years=2.0,
        dormancy=dormancy,
        shell={"planes": 30},
        lead=5000,
        strategies={"on_orbit_spares": {"spares_per_plane": 15, "phasing_days": 0}},
    )
    rest = 0.0 if standby == "cold" else dormancy
    a, b = rate * (1 + rest), rate

    def failed(clock):
        if rest == 0:
            return erlang.cdf(clock, 2, scale=1 / b)
        return 1 - (a * np.exp(-b * clock) - b * np.exp(-a * clock)) / (a - b)

    log = checked_run(scenario, "on_orbit_spares").events
    moved, dead = log.where(EventKind.ACTIVATED), log.where(EventKind.BUS_FAILED)
    death = dict(zip(dead.satellite.tolist(), dead.time_days.tolist(), strict=True))
    woken = moved.time_days
    ended = np.array([death.get(satellite, np.inf) for satellite in moved.satellite.tolist()])
    first, last = dormancy * woken, dormancy * woken + until - woken
    chance = (failed(last) - failed(first)) / (1 - failed(first))
    assert len(woken) > 200
    assert abs(np.count_nonzero(ended < until) - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())
    seen = ended < until
    clock = dormancy * woken[seen] + ended[seen] - woken[seen]
    uniform = (failed(clock) - failed(first[seen])) / (failed(last[seen]) - failed(first[seen]))
    assert kstest(uniform, "uniform").pvalue > KS_LEVEL


def test_a_burn_in_removes_infant_mortality(fleet, checked_run):
    law = {"kind": "bathtub", "infant_loss_fraction": 0.2, "infant_days": 90, "constant_per_year": 0.05}
    law |= {"wear_out_shape": 3, "wear_out_scale_years": 2}
    for burn_in in (0, 20, 90):
        scenario = fleet(slots=50, gpus=40, days=YEAR, gpu=law, reliability={"gpu_burn_in_days": burn_in})
        made = scenario.reliability.gpu
        days = ends(checked_run(scenario), "gpu", EventKind.GPU_FAILED)

        def failed(day, made=made, burn_in=burn_in):
            return 1 - made.survival(burn_in + np.asarray(day)) / made.survival(burn_in)

        assert follows(days, failed, YEAR, 2000)
        early = np.count_nonzero(days < 30) / 2000
        assert (early < 0.01) == (burn_in == 90)
    scenario = alone(fleet, {"law": law, "burn_in_days": 90})
    assert follows(ends(checked_run(scenario)), failed, YEAR, 1000)


LAWS = {
    "exponential": constant(0.8),
    "weibull": weibull(2.2, 1.2),
    "bathtub": {"kind": "bathtub", "infant_loss_fraction": 0.1, "constant_per_year": 0.1, "wear_out_scale_years": 1.5},
    "delayed_onset": {"kind": "delayed_onset", "calm_per_year": 0.05, "onset_years": 0.4, "rate_per_year": 1.0},
    "piecewise_constant": {"kind": "piecewise_constant", "years": (0, 0.3, 0.6), "rates_per_year": (0.1, 1.5, 0.4)},
    "weibull_mixture": {
        "kind": "weibull_mixture",
        "parts": (
            {"share": 0.3, "shape": 0.7, "scale_years": 0.5},
            {"share": 0.7, "shape": 4, "scale_years": 1.5},
        ),
    },
}


@pytest.mark.parametrize("name", LAWS)
def test_ages_follow_every_law(fleet, checked_run, name):
    scenario = fleet(slots=20, gpus=50, days=1.5 * YEAR, gpu=LAWS[name])
    days = ends(checked_run(scenario), "gpu", EventKind.GPU_FAILED)
    assert follows(days, lambda day: 1 - scenario.reliability.gpu.survival(day), 1.5 * YEAR, 1000)


@pytest.mark.parametrize("name", LAWS)
def test_ages_follow_every_law_through_replacement_and_interruption(fleet, checked_run, name):
    # Buses end satellites, their successors are new, jobs are stopped by software: the ages stay those of the law.
    scenario = fleet(
        slots=40,
        gpus=10,
        days=2 * YEAR,
        gpu=LAWS[name],
        bus=constant(0.8),
        lead=15,
        jobs=[{"gpus": 60, "count": 2}],
        reliability={"interruptions": {"software": {"rate_per_year": 100, "per": "job"}}},
    )
    result = checked_run(scenario, "replace_on_failure")
    log = result.events
    born, gone = {}, {}
    for kind, satellite, day in zip(log.kind.tolist(), log.satellite.tolist(), log.time_days.tolist(), strict=True):
        if kind == EventKind.DELIVERED:
            born[satellite] = day
        elif kind == EventKind.BUS_FAILED:
            gone[satellite] = day
    failed = log.where(EventKind.GPU_FAILED)
    start = np.array([born[s] for s in failed.satellite.tolist()])
    watch = np.array([gone.get(s, result.horizon_days) for s in failed.satellite.tolist()]) - start
    law, age = scenario.reliability.gpu, failed.time_days - start
    assert len(age) > 150
    assert kstest((1 - law.survival(age)) / (1 - law.survival(watch)), "uniform").pvalue > KS_LEVEL
    assert log.total(EventKind.SOFT_INTERRUPTED) > 20


# Heat and cycles


@pytest.mark.parametrize("energy", [0.0, 0.7])
def test_heat_paces_the_clock_and_does_not_multiply_the_hazard(fleet, checked_run, environment, energy):
    stress = {"activation_energy_ev": energy, "cycling_share": 0}
    scenario = fleet(slots=20, gpus=50, days=YEAR, gpu=weibull(3, 1), reliability={"stress": stress})
    clock = environment(scenario).stress_clock(0, 0.0)
    pace = np.diff(clock.total)
    factor = float(clock.at(YEAR)) / YEAR
    assert np.all(np.abs(pace / factor - 1) < 0.5)
    if energy:
        # Run the laws' reference up or down to a clock of twice the pace: same temperatures, known factor.
        junction = environment(scenario).operation(0.0).junction_c[0].astype(float)
        expected = np.exp(energy / 8.617333e-5 * (1 / (80 + 273.15) - 1 / (junction + 273.15)))
        assert pace == pytest.approx(expected[: len(pace)], rel=1e-4)
    else:
        assert factor == 1
    law = scenario.reliability.gpu
    days = ends(checked_run(scenario), "gpu", EventKind.GPU_FAILED)
    assert follows(days, lambda day: 1 - law.survival(clock.at(day)), YEAR, 1000)


def test_a_clock_twice_as_fast(fleet, checked_run, environment):
    # The reference temperature at which the same chips live at twice the pace, found from the model's own junctions.
    def under(reference):
        stress = {"activation_energy_ev": 0.7, "cycling_share": 0, "reference_junction_c": reference}
        return fleet(slots=20, gpus=50, days=YEAR, gpu=weibull(3, 1.5), reliability={"stress": stress})

    usual = environment(under(60.0)).stress_clock(0, 0.0)
    pace = float(usual.at(YEAR)) / YEAR
    kelvin = 1 / (1 / 333.15 + np.log(2 / pace) * 8.617333e-5 / 0.7)  # e^(Ea/k (1/T60 - 1/Tref)) = pace / 2
    twice = under(kelvin - 273.15)
    assert float(environment(twice).stress_clock(0, 0.0).at(YEAR)) / YEAR == pytest.approx(2, rel=0.01)
    days = ends(checked_run(twice), "gpu", EventKind.GPU_FAILED)
    law = twice.reliability.gpu
    assert follows(days, lambda day: 1 - law.survival(2 * np.asarray(day)), YEAR, 1000)
    # The other reading, twice the hazard at the same age, would give (1 - e^-.59) in place of (1 - e^-2.37).
    assert len(days) > 1.5 * 1000 * (1 - float(law.survival(YEAR)) ** 2)


def test_a_pause_in_every_eclipse_wears_the_solder(fleet, checked_run, environment):
    # Norris-Landzberg alone.  Riding through the eclipse leaves the junction as it was, or nearly; pausing cools it
    # fifteen times a day.
    clocks, counts = {}, {}
    for pause in (False, True):
        stress = {"activation_energy_ev": 0, "cycling_share": 1, "reference_swing_k": 20}
        scenario = fleet(
            slots=20,
            gpus=50,
            days=YEAR,
            gpu=weibull(2, 8),
            pause=pause,
            shell={"altitude_km": 550, "inclination_deg": 53},
            reliability={"stress": stress},
        )
        clock = environment(scenario).stress_clock(0, 0.0)
        operation = environment(scenario).operation(0.0)
        swing, cycles = operation.swing_k[0].astype(float), operation.cycles[0].astype(float)
        peak = operation.junction_c[0].astype(float) + 273.15
        damage = (swing / 20) ** 2.65 * (1 / np.maximum(cycles, 1e-9)) ** 0.136 * np.exp(2185 * (1 / 353.15 - 1 / peak))
        assert np.diff(clock.total) == pytest.approx(np.where(cycles > 0, cycles * damage, 0.0), rel=1e-4, abs=1e-9)
        days = ends(checked_run(scenario), "gpu", EventKind.GPU_FAILED)
        law = scenario.reliability.gpu
        clocks[pause], counts[pause] = float(clock.at(YEAR)), len(days)
        share = 1 - float(law.survival(clocks[pause]))
        assert abs(len(days) - 1000 * share) <= 4 * np.sqrt(1000 * share * (1 - share))
        if pause:
            assert cycles.max() == pytest.approx(15, abs=0.5)
            assert follows(days, lambda day: 1 - law.survival(clock.at(day)), YEAR, 1000)
    assert clocks[True] > 10 * clocks[False]
    assert counts[True] > 100 > counts[False]


# Faults that break nothing


def test_resettable_faults_are_taken_off_the_permanent_ones(fleet, checked_run, environment):
    share, rate = 0.6, 0.5
    law = constant(rate)
    days, resets = [], []
    # One GPU in the job of a satellite: it lives on if its own GPU does.
    for replicate in range(20):
        scenario = fleet(
            slots=1,
            gpus=200,
            days=YEAR,
            gpu=law,
            jobs=[{"gpus": 100, "restart_min": 0, "checkpoint_write_min": 0.1}],
            radiation={"power_cycle_min": 0},
            reliability={"resettable_fraction": share},
        )
        log = checked_run(scenario, replicate=replicate).events
        days += log.where(EventKind.GPU_FAILED).time_days.tolist()
        soft = log.where(EventKind.SOFT_INTERRUPTED)
        assert set(soft.cause.tolist()) == {Cause.RESET}
        resets.append(soft.amount.sum())
        assert log.total(EventKind.WAITED) == 0
    gone = -np.expm1(-(1 - share) * rate)
    assert abs(len(days) - 4000 * gone) < 4 * np.sqrt(4000 * gone * (1 - gone))
    # A gang of 100 whose losses are made good: q h N t.
    mean = share * rate * 100
    assert abs(np.mean(resets) - mean) < 4 * np.sqrt(mean / 20)


def test_resets_follow_the_law_with_age(fleet, checked_run, environment):
    # Under wear-out of shape 2, three quarters of a year's resets come in its second half; the fraction takes its share
    # of the hazard, so permanent failures have the scale (1 - q)^(-1/2) larger.
    share = 0.5
    late = total = 0.0
    for replicate in range(10):
        scenario = fleet(
            slots=1,
            gpus=200,
            days=YEAR,
            gpu=weibull(2, 1.5),
            jobs=[{"gpus": 100, "restart_min": 0, "checkpoint_write_min": 0.1}],
            radiation={"power_cycle_min": 0},
            reliability={"resettable_fraction": share},
        )
        soft = checked_run(scenario, replicate=replicate).events.where(EventKind.SOFT_INTERRUPTED)
        total += soft.amount.sum()
        # Written month by month of 30 days: those up to day 180.
        late += soft.amount[soft.time_days >= 180].sum()
    hazard = share * 100 / 1.5**2
    assert abs(total - 10 * hazard) < 4 * np.sqrt(10 * hazard)
    expected = 1 - (180 / YEAR) ** 2
    assert abs(late / total - expected) < 4 * np.sqrt(expected * (1 - expected) / total)


def warned(fleet, *, days=YEAR, strategies=None, **more):
    """A fleet whose GPUs are all at work in one-GPU jobs: every warning of one that lives stops its job."""
    return fleet(
        slots=4,
        gpus=50,
        days=days,
        gpu=constant(0.5),
        jobs=[{"gpus": 1, "count": 200, "restart_min": 0.1}],
        radiation={"power_cycle_min": 0},
        reliability={"warnings_per_failure": 2.5, "warning_days": 10},
        strategies=strategies or {},
        **more,
    )


def interruptions(result, cause):
    log = result.events.where(EventKind.JOB_INTERRUPTED)
    mine = log.cause == cause
    return log.job[mine], log.time_days[mine]


def test_gpus_give_warning_before_they_fail(fleet, checked_run):
    counts, early = [], []
    for replicate in range(4):
        job, day = interruptions(checked_run(warned(fleet), replicate=replicate), Cause.WARNING)
        dead, end = interruptions(checked_run(warned(fleet), replicate=replicate), Cause.GPU)
        # A job that lost its GPU has no other to go to, so each job is one GPU.
        assert len(np.unique(dead)) == len(dead)
        ends_of = dict(zip(dead.tolist(), end.tolist(), strict=True))
        lead = np.array([ends_of.get(j, np.inf) for j in job.tolist()]) - day
        lead = lead[np.isfinite(lead)]
        assert np.all((lead > 0) & (lead < 10))
        early += lead.tolist()
        counts += [np.count_nonzero(job == one) for one, when in ends_of.items() if when > 10]
    # Two or three each, at random: variance 1/4.
    assert set(counts) == {2, 3}
    assert abs(np.mean(counts) - 2.5) < 4 * 0.5 / np.sqrt(len(counts))
    assert np.mean(early) == pytest.approx(5, abs=0.1)


def test_warnings_do_not_depend_on_the_horizon(fleet, checked_run):
    for replicate in range(6):
        runs = (checked_run(warned(fleet, days=days), replicate=replicate) for days in (60, 90))
        short, long = (interruptions(result, Cause.WARNING)[1] for result in runs)
        assert len(short) > 10
        assert short.tolist() == pytest.approx(long[long < 60].tolist())


def test_activation_repeats_no_warning(fleet, checked_run):
    # Buses fail and spares of one delivery are activated one by one, each anew.
    scenario = fleet(
        slots=30,
        gpus=20,
        days=400,
        spare_berths=60,
        gpu=constant(0.3),
        bus=constant(1),
        dormancy=1,
        jobs=[{"gpus": 1, "count": 400}],
        reliability={"warnings_per_failure": 2},
        strategies={"on_orbit_spares": {"spares_per_plane": 60}},
    )
    result = checked_run(scenario, "on_orbit_spares")
    _, day = interruptions(result, Cause.WARNING)
    assert len(day) > 30
    assert not np.any(np.isin(day, result.events.where(EventKind.ACTIVATED).time_days))


def test_gamma_and_erlang_agree():
    # The two names of one law that the tests above use.
    assert gamma.cdf(1.3, 3) == pytest.approx(erlang.cdf(1.3, 3))
