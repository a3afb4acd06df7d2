"""What radiation does to a running fleet: interruptions, storms, worn chips, and what mitigation changes."""

import numpy as np
import pytest
from scipy.stats import kstest, norm

from sim.events import Cause, EventKind
from sim.scenario.radiation import Radiation
from sim.workloads.checkpoint import optimum_interval

KS_LEVEL = 1e-3
YEAR = 365.25
NO_EFFECTS = dict.fromkeys(Radiation().effects)
POLAR = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6}
ACTIVE_SUN = "2034-06-01"


def radiation(effects, **more):
    return {"effects": NO_EFFECTS | effects, **more}


def job(gpus, **more):
    """A job that goes on at once and loses next to nothing to its rhythm."""
    return {
        "gpus": gpus,
        "checkpoint_interval_min": 10,
        "checkpoint_block_s": 0.6,
        "checkpoint_durable_s": 0.6,
        "restart_min": 0,
        **more,
    }


def counts(result):
    """Interruptions by cause."""
    log = result.events.where(EventKind.SOFT_INTERRUPTED)
    found = {}
    for number, amount in zip(log.cause.tolist(), log.amount.tolist(), strict=True):
        name = result.scenario.cause_name(number)
        found[name] = found.get(name, 0.0) + amount
    return found


def gang_of_all_kinds(fleet):
    """A gang of 38 GPUs on four satellites of ten: 10 + 10 + 10 + 8 under 3 + 3 + 3 + 2 hosts."""
    effects = {
        "memory_error": {"rad_per_event": 44, "scales_with_memory": True},
        "host_crash": {"rad_per_event": 10, "target": "host", "recovery": "reboot"},
        "by_protons": {
            "protons": {"saturation_cm2": 1e-9, "onset_mev": 15, "width_mev": 20, "shape": 1.2},
            "recovery": "power_cycle",
        },
        "by_ions": {
            "heavy_ions": {"saturation_cm2": 3e-3, "onset_mev_cm2_mg": 1, "width_mev_cm2_mg": 20, "shape": 1.5},
            "harmful_fraction": 0.5,
        },
    }
    return fleet(
        slots=4,
        gpus=10,
        days=YEAR,
        shell=POLAR,
        satellite={"gpu": {"hbm_gb": 64}},
        jobs=[job(38)],
        radiation=radiation(effects, reboot_min=0, power_cycle_min=0),
        reliability={
            "interruptions": {
                "software": {"rate_per_year": 30, "per": "job"},
                "network": {"rate_per_year": 8, "per": "satellite", "recovery": "reboot"},
                "driver": {"rate_per_year": 1.5, "per": "gpu"},
                "firmware": {"rate_per_year": 4, "per": "host"},
            }
        },
    )


def in_a_year(scenario, environment, hosts=11):
    """Expected interruptions of that gang by cause."""
    found = environment(scenario).radiation
    once = (found.trapped_per_day(0) + found.cosmic_per_day(0))[:, : int(YEAR)].mean(axis=1) * YEAR
    by_chip = dict(zip(scenario.radiation.active, once.tolist(), strict=True))
    # Memory of 64 GB doubles the error measured on 32; a host sees what a chip sees.
    assert by_chip["memory_error"] / by_chip["host_crash"] == pytest.approx(10 / 44 * 2)
    return {
        "memory_error": 38 * by_chip["memory_error"],
        "host_crash": hosts * by_chip["host_crash"],
        "by_protons": 38 * by_chip["by_protons"],
        "by_ions": 38 * 0.5 * by_chip["by_ions"],
        "software": 30,
        "network": 4 * 8,
        "driver": 38 * 1.5,
        "firmware": hosts * 4,
    }


def test_interruptions_come_as_often_as_expected_by_cause(fleet, checked_run, environment):
    scenario = gang_of_all_kinds(fleet)
    expected, replicates = in_a_year(scenario, environment), 20
    total = dict.fromkeys(expected, 0.0)
    for replicate in range(replicates):
        for name, amount in counts(checked_run(scenario, replicate=replicate)).items():
            total[name] += amount
    for name, mean in expected.items():
        assert mean > 2
        assert abs(total[name] - replicates * mean) < 4 * np.sqrt(replicates * mean), name


@pytest.mark.parametrize("kind", ["chips", "hosts"])
def test_the_rates_that_the_environment_tells_are_those_of_the_gang(fleet, environment, kind):
    scenario = gang_of_all_kinds(fleet)
    told = environment(scenario).gangs.per_day(0, scenario.workload.jobs[0])
    expected = in_a_year(scenario, environment)
    by_host = {"host_crash", "firmware"}
    for number, rate in told.items():
        name = scenario.cause_name(number)
        if (name in by_host) == (kind == "hosts"):
            assert rate * YEAR == pytest.approx(expected[name], rel=1e-3), name


def test_storms_strike_all_satellites_of_an_orbit_in_the_same_days(fleet, checked_run):
    # Single-GPU jobs on twenty satellites of a polar plane, and of one near the equator, which the field protects.
    effects = {"memory_error": {"rad_per_event": 4.4}}
    scenario = fleet(
        slots=20,
        days=YEAR,
        start=ACTIVE_SUN,
        shell=POLAR,
        jobs=[job(1, count=20)],
        radiation=radiation(effects, solar_protons=True, solar_proton_factor=100, trapped_factor=0),
    )
    result = checked_run(scenario)
    storms, soft = result.events.where(EventKind.STORM), result.events.where(EventKind.SOFT_INTERRUPTED)
    assert len(storms) > 2
    # No trapped protons, no ions in this effect: nothing comes outside the days of storms.  A month's interruptions
    # are written on the day of the last of them.
    since = soft.time_days[:, None] - storms.time_days[None, :]
    assert np.all(((since > -1) & (since < 4)).any(axis=1))
    greatest = storms.time_days[np.argmax(storms.amount)]
    inside = (soft.time_days >= greatest - 1) & (soft.time_days < greatest + 30)
    assert len(np.unique(soft.job[inside])) == 20
    equator = fleet(
        slots=20,
        days=YEAR,
        start=ACTIVE_SUN,
        shell={"altitude_km": 650, "inclination_deg": 10},
        jobs=[job(1, count=20)],
        radiation=radiation(effects, solar_protons=True, solar_proton_factor=100, trapped_factor=0),
    )
    assert counts(checked_run(equator)) == {}


def test_storms_of_the_first_years_do_not_depend_on_the_horizon(fleet, checked_run):
    found = []
    for days in (300, 900):
        scenario = fleet(slots=1, days=days, start=ACTIVE_SUN, shell=POLAR, radiation={"solar_protons": True})
        storms = checked_run(scenario).events.where(EventKind.STORM).time_days
        found.append(storms[storms < 300].tolist())
    assert found[0] == found[1]


def test_storms_add_their_dose(fleet, checked_run, environment):
    # Chips end at log-normal doses; what a chip has taken up is the tables' dose and that of the storms so far.
    wear = {"end_median_krad": 0.6, "end_log_spread": 0.5}
    scenario = fleet(
        slots=20,
        gpus=50,
        days=2 * YEAR,
        start=ACTIVE_SUN,
        shell=POLAR,
        radiation=radiation({}, solar_protons=True, solar_proton_factor=20, wear=wear),
    )
    log = checked_run(scenario).events
    deaths, storms = log.where(EventKind.GPU_FAILED), log.where(EventKind.STORM)
    assert set(deaths.cause.tolist()) == {Cause.DOSE}
    table = environment(scenario).radiation
    quiet = np.concatenate([[0.0], np.cumsum(table.rad_per_day(0))])

    def dose(day):
        # A storm spreads evenly over 2.5 days.
        part = np.clip((np.asarray(day)[..., None] - storms.time_days) / 2.5, 0, 1)
        from_storms = (part * storms.amount).sum(axis=-1) * table.exposure(0).storm_rad
        return np.interp(day, np.arange(len(quiet)), quiet) + from_storms

    def dead(day):
        return norm.cdf(np.log(dose(day) / 600) / 0.5)

    share = float(dead(np.array(2 * YEAR)))
    assert dose(np.array(2 * YEAR)) > 1.3 * np.interp(2 * YEAR, np.arange(len(quiet)), quiet)
    assert abs(len(deaths) - 1000 * share) < 4 * np.sqrt(1000 * share * (1 - share))
    assert len(deaths) > 100
    assert kstest(dead(deaths.time_days) / share, "uniform").pvalue > KS_LEVEL


def test_latch_up_destroys_at_its_rate(fleet, checked_run, environment):
    effects = {
        "latch_up": {"rad_per_event": 500, "recovery": "none"},
        "interrupt": {"rad_per_event": 100, "escalation": 0.2, "recovery": "reboot"},
        "board": {"rad_per_event": 1000, "target": "host", "recovery": "none", "harmful_fraction": 0.5},
    }
    scenario = fleet(slots=50, gpus=20, days=YEAR, shell=POLAR, radiation=radiation(effects))
    rad = environment(scenario).radiation
    yearly = dict(zip(scenario.radiation.active, rad.trapped_per_day(0)[:, : int(YEAR)].sum(axis=1), strict=True))
    log = checked_run(scenario).events
    first = log.where(EventKind.GPU_FAILED, EventKind.GROUP_FAILED)
    lost = {scenario.cause_name(c): first.amount[first.cause == c] for c in np.unique(first.cause).tolist()}
    chip = yearly["latch_up"] + 0.2 * yearly["interrupt"]
    board = 0.5 * yearly["board"]
    assert -first.gpus.sum() == pytest.approx(
        1000 * -np.expm1(-chip - board), abs=4 * np.sqrt(1000 / 4) + 4 * np.sqrt(250 / 4) * 2
    )
    # Firsts of a chip share as the rates do; a board is struck in any case.
    share = yearly["latch_up"] / chip
    n = len(lost["latch_up"]) + len(lost["interrupt"])
    assert abs(len(lost["latch_up"]) - n * share) < 4 * np.sqrt(n * share * (1 - share))
    boards = -np.expm1(-board)
    assert abs(len(lost["board"]) - 250 * boards) < 4 * np.sqrt(250 * boards)


def test_memory_errors_grow_with_dose(fleet, checked_run, environment):
    effects = {"memory_error": {"rad_per_event": 4000, "scales_with_memory": True}, "core": {"rad_per_event": 4000}}
    scenario = fleet(
        slots=2,
        gpus=50,
        days=YEAR,
        shell={**POLAR, "altitude_km": 1500},
        jobs=[job(100)],
        radiation=radiation(
            effects, wear={"memory_onset_krad": 1, "memory_growth_per_krad": 2, "end_median_krad": 1e9}
        ),
    )
    daily = environment(scenario).radiation.rad_per_day(0)[: int(YEAR)]
    krad = np.cumsum(daily) / 1000
    growth = float((1 + 2 * np.maximum(krad - 1, 0)).mean())
    assert growth > 1.5
    total = {"memory_error": 0.0, "core": 0.0}
    for replicate in range(4):
        for name, amount in counts(checked_run(scenario, replicate=replicate)).items():
            total[name] += amount
    error = growth * np.sqrt(1 / total["core"] + 1 / total["memory_error"])
    assert abs(total["memory_error"] / total["core"] - growth) < 4 * error + 0.01 * growth


def test_mitigations_do_what_they_say(fleet, checked_run):
    effects = {
        "memory_error": {"rad_per_event": 44},
        "latch_up": {"rad_per_event": 2000, "recovery": "none"},
        "silent": {"rad_per_event": 17, "recovery": "late", "harmful_fraction": 0.25},
    }
    measures = {
        "code": {"corrects": {"memory_error": 0.9, "latch_up": 0.5}, "throughput_cost": 0.1},
        "scrubbing": {"corrects": {"memory_error": 0.5}, "detects_silent": 0.6, "throughput_cost": 0.05},
    }
    found, destroyed, done = [], [], []
    for mitigations in ({}, measures):
        scenario = fleet(
            slots=10,
            gpus=20,
            days=YEAR,
            shell=POLAR,
            jobs=[job(60)],
            radiation=radiation(effects, mitigations=mitigations, detection_delay_h=0),
        )
        runs = [checked_run(scenario, replicate=replicate) for replicate in range(6)]
        found.append({name: sum(counts(run)[name] for run in runs) for name in ("memory_error", "silent")})
        destroyed.append(sum(run.events.count(EventKind.GPU_FAILED) for run in runs))
        done.append([run.events.total(EventKind.SLOWED) / (60 * 24 * YEAR) for run in runs])
    (bare, less), (many, few) = found, destroyed
    for name, factor in (("memory_error", 0.05), ("silent", 0.4)):
        ratio = less[name] / bare[name]
        assert abs(ratio - factor) < 4 * ratio * np.sqrt(1 / less[name] + 1 / bare[name]), name
    # Of 1200 chips, in a year; the same luck, so fewer of the same.
    assert abs(np.log1p(-few / 1200) / np.log1p(-many / 1200) - 0.5) < 4 * 0.5 * np.sqrt(1 / few + 1 / many)
    assert max(done[0]) < 1e-9
    assert np.mean(done[1]) == pytest.approx(1 - 0.9 * 0.95, abs=0.01)


@pytest.mark.parametrize(("write", "restart"), [(0.1, 1.0), (0.1, 2.0), (0.2, 2.0)])
def test_a_gang_that_meets_its_passes_together_loses_less(fleet, checked_run, environment, write, restart):
    # An error every 9.4 minutes, as raw memory errors of 16,384 chips at 650 km.  With checkpoints at Daly's optimum,
    # written in seconds, a gang loses 21-36 % where they come evenly and 11-15 % where they come in passes [C].
    minutes, days, chips = 9.4, 60, 64
    per_day, lost = 1440 / minutes, {}

    def made(formation, rad_per_event, interval="exact"):
        even = formation == "even"
        interruption = {"errors": {"rate_per_year": per_day * YEAR, "per": "job"}} if even else {}
        return fleet(
            slots=32,
            gpus=2,
            days=days,
            shell={**POLAR, "formation": "cluster" if even else formation},
            jobs=[
                {
                    "gpus": chips,
                    "checkpoint_block_s": 60 * write,
                    "checkpoint_durable_s": 60 * write,
                    "restart_min": restart,
                    "checkpoint_interval_min": interval,
                }
            ],
            radiation=radiation({} if even else {"memory_error": {"rad_per_event": rad_per_event}}),
            reliability={"interruptions": interruption},
        )

    def rate(scenario):
        return sum(environment(scenario).gangs.per_day(0, scenario.workload.jobs[0]).values())

    for formation in ("cluster", "spaced", "even"):
        scenario = made(formation, 1.0)
        if formation != "even":
            scenario = made(formation, rate(scenario) / per_day)
        assert rate(scenario) == pytest.approx(per_day)
        log = checked_run(scenario).events
        expected = per_day * days
        assert abs(log.total(EventKind.SOFT_INTERRUPTED) - expected) < 4 * np.sqrt(expected)
        lost[formation] = 1 - log.total(EventKind.COMMITTED) / (chips * days * 24)
    tau = optimum_interval(minutes, write)
    daly = 1 - tau / (minutes * np.exp(restart / minutes) * np.expm1((tau + write) / minutes))
    # 9,000 events: a hundredth of what they cost is its standard error.
    assert lost["even"] == pytest.approx(daly, rel=0.04)
    assert lost["cluster"] < lost["spaced"] < lost["even"]
    assert 0.21 < lost["even"] < 0.36
    # The days of the year and the events differ from those of the reference: a twentieth of the loss.
    assert 0.11 * 0.95 < lost["cluster"] < 0.15 * 1.05
    # With the interval that is best for passes it loses a third less: nothing is gained in a pass anyway.
    best = checked_run(made("cluster", rate(made("cluster", 1.0)) / per_day, "optimum")).events
    assert 1 - best.total(EventKind.COMMITTED) / (chips * days * 24) < 0.75 * lost["cluster"]


def test_silent_corruption_rolls_back_its_delay_and_half_an_interval(fleet, checked_run):
    # From a corruption to its detection D all work is void, and what was done since the checkpoint before it.  Of a
    # cycle tau + w the share tau / (tau + w) is work, and at a random moment (tau^2 / 2 + tau w) / (tau + w) of it is
    # not written: the checkpoint under way is corrupt as well.
    tau, write, delay = 60.0, 5.0, 180.0
    lost = events = 0.0
    for replicate in range(6):
        scenario = fleet(
            slots=2,
            gpus=8,
            days=4 * YEAR,
            shell=POLAR,
            jobs=[
                {
                    "gpus": 16,
                    "checkpoint_interval_min": tau,
                    "checkpoint_block_s": 60 * write,
                    "checkpoint_durable_s": 60 * write,
                    "restart_min": 0,
                }
            ],
            # Rare, some ten a year, so that hardly any two overlap.
            radiation=radiation(
                {"silent": {"rad_per_event": 280, "recovery": "late"}}, detection_delay_h=delay / 60, trapped_factor=1
            ),
        )
        result = checked_run(scenario, replicate=replicate)
        events += counts(result)["silent"]
        lost += result.events.total(EventKind.LOST) / 16 * 60
    mean = (delay * tau + tau**2 / 2 + tau * write) / (tau + write)
    assert mean == pytest.approx(delay + tau / 2, rel=0.07)
    # Uniform over an interval, so tau / sqrt(12) each; two that overlap, some per cent, lose the second's part.
    assert events > 100
    assert abs(lost / events - mean) < 4 * tau / np.sqrt(12 * events) + 0.02 * mean


def test_late_detection_costs_more_than_early(fleet, checked_run):
    useful = []
    for delay in (0, 1, 12):
        scenario = fleet(
            slots=2,
            gpus=8,
            days=YEAR,
            shell=POLAR,
            jobs=[job(16)],
            radiation=radiation({"silent": {"rad_per_event": 50, "recovery": "late"}}, detection_delay_h=delay),
        )
        useful.append(checked_run(scenario).events.total(EventKind.COMMITTED))
    assert useful[0] > useful[1] > useful[2] > 0


def test_two_strategies_that_leave_a_gang_alone_see_the_same_interruptions(fleet, checked_run):
    # The gang's plane is full and untouched; what fails lies in spares that one strategy stores and the other does not.
    scenario = fleet(
        slots=6,
        gpus=4,
        spare_berths=3,
        days=YEAR,
        shell=POLAR,
        jobs=[job(20)],
        radiation=radiation({"memory_error": {"rad_per_event": 44}, "core": {"rad_per_event": 150}}),
        reliability={"interruptions": {"software": {"rate_per_year": 30, "per": "job"}}},
        strategies={"on_orbit_spares": {"spares_per_plane": 3}},
    )
    rows = []
    for strategy in ("run_to_failure", "replace_on_failure", "on_orbit_spares"):
        log = checked_run(scenario, strategy).events.where(EventKind.SOFT_INTERRUPTED)
        rows.append([log.time_days.tolist(), log.cause.tolist(), log.amount.tolist()])
    assert len(rows[0][0]) > 20
    assert rows[0] == rows[1] == rows[2]
