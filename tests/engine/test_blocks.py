"""Fleets walked in blocks: the same lives as in the exact engine, the same rules, nothing lost or doubled."""

import numpy as np
import pytest
import simpy

from sim.berths import BerthState, berths_where
from sim.engine import simulate
from sim.engine.block.ageing import Ages
from sim.engine.block.arrivals import match
from sim.engine.block.block_log import BlockLog
from sim.engine.block.calendar import SPAN, Calendar
from sim.engine.block.simulation import Walk
from sim.engine.hazards import hazards_of
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.events import ENDS, NONE, STARTS, Cause, EventKind
from sim.metrics import measure
from sim.scenario import load
from sim.streams import Streams

SHELL = (
    "constellation.shells.0.planes=3",
    "constellation.shells.0.satellites_per_plane=20",
    "constellation.spare_berths_per_plane=4",
    "satellite.gpus=16",
    "satellite.mass_kg=740",
    "workload.jobs=[]",
    "mission.years=6",
    "deployment={kind: in_place}",
    "launch.flights_per_opportunity=20",
)


def run(strategy, mode="block", *settings, extra=(), replicate=0):
    scenario = load("baseline", *extra, set_=[*SHELL, *settings, f"simulation.mode={mode}"])
    return simulate(scenario, Environment.build(scenario), strategy, 3, replicate)


@pytest.fixture(scope="module")
def both():
    return {mode: run("run_to_failure", mode, extra=("overlays/rack",)) for mode in ("exact", "block")}


def test_the_same_satellites_end_on_the_same_days_as_in_the_exact_engine(both):
    exact, block = (both[mode].events.where(*ENDS) for mode in ("exact", "block"))
    assert len(exact) == len(block) > 40
    first, second = (np.lexsort((one.time_days, one.satellite)) for one in (exact, block))
    assert np.array_equal(exact.satellite[first], block.satellite[second])
    assert np.array_equal(exact.cause[first], block.cause[second])
    # A day comes out within a tenth, and what ends in the block of its birth is found in the next.
    assert np.abs(exact.time_days[first] - block.time_days[second]).max() < 1.1


def test_the_same_gpus_die_of_the_same_causes(both):
    def dead(log):
        rows = log.where(EventKind.GPU_FAILED, EventKind.GROUP_FAILED)
        single = rows.kind == EventKind.GPU_FAILED
        gpus = np.where(single, np.maximum(rows.amount, 1), -rows.gpus)
        return np.bincount(rows.cause, gpus, minlength=256)

    exact, block = dead(both["exact"].events), dead(both["block"].events)
    assert exact.sum() > 200
    # One that two causes reach on one day may be put down to the other.
    assert np.abs(exact - block).max() <= 3


def test_metrics_of_a_fleet_that_nobody_touches_agree(both):
    exact, block = (measure(both[mode]) for mode in ("exact", "block"))
    for name in ("compute_availability", "satellite_availability", "total_cost_usd", "online_gpu_hours"):
        assert block[name] == pytest.approx(exact[name], rel=2e-3), name
    assert block["bus_failures"] == exact["bus_failures"]


@pytest.mark.parametrize("strategy", ["scheduled_batch", "on_orbit_spares", "replace_on_failure", "batch"])
def test_nothing_is_lost_or_doubled(strategy):
    log = run(strategy).events
    assert (np.diff(log.time_days) >= 0).all()
    flown = log.amount[log.kind == EventKind.LAUNCHED].sum()
    lost = log.amount[log.kind == EventKind.LAUNCH_FAILED].sum()
    came = log.count(EventKind.DELIVERED) + log.count(EventKind.STORED)
    assert came <= flown - lost <= came + 60  # some are on their way at the end
    arrived = log.satellite[np.isin(log.kind, (EventKind.DELIVERED, EventKind.STORED))]
    ended = log.satellite[np.isin(log.kind, ENDS)]
    assert len(np.unique(arrived)) == len(arrived)
    assert len(np.unique(ended)) == len(ended)
    assert np.isin(ended, arrived).all()
    working = np.cumsum(log.satellites)
    assert working.max() <= 60
    assert working.min() >= 0
    # GPUs at work at the end are those of the satellites at work, less those that died aboard.
    alive = int(log.gpus.sum())
    dead = log.amount[log.kind == EventKind.DEAD_ABOARD].sum()
    started = log.satellite[np.isin(log.kind, STARTS)]
    left = len(np.setdiff1d(started, ended))
    assert left == working[-1]
    assert left * 16 - dead <= alive <= left * 16


def test_a_spare_ages_slowly_until_it_is_woken_and_takes_its_luck_along():
    log = run("on_orbit_spares").events
    sent, placed = log.where(EventKind.ACTIVATED), log.where(EventKind.PLACED)
    assert len(sent) > 5
    assert np.isin(placed.satellite, sent.satellite).all()
    ends = log.where(*ENDS)
    placed_day = dict(zip(placed.satellite.tolist(), placed.time_days.tolist(), strict=True))
    for satellite, day in zip(ends.satellite.tolist(), ends.time_days.tolist(), strict=True):
        assert day >= placed_day.get(satellite, 0.0)


def test_what_died_in_store_dies_once():
    # Spares lose as many GPUs as satellites at work do.
    heavy = (
        "reliability.gpu={kind: exponential, rate_per_year: 0.3}",
        "reliability.bus={kind: exponential, rate_per_year: 0.1}",
        "reliability.dormancy_factor=1",
    )
    exact, block = (run("on_orbit_spares", mode, *heavy) for mode in ("exact", "block"))
    assert exact.events.count(EventKind.ACTIVATED) > 8
    failures = [measure(one)["gpu_failures"] for one in (exact, block)]
    assert failures[1] == pytest.approx(failures[0], rel=0.03)


def test_results_do_not_depend_on_what_ran_before():
    assert measure(run("scheduled_batch")) == pytest.approx(measure(run("scheduled_batch")), nan_ok=True)


def test_longer_blocks_change_little():
    fine, long = (measure(run("scheduled_batch", "block", f"simulation.block_days={days}")) for days in (1, 5))
    assert long["compute_availability"] == pytest.approx(fine["compute_availability"], abs=0.01)


def test_shocks_stop_the_fleet_and_end_satellites():
    shock = "{kind: shock, scope: fleet, rate_per_year: 1, satellite_lethality: 0.2, outage_hours: 240}"
    log = run("run_to_failure", "block", f"reliability.common_causes={{flare: {shock}}}").events
    cause = load("baseline", set_=[*SHELL, f"reliability.common_causes={{flare: {shock}}}"]).cause_numbers["flare"]
    assert np.count_nonzero((log.kind == EventKind.BUS_FAILED) & (log.cause == cause)) > 5
    still = log.where(EventKind.STOOD_STILL)
    assert len(still) >= 3
    online = log.where(EventKind.ONLINE)
    day = still.time_days[0]
    inside = (online.time_days > day + 1) & (online.time_days < day + 8)
    assert (online.amount[inside] == 0).all()


def test_training_and_serving_fill_the_waterfall():
    scenario = load("spacex_ai1", set_=["simulation.mode=block", "mission.years=3"])
    values = measure(simulate(scenario, Environment.build(scenario), "scheduled_batch", 1, 0))
    assert values["useful_gpu_hours"] > 0.5 * values["online_gpu_hours"]
    assert values["tokens_served"] > 0
    assert values["restart_gpu_hours"] > 0
    exact = load("spacex_ai1", set_=["mission.years=3"])
    other = measure(simulate(exact, Environment.build(exact), "scheduled_batch", 1, 0))
    assert values["useful_gpu_hours"] / values["online_gpu_hours"] == pytest.approx(
        other["useful_gpu_hours"] / other["online_gpu_hours"], rel=0.05
    )
    # Training alone, in tokens, whose share of all is small here.
    assert values["tokens"] == pytest.approx(other["tokens"], rel=0.08)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        (["satellite.spare_gpus=2"], "satellite.spare_gpus"),
        (["launch.pads={count: 1, days: 3}"], "launch.pads"),
    ],
)
def test_what_blocks_do_not_know_is_refused_by_name(settings, path):
    with pytest.raises(ScenarioError, match=path):
        run("run_to_failure", "block", *settings)


# Its parts


def test_gpus_at_work_by_plane_and_birth_add_up_to_those_of_the_satellites_at_work():
    scenario = load("baseline", set_=[*SHELL, "simulation.mode=block", "constellation.spares.mode=hot"])
    strategy = scenario.strategy_named("on_orbit_spares")
    walk = Walk(scenario, Environment.build(scenario), strategy, "on_orbit_spares", Streams(3, 0))
    env = simpy.Environment()
    env.process(walk.fleet_life(env))
    env.run()
    fleet = walk.fleet
    working = np.flatnonzero(fleet.state == int(BerthState.WORKING))
    failed = walk.log.where(EventKind.GPU_FAILED)
    assert (failed.amount > -failed.gpus).any()  # GPUs die in store too
    at_work = np.bincount(fleet.plane_of[working], fleet.gpus_alive[working], minlength=3)
    assert walk.population.online.alive.tolist() == at_work.tolist()


def test_a_calendar_gives_each_row_once_in_its_block():
    stream = np.random.default_rng(1)
    calendar, due = Calendar(100), []
    for at in range(100):
        for _ in range(3):
            blocks = stream.integers(at, 130, 20)
            names = np.arange(len(due), len(due) + 20)
            calendar.add(blocks, names.astype(np.int32))
            due += blocks.tolist()
        found = calendar.at(at)
        got = sorted([] if found is None else found[0].tolist())
        assert got == [name for name, block in enumerate(due) if block == at]
    assert SPAN < 100  # more than one span was walked


def test_ages_of_a_table_are_those_of_the_law():
    scenario = load("spacex_ai1")
    for hazard in hazards_of(scenario):
        if hazard.clock not in ("calendar", "stress"):
            continue
        ages = Ages(hazard, 4000.0)
        wanted = np.geomspace(0.01, 3900.0, 200)
        total = np.asarray(hazard.law.cumulative_hazard(wanted))
        some = total > 1e-12
        assert ages.at(total[some]) == pytest.approx(wanted[some], abs=0.1)
        assert ages.hazard_at(wanted) == pytest.approx(total, rel=1e-3, abs=1e-9)


def test_each_takes_the_next_free_place_of_its_plane():
    wanted, there = np.array([0, 0, 2, 2, 2], np.int32), np.array([0, 1, 2, 2], np.int32)
    assert match(wanted, there).tolist() == [0, NONE, 2, 3, NONE]


def test_a_log_puts_the_rows_of_a_month_in_order():
    log = BlockLog()
    log.extend(2, time_days=np.array([5.0, 1.0]), kind=EventKind.STORM, amount=np.array([2.0, 3.0]))
    log.append(3.0, EventKind.ORDERED, plane=4, cause=Cause.LOSS)
    log.close_month()
    log.append(31.0, EventKind.STORM)
    found = log.where(EventKind.STORM, EventKind.ORDERED)
    assert found.time_days.tolist() == [1.0, 3.0, 5.0, 31.0]
    assert found.plane.tolist() == [NONE, 4, NONE, NONE]
    assert log.where(EventKind.ORDERED).time_days.tolist() == [3.0]
    log.append(2.0, EventKind.STORM, amount=7.0)
    assert log.finish().amount.tolist() == [3.0, 7.0, 0.0, 2.0, 0.0]


def test_rows_past_the_end_of_a_month_wait_for_the_next():
    log = BlockLog()
    log.extend(3, time_days=np.array([29.0, 31.0, 5.0]), kind=EventKind.STORM, amount=np.array([2.0, 3.0, 1.0]))
    log.close_month(30.0)
    log.append(30.5, EventKind.STORM, amount=9.0)
    log.close_month(60.0)
    assert log.finish().amount.tolist() == [1.0, 2.0, 9.0, 3.0]


def test_berths_are_found_where_few_of_many_are_meant_and_where_many_are():
    for count, step in ((8_003, 997), (8_003, 3), (5, 1), (64, 1000)):
        there = np.zeros(count, bool)
        there[count - 1 :: -step] = True
        assert berths_where(there).tolist() == np.flatnonzero(there).tolist()


def test_satellites_and_gpus_that_fail_in_the_block_of_their_arrival_do_not_live_for_ever():
    early = "{kind: weibull, shape: 0.2, scale_years: 200}"  # a tenth of all failures within hours of arrival
    settings = [
        f"reliability.bus={early}",
        f"reliability.gpu={early}",
        "reliability.groups={}",
        "deployment={kind: launched, first_launch_day: 0, interval_days: 30}",
        "launch.slip_days={kind: constant, days: 0}",
        "launch.vehicle.success_probability=1",
        "mission.years=1",
    ]
    exact, block = (run("run_to_failure", mode, *settings).events for mode in ("exact", "block"))
    assert len(exact.where(EventKind.BUS_FAILED)) == len(block.where(EventKind.BUS_FAILED)) > 5
    dead = [-log.gpus[np.isin(log.kind, [EventKind.GPU_FAILED])].sum() for log in (exact, block)]
    assert dead[1] == pytest.approx(dead[0], rel=0.02)


def test_what_fails_on_the_first_day_is_ordered_after_it_has_failed():
    early = "{kind: weibull, shape: 0.2, scale_years: 200}"
    log = run("replace_on_failure", "block", f"reliability.bus={early}", "mission.years=1").events
    failed, ordered = (np.flatnonzero(log.kind == kind) for kind in (EventKind.BUS_FAILED, EventKind.ORDERED))
    assert log.time_days[failed[0]] < 1
    assert log.time_days[ordered[0]] == log.time_days[failed[0]]  # at once, as in the exact engine
    assert ordered[0] > failed[0]
