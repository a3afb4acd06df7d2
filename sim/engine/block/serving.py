"""Inference of a fleet in blocks: what training leaves idle in cells of time, served as in the exact engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.block.block_log import MONTH_DAYS
from sim.engine.block.left import Left
from sim.engine.block.months import PlaneMonths
from sim.engine.idle_gpus import IdlePlane
from sim.engine.inference import ServingPlane, by_hour, service_rows
from sim.environment import Environment
from sim.workloads import InferenceService
from sim.workloads.inference import HOURS

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_CELLS = 3_000_000
"""Planes x cells x services, of which half a dozen arrays are held: cells are as many blocks long as it takes."""


def cell_days(services: Sequence[InferenceService], planes: int, horizon_days: float, block_days: float) -> float:
    """Length of the cells in which services are served: a block, or several where planes and blocks are many.

    Where demand has a day curve each cell is split into hours of the day.
    """
    most = max(1, MOST_CELLS // (planes * max(1, len(services)) * (HOURS if by_hour(services) else 1)))
    return block_days * max(1, ceil(horizon_days / block_days / most))


def serving_rows(environment: Environment, months: PlaneMonths, left: Left | None) -> Iterator[dict[str, Any]]:
    """Columns of rows for the log; `left`: what training leaves, where there is any."""
    services, cells = environment.scenario.workload.inference, months.cells
    days = np.diff(cells.edges)
    # Where demand has a day curve, a cell is split into its hours of the day, each as long as all of its days' one.
    split = HOURS if by_hour(services) else 1
    edges = np.append((cells.edges[:-1, None] + days[:, None] * (np.arange(split) / split)).ravel(), cells.edges[-1])
    unused = _unused(environment, months)
    idle = unused if left is None else left.idle(services, cells, unused)
    yield from service_rows(environment, [ServingPlane.of(_in_hours(one, split)) for one in idle], edges)


def _in_hours(idle: IdlePlane, split: int) -> IdlePlane:
    """The same in cells of which each is split into so many."""
    if split == 1:
        return idle
    gpu_days = (idle.idle, idle.runnable, idle.whole, idle.ended)
    each, runnable, whole, ended = (np.repeat(one / split, split, axis=-1) for one in gpu_days)
    return IdlePlane(each, runnable, whole, ended, np.repeat(idle.satellites, split))


def _unused(environment: Environment, months: PlaneMonths) -> list[IdlePlane]:
    """What is idle of the planes of a fleet that trains nothing."""
    cells = months.cells
    days, middle = np.diff(cells.edges), 0.5 * (cells.edges[:-1] + cells.edges[1:])
    month = np.minimum((middle / MONTH_DAYS).astype(np.intp), months.alive.shape[1] - 1)
    whole, failed = _whole_share(environment, months, middle), _failed(months)
    planes = []
    for plane, (alive, runnable) in enumerate(zip(cells.alive, cells.online, strict=True)):
        there = np.bincount(month, alive, minlength=months.alive.shape[1])[month]
        part = np.divide(alive, there, out=np.zeros_like(alive), where=there > 0)
        cut = failed[:, plane, month] * part + months.ended[:, plane]
        planes.append(IdlePlane(alive, runnable, runnable * whole[:, plane], cut, cells.satellites[plane] / days))
    return planes


def _whole_share(environment: Environment, months: PlaneMonths, day: Floats) -> Floats:
    """Share of the GPUs alive that whole replicas can use on some days, shape (services, planes, days).

    Of the numbers at the ends of months, from a complete fleet of new satellites on.
    """
    found = np.empty((len(months.services), len(months.alive), len(day)))
    for number, service in enumerate(months.services):
        size, gpus = service.gpus_per_replica, environment.scenario.satellite.gpus
        for plane, layout in enumerate(environment.planes):
            full = gpus * layout.slots
            new = gpus // size * size * layout.slots if service.replica_within == "satellite" else full // size * size
            left = np.interp(day, months.edges, np.append(full, months.left[plane]))
            used = np.interp(day, months.edges, np.append(new, months.used[number, plane]))
            found[number, plane] = np.divide(used, left, out=np.full(len(day), new / full), where=left > 0)
    return found


def _failed(months: PlaneMonths) -> Floats:
    """GPUs of replicas that end because one of their GPUs does, shape (services, planes, months).

    What whole replicas could use, less what they can use a month later, but for what has come and gone with satellites;
    where replicas span satellites, each GPU that goes ends as many replicas as it has a share of one.
    """
    there = [
        used if service.replica_within == "satellite" else months.left
        for service, used in zip(months.services, months.used, strict=True)
    ]
    more = np.diff(np.array(there).reshape(months.used.shape), axis=2, prepend=0)
    return np.asarray(np.maximum(months.came - more, 0), float)


def whole_gpus(services: Sequence[InferenceService], alive: NDArray[np.int32], begins: Ints) -> NDArray[np.int64]:
    """GPUs alive that whole replicas can use, shape (services, planes).

    `alive`: GPUs alive at work in each berth; `begins`: first berth of each plane.
    """
    found = np.zeros((len(services), len(begins)), np.int64)
    total = np.add.reduceat(alive, begins, dtype=np.int64)
    for number, service in enumerate(services):
        size = service.gpus_per_replica
        if service.replica_within == "satellite" and size > 1:
            found[number] = np.add.reduceat(alive // np.int32(size) * np.int32(size), begins, dtype=np.int64)
        else:
            found[number] = total // size * size
    return found
