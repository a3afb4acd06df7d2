"""How GPUs age: every law, burn-in, heat and cycles, faults that a power cycle clears, and warnings."""

import numpy as np
import pytest
from scipy.stats import kstest

from sim.events import Cause, EventKind

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


def test_a_burn_in_removes_infant_mortality(fleet, checked_run):
    law = {"kind": "bathtub", "infant_loss_fraction": 0.2, "infant_days": 90, "constant_per_year": 0.05}
    law |= {"wear_out_shape": 3, "wear_out_scale_years": 2}
    for burn_in in (0, 20, 90):
        scenario = fleet(slots=50, gpus=40, days=YEAR, gpu=law, reliability={"gpu_burn_in_days": burn_in})
        days = ends(checked_run(scenario), "gpu", EventKind.GPU_FAILED)

        def failed(day, burn_in=burn_in):
            young, old = (np.minimum((burn_in + at) / 90, 1) ** 0.7 for at in (0.0, np.asarray(day)))
            return 1 - 0.8 ** (old - young) * np.exp(-0.05 * day / YEAR - (day / YEAR / 2) ** 3)

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
    law, shares = scenario.reliability.gpu, []
    for replicate in range(3):
        result = checked_run(scenario, "replace_on_failure", replicate=replicate)
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
        shares.append((1 - law.survival(failed.time_days - start)) / (1 - law.survival(watch)))
        assert log.total(EventKind.SOFT_INTERRUPTED) > 20
    assert min(len(share) for share in shares) > 150
    assert kstest(np.concatenate(shares), "uniform").pvalue > KS_LEVEL


# Heat and cycles


@pytest.mark.parametrize("energy", [0.0, 0.7])
def test_heat_paces_the_clock_and_does_not_multiply_the_hazard(fleet, checked_run, environment, energy):
    stress = {"activation_energy_ev": energy, "thermal_share": 1, "cycling_share": 0}
    scenario = fleet(slots=20, gpus=50, days=YEAR, gpu=weibull(3, 1), reliability={"stress": stress})
    clock = environment(scenario).sites[0].stress_clock(0, 0.0)
    pace = np.diff(clock.total)
    factor = float(clock.at(YEAR)) / YEAR
    assert np.all(np.abs(pace / factor - 1) < 0.5)
    if energy:
        # Run the laws' reference up or down to a clock of twice the pace: same temperatures, known factor.
        junction = environment(scenario).designs[0].operation.junction_c[0].astype(float)
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
        stress = {"thermal_share": 1, "cycling_share": 0, "reference_junction_c": reference}
        return fleet(slots=20, gpus=50, days=YEAR, gpu=weibull(3, 1.5), reliability={"stress": stress})

    usual = environment(under(60.0)).sites[0].stress_clock(0, 0.0)
    pace = float(usual.at(YEAR)) / YEAR
    kelvin = 1 / (1 / 333.15 + np.log(2 / pace) * 8.617333e-5 / 0.7)  # e^(Ea/k (1/T60 - 1/Tref)) = pace / 2
    twice = under(kelvin - 273.15)
    assert float(environment(twice).sites[0].stress_clock(0, 0.0).at(YEAR)) / YEAR == pytest.approx(2, rel=0.01)
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
        stress = {"thermal_share": 0, "cycling_share": 1, "reference_swing_k": 20}
        scenario = fleet(
            slots=20,
            gpus=50,
            days=YEAR,
            gpu=weibull(2, 8),
            pause=pause,
            shell={"altitude_km": 550, "inclination_deg": 53},
            reliability={"stress": stress},
        )
        clock = environment(scenario).sites[0].stress_clock(0, 0.0)
        operation = environment(scenario).designs[0].operation
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
            assert follows(days, lambda day, law=law, clock=clock: 1 - law.survival(clock.at(day)), YEAR, 1000)
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
            jobs=[{"gpus": 100, "restart_min": 0, "checkpoint_block_s": 6, "checkpoint_durable_s": 6}],
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
            jobs=[{"gpus": 100, "restart_min": 0, "checkpoint_block_s": 6, "checkpoint_durable_s": 6}],
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


def test_spares_aboard_give_warning_as_well(fleet, checked_run):
    scenario = fleet(
        slots=100,
        gpus=2,
        days=3 * YEAR,
        gpu=constant(1),
        satellite={"spare_gpus": 2},
        jobs=[{"gpus": 1, "count": 200}],
        reliability={"warnings_per_failure": 2, "warning_days": 10},
    )
    result = checked_run(scenario)
    warnings, failures = (len(interruptions(result, cause)[0]) for cause in (Cause.WARNING, Cause.GPU))
    # Two each, less what lies before a GPU's turn: its first ten days, a tenth of a year's hazard at the most.
    assert warnings > 1.8 * failures
