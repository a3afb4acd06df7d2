"""What a run was worth: each metric a pure function of the Result."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.events import Cause, EventKind, EventLog
from sim.metrics.ground import ground_metrics
from sim.metrics.inference import inference_totals
from sim.metrics.jobs import job_metrics, unplanned
from sim.metrics.money import money
from sim.metrics.series import lowest_moving_mean, mean, online_capacity, working_satellites
from sim.metrics.sparing import sparing_metrics
from sim.metrics.table import METRICS
from sim.metrics.trained import ratio, trained
from sim.metrics.waterfall import accounts
from sim.result import Result

Floats = NDArray[np.float64]

MONTH_DAYS = 30.0
"""Length of the moving mean of `worst_month_availability`, days."""


def measure(result: Result) -> dict[str, float]:
    """Every metric of one run, in the order of `METRICS`; NaN where one is not defined."""
    log, scenario = result.events, result.scenario
    horizon, warm = result.horizon_days, scenario.mission.warm_up_days
    steady = result.steady
    end = steady.horizon_days
    times, online = online_capacity(steady)
    nameplate = result.nameplate_gpus
    sla = scenario.service.sla_capacity_fraction * nameplate

    deployment, later = flight_rows(log)
    satellites_later, satellites_deployed = float(log.amount[later].sum()), float(log.amount[deployment].sum())
    tonnes = log.amount * np.array([parts.launch_mass_kg for parts in result.parts])[log.design] / 1000
    interrupted = log.of(EventKind.JOB_INTERRUPTED) & unplanned(result)
    committed, inference = log.total(EventKind.COMMITTED), inference_totals(log)
    useful = committed + inference.served_gpu_hours
    served = min(useful, scenario.service.demand * nameplate * horizon * HOURS_PER_DAY)
    values = {
        "compute_availability": mean(times, online, end, warm) / nameplate,
        "satellite_availability": mean(*working_satellites(steady), end, warm) / result.slots,
        "worst_month_availability": lowest_moving_mean(times, online, end, MONTH_DAYS, warm) / nameplate,
        # The promised level itself is not below: .55 x 100 GPUs is 55.000000000000007 in floating point.
        "time_below_sla_fraction": mean(times, (online < sla * (1 - 1e-12)).astype(float), end, warm),
        "useful_gpu_hours": useful,
        **trained(result),
        "goodput": useful / (nameplate * horizon * HOURS_PER_DAY),
        "effective_training_time_ratio": ratio(committed, _gpu_hours_since_first_start(log, horizon)),
        "lost_gpu_hours": log.total(EventKind.LOST),
        "job_interruptions": float(np.count_nonzero(interrupted)) + log.total(EventKind.SOFT_INTERRUPTED),
        "inference_gpu_hours": inference.served_gpu_hours,
        "unsold_gpu_hours": inference.unsold_gpu_hours,
        "tokens_served": inference.tokens_sold,
        "tokens_unmet": inference.tokens_unmet,
        "gpu_failures": float(gpus_failed(log).sum()),
        "bus_failures": float(log.count(EventKind.BUS_FAILED)),
        "launches": float(np.count_nonzero(later)),
        "satellites_launched": satellites_later,
        "mass_launched_t": float(tonnes[later].sum()),
        **_launches_by_cause(log),
        **sparing_metrics(steady.events, end, warm),
        **ground_metrics(steady, warm),
        "flight_fill_fraction": _fill(result, later),
        "deployment_launches": float(np.count_nonzero(deployment)),
        "deployment_satellites": satellites_deployed,
        "deployment_mass_t": float(tonnes[deployment].sum()),
        "robot_hours": log.total(EventKind.VISITED),
        **accounts(result),
        **job_metrics(result),
        "served_gpu_hours": served,
    }
    values |= money(result, values)
    return {name: values[name] for name in METRICS}


def flight_rows(log: EventLog) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows of flights attempted, failed ones included: of the initial deployment, and after it.

    The metrics `launches` and `deployment_launches`, and pictures, count these.
    """
    launched, deployment = log.of(EventKind.LAUNCHED), log.cause == Cause.DEPLOYMENT
    return launched & deployment, launched & ~deployment


def gpus_failed(log: EventLog) -> Floats:
    """GPUs that failed singly, in each row: one, or as many as a row of a walk in blocks stands for."""
    return np.where(log.of(EventKind.GPU_FAILED), np.maximum(log.amount, 1.0), 0.0)


def _launches_by_cause(log: EventLog) -> dict[str, float]:
    """Flights after the initial deployment by what they were for, each shared out by the satellites aboard."""
    aboard = log.of(EventKind.LAUNCHED, EventKind.ABOARD) & (log.cause != Cause.DEPLOYMENT)
    flight = np.cumsum(log.kind[aboard] == EventKind.LAUNCHED) - 1  # the rows of a flight follow one another
    amount, cause, reason = log.amount[aboard], log.cause[aboard], log.kind[aboard] == EventKind.ABOARD
    whole = amount[~reason]
    share = amount / whole[flight] if len(whole) else amount
    supplies = log.of(EventKind.SUPPLY_LAUNCHED) & (log.cause != Cause.DEPLOYMENT)
    return {
        "launches_for_losses": float(share[reason & (cause == Cause.LOSS)].sum()),
        "launches_for_planned_ends": float(share[reason & (cause == Cause.END_OF_LIFE)].sum()),
        "launches_for_spares": float(share[reason & (cause == Cause.STOCK)].sum()),
        "supply_launches": float(np.count_nonzero(supplies)),
    }


def _fill(result: Result, flights: NDArray[np.bool_]) -> float:
    """Mean over some flights of satellites aboard over room, NaN without any."""
    log = result.events
    if not flights.any():
        return nan
    room = result.rooms[log.vehicle[flights], log.design[flights], log.plane[flights]]
    return float((log.amount[flights] / room).mean())


def _gpu_hours_since_first_start(log: EventLog, horizon: float) -> float:
    """GPUs x wall time of all jobs, each from its first start to its end or the horizon, GPU-hours."""
    starts = np.flatnonzero(log.of(EventKind.JOB_STARTED))
    if len(starts) == 0:
        return 0.0
    jobs, first = np.unique(log.job[starts], return_index=True)
    first = starts[first]
    end = np.full(int(jobs[-1]) + 1, horizon)
    finished = log.of(EventKind.JOB_FINISHED, EventKind.JOB_ABANDONED)
    end[log.job[finished]] = log.time_days[finished]
    return float((log.amount[first] * (end[jobs] - log.time_days[first])).sum() * HOURS_PER_DAY)
