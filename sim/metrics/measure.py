"""What a run was worth: each metric a pure function of the Result."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.economics import costs
from sim.events import PLANNED, Cause, EventKind, EventLog
from sim.metrics.ground import ground_metrics
from sim.metrics.series import lowest_moving_mean, mean, online_capacity, working_satellites
from sim.metrics.sparing import sparing_metrics
from sim.metrics.table import METRICS
from sim.result import Result

Floats = NDArray[np.float64]

MONTH_DAYS = 30.0
"""Length of the moving mean of `worst_month_availability`, days."""


def measure(result: Result) -> dict[str, float]:
    """Every metric of one run, in the order of `METRICS`; NaN where one is not defined."""
    log, scenario = result.events, result.scenario
    horizon, warm = result.horizon_days, scenario.mission.warm_up_days
    times, online = online_capacity(result)
    nameplate = result.nameplate_gpus
    sla = scenario.service.sla_capacity_fraction * nameplate

    deployment, later = flight_rows(log)
    satellites_later, satellites_deployed = float(log.amount[later].sum()), float(log.amount[deployment].sum())
    tonnes = log.amount * np.array([parts.launch_mass_kg for parts in result.parts])[log.design] / 1000
    unplanned = (log.kind == EventKind.JOB_INTERRUPTED) & ~np.isin(log.cause, PLANNED)
    useful = log.total(EventKind.COMMITTED)
    served = min(useful, scenario.service.demand * nameplate * horizon * HOURS_PER_DAY)
    worth = served * scenario.service.value_usd_per_gpu_hour if scenario.workload.jobs else nan
    money = costs(result)
    values = {
        "compute_availability": mean(times, online, horizon, warm) / nameplate,
        "satellite_availability": mean(*working_satellites(result), horizon, warm) / result.slots,
        "worst_month_availability": lowest_moving_mean(times, online, horizon, MONTH_DAYS, warm) / nameplate,
        # The promised level itself is not below: .55 x 100 GPUs is 55.000000000000007 in floating point.
        "time_below_sla_fraction": mean(times, (online < sla * (1 - 1e-12)).astype(float), horizon, warm),
        "useful_gpu_hours": useful,
        "goodput": useful / (nameplate * horizon * HOURS_PER_DAY),
        "effective_training_time_ratio": _ratio(useful, _gpu_hours_since_first_start(log, horizon)),
        "lost_gpu_hours": log.total(EventKind.LOST),
        "job_interruptions": float(np.count_nonzero(unplanned)) + log.total(EventKind.SOFT_INTERRUPTED),
        "gpu_failures": float(log.count(EventKind.GPU_FAILED)),
        "bus_failures": float(log.count(EventKind.BUS_FAILED)),
        "launches": float(np.count_nonzero(later)),
        "satellites_launched": satellites_later,
        "mass_launched_t": float(tonnes[later].sum()),
        **sparing_metrics(log, horizon, warm),
        **ground_metrics(result, warm),
        "flight_fill_fraction": _fill(result, later),
        "deployment_launches": float(np.count_nonzero(deployment)),
        "deployment_satellites": satellites_deployed,
        "deployment_mass_t": float(tonnes[deployment].sum()),
        "robot_hours": log.total(EventKind.VISITED),
        "total_cost_usd": money.total_usd,
        "total_cost_uncredited_usd": money.total_uncredited_usd,
        "served_gpu_hours": served,
        "net_cost_usd": money.total_usd - worth,
        "cost_per_useful_gpu_hour_usd": _ratio(money.total_usd, useful),
    }
    return {name: values[name] for name in METRICS}


def flight_rows(log: EventLog) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows of flights attempted, failed ones included: of the initial deployment, and after it.

    The metrics `launches` and `deployment_launches`, and pictures, count these.
    """
    launched, deployment = log.kind == EventKind.LAUNCHED, log.cause == Cause.DEPLOYMENT
    return launched & deployment, launched & ~deployment


def _fill(result: Result, flights: NDArray[np.bool_]) -> float:
    """Mean over some flights of satellites aboard over room, NaN without any."""
    log = result.events
    if not flights.any():
        return nan
    room = result.rooms[log.vehicle[flights], log.design[flights], log.plane[flights]]
    return float((log.amount[flights] / room).mean())


def _gpu_hours_since_first_start(log: EventLog, horizon: float) -> float:
    """GPUs x wall time of all jobs, each from its first start to its end or the horizon, GPU-hours."""
    starts = np.flatnonzero(log.kind == EventKind.JOB_STARTED)
    if len(starts) == 0:
        return 0.0
    jobs, first = np.unique(log.job[starts], return_index=True)
    first = starts[first]
    end = np.full(int(jobs[-1]) + 1, horizon)
    finished = log.kind == EventKind.JOB_FINISHED
    end[log.job[finished]] = log.time_days[finished]
    return float((log.amount[first] * (end[jobs] - log.time_days[first])).sum() * HOURS_PER_DAY)


def _ratio(value: float, by: float) -> float:
    """Quotient, NaN where it is not defined."""
    return value / by if by > 0 else nan
