"""Inference of a fleet in blocks: what its planes leave idle month by month, served as in the exact engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.block.months import PlaneMonths
from sim.engine.idle_gpus import IdlePlane
from sim.engine.inference import ServingPlane, by_hour, service_rows
from sim.environment import Environment
from sim.events import GPU_LOSSES, EventKind, EventLog
from sim.workloads import InferenceService
from sim.workloads.inference import HOURS

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def serving_rows(
    environment: Environment, events: EventLog, months: PlaneMonths, held: Floats
) -> Iterator[dict[str, Any]]:
    """Columns of rows for the log; `held`: GPU-days that training has of each plane and month, (planes, months)."""
    services, days = environment.scenario.workload.inference, np.diff(months.edges)
    ended = _ended(events, months, services)
    # Where demand has a day curve, a month is split into its hours of the day, each as long as all of its days' one.
    split = HOURS if by_hour(services) else 1
    edges = np.append((months.edges[:-1, None] + days[:, None] * (np.arange(split) / split)).ravel(), months.edges[-1])
    share = np.divide(held, months.alive, out=np.zeros_like(held), where=months.alive > 0)
    free = np.clip(1.0 - share, 0.0, 1.0)
    planes = []
    for plane in range(len(months.alive)):
        runnable = months.online[plane] * free[plane]
        each = [
            np.repeat(one / split, split, axis=-1)
            for one in (months.alive[plane] * free[plane], runnable, runnable * months.whole[:, plane], ended[:, plane])
        ]
        satellites = np.repeat(months.satellites[plane] / days, split)
        idle = IdlePlane(each[0], each[1], each[2], each[3], satellites)
        planes.append(ServingPlane.of(idle))
    yield from service_rows(environment, planes, edges)


def _ended(events: EventLog, months: PlaneMonths, services: Sequence[InferenceService]) -> Floats:
    """GPUs of replicas that end because a GPU failed, shape (services, planes, months): each loss ends a replica."""
    planes, count = months.alive.shape
    lost = events.of(*GPU_LOSSES, EventKind.BUS_FAILED) & (events.gpus < 0)
    month = np.minimum((events.time_days[lost] // np.diff(months.edges)[0]).astype(np.intp), count - 1)
    place = events.plane[lost].astype(np.intp) * count + month
    whole = events.kind[lost] == EventKind.BUS_FAILED
    gpus = -events.gpus[lost].astype(float)
    ends = [np.where(whole, gpus, gpus * service.gpus_per_replica) for service in services]
    return np.array([np.bincount(place, one, minlength=planes * count).reshape(planes, count) for one in ends])


def whole_share(services: Sequence[InferenceService], alive: NDArray[np.int32], begins: Ints) -> Floats:
    """Share of the GPUs alive that whole replicas can use, shape (services, planes).

    `alive`: GPUs alive at work in each berth; `begins`: first berth of each plane.
    """
    found = np.ones((len(services), len(begins)))
    total = np.add.reduceat(alive, begins, dtype=np.int64)
    for number, service in enumerate(services):
        size = service.gpus_per_replica
        if size == 1:
            continue
        if service.replica_within == "satellite":
            used = np.add.reduceat(alive // np.int32(size) * np.int32(size), begins, dtype=np.int64)
        else:
            used = total // size * size
        found[number] = np.divide(used, total, out=np.ones(len(begins)), where=total > 0)
    return found
