"""Losses by cause, against logs whose story is written by hand."""

from __future__ import annotations

import time
from dataclasses import replace

import netCDF4
import numpy as np
import pytest

from sim import experiment
from sim.engine import simulate
from sim.environment import Environment
from sim.events import Cause, EventKind, EventLog, EventRecorder
from sim.metrics import daily_series, loss_by_cause, missing_capacity
from sim.metrics.causes import ABSENT, DARK
from sim.result import Controls, Result

DAYS = 100.0
SECONDS = 3.0
"""Of processor time for a million rows: .4 on a 2-core machine of 2026, where a loop over the rows takes 6."""
K = EventKind


def written(scenario, *rows: tuple[float, EventKind, dict]) -> Result:
    """A run with this log: (day, kind, columns), beside satellites that are there from day 0 on."""
    log = EventRecorder()
    slots = sum(shell.satellites_per_plane for shell in scenario.constellation.shells)
    for slot in range(slots):
        about = {"cause": Cause.DEPLOYMENT, "plane": 0, "berth": slot, "satellite": slot}
        log.append(0, K.LAUNCHED, **{**about, "berth": -1}, amount=1)
        log.append(0, K.DELIVERED, **about, satellites=1, gpus=scenario.satellite.gpus)
    for day, kind, columns in rows:
        log.append(day, kind, plane=0, **columns)
    environment = Environment.build(scenario)
    events: EventLog = log.finish()
    none = Controls((), np.zeros(0), np.zeros(0))
    capacity, capacity_of = environment.capacities(events)
    built = environment.parts, environment.rooms, environment.job_counts
    return Result(scenario, "test", 1, 0, (slots,), capacity, capacity_of, events, none, *built)


def sum_with_online(result: Result) -> np.ndarray:
    return sum(missing_capacity(result).values()) + daily_series(result)["online_fraction"]


@pytest.fixture
def four(fleet):
    """Four satellites of ten GPUs for 100 days."""
    return fleet(slots=4, gpus=10, days=DAYS)


def loss(kind, day, cause, satellite, gpus, **more):
    return day, kind, {"cause": cause, "berth": satellite, "satellite": satellite, "gpus": gpus, **more}


def test_what_each_cause_took(four):
    memory = four.cause_numbers["memory_error"]
    found = loss_by_cause(
        written(
            four,
            loss(K.GPU_FAILED, 10, Cause.GPU, 0, -1),
            (10, K.JOB_INTERRUPTED, {"cause": Cause.GPU, "job": 0, "amount": 40}),
            (10, K.LOST, {"cause": Cause.GPU, "job": 0, "amount": 7.5}),
            (20, K.SOFT_INTERRUPTED, {"cause": memory, "job": 0, "amount": 30}),
            (20, K.LOST, {"cause": memory, "job": 0, "amount": 99}),
            loss(K.GROUP_FAILED, 30, Cause.PUNCTURE, 1, -4, amount=4),
            loss(K.BUS_FAILED, 40, Cause.BUS, 0, -9, satellites=-1),
            # A planned end takes nothing, and work lost to nobody is not a loss by a cause.
            loss(K.RETIRED, 50, Cause.REPLACED, 1, -6, satellites=-1),
            (50, K.JOB_INTERRUPTED, {"cause": Cause.REPLACED, "job": 0, "amount": 40}),
            (50, K.LOST, {"cause": Cause.NONE, "job": 0, "amount": 3}),
        )
    )
    assert list(found) == ["bus", "puncture", "gpu", "memory_error"]  # by GPUs, then by interruptions
    assert vars(found["gpu"]) == {
        "interruptions": 1,
        "lost_gpu_hours": 7.5,
        "gpu_failures": 1,
        "gpus_lost": 1,
        "satellites_lost": 0,
    }
    assert (found["memory_error"].interruptions, found["memory_error"].lost_gpu_hours) == (30, 99)
    assert (found["puncture"].gpus_lost, found["puncture"].gpu_failures) == (4, 0)
    assert (found["bus"].gpus_lost, found["bus"].satellites_lost) == (9, 1)


def test_a_gpu_is_missed_until_its_satellite_ends_and_a_slot_until_it_is_filled(four):
    run = written(
        four,
        loss(K.GPU_FAILED, 10, Cause.GPU, 0, -1),
        loss(K.GROUP_FAILED, 20, Cause.PUNCTURE, 0, -4, amount=4),
        loss(K.BUS_FAILED, 40, Cause.BUS, 0, -5, satellites=-1),
        (60, K.LAUNCHED, {"satellite": 4, "amount": 1}),
        (60, K.DELIVERED, {"berth": 0, "satellite": 4, "satellites": 1, "gpus": 10}),
    )
    found = missing_capacity(run)
    day = np.arange(DAYS)
    assert set(found) == {"gpu", "puncture", "bus"}
    assert found["gpu"] == pytest.approx(np.where((day >= 10) & (day < 40), 1 / 40, 0))
    assert found["puncture"] == pytest.approx(np.where((day >= 20) & (day < 40), 4 / 40, 0))
    assert found["bus"] == pytest.approx(np.where((day >= 40) & (day < 60), 10 / 40, 0))
    assert sum_with_online(run) == pytest.approx(np.ones(int(DAYS)))


def test_a_spare_aboard_fills_in_and_its_own_death_is_not_missed(four):
    run = written(
        four,
        # One of two spares dies unseen, the other steps in for the first loss at work; the second loss is missed.
        loss(K.GPU_FAILED, 10, Cause.GPU, 0, 0),
        loss(K.GPU_FAILED, 20, Cause.GPU, 0, -1),
        loss(K.SWITCHED_IN, 20, Cause.GPU, 0, 1, amount=1),
        loss(K.GPU_FAILED, 30.5, Cause.GPU, 0, -1),
    )
    found = missing_capacity(run)
    assert set(found) == {"gpu"}
    assert found["gpu"][:30] == pytest.approx(np.zeros(30))
    assert found["gpu"][30] == pytest.approx(0.5 / 40)
    assert found["gpu"][31:] == pytest.approx(np.full(69, 1 / 40))
    assert sum_with_online(run) == pytest.approx(np.ones(int(DAYS)))


def test_what_died_in_storage_is_missed_from_the_first_day_at_work_on(four):
    stored = {"berth": 4, "satellite": 4}
    run = written(
        four,
        (5, K.LAUNCHED, {"satellite": 4, "amount": 1}),
        (5, K.STORED, stored),
        (10, K.GPU_FAILED, {**stored, "cause": Cause.GPU}),
        (15, K.GROUP_FAILED, {**stored, "cause": Cause.PUNCTURE, "amount": 3}),
        loss(K.BUS_FAILED, 20, Cause.BUS, 2, -10, satellites=-1),
        (30, K.ACTIVATED, {**stored, "amount": 5}),
        # Four are dead, and two of them were in reserve: two are missed, shared out as one to three.
        (35, K.PLACED, {"berth": 2, "satellite": 4, "satellites": 1, "gpus": 8}),
    )
    found = missing_capacity(run)
    day = np.arange(DAYS)
    assert found["bus"] == pytest.approx(np.where((day >= 20) & (day < 35), 10 / 40, 0))
    assert found["gpu"] == pytest.approx(np.where(day >= 35, 0.5 / 40, 0))
    assert found["puncture"] == pytest.approx(np.where(day >= 35, 1.5 / 40, 0))
    assert sum_with_online(run) == pytest.approx(np.ones(int(DAYS)))


def test_a_plane_that_stands_still_is_missed_under_what_stopped_it(four):
    shock = four.cause_numbers["latch_up"]
    run = written(
        four,
        loss(K.BUS_FAILED, 20, Cause.BUS, 0, -10, satellites=-1),
        (40, K.STOOD_STILL, {"cause": Cause.STAND_OFF, "amount": 5}),
        (43, K.STOOD_STILL, {"cause": shock, "amount": 4}),  # two days of it while the plane stands anyway
    )
    found = missing_capacity(run)
    assert set(found) == {"bus", "stand_off", "latch_up"}
    # Three quarters of the fleet are there to stand still, from day 40 to 47; the two days in common count once.
    assert (found["stand_off"] + found["latch_up"])[39:48] == pytest.approx([0] + [0.75] * 7 + [0])
    assert found["latch_up"][45:47] == pytest.approx(0.75)
    assert found["stand_off"][40:43] == pytest.approx(0.75)
    assert sum_with_online(run) == pytest.approx(np.ones(int(DAYS)))


def test_slots_never_filled_and_satellites_in_the_dark_have_names_of_their_own(fleet):
    run = written(fleet(slots=4, gpus=10, days=DAYS, pause=True))
    keep = run.events.berth != 3
    columns = {name: getattr(run.events, name)[keep] for name in run.events.__dataclass_fields__}
    run = replace(run, events=EventLog(**columns))
    found = missing_capacity(run)
    assert found[ABSENT] == pytest.approx(np.full(int(DAYS), 0.25))
    assert set(found) == {ABSENT, DARK}
    assert 0.2 < found[DARK].mean() / 0.75 < 0.45  # a low orbit's share of night
    assert sum_with_online(run) == pytest.approx(np.ones(int(DAYS)))


@pytest.mark.parametrize("strategy", ["run_to_failure", "replace_on_failure", "scheduled_batch"])
def test_shares_and_online_make_one_in_a_fleet_with_everything(fleet, checked_run, strategy):
    often = {"kind": "exponential", "rate_per_year": 0.5}
    software = {"kind": "shock", "scope": "fleet", "rate_per_year": 3, "gpu_lethality": 0.1, "outage_hours": 48}
    scenario = fleet(
        slots=6,
        gpus=8,
        spare_berths=1,
        days=700,
        life_days=500,
        bus=often,
        gpu=often,
        dormancy=0.8,
        lead=40,
        pause=True,
        satellite={"spare_gpus": 2, "gpus_needed": 3},
        reliability={"common_causes": {"software": software}},
    )
    run = checked_run(scenario, strategy, seed=3)
    found = missing_capacity(run)
    assert {"gpu", "software", DARK} <= set(found)
    assert all(share.min() >= 0 and share.max() <= 1 for share in found.values())
    assert sum_with_online(run) == pytest.approx(np.ones(700), abs=1e-9)
    took = loss_by_cause(run)
    log = run.events
    assert took["gpu"].gpu_failures == np.count_nonzero((log.kind == K.GPU_FAILED) & (log.cause == Cause.GPU))
    assert sum(loss.satellites_lost for loss in took.values()) == log.count(K.BUS_FAILED)


def row_by_row(result: Result) -> dict[str, np.ndarray]:
    """GPUs missing in slots by cause, share of nameplate by day, walking the log one row at a time."""
    gpus, log = result.scenario.satellite.gpus, result.events
    slots: dict[int, dict[str, float]] = {}
    dead: dict[int, dict[str, float]] = {}
    placed: set[int] = set()
    days = int(result.horizon_days)
    missing = {ABSENT: np.full(days, float(result.nameplate_gpus))}

    def set_slot(day: float, berth: int, now: dict[str, float]) -> None:
        before = slots.get(berth, {ABSENT: float(gpus)})
        rest = np.clip(np.arange(days) + 1 - day, 0, 1)  # share of each day that is still to come
        for name in before.keys() | now.keys():
            missing[name] = missing.get(name, 0) + (now.get(name, 0.0) - before.get(name, 0.0)) * rest
        slots[berth] = dict(now)

    for row in np.flatnonzero(np.isin(log.kind, [8, 9, 10, 4, 7, 25, 28, 29])):
        kind, serial, berth = K(log.kind[row]), int(log.satellite[row]), int(log.berth[row])
        name, delta, day = result.scenario.cause_name(log.cause[row]), int(log.gpus[row]), float(log.time_days[row])
        mine = dead.setdefault(serial, {})
        if kind in (K.DELIVERED, K.PLACED):
            placed.add(serial)
            all_dead = sum(mine.values())
            dead[serial] = {n: (gpus - delta) * v / all_dead for n, v in mine.items()}
            set_slot(day, berth, dead[serial])
        elif kind in (K.BUS_FAILED, K.RETIRED):
            if log.satellites[row] < 0:
                set_slot(day, berth, {name: float(gpus)})
        elif delta != 0:
            mine[name] = mine.get(name, 0.0) - delta
            set_slot(day, berth, mine)
        elif kind is not K.SWITCHED_IN and serial not in placed:
            mine[name] = mine.get(name, 0.0) + max(float(log.amount[row]), 1.0)
    return {name: share / result.nameplate_gpus for name, share in missing.items()}


def test_missing_capacity_agrees_with_a_walk_through_the_log(fleet):
    weak = {"kind": "exponential", "rate_per_year": 0.7}
    scenario = fleet(
        slots=6,
        gpus=12,
        spare_berths=2,
        days=700,
        life_days=500,
        bus=weak,
        gpu=weak,
        dormancy=0.8,
        lead=40,
        satellite={"spare_gpus": 2, "tray": {"gpus": 4, "gpus_needed": 3}, "gpus_needed": 3},
        reliability={"groups": {"host": {"law": weak, "gpus": 4}}},
        strategies={"on_orbit_spares": {"spares_per_plane": 2, "reorder_point": 1}},
    )
    run = simulate(scenario, Environment.build(scenario), "on_orbit_spares", 5, 0)
    log = run.events
    for kind in (K.TRAY_OFF, K.SWITCHED_IN, K.PLACED, K.GROUP_FAILED, K.RETIRED):
        assert log.count(kind) > 0, kind
    born_short = log.where(K.PLACED).gpus < scenario.satellite.gpus
    assert born_short.any()  # GPUs died in storage
    found, expected = missing_capacity(run), row_by_row(run)
    assert set(found) - {DARK} == {name for name, share in expected.items() if share.max() > 1e-9}
    for name in set(found) - {DARK}:
        assert found[name] == pytest.approx(expected[name], abs=1e-12), name


def test_missing_capacity_of_a_million_rows_takes_seconds(fleet):
    scenario = fleet(slots=4, gpus=10, days=DAYS)
    small = written(
        scenario,
        loss(K.GPU_FAILED, 10, Cause.GPU, 0, -1),
        loss(K.BUS_FAILED, 40, Cause.BUS, 0, -9, satellites=-1),
    )
    copies, rows = 100_000, small.events
    shift = np.repeat(np.arange(copies), len(rows))
    columns = {name: np.tile(getattr(rows, name), copies) for name in rows.__dataclass_fields__}
    columns["berth"] = columns["berth"] + 4 * shift
    columns["satellite"] = columns["satellite"] + 4 * shift
    order = np.argsort(columns["time_days"], kind="stable")
    log = EventLog(**{name: column[order] for name, column in columns.items()})
    big = replace(
        small,
        events=log,
        slots_per_plane=(4 * copies,),
        capacity_of=np.tile(small.capacity_of, copies),
    )
    assert len(log) == 1_000_000
    begin = time.process_time()
    found = missing_capacity(big)
    seconds = time.process_time() - begin
    for name, share in missing_capacity(small).items():
        assert found[name] == pytest.approx(share, abs=1e-12)
    assert seconds < SECONDS


# In a study


OFTEN = {"kind": "exponential", "rate_per_year": 1}


def study_of(scenario, replicates, **more):
    return experiment.run(scenario, strategy="replace_on_failure", seed=2, replicates=replicates, workers=1, **more)


@pytest.fixture
def frail(fleet):
    return fleet(slots=4, gpus=5, days=200, bus=OFTEN, gpu=OFTEN, lead=30)


def test_the_estimates_of_a_study_are_the_means_of_its_logs(frail):
    study = study_of(frail, 5)
    found = study.causes("replace_on_failure")
    each = [loss_by_cause(study.result("replace_on_failure", r)) for r in range(5)]
    for cause, took in found.items():
        for field, estimate in took.items():
            values = [getattr(one[cause], field) if cause in one else 0.0 for one in each]
            assert estimate.mean == estimate.raw_mean == pytest.approx(np.mean(values))
            half = 2.776 * np.std(values, ddof=1) / np.sqrt(5)  # Student's t with four degrees of freedom
            assert estimate.raw_ci_high == pytest.approx(np.mean(values) + half, rel=1e-3)
            assert estimate.n == 5
    assert set(found) == set().union(*each)
    assert found["gpu"]["lost_gpu_hours"].unit == "GPU h"


def test_they_survive_on_disk_and_when_a_study_grows(frail, tmp_path):
    grown = tmp_path / "grown"
    study_of(frail, 2, out=grown)
    study = study_of(frail, 4, out=grown)
    whole = study_of(frail, 4)
    for one in (study, experiment.load_study(grown)):
        assert one.to_json()["causes"] == whole.to_json()["causes"]
        assert one.to_json()["dose"] == whole.to_json()["dose"]
    assert study_of(frail, 2, out=grown).to_json()["causes"] == study_of(frail, 2).to_json()["causes"]


def test_a_file_with_other_causes_is_made_anew(frail, tmp_path, caplog):
    known = study_of(frail, 2, out=tmp_path).to_json()["causes"]
    with netCDF4.Dataset(tmp_path / "study.nc", "a") as file:
        meanings = file["cause"].getncattr("flag_meanings").split()
        file["cause"].setncattr("flag_meanings", " ".join(["none", "chip", *meanings[2:]]))
    assert study_of(frail, 2, out=tmp_path).to_json()["causes"] == known
    assert "simulating its replicates again" in caplog.text


def test_the_text_names_the_largest_causes_and_sums_the_rest(frail):
    study = study_of(frail, 3)
    names = tuple(f"cause_{n}" for n in range(12))
    took = np.zeros((1, 3, 12, 5))
    took[0, :, :, 0] = np.arange(12.0, 0, -1) * np.array([[1.0], [1.1], [0.9]])
    text = replace(study, losses_by_cause=(names, took)).table()
    rows = [line for line in text.splitlines() if line.startswith(("cause ", "others"))]
    assert [row.split("  ")[0] for row in rows] == [f"cause {n}" for n in range(7)] + ["others"]
    years = 200 / 365.25
    assert float(rows[-1].split()[1]) == pytest.approx(15 / years, abs=0.5)  # 5 + 4 + 3 + 2 + 1
    assert max(map(len, text.splitlines())) <= 110
