"""What strikes many at once: bad lots, shocks, breakups, and the formation that stands off from its dead."""

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from sim.engine.hazards import hazards_of
from sim.engine.weather import Weather
from sim.events import Cause, EventKind
from sim.metrics.series import online_capacity
from sim.streams import Streams

KS_LEVEL = 1e-3
YEAR = 365.25


def constant(per_year):
    return {"kind": "exponential", "rate_per_year": per_year}


def struck(fleet, cause, **more):
    """A fleet that one common cause strikes, and nothing else."""
    return fleet(reliability={"common_causes": {"it": cause}, **more.pop("reliability", {})}, **more)


def failures(result, kind):
    log = result.events.where(kind)
    assert {result.scenario.cause_name(number) for number in log.cause.tolist()} <= {"it"}
    return log


def integral(result):
    """GPU-days online."""
    times, online = online_capacity(result)
    return float((online * np.diff(times, append=result.horizon_days)).sum())


# Bad lots


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_the_satellites_of_a_lot_share_its_fate(fleet, checked_run, probability):
    batch = {"kind": "batch", "lot_satellites": 5, "probability": probability, "law": constant(2)}
    lots = bad = failed = 0
    for replicate in range(10):
        scenario = struck(fleet, batch, slots=50, gpus=20, days=YEAR)
        log = failures(checked_run(scenario, replicate=replicate), EventKind.GPU_FAILED)
        per_satellite = np.bincount(log.berth, minlength=50).reshape(10, 5)
        # A bad satellite keeps one of its 20 GPUs or more with probability .95; that all live has e^-40.
        some = per_satellite > 0
        assert np.all(some.all(axis=1) == some.any(axis=1))
        lots, bad, failed = lots + 10, bad + some.all(axis=1).sum(), failed + len(log)
    assert abs(bad - lots * probability) <= 4 * np.sqrt(lots * probability * (1 - probability))
    share = -np.expm1(-2.0)
    assert abs(failed - bad * 100 * share) <= 4 * np.sqrt(bad * 100 * share * (1 - share))


def test_successors_come_from_lots_of_their_own(fleet, checked_run):
    batch = {"kind": "batch", "lot_satellites": 4, "probability": 0.5, "law": constant(50)}
    pairs = []
    for replicate in range(10):
        scenario = struck(fleet, batch, slots=40, gpus=10, days=YEAR, bus=constant(4), lead=1)
        log = checked_run(scenario, "replace_on_failure", replicate=replicate).events
        born = {}
        arrived = log.where(EventKind.DELIVERED)
        columns = arrived.berth, arrived.time_days, arrived.satellite
        for berth, day, serial in zip(*(column.tolist() for column in columns), strict=True):
            born.setdefault(berth, []).append((day, serial))
        dead = set(log.where(EventKind.GPU_FAILED).satellite.tolist())
        ended = log.where(EventKind.BUS_FAILED)
        end = dict(zip(ended.satellite.tolist(), ended.time_days.tolist(), strict=True))
        # Lived long enough for a bad lot to show: ten GPUs at 50 a year.
        for first, second, *_ in (lives for lives in born.values() if len(lives) > 1):
            if all(end.get(serial, YEAR) - day > 10 for day, serial in (first, second)):
                pairs.append((first[1] in dead, second[1] in dead))
    table = np.zeros((2, 2))
    for one, other in pairs:
        table[int(one), int(other)] += 1
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    assert len(pairs) > 100
    # Lots of 4 weigh as one: a quarter of the chi-square that independent pairs would give.
    expected = np.outer(rows, columns) / len(pairs)
    assert ((table - expected) ** 2 / expected).sum() / 4 < 10.8  # chi-square of 1 degree at 1e-3


def test_a_defect_shows_after_its_onset(fleet, checked_run):
    late = {"kind": "delayed_onset", "onset_years": 0.5, "rate_per_year": 1.5}
    batch = {"kind": "batch", "lot_satellites": 4, "probability": 1, "law": late}
    log = failures(checked_run(struck(fleet, batch, slots=40, gpus=25, days=YEAR)), EventKind.GPU_FAILED)
    assert log.time_days.min() > 0.5 * YEAR
    share = -np.expm1(-0.75)
    assert abs(len(log) - 1000 * share) < 4 * np.sqrt(1000 * share * (1 - share))
    assert kstest(-np.expm1(-1.5 * (log.time_days / YEAR - 0.5)) / share, "uniform").pvalue > KS_LEVEL


# Shocks

PLANES = {"planes": 4}
SHOCKS = {"fleet": 1, "plane": 4, "satellite": 40}  # how many are struck apart, in 4 planes of 10


@pytest.mark.parametrize("scope", SHOCKS)
def test_a_shock_kills_each_gpu_on_its_own(fleet, checked_run, scope):
    shock = {"kind": "shock", "scope": scope, "rate_per_year": 2, "gpu_lethality": 0.1}
    lost, shocks, together = 0, 0, []
    for replicate in range(15):
        scenario = struck(fleet, shock, slots=10, gpus=20, days=YEAR, shell=PLANES)
        log = failures(checked_run(scenario, replicate=replicate), EventKind.GROUP_FAILED)
        lost += int(log.amount.sum())
        days, where = np.unique(log.time_days, return_inverse=True)
        shocks += len(days)
        together += [(len(np.unique(log.plane[where == k])), np.count_nonzero(where == k)) for k in range(len(days))]
    # A GPU lives if none of Poisson(2) shocks kills it.
    total = 15 * 800
    expected = -np.expm1(-2 * 0.1)
    # All struck together share the number of shocks: its scatter, not theirs, sets the error.
    apart = SHOCKS[scope] * 15
    each = np.exp(-2 * 0.1 * 2) * np.expm1(2 * 0.1**2) + expected * (1 - expected) * apart / total
    assert abs(lost / total - expected) < 4 * np.sqrt(each / apart)
    # Nearly every shock of this size kills somebody: 20 GPUs or more at .1 each.
    silent = 0.9**20 if scope == "satellite" else 0.0
    assert abs(shocks - 2 * apart * (1 - silent)) < 4 * np.sqrt(2 * apart) + 0.25 * 2 * apart * (scope == "satellite")
    planes, satellites = np.array(together).T
    assert planes.max() == (4 if scope == "fleet" else 1)
    assert satellites.max() > {"fleet": 30, "plane": 7, "satellite": 0}[scope]
    assert scope != "satellite" or satellites.max() == 1


@pytest.mark.parametrize("scope", SHOCKS)
def test_a_shock_kills_each_satellite_on_its_own(fleet, checked_run, scope):
    shock = {"kind": "shock", "scope": scope, "rate_per_year": 3, "satellite_lethality": 0.2}
    per_berth, days = np.zeros(40), []
    for replicate in range(15):
        scenario = struck(fleet, shock, slots=10, days=YEAR, shell=PLANES)
        log = failures(checked_run(scenario, replicate=replicate), EventKind.BUS_FAILED)
        per_berth += np.bincount(log.berth, minlength=40)
        days += log.time_days.tolist()
    expected = -np.expm1(-3 * 0.2)
    apart = SHOCKS[scope] * 15
    each = np.exp(-2 * 3 * 0.2) * np.expm1(3 * 0.2**2) + expected * (1 - expected) * apart / 600
    assert abs(per_berth.sum() / 600 - expected) < 4 * np.sqrt(each / apart)
    # No berth is struck more than another.
    if scope == "satellite":
        assert chisquare(per_berth).pvalue > KS_LEVEL
        assert kstest(-np.expm1(-0.6 / YEAR * np.array(days)) / expected, "uniform").pvalue > KS_LEVEL


@pytest.mark.parametrize("kind", ["gpu_lethality", "satellite_lethality"])
def test_a_certain_kill_spares_nobody(fleet, checked_run, kind):
    shock = {"kind": "shock", "scope": "plane", "rate_per_year": 3, kind: 1}
    result = checked_run(struck(fleet, shock, slots=10, gpus=5, days=3 * YEAR, shell=PLANES))
    log = result.events.where(EventKind.GROUP_FAILED, EventKind.BUS_FAILED)
    assert log.gpus.sum() == -200
    assert len(np.unique(log.time_days)) == 4


def test_an_outage_takes_a_plane_offline_and_stops_its_gangs(fleet, checked_run):
    shock = {"kind": "shock", "scope": "plane", "rate_per_year": 12, "outage_hours": 36}
    scenario = struck(fleet, shock, slots=10, gpus=5, days=YEAR, shell=PLANES, jobs=[{"gpus": 50, "count": 4}])
    result = checked_run(scenario)
    still = failures(result, EventKind.STOOD_STILL)
    assert abs(len(still) - 48) < 4 * np.sqrt(48)
    assert np.all(still.amount == 1.5)
    times, online = online_capacity(result)
    dark = 0.0
    for plane in range(4):
        edges = [(d, min(d + 1.5, YEAR)) for d, p in zip(still.time_days, still.plane, strict=True) if p == plane]
        until = -np.inf
        for begin, end in edges:  # overlapping outages are one
            dark += max(0.0, end - max(begin, until))
            until = max(until, end)
    assert (200 * YEAR - integral(result)) / 50 == pytest.approx(dark, rel=1e-9)
    # Gangs lose what was not committed and wait out the outage where they are.
    log = result.events
    assert log.total(EventKind.PAUSED) == pytest.approx(dark * 24 * 50, rel=1e-6)
    assert np.count_nonzero(log.where(EventKind.LOST).amount) > 40
    assert online.min() <= 150
    assert times[0] == 0


def test_shocks_of_the_first_years_do_not_depend_on_the_horizon(fleet, checked_run):
    shock = {"kind": "shock", "scope": "fleet", "rate_per_year": 20, "gpu_lethality": 0.02}
    rows = []
    for days in (300, 900):
        log = checked_run(struck(fleet, shock, slots=20, gpus=20, days=days)).events.where(EventKind.GROUP_FAILED)
        early = log.time_days < 300
        rows.append(list(zip(log.time_days[early], log.berth[early], log.amount[early], strict=True)))
    assert len(rows[0]) > 50
    assert rows[0] == rows[1]


# Breakups and formations


def test_a_breakup_raises_hits_while_it_lasts(fleet, checked_run, environment):
    factor, duration, at_risk, hits = 40.0, 100.0, np.zeros(2), np.zeros(2)
    for replicate in range(20):
        event = {"kind": "debris_event", "rate_per_year": 1, "flux_factor": factor, "duration_days": duration}
        scenario = struck(fleet, event, slots=200, days=2 * YEAR, satellite={"propulsion": {"vulnerable_area_m2": 5e3}})
        rate = float(environment(scenario).keeping.collisions_per_year[0]) / YEAR
        log = checked_run(scenario, replicate=replicate).events.where(EventKind.BUS_FAILED)
        assert set(log.cause.tolist()) <= {Cause.DEBRIS}
        weather = Weather(scenario, environment(scenario), Streams(1, replicate))
        clock = weather.clock(next(one for one in hazards_of(scenario) if one.clock == "collisions"), 0, 0, 0.0)
        level = np.diff(clock.total) / np.diff(clock.days)
        assert set(np.round((level - 1) / (factor - 1), 9)) <= {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}
        # Satellite-days at risk, and hits, in usual days and under breakups.
        edges = clock.days
        for k, raised in enumerate(level > 1.5):
            inside = (log.time_days > edges[k]) & (log.time_days <= edges[k + 1])
            left = 200 - np.searchsorted(log.time_days, edges[k], side="right")
            lived = (left - inside.sum()) * (edges[k + 1] - edges[k]) + (log.time_days[inside] - edges[k]).sum()
            at_risk[int(raised)] += lived * level[k]
            hits[int(raised)] += inside.sum()
    expected = at_risk * rate
    assert np.all(expected > 50)
    assert np.all(np.abs(hits - expected) < 4 * np.sqrt(expected))


@pytest.mark.parametrize("formation", ["cluster", "spaced"])
def test_a_formation_stands_off_from_its_dead(fleet, checked_run, formation):
    shell = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6, "formation": formation}
    scenario = fleet(
        slots=20,
        gpus=2,
        days=YEAR,
        bus=constant(0.5),
        shell=shell,
        reliability={"stand_off_hours": 48},
        jobs=[{"gpus": 4}],
    )
    result = checked_run(scenario)
    log = result.events
    dead, still = log.where(EventKind.BUS_FAILED), log.where(EventKind.STOOD_STILL)
    assert len(dead) > 3
    if formation == "spaced":
        assert len(still) == 0
        return
    assert set(still.cause.tolist()) == {Cause.STAND_OFF}
    assert still.time_days.tolist() == dead.time_days.tolist()
    times, online = online_capacity(result)
    off = sum((times[k + 1] if k + 1 < len(times) else YEAR) - times[k] for k in range(len(times)) if online[k] == 0)
    ends = still.time_days + 2
    union = np.minimum(np.minimum(ends, np.append(still.time_days[1:], np.inf)), YEAR) - still.time_days
    assert off == pytest.approx(union.sum())
