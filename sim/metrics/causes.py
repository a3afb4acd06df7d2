"""Losses by cause: what stopped jobs, what killed GPUs, and the capacity that is missing because of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.events import COLUMNS, PLANNED, Cause, EventKind, EventLog
from sim.metrics.series import accumulate, daily_means, online_capacity
from sim.result import Result

Floats = NDArray[np.float64]

DARK = "light, power and heat"
"""What keeps GPUs that live from running: not a cause of the log."""
ABSENT = "not yet deployed"
"""The initial deployment's gap."""


@dataclass(frozen=True)
class Toll:
    """What one cause took in a run."""

    interruptions: float
    """Interruptions of running gangs, planned ones apart."""
    lost_gpu_hours: float
    """Work rolled back after them."""
    gpu_failures: float
    """GPUs that failed singly."""
    gpus_lost: float
    """GPUs at work that were lost, singly, with what they sat on, or with their satellite."""
    satellites_lost: float
    """Satellites lost, not by plan."""


def tolls(result: Result) -> dict[str, Toll]:
    """What each cause took, by name, those that took most GPU-hours and GPUs first; planned ends apart."""
    log = result.events
    columns: dict[str, Counter[int]] = {name: Counter() for name in Toll.__dataclass_fields__}

    def count(column: str, rows: NDArray[np.bool_], amounts: NDArray[np.float64]) -> None:
        numbers, where = np.unique(log.cause[rows], return_inverse=True)
        sums = np.bincount(where, amounts[rows], minlength=len(numbers))
        columns[column].update(dict(zip(numbers.tolist(), sums.tolist(), strict=True)))

    ones, unplanned = np.ones(len(log)), ~np.isin(log.cause, PLANNED)
    count("interruptions", (log.kind == EventKind.JOB_INTERRUPTED) & unplanned, ones)
    count("interruptions", log.kind == EventKind.SOFT_INTERRUPTED, log.amount)
    count("lost_gpu_hours", (log.kind == EventKind.LOST) & (log.cause != Cause.NONE) & unplanned, log.amount)
    count("gpu_failures", log.kind == EventKind.GPU_FAILED, ones)
    losses = (EventKind.GPU_FAILED, EventKind.GROUP_FAILED, EventKind.TRAY_OFF, EventKind.BUS_FAILED)
    count("gpus_lost", np.isin(log.kind, losses), -log.gpus.astype(float))
    count("satellites_lost", log.kind == EventKind.BUS_FAILED, ones)
    found = {
        result.scenario.cause_name(number): Toll(**{name: float(columns[name][number]) for name in columns})
        for number in sorted({number for column in columns.values() for number in column})
    }
    return dict(sorted(found.items(), key=lambda item: (-item[1].gpus_lost, -item[1].interruptions)))


def missing_capacity(result: Result) -> dict[str, Floats]:
    """Share of the nameplate that is missing because of each cause, mean over each day, shape (days,).

    A dead GPU counts under its cause until its satellite ends; an empty slot, all of it, under what emptied it, until
    it is filled; a plane that stands still, under what stopped it.  What else lives and does not run counts as `DARK`.
    Together with the online capacity they make 1.
    """
    log, horizon, scenario = result.events, result.horizon_days, result.scenario
    gpus, nameplate = scenario.satellite.gpus, result.nameplate_gpus
    changes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    changes[ABSENT].append((0.0, float(nameplate)))
    slot: dict[int, dict[str, float]] = {}
    dead: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    at_work: set[int] = set()
    losing = {EventKind.GPU_FAILED, EventKind.GROUP_FAILED, EventKind.TRAY_OFF, EventKind.SWITCHED_IN}
    ending, filling = {EventKind.BUS_FAILED, EventKind.RETIRED}, {EventKind.DELIVERED, EventKind.PLACED}
    wanted = log.where(*losing, *ending, *filling)
    rows = zip(
        wanted.time_days.tolist(),
        wanted.kind.tolist(),
        wanted.cause.tolist(),
        wanted.berth.tolist(),
        wanted.satellite.tolist(),
        wanted.satellites.tolist(),
        wanted.gpus.tolist(),
        wanted.amount.tolist(),
        strict=True,
    )

    def stands(day: float, berth: int, now: dict[str, float]) -> None:
        before = slot.get(berth, {ABSENT: float(gpus)})
        for name in before.keys() | now.keys():
            if (change := now.get(name, 0.0) - before.get(name, 0.0)) != 0:
                changes[name].append((day, change))
        slot[berth] = now

    for day, number, cause, berth, serial, satellites, delta, amount in rows:
        kind, name = EventKind(number), scenario.cause_name(cause)
        if kind in losing:
            if delta != 0:
                dead[serial][name] -= delta
                stands(day, berth, dict(dead[serial]))
            # In storage GPUs die unseen; of a satellite at work these are spares aboard, and nothing is missing.
            elif kind is not EventKind.SWITCHED_IN and serial not in at_work:
                dead[serial][name] += max(amount, 1.0)
        elif kind in filling:
            at_work.add(serial)
            short = float(gpus - delta)
            known = dead[serial]
            total = sum(known.values())
            # Of GPUs lost in storage some were in reserve: what is missing is shared out among the causes.
            dead[serial] = defaultdict(float, {n: short * v / total for n, v in known.items()} if total > 0 else {})
            stands(day, berth, dict(dead[serial]))
        elif satellites < 0:
            stands(day, berth, {name: float(gpus)})

    found = {}
    for name, steps in changes.items():
        times, values = (np.array(column) for column in zip(*steps, strict=True))
        found[name] = daily_means(*accumulate(times, values, horizon), horizon) / nameplate
    online = before = daily_means(*online_capacity(result), horizon) / nameplate
    # A plane stands still for a cause of the log: what would be online if that cause had not stopped it.
    going = result
    for cause in np.unique(log.cause[log.kind == EventKind.STOOD_STILL]).tolist():
        kept = (going.events.kind != EventKind.STOOD_STILL) | (going.events.cause != cause)
        going = replace(going, events=EventLog(*(getattr(going.events, column)[kept] for column in COLUMNS)))
        after = daily_means(*online_capacity(going), horizon) / nameplate
        name = scenario.cause_name(cause)
        found[name] = found.get(name, 0.0) + np.maximum(after - before, 0.0)
        before = after
    found[DARK] = np.maximum(1 - online - sum(found.values()), 0.0)
    order = sorted(found, key=lambda name: -float(found[name].sum()))
    return {name: found[name] for name in order if float(found[name].max()) > 1e-9}
