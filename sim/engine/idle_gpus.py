"""What inference finds idle: GPUs of each plane in cells of time, from the notes in the log, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.environment import Capacity
from sim.events import EventKind, EventLog
from sim.workloads import InferenceService

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class IdlePlane:
    """One plane; each array has an entry for each cell, (cells,), or one for each service too, (services, cells)."""

    idle: Floats
    """Idle GPUs, GPU-days."""
    runnable: Floats
    """The same as far as light, power and heat let them run and the plane does not stand still, GPU-days."""
    whole: Floats
    """Of these what whole replicas can use, GPU-days."""
    ended: Floats
    """GPUs of replicas that ended because a GPU failed or a gang took it."""
    satellites: Floats
    """Mean number of satellites at work."""

    @classmethod
    def nothing(cls, services: int, cells: int) -> IdlePlane:
        """A plane in which nobody works."""
        none, of_each = np.zeros(cells), np.zeros((services, cells))
        return cls(none, none, of_each, of_each, none)


@dataclass(frozen=True, eq=False)
class _Changes:
    """When idle GPUs of the satellites of a plane change, in order of berth and time."""

    days: Floats
    before: Ints
    """Idle GPUs of the satellite before."""
    after: Ints
    group_before: Ints
    """Number of the capacity that holds for it."""
    group_after: Ints


def idle_plane(
    log: EventLog,
    capacity: Sequence[Capacity],
    capacity_of: Ints,
    services: Sequence[InferenceService],
    edges: Floats,
) -> IdlePlane:
    """What a plane leaves idle between some days; `log` has its rows only, `edges` (cells + 1,) rise from 0."""
    length = np.diff(edges)
    changes = _changes(log, capacity_of)
    alike, shares = _alike(capacity, np.union1d(changes.group_before, changes.group_after), edges)
    moving = _moving_share(log, edges)
    idle, runnable = np.zeros_like(length), np.zeros_like(length)
    whole, ended = np.zeros((len(services), len(length))), np.zeros((len(services), len(length)))
    before, after = alike[changes.group_before], alike[changes.group_after]
    for group, share in enumerate(shares):
        out, into = before == group, after == group
        days = np.concatenate([changes.days[out], changes.days[into]])
        gpus = np.concatenate([-changes.before[out], changes.after[into]])
        there = cell_integral(days, gpus, edges)
        idle += there
        runnable += there * share
        for number, service in enumerate(services):
            if service.replica_within == "satellite":
                size = service.gpus_per_replica
                whole[number] += share * cell_integral(days, np.sign(gpus) * (np.abs(gpus) // size * size), edges)
    cell = np.clip(np.searchsorted(edges, changes.days, side="right") - 1, 0, len(length) - 1)
    for number, service in enumerate(services):
        size = service.gpus_per_replica
        if service.replica_within == "satellite":
            fewer = np.maximum(changes.before // size - changes.after // size, 0) * size
            np.add.at(ended[number], cell, fewer)
        else:
            days, total = _plane_total(changes)
            replicas = total // size
            more = np.diff(replicas, prepend=0) * size
            usable = cell_integral(days, more, edges)
            whole[number] = np.divide(usable * runnable, idle, out=np.zeros_like(idle), where=idle > 0)
            place = np.clip(np.searchsorted(edges, days, side="right") - 1, 0, len(length) - 1)
            np.add.at(ended[number], place, np.maximum(-more, 0))
    moves = log.satellites != 0
    satellites = cell_integral(log.time_days[moves], log.satellites[moves], edges) / length
    return IdlePlane(idle, runnable * moving, whole * moving, ended, satellites)


def cell_integral(days: Floats, change: Ints, edges: Floats) -> Floats:
    """Integral over each cell of a step function that starts at 0 and changes on some days, in any order."""
    if len(days) == 0:
        return np.zeros(len(edges) - 1)
    order = np.argsort(days, kind="stable")
    at = np.append(days[order], max(edges[-1], days.max()))
    so_far = np.concatenate([[0.0], np.cumsum(np.cumsum(change[order]) * np.diff(at))])
    return np.diff(np.interp(edges, at, so_far))


def _changes(log: EventLog, capacity_of: Ints) -> _Changes:
    notes = log.where(EventKind.IDLE_CHANGED)
    order = np.lexsort((np.arange(len(notes)), notes.time_days, notes.berth))
    berth, days = notes.berth[order], notes.time_days[order]
    # Of several notes of one instant the last holds.
    last = np.append((berth[1:] != berth[:-1]) | (days[1:] > days[:-1]), True)[: len(order)]
    berth, days, order = berth[last], days[last], order[last]
    after = notes.amount[order].astype(np.intp)
    satellite = notes.satellite[order]
    group = np.where(satellite >= 0, capacity_of[satellite], 0)
    first = np.diff(berth, prepend=-1) != 0
    before = np.where(first, 0, np.roll(after, 1))
    group_before = np.where(first, group, np.roll(group, 1))
    # A berth that a satellite has left is noted without one: nothing is idle in it.
    return _Changes(days, before, after, group_before, np.where(satellite >= 0, group, group_before))


def _plane_total(changes: _Changes) -> tuple[Floats, Ints]:
    """Days, and idle GPUs of the whole plane from each on."""
    order = np.argsort(changes.days, kind="stable")
    days, total = changes.days[order], np.cumsum((changes.after - changes.before)[order])
    last = np.append(days[1:] > days[:-1], True)[: len(days)]
    return days[last], total[last]


def _alike(capacity: Sequence[Capacity], used: Ints, edges: Floats) -> tuple[Ints, list[Floats]]:
    """For each capacity the number of those that let the same share of GPUs run, and these shares by cell."""
    alike, numbers, shares = np.zeros(len(capacity) + 1, np.intp), dict[bytes, int](), list[Floats]()
    for group in used.tolist():
        one = capacity[group]
        constant = len(one.values) == 1
        key = one.values.tobytes() + (b"" if constant else one.times_days.tobytes())
        if key not in numbers:
            numbers[key] = len(shares)
            shares.append(np.full(len(edges) - 1, one.values[0]) if constant else _mean_share(one, edges))
        alike[group] = numbers[key]
    return alike, shares


def _mean_share(capacity: Capacity, edges: Floats) -> Floats:
    """Mean share in each cell; before the first step, when no satellite works, that of the first."""
    at = np.append(capacity.times_days, max(edges[-1], capacity.times_days[-1] + 1))
    so_far = np.concatenate([[0.0], np.cumsum(capacity.values * np.diff(at))])
    begun = np.maximum(edges, at[0])
    integral = np.diff(np.interp(begun, at, so_far))
    length = np.diff(begun)
    first = np.full(len(length), capacity.values[0])
    return np.asarray(np.divide(integral, length, out=first, where=length > 1e-9))


def _moving_share(log: EventLog, edges: Floats) -> Floats:
    """Share of each cell in which the plane does not stand still."""
    still = log.where(EventKind.STOOD_STILL)
    if len(still) == 0:
        return np.ones(len(edges) - 1)
    end = np.maximum.accumulate(still.time_days + still.amount)
    begin = np.maximum(still.time_days, np.concatenate([[0.0], end[:-1]]))
    stands = cell_integral(np.concatenate([begin, end]), np.repeat([1, -1], len(end)), edges)
    return np.asarray(1 - stands / np.diff(edges))
