"""Metrics against small logs worked out by hand, and step functions against brute force."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, log, nan

import numpy as np
import pytest

from sim.environment import Capacity, Environment
from sim.events import Cause, EventKind, EventLog, EventRecorder
from sim.metrics import (
    METRICS,
    daily_series,
    measure,
    online_capacity,
    working_satellites,
)
from sim.result import Controls, Result
from sim.scenario.models import Mission, Scenario

DAYS = 365.25
IN_LIGHT = Capacity(np.zeros(1), np.ones(1))
JOBS = (
    {"name": "short", "gpus": 10, "model": {"parameters": 1e9, "mfu": 0.5}, "work_gpu_hours": 10700},
    {"name": "long", "gpus": 20, "model": {"parameters": 2e9, "mfu": 0.4}},
    {"name": "too large", "gpus": 30, "model": {"parameters": 1e12}},
)


def scenario(days: float = 100.0, planes: int = 2, slots: int = 2, sla: float = 0.9, jobs=JOBS) -> Scenario:
    """Satellites of 10 GPUs and 500 kg that live 200 days."""
    shell = {"kind": "walker", "altitude_km": 600, "inclination_deg": 53, "planes": planes}
    return Scenario.model_validate(
        {
            "name": "by-hand",
            "mission": {"start": "2027-01-01", "years": days / DAYS},
            "constellation": {"shells": [{**shell, "satellites_per_plane": slots}], "spare_berths_per_plane": 1},
            "satellite": {"gpus": 10, "mass_kg": 500, "design_life_years": 200 / DAYS},
            "reliability": {
                "gpu": {"kind": "exponential", "rate_per_year": 0.1},
                "bus": {"kind": "exponential", "rate_per_year": 0.1},
            },
            "launch": {
                "vehicle": {
                    "name": "rocket",
                    "capacity_kg": 1000,
                    "price": {"kind": "per_kg", "usd_per_kg": 2},
                    "success_probability": 1,
                },
                "lead_time_days": {"kind": "constant", "days": 10},
            },
            "service": {"sla_capacity_fraction": sla, "value_decline_per_year": 0},
            "workload": {"jobs": jobs},
            "economics": {
                "bus_usd": 1000,
                "gpu_usd": 10,
                "operations_usd_per_year": 3652.5,
                "operations_usd_per_satellite_year": 365.25,
                "discount": {"orbit_per_year": 0},
            },
        }
    )


def result_of(recorder: EventRecorder, of: Scenario, capacity: tuple[Capacity, ...] | None = None) -> Result:
    shell = of.constellation.shells[0]
    none = Controls((), np.zeros(0), np.zeros(0))
    capacity = (IN_LIGHT,) * shell.planes if capacity is None else capacity
    slots = (shell.satellites_per_plane,) * shell.planes
    log = recorder.finish()
    built = Environment.build(of)
    made = built.parts, built.rooms, built.job_counts
    return Result(of, "by_hand", 1, 0, slots, capacity, by_plane(log), log, none, *made)


def by_plane(log: EventLog) -> np.ndarray:
    """Whose capacity is whose, where every satellite has its plane's."""
    whose = np.full(int(log.satellite.max(initial=-1)) + 1, -1)
    arrived = log.where(EventKind.DELIVERED, EventKind.STORED)
    whose[arrived.satellite] = arrived.plane
    return whose


@pytest.fixture
def by_hand() -> Result:
    """Two planes of two slots, 100 days: every kind of event once or more."""
    log = EventRecorder()
    add, kind = log.append, EventKind
    gang = {0: 10, 1: 20, 2: 30}

    add(0, kind.LAUNCHED, cause=Cause.DEPLOYMENT, plane=0, satellite=0, amount=2)
    add(0, kind.LAUNCHED, cause=Cause.DEPLOYMENT, plane=1, satellite=2, amount=2)
    add(0, kind.DELIVERED, cause=Cause.DEPLOYMENT, plane=0, berth=0, satellite=0, satellites=1, gpus=10, amount=200)
    add(0, kind.DELIVERED, cause=Cause.DEPLOYMENT, plane=0, berth=1, satellite=1, satellites=1, gpus=10, amount=200)
    for job, gpus in gang.items():
        add(0, kind.JOB_ARRIVED, job=job, amount=gpus)
    add(0, kind.JOB_STARTED, plane=0, job=0, amount=gang[0])
    add(10, kind.DELIVERED, cause=Cause.DEPLOYMENT, plane=1, berth=3, satellite=2, satellites=1, gpus=10, amount=200)
    add(10, kind.DELIVERED, cause=Cause.DEPLOYMENT, plane=1, berth=4, satellite=3, satellites=1, gpus=10, amount=200)
    add(10, kind.WAITED, job=1, amount=4800)
    add(10, kind.JOB_STARTED, plane=1, job=1, amount=gang[1])
    add(20, kind.GPU_FAILED, cause=Cause.GPU, plane=0, berth=0, satellite=0, gpus=-1)
    add(20, kind.JOB_INTERRUPTED, cause=Cause.GPU, job=0, amount=gang[0])
    for what, amount in ((kind.COMMITTED, 4700), (kind.LOST, 90), (kind.CHECKPOINTED, 10)):
        add(20, what, job=0, amount=amount)
    add(20, kind.JOB_STARTED, plane=0, job=0, amount=gang[0])
    add(40, kind.BUS_FAILED, cause=Cause.BUS, plane=1, berth=3, satellite=2, satellites=-1, gpus=-10)
    add(40, kind.JOB_INTERRUPTED, cause=Cause.BUS, job=1, amount=gang[1])
    for what, amount in ((kind.COMMITTED, 10000), (kind.LOST, 400), (kind.CHECKPOINTED, 4000)):
        add(40, what, job=1, amount=amount)
    add(40, kind.ORDERED, plane=1, amount=3)
    add(45, kind.READY, plane=1, amount=3)
    add(50, kind.LAUNCHED, plane=1, satellite=4, amount=1)
    add(50, kind.ABOARD, cause=Cause.LOSS, plane=1, amount=1)
    add(50, kind.LAUNCH_FAILED, plane=1, satellite=4, amount=1)
    for what, amount in ((kind.COMMITTED, 6000), (kind.RESTARTED, 210), (kind.CHECKPOINTED, 990)):
        add(50, what, job=0, amount=amount)
    add(50, kind.JOB_FINISHED, job=0, amount=gang[0])
    add(60, kind.LAUNCHED, plane=1, satellite=5, amount=2)
    add(60, kind.ABOARD, cause=Cause.LOSS, plane=1, amount=1)
    add(60, kind.ABOARD, cause=Cause.STOCK, plane=1, amount=1)
    add(70, kind.DELIVERED, plane=1, berth=3, satellite=5, satellites=1, gpus=10, amount=200)
    add(70, kind.STORED, plane=1, berth=5, satellite=6, amount=200)
    add(70, kind.WAITED, job=1, amount=14400)
    add(70, kind.JOB_STARTED, plane=1, job=1, amount=gang[1])
    add(75, kind.GPU_FAILED, cause=Cause.GPU, plane=1, berth=5, satellite=6)
    add(80, kind.RETIRED, cause=Cause.END_OF_LIFE, plane=1, berth=4, satellite=3, satellites=-1, gpus=-10)
    add(80, kind.ACTIVATED, plane=1, berth=5, satellite=6, amount=10)
    add(80, kind.JOB_INTERRUPTED, cause=Cause.END_OF_LIFE, job=1, amount=gang[1])
    for what, amount in ((kind.COMMITTED, 4500), (kind.RESTARTED, 100), (kind.CHECKPOINTED, 200)):
        add(80, what, job=1, amount=amount)
    add(90, kind.PLACED, plane=1, berth=4, satellite=6, satellites=1, gpus=9, amount=12.5)
    add(90, kind.WAITED, job=1, amount=4800)
    add(90, kind.JOB_STARTED, plane=1, job=1, amount=gang[1])
    add(95, kind.ORDERED, plane=0, amount=1)
    add(95, kind.READY, plane=0, amount=1)
    add(95, kind.LAUNCHED, plane=0, satellite=7, amount=1)
    add(95, kind.ABOARD, cause=Cause.END_OF_LIFE, plane=0, amount=1)
    for what, amount in ((kind.COMMITTED, 4000), (kind.RESTARTED, 100), (kind.CHECKPOINTED, 400), (kind.PAUSED, 100)):
        add(100, what, job=1, amount=amount)
    add(100, kind.UNCOMMITTED, job=1, amount=200)
    add(100, kind.PAUSED, cause=Cause.STAND_OFF, job=1, amount=40)
    for what, amount in ((kind.DETECTED, 60), (kind.HELD, 300), (kind.KEPT_WAITING, 500), (kind.STRANDED, 250)):
        add(100, what, job=1, amount=amount)
    for why, amount in ((Cause.LINK, 70), (Cause.ENERGY, 30), (Cause.RETRIED, 20)):
        add(100, kind.SLOWED, cause=why, job=1, amount=amount)
    add(100, kind.WAITED, job=2, amount=72000)
    return result_of(log, scenario())


def test_every_metric_of_the_log_worked_out_by_hand(by_hand: Result) -> None:
    # Online GPUs: [0,10) 20, [10,20) 40, [20,40) 39, [40,70) 29, [70,80) 39, [80,90) 29, [90,100) 38; nameplate 40.
    # Integral 200 + 400 + 780 + 870 + 390 + 290 + 380 = 3310 GPU days of 4000.
    # Satellites: 2, 4, 4, 3, 4, 3, 4 over the same stretches: 20 + 120 + 90 + 40 + 30 + 40 = 340 of 400.
    # Worst 30 days: [40,70) with 870 of 1200 (0-30: 990, 60-90: 970).
    # Below .9 x 40 = 36: 10 + 30 + 10 days.
    useful = 4700 + 6000 + 10000 + 4500 + 4000
    paid = 8 * 1000 + 8 * 100 + 8 * 1000 + 1000 + 340  # worked out in test_economics.py
    credit = 1045 + 1050 + 1785 + 1776.5 + 2100
    expected = {
        "compute_availability": 3310 / 4000,
        "satellite_availability": 340 / 400,
        "worst_month_availability": 870 / 1200,
        "time_below_sla_fraction": 0.5,
        "useful_gpu_hours": useful,
        # At .918 PFLOP/s; an operation is a sixth of what a parameter and token take.
        "useful_pflop_hours": 0.918 * (10_700 * 0.5 + 18_500 * 0.4),
        "tokens": 0.918e15 * 3600 / 6 * (10_700 * 0.5 / 1e9 + 18_500 * 0.4 / 2e9),
        "goodput": useful / (40 * 2400),
        # Job 0: 10 GPUs from day 0 to 50; job 1: 20 GPUs from day 10 to 100; job 2 never starts.
        "effective_training_time_ratio": useful / ((10 * 50 + 20 * 90) * 24),
        "lost_gpu_hours": 490,
        "job_interruptions": 2,  # the third one is a planned retirement
        "inference_gpu_hours": 0.0,
        "unsold_gpu_hours": 0.0,
        "tokens_served": 0.0,
        "tokens_unmet": 0.0,
        "queueing_delay_days": (0 + 10) / 2,
        "bounded_slowdown": 1,
        "deadlines_met": nan,
        "jobs_never_started": 1,
        "jobs_finished": 1,
        "makespan_days": nan,
        "online_gpu_hours": 3310 * 24,
        "checkpoint_gpu_hours": 10 + 4000 + 990 + 200 + 400,
        "repeated_gpu_hours": 20 + 200,
        "restart_gpu_hours": 210 + 100 + 100,
        "detection_gpu_hours": 60,
        "waiting_gpu_hours": 300 + 500 + 40,
        "stranded_gpu_hours": 250,
        "link_gpu_hours": 70,
        "throttled_gpu_hours": 30,
        "eclipse_gpu_hours": 100,
        "idle_gpu_hours": 3310 * 24 - useful - 490 - 5600 - 220 - 410 - 60 - 840 - 250 - 70 - 30 - 100,
        "gpu_failures": 2,  # one of them on a spare
        "bus_failures": 1,
        "launches": 3,
        "satellites_launched": 4,
        "mass_launched_t": 2.0,
        "satellites_relieved": 0,
        # The slot of day 40 finds no spare, that of day 80 the one stored on day 70.
        "order_fill_rate": 1 / 2,
        "expected_backorders": 30 / 100,
        "time_to_restore_days": (30 + 10) / 2,
        "mean_spares_orbit": 10 / 100,
        "mean_on_order": (3 * 10 + 2 * 20 + 5) / 100,
        "spares_consumed": 1,
        "time_to_activate_days": 10,
        "repositioning_m_s": 12.5,
        "mean_repositioning_m_s": 12.5,
        "flight_fill_fraction": 2 / 3,  # 1, 2 and 1 of 2
        "launches_for_losses": 1.5,
        "launches_for_planned_ends": 1,
        "launches_for_spares": 0.5,
        "supply_launches": 0,
        "deployment_launches": 2,
        "deployment_satellites": 4,
        "deployment_mass_t": 2.0,
        "robot_hours": 0.0,
        "ground_fill_rate": nan,
        "mean_spares_ground": 0.0,
        "days_on_ground": (5 + 15 + 15 + 0) / 4,
        "factory_utilisation": nan,
        # Four satellites of 1100 USD, 10 GPUs of 10 among them, and as many seats of 1000 USD.
        "tessac_usd_per_year": 8400 / (100 / 365.25),
        "tessac_manufacturing_usd_per_year": 4400 / (100 / 365.25),
        "tessac_holding_usd_per_year": 0,
        "tessac_launch_usd_per_year": 4000 / (100 / 365.25),
        "tessac_manoeuvring_usd_per_year": 0,
        "servicing_cost_usd": 0,
        "served_gpu_hours": useful,
        "total_cost_usd": paid - credit,
        "undiscounted_cost_usd": paid - credit,
        "total_cost_uncredited_usd": paid,
        "discounted_useful_gpu_hours": useful,
        "discounted_served_gpu_hours": useful,
        "discounted_available_gpu_hours": 3310 * 24,
        "discounted_pflop_hours": 0.918 * useful,
        "discounted_million_tokens": 0.918e9 * 3600 / 6 * (10_700 * 0.5 / 1e9 + 18_500 * 0.4 / 2e9),
        "discounted_energy_mwh": 3310 * 24 * 600 / 1e6,
        "net_cost_usd": paid - credit - 2.49 * useful,
        "net_present_value_usd": 2.49 * useful - (paid - credit),  # nothing loses worth here
        "cost_per_useful_gpu_hour_usd": (paid - credit) / useful,
        "cost_per_available_gpu_hour_usd": (paid - credit) / (3310 * 24),
        "cost_per_pflop_hour_usd": (paid - credit) / (0.918 * useful),
        "cost_per_million_tokens_usd": (paid - credit)
        / (0.918e9 * 3600 / 6 * (10_700 * 0.5 / 1e9 + 18_500 * 0.4 / 2e9)),
        "cost_per_mwh_usd": (paid - credit) / (3310 * 24 * 600 / 1e6),
        # Two flights of 2,000 USD bring up 40 GPUs of .6 kW for 200 days.
        "launched_power_usd_per_kw_year": 4000 / (40 * 0.6 * 200 / DAYS),
        "steady_cost_usd": nan,
        "steady_useful_gpu_hours": nan,
        "steady_cost_per_useful_gpu_hour_usd": nan,
        # Eight satellites of 500 kg with 10 GPUs.
        "carbon_kg": 8 * (500 * (20 + 50) + 10 * 164),
        "carbon_kg_per_useful_gpu_hour": 8 * (500 * (20 + 50) + 10 * 164) / useful,
    }
    assert measure(by_hand) == pytest.approx(expected, nan_ok=True)


def test_measure_returns_the_table_in_its_order_and_inside_its_ranges(by_hand: Result) -> None:
    values = measure(by_hand)
    assert list(values) == list(METRICS)
    for name, value in values.items():
        assert METRICS[name].name == name
        # There is no factory, no job has a deadline, and not all end.
        undefined = name in ("ground_fill_rate", "factory_utilisation", "deadlines_met", "makespan_days")
        undefined |= name.startswith("steady_")  # no warm-up
        assert isnan(value) if undefined else METRICS[name].low <= value <= METRICS[name].high


def test_light_and_pauses_count_as_offline(by_hand: Result) -> None:
    # Plane 0 dark in [30, 50), where it holds 19 GPUs; plane 1 at .5 from day 90 on, where it holds 19.
    dark = Capacity(np.array([0.0, 30.0, 50.0]), np.array([1.0, 0.0, 1.0]))
    dim = Capacity(np.array([0.0, 90.0, 101.0]), np.array([1.0, 0.5, 1.0]))
    result = replace(by_hand, capacity=(dark, dim))
    # [40,50): 29 - 19 = 10; the worst 30 days are [25,55) or [20,50): 390 + 10 x 20 + 10 x 10 = 690 for the latter,
    # 5 x 39 + 10 x 20 + 10 x 10 + 5 x 29 = 640 for [25,55), and 10 x 20 + 10 x 10 + 10 x 29 = 590 for [30,60).
    values = measure(result)
    assert values["compute_availability"] == pytest.approx((3310 - 20 * 19 - 10 * 9.5) / 4000)
    assert values["worst_month_availability"] == pytest.approx(590 / 1200)
    assert values["satellite_availability"] == pytest.approx(0.85)


def test_worst_month_lies_between_steps_and_a_short_horizon_is_one_window() -> None:
    log = EventRecorder()
    log.append(0, EventKind.DELIVERED, plane=0, satellite=0, satellites=1, gpus=10)
    log.append(50, EventKind.BUS_FAILED, plane=0, satellite=0, satellites=-1, gpus=-10)
    log.append(60, EventKind.DELIVERED, plane=0, satellite=1, satellites=1, gpus=10)
    # 10 days of nothing in any window that holds [50, 60): 20 of 30 days online.
    assert measure(result_of(log, scenario(planes=1, slots=1, jobs=JOBS[:1])))[
        "worst_month_availability"
    ] == pytest.approx(2 / 3)
    # With a horizon of 55 days the window [25, 55) ends in the outage: 25 of 30 days.
    short = result_of(log, scenario(55, planes=1, slots=1, jobs=JOBS[:1]))
    assert measure(short)["worst_month_availability"] == pytest.approx(25 / 30)
    shorter = result_of(log, scenario(20, planes=1, slots=1, jobs=JOBS[:1]))
    assert measure(shorter)["worst_month_availability"] == 1.0


def test_the_promised_level_itself_is_not_below_it() -> None:
    log = EventRecorder()
    for satellite, gpus in enumerate((10, 10, 10, 10, 10, 5)):
        log.append(0, EventKind.DELIVERED, plane=0, satellite=satellite, satellites=1, gpus=gpus)
    assert 0.55 * 100 > 55  # the trap: 55.00000000000001
    assert measure(result_of(log, scenario(planes=1, slots=10, sla=0.55)))["time_below_sla_fraction"] == 0.0
    assert measure(result_of(log, scenario(planes=1, slots=10, sla=0.56)))["time_below_sla_fraction"] == 1.0


def test_online_capacity_is_capped_at_nameplate() -> None:
    log = EventRecorder()
    for satellite in range(3):
        log.append(0, EventKind.DELIVERED, plane=0, satellite=satellite, satellites=1, gpus=10)
    result = result_of(log, scenario(planes=1, slots=2))
    assert online_capacity(result)[1].tolist() == [20.0]


def test_an_empty_log_is_no_capacity_and_undefined_ratios() -> None:
    values = measure(result_of(EventRecorder(), scenario(jobs=())))
    undefined = {name for name, value in values.items() if isnan(value)}
    assert undefined == {
        "bounded_slowdown",
        "deadlines_met",
        "makespan_days",
        "queueing_delay_days",
        "time_to_activate_days",
        "mean_repositioning_m_s",
        "effective_training_time_ratio",
        "cost_per_useful_gpu_hour_usd",
        "cost_per_available_gpu_hour_usd",
        "cost_per_pflop_hour_usd",
        "cost_per_million_tokens_usd",
        "cost_per_mwh_usd",
        "discounted_million_tokens",
        "launched_power_usd_per_kw_year",
        "net_present_value_usd",
        "carbon_kg_per_useful_gpu_hour",
        "steady_cost_usd",
        "steady_useful_gpu_hours",
        "steady_cost_per_useful_gpu_hour_usd",
        "days_on_ground",
        "factory_utilisation",
        "ground_fill_rate",
        "flight_fill_fraction",
        "net_cost_usd",
        "order_fill_rate",
        "time_to_restore_days",
        "tokens",
        "useful_pflop_hours",
    }
    assert values["compute_availability"] == values["worst_month_availability"] == 0.0
    assert values["time_below_sla_fraction"] == 1.0
    assert values["total_cost_usd"] == pytest.approx(1000)  # operations go on


def test_work_that_nobody_wants_has_no_worth(by_hand: Result) -> None:
    service = by_hand.scenario.service.model_copy(update={"demand_fraction": 0.25, "value_usd_per_gpu_hour": 2.0})
    values = measure(replace(by_hand, scenario=by_hand.scenario.model_copy(update={"service": service})))
    assert values["useful_gpu_hours"] == 29200
    assert values["served_gpu_hours"] == pytest.approx(0.25 * 40 * 2400)
    assert values["net_cost_usd"] == pytest.approx(values["total_cost_usd"] - 2 * 24000)


def test_daily_means_are_exact(by_hand: Result) -> None:
    log = EventRecorder()
    log.append(0.25, EventKind.DELIVERED, plane=0, satellite=0, satellites=1, gpus=10)
    log.append(1.5, EventKind.GPU_FAILED, plane=0, satellite=0, gpus=-5)
    series = daily_series(result_of(log, scenario(2.5, planes=1, slots=1, jobs=JOBS[:1])))
    # Day 0: 3/4 of the day with all; day 1: half with all, half with half; the last half day: half.
    assert series["online_fraction"] == pytest.approx([0.75, 0.75, 0.5])
    assert series["satellites_working"] == pytest.approx([0.75, 1.0, 1.0])
    whole = daily_series(by_hand)
    assert whole["online_fraction"].shape == (100,)
    assert whole["online_fraction"].mean() == pytest.approx(3310 / 4000)


def test_a_last_day_of_rounding_error_has_a_mean() -> None:
    log = EventRecorder()
    log.append(0, EventKind.DELIVERED, plane=0, satellite=0, satellites=1, gpus=5)
    days = next(d for d in (np.arange(1.0, 3000.0)) if d / DAYS * DAYS > d)
    series = daily_series(result_of(log, scenario(days, planes=1, slots=1, jobs=JOBS[:1])))
    assert series["online_fraction"].shape == (days + 1,)
    assert series["online_fraction"][-1] == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(5))
def test_step_functions_against_brute_force(seed: int) -> None:
    """Random moves and random light in several planes, evaluated one instant at a time."""
    stream = np.random.default_rng(seed)
    planes, horizon, n = 4, 100.0, 60
    result = result_of(EventRecorder(), scenario(planes=planes, slots=20))
    light = tuple(
        Capacity(np.concatenate([[0.0], np.sort(stream.integers(1, 120, 6))]).astype(float), stream.random(7))
        for _ in range(planes)
    )
    # Whole days now and then, so that moves and steps fall together.
    times = np.sort(np.where(stream.random(n) < 0.5, stream.integers(0, 100, n), stream.uniform(0, horizon, n)))
    log = EventRecorder()
    for serial, (time, plane) in enumerate(zip(times.tolist(), stream.integers(0, planes, n).tolist(), strict=True)):
        gpus = int(stream.integers(1, 11))
        log.append(time, EventKind.DELIVERED, plane=plane, satellite=serial, satellites=1, gpus=gpus)
    result = replace(result, capacity=light, capacity_of=by_plane(log.finish()), events=log.finish())
    events = result.events

    def online(t: float) -> float:
        total = 0.0
        for plane, step in enumerate(light):
            before = (events.time_days <= t) & (events.plane == plane)
            total += events.gpus[before].sum() * step.values[step.times_days <= t][-1]
        return total

    times, gpus = online_capacity(result)
    assert times[0] == 0.0
    assert np.all(np.diff(times) > 0)
    assert times[-1] < horizon
    ats = np.concatenate([times, stream.uniform(0, horizon, 50)])
    found = gpus[np.searchsorted(times, ats, side="right") - 1]
    assert found == pytest.approx([min(online(t), 800) for t in ats])
    _, satellites = working_satellites(result)
    assert satellites[-1] == n

    # A fine grid can miss the lowest moving mean only by the grid's width: 30-day means move by at most 800 x 2 x
    # .01 / 30 GPUs over .01 day.
    grid = np.arange(0, horizon + 1e-9, 0.01)
    integral = np.concatenate([[0.0], np.cumsum(gpus[np.searchsorted(times, grid[:-1], side="right") - 1]) * 0.01])
    lowest = (integral[3000:] - integral[:-3000]).min() / 30 / 800
    assert measure(result)["worst_month_availability"] == pytest.approx(lowest, abs=4 * 0.01 / 30)


def test_a_warm_up_is_left_out_of_the_steady_state_and_of_nothing_else(by_hand: Result) -> None:
    mission = by_hand.scenario.mission.model_copy(update={"warm_up_years": 45 / DAYS})
    warm = replace(by_hand, scenario=by_hand.scenario.model_copy(update={"mission": mission}))
    # From day 45 on: 29 GPUs to day 70, 39 to 80, 29 to 90, 38 to 100; the worst 30 days begin on day 45.
    steady = {
        "compute_availability": (25 * 29 + 10 * 39 + 10 * 29 + 10 * 38) / (55 * 40),
        "satellite_availability": (25 * 3 + 10 * 4 + 10 * 3 + 10 * 4) / (55 * 4),
        "worst_month_availability": (25 * 29 + 5 * 39) / 1200,
        "time_below_sla_fraction": 35 / 55,
        "order_fill_rate": 1,
        "expected_backorders": 25 / 55,
        "time_to_restore_days": 10,
        "mean_spares_orbit": 10 / 55,
        "mean_on_order": (3 * 5 + 2 * 20 + 5) / 55,
        "tessac_usd_per_year": 8400 / (55 / 365.25),
        "tessac_manufacturing_usd_per_year": 4400 / (55 / 365.25),
        "tessac_launch_usd_per_year": 4000 / (55 / 365.25),
        # Paid from day 45 on: .5 + .2 of three satellites of 1,100 USD, built on day 45, that fly on days 50 and 60,
        # and all of one on day 95; flights of 1, 2 and 1 at 1,000 a satellite.  Operations are paid for by the month,
        # in its middle: those from day 30.4375 on, 10 USD a day and 1 for each satellite at work.
        "steady_cost_usd": 0.7 * 3 * 1100 + 1100 + 4000 + 10 * 69.5625 + 4 * 9.5625 + 90 + 40 + 30 + 40,
        # What was committed on day 50 was begun on day 20: 5 of its 30 days; the others on days 70 and 90.
        "steady_useful_gpu_hours": 6000 * 5 / 30 + 4500 + 4000,
    }
    steady["steady_cost_per_useful_gpu_hour_usd"] = steady["steady_cost_usd"] / steady["steady_useful_gpu_hours"]
    assert measure(warm) == pytest.approx(measure(by_hand) | steady, nan_ok=True)


def at_ten_percent(by_hand: Result, decline: float = 0.0) -> Result:
    prices = by_hand.scenario.economics
    discount = prices.discount.model_copy(update={"orbit_per_year": 0.1})
    service = by_hand.scenario.service.model_copy(update={"value_decline_per_year": decline})
    changed = {"economics": prices.model_copy(update={"discount": discount}), "service": service}
    return replace(by_hand, scenario=by_hand.scenario.model_copy(update=changed))


def test_later_money_and_later_work_count_less(by_hand: Result) -> None:
    """Worked out by hand at 10 % a year: each payment on its day, each piece of work over the days that it took."""

    def worth(day: float) -> float:
        return 1.1 ** (-day / DAYS)

    def between(start: float, end: float) -> float:
        return (worth(start) - worth(end)) / (log(1.1) * (end - start) / DAYS)

    flights = 4 * 2100 + 3 * 1100 * (0.3 * worth(40) + 0.5 * worth(45)) + 1100 * (0.8 * worth(95))
    flights += (1000 + 220) * worth(50) + (2000 + 440) * worth(60) + (1000 + 220) * worth(95)
    month = DAYS / 12
    at_work = (
        20 + 4 * (month - 10),
        4 * (40 - month) + 3 * (2 * month - 40),
        3 * (70 - 2 * month) + 40 + 30 + 4 * (3 * month - 90),
    )
    days = (month, month, month, 100 - 3 * month)
    each = (*at_work, 4 * (100 - 3 * month))
    middles = (month / 2, 1.5 * month, 2.5 * month, 50 + 1.5 * month)
    operations = sum((10 * d + w) * worth(m) for d, w, m in zip(days, each, middles, strict=True))
    credit = (1045 + 1050 + 1785 + 1776.5 + 2100) * worth(100)
    hours = 4700 * between(0, 20) + 6000 * between(20, 50)
    hours += 10000 * between(10, 40) + 4500 * between(70, 80) + 4000 * between(90, 100)
    online = [(0, 10, 20), (10, 20, 40), (20, 40, 39), (40, 70, 29), (70, 80, 39), (80, 90, 29), (90, 100, 38)]
    available = sum(24 * gpus * (end - start) * between(start, end) for start, end, gpus in online)
    found = measure(at_ten_percent(by_hand))
    total = flights + operations - credit
    expected = {
        "total_cost_usd": total,
        "total_cost_uncredited_usd": flights + operations,
        "undiscounted_cost_usd": measure(by_hand)["total_cost_usd"],
        "discounted_useful_gpu_hours": hours,
        "discounted_available_gpu_hours": available,
        "cost_per_useful_gpu_hour_usd": total / hours,
        "cost_per_available_gpu_hour_usd": total / available,
        "net_cost_usd": total - 2.49 * hours,
        "net_present_value_usd": 2.49 * hours - total,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_an_hour_on_an_old_gpu_is_worth_less(by_hand: Result) -> None:
    """Half in a year: at the middle of each piece of work, by the mean age of the GPUs at work then."""
    ages = {  # of the satellites at work, with their GPUs
        10: [(10, 9 + 1), (10, 10), (0, 10), (0, 10)],
        35: [(35, 9), (35, 10), (25, 10), (25, 10)],
        25: [(25, 9), (25, 10), (15, 10), (15, 10)],
        75: [(75, 9), (75, 10), (5, 10), (65, 10)],
        95: [(95, 9), (95, 10), (25, 10), (25, 9)],
    }
    pieces = ((10, 4700), (35, 6000), (25, 10000), (75, 4500), (95, 4000))
    worth = sum(
        hours * 2.49 * sum(gpus * 0.5 ** (age / DAYS) for age, gpus in ages[day]) / sum(gpus for _, gpus in ages[day])
        for day, hours in pieces
    )
    half = at_ten_percent(by_hand, 0.5)
    prices = half.scenario.economics
    free = prices.model_copy(update={"discount": prices.discount.model_copy(update={"orbit_per_year": 0.0})})
    found = measure(replace(half, scenario=half.scenario.model_copy(update={"economics": free})))
    assert found["net_present_value_usd"] == pytest.approx(worth - found["total_cost_usd"])


def test_a_warm_up_ends_before_the_mission() -> None:
    with pytest.raises(ValueError, match=r"warm_up_years \(5\) must be below years \(5\)"):
        Mission(start="2027-01-01", years=5, warm_up_years=5)


def test_every_unit_has_words():
    said = {metric.unit: metric.unit_text for metric in METRICS.values()}
    assert said["1"] == ""
    assert (said["GPU h"], said["USD/(GPU h)"], said["d"]) == ("GPU-hours", "USD per GPU-hour", "days")
    assert not [text for text in said.values() if "(" in text or " h" in text or "1e6" in text]
