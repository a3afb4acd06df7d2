"""Losses by cause: what stopped jobs, what killed GPUs, and the capacity that is missing because of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.events import (
    COLUMNS,
    ENDS,
    GPU_CHANGES,
    GPU_LOSSES,
    HOSTS_OUT,
    STARTS,
    Cause,
    EventKind,
    EventLog,
)
from sim.metrics.campus import ABSENT, missing_hosts
from sim.metrics.dead_aboard import dead_aboard
from sim.metrics.jobs import unplanned
from sim.metrics.series import accumulate, daily_means, online_capacity
from sim.result import Result

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DARK = "eclipse, power or heat"
"""What keeps working GPUs from running: not a cause of the log."""

_MOST_CAUSES = 256
"""Cause numbers are bytes."""


@dataclass(frozen=True)
class LossByCause:
    """What one cause took from a run."""

    interruptions: float
    """Interruptions of running gangs, without planned ones."""
    lost_gpu_hours: float
    """Work rolled back after these interruptions, GPU-hours."""
    gpu_failures: float
    """GPUs that failed one by one."""
    gpus_lost: float
    """Working GPUs in slots that were lost: one by one, with the part that carries them, or with their satellite."""
    satellites_lost: float
    """Satellites lost, without planned retirements."""


def loss_by_cause(result: Result) -> dict[str, LossByCause]:
    """Losses by the name of their cause, most GPUs first, then most interruptions; planned ends are left out."""
    log = result.events
    columns: dict[str, Counter[int]] = {name: Counter() for name in LossByCause.__dataclass_fields__}

    def count(column: str, rows: NDArray[np.bool_], amounts: NDArray[np.float64]) -> None:
        numbers, where = np.unique(log.cause[rows], return_inverse=True)
        sums = np.bincount(where, amounts[rows], minlength=len(numbers))
        columns[column].update(dict(zip(numbers.tolist(), sums.tolist(), strict=True)))

    ones, unforeseen = np.ones(len(log)), unplanned(result)
    count("interruptions", log.of(EventKind.JOB_INTERRUPTED) & unforeseen, ones)
    count("interruptions", log.of(EventKind.SOFT_INTERRUPTED), log.amount)
    count("lost_gpu_hours", log.of(EventKind.LOST) & (log.cause != Cause.NONE) & unforeseen, log.amount)
    count("gpu_failures", log.of(EventKind.GPU_FAILED), np.maximum(log.amount, 1.0))
    count("gpus_lost", log.of(*GPU_LOSSES, EventKind.BUS_FAILED, *HOSTS_OUT), -log.gpus.astype(float))
    count("satellites_lost", log.of(EventKind.BUS_FAILED), ones)
    found = {
        result.scenario.cause_name(number): LossByCause(**{name: float(columns[name][number]) for name in columns})
        for number in sorted({number for column in columns.values() for number in column})
    }
    return dict(sorted(found.items(), key=lambda item: (-item[1].gpus_lost, -item[1].interruptions)))


def missing_capacity(result: Result) -> dict[str, Floats]:
    """Share of the nameplate that is missing because of each cause, mean over each day, shape (days,).

    A dead GPU counts under its cause until its satellite ends; `dead_aboard` says how where the fleet was walked in
    blocks.  An empty slot counts as a whole under the cause that emptied it, until it is filled.  A suspended plane
    counts under the cause that suspended it.  All other working GPUs that do not run count as `DARK`.  The shares and
    the online capacity add up to 1.
    """
    horizon, nameplate = result.horizon_days, result.nameplate_gpus
    if result.scenario.campus is not None:
        return missing_hosts(result, daily_means(*online_capacity(result), horizon) / nameplate)
    found: dict[str, Floats] = {}

    def add(name: str, share: Floats) -> None:
        found[name] = found[name] + share if name in found else share

    add(ABSENT, _daily_share(result, *_not_deployed(result)))
    days, causes, gpus = _missing_in_slots(result.events, result.scenario.satellite.gpus)
    for cause in np.unique(causes).tolist():
        mine = causes == cause
        add(result.scenario.cause_name(cause), _daily_share(result, days[mine], gpus[mine]))
    if result.scenario.in_blocks:
        for cause, dead in dead_aboard(result).items():
            add(result.scenario.cause_name(cause), dead / nameplate)
    online = daily_means(*online_capacity(result), horizon) / nameplate
    for name, share in _suspended(result, online).items():
        add(name, share)
    add(DARK, np.maximum(1 - online - sum(found.values()), 0.0))
    order = sorted(found, key=lambda name: -float(found[name].sum()))
    return {name: found[name] for name in order if float(found[name].max()) > 1e-9}


def _daily_share(result: Result, days: Floats, gpus: Floats) -> Floats:
    """Daily means of the GPUs missing, of the changes in their number, as a share of the nameplate."""
    horizon = result.horizon_days
    return daily_means(*accumulate(days, gpus, horizon), horizon) / result.nameplate_gpus


def _not_deployed(result: Result) -> tuple[Floats, Floats]:
    """Days on which the GPUs in slots never filled before change in number, and the changes."""
    log = result.events
    filled = log.where(*STARTS)
    _, first = np.unique(filled.berth, return_index=True)
    days = np.concatenate([[0.0], filled.time_days[first]])
    gpus = np.full(len(days), -float(result.scenario.satellite.gpus))
    gpus[0] = result.nameplate_gpus
    return days, gpus


def _missing_in_slots(log: EventLog, gpus: int) -> tuple[Floats, Ints, Floats]:
    """Days, causes and sizes of the changes in the number of GPUs missing in slots that were filled once.

    `gpus`: GPUs of a satellite.  What is missing in a slot is missing until the next satellite fills it or the present
    one ends: every addition is one change, and its removal another.
    """
    filled = log.of(*STARTS)
    ended = log.of(*ENDS) & (log.satellites < 0)
    lost = log.of(*GPU_CHANGES) & (log.gpus != 0) & (log.satellite >= 0)
    until = _next_of_berth(log, filled | ended, np.flatnonzero(filled | ended | lost))

    rows = np.flatnonzero(ended | lost)
    amounts = np.where(ended[rows], float(gpus), -log.gpus[rows].astype(float))
    stored_rows, stored_causes, stored_amounts = _missing_from_storage(log, gpus, np.flatnonzero(filled))
    rows, amounts = np.concatenate([rows, stored_rows]), np.concatenate([amounts, stored_amounts])
    causes = np.concatenate([log.cause[ended | lost].astype(np.int64), stored_causes])

    removed = np.isfinite(until[rows])
    return (
        np.concatenate([log.time_days[rows], until[rows[removed]]]),
        np.concatenate([causes, causes[removed]]),
        np.concatenate([amounts, -amounts[removed]]),
    )


def _next_of_berth(log: EventLog, marks: NDArray[np.bool_], rows: NDArray[np.intp]) -> Floats:
    """For each of `rows` of the log, the day of the next marked row of the same berth; infinite where there is none."""
    rows = rows[np.argsort(log.berth[rows], kind="stable")]
    berth, marked = log.berth[rows], np.flatnonzero(marks[rows])
    after = np.searchsorted(marked, np.arange(len(rows)), side="right")
    following = np.append(marked, -1)[after]
    same = (following >= 0) & (berth[following] == berth) if len(rows) else np.zeros(0, bool)
    days = np.full(len(log), np.inf)
    days[rows[same]] = log.time_days[rows[following[same]]]
    return days


def _missing_from_storage(log: EventLog, gpus: int, fills: NDArray[np.intp]) -> tuple[NDArray[np.intp], Ints, Floats]:
    """Rows that fill a slot with a satellite whose GPUs died in storage, the causes, and GPUs missing under each.

    Some of the GPUs that died were redundant: those missing in the slot are divided among the causes in proportion.
    """
    begins = np.full(int(log.satellite.max(initial=-1)) + 2, len(log))
    begins[log.satellite[fills]] = fills
    dead = np.flatnonzero(log.of(*GPU_LOSSES) & (log.gpus == 0) & (log.satellite >= 0))
    dead = dead[dead < begins[log.satellite[dead]]]
    keys, where = np.unique(log.satellite[dead].astype(np.int64) * _MOST_CAUSES + log.cause[dead], return_inverse=True)
    serial, causes = np.divmod(keys, _MOST_CAUSES)
    number = np.bincount(where, np.maximum(log.amount[dead], 1.0), minlength=len(keys))
    total = np.bincount(serial, number, minlength=len(begins))
    known = begins[serial] < len(log)
    rows, serial, causes, number = begins[serial[known]], serial[known], causes[known], number[known]
    return rows, causes, (gpus - log.gpus[rows]) * number / total[serial]


def _suspended(result: Result, online: Floats) -> dict[str, Floats]:
    """Share of the nameplate in suspended planes by cause: what would be online if that cause had not suspended them.

    `online`: share of the nameplate online, daily.  Where causes overlap, the time counts once.
    """
    found, running = {}, result
    suspended = result.events.of(EventKind.STOOD_STILL)
    for cause in np.unique(result.events.cause[suspended]).tolist():
        log = running.events
        kept = (log.kind != EventKind.STOOD_STILL) | (log.cause != cause)
        running = replace(running, events=EventLog(*(getattr(log, column)[kept] for column in COLUMNS)))
        after = daily_means(*online_capacity(running), result.horizon_days) / result.nameplate_gpus
        found[result.scenario.cause_name(cause)] = np.maximum(after - online, 0.0)
        online = after
    return found
