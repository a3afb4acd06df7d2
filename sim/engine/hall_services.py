"""What the services of a campus serve: worked out from the log after the run, as for a constellation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY, SECONDS_PER_DAY
from sim.engine.idle_gpus import cell_integral
from sim.engine.inference import Months, cell_edges, demand_tokens
from sim.environment import Environment, HallPart
from sim.events import HOSTS_OUT, NONE, EventKind, EventLog
from sim.workloads import InferenceService

Floats = NDArray[np.float64]


def hall_service_rows(environment: Environment, events: EventLog) -> Iterator[dict[str, Any]]:
    """Columns of rows for the log: what services served and left idle, month by month.

    Services come one after another, each with what those above it leave.  All output reaches who asked: there is a
    network.  Replicas lie on one host, or over all hosts that serve, as `replica_within` says.
    """
    assert environment.hall is not None
    part, edges = environment.hall.parts_of_it[-1], cell_edges(environment)
    log, gpus = _of_part(events, part), environment.hall.gpus_per_host
    there = cell_integral(log.time_days, log.gpus.astype(np.intp), edges)
    failed = log.of(*HOSTS_OUT)
    cell = np.clip(np.searchsorted(edges, log.time_days[failed], side="right") - 1, 0, len(edges) - 2)
    lost = np.bincount(cell, minlength=len(edges) - 1) * float(gpus)
    left, write = there.copy(), Months(edges)
    for number, service in enumerate(environment.scenario.workload.inference):
        whole = _whole(service, gpus, log, edges)
        offered = whole * np.divide(left, there, out=np.zeros_like(left), where=there > 0)
        asked = demand_tokens(service, environment, edges)
        busy = np.minimum(offered, asked / service.tokens_per_gpu_day)
        share = np.divide(busy, there, out=np.zeros_like(busy), where=there > 0)
        cut = np.minimum(share * lost * service.response_s / 2 / SECONDS_PER_DAY, busy)
        served = busy - cut
        left -= busy
        yield from write.rows(EventKind.SERVED, served * HOURS_PER_DAY, 0, number)
        yield from write.rows(EventKind.TOKENS_SOLD, served * service.tokens_per_gpu_day, 0, number)
        yield from write.rows(EventKind.CUT_SHORT, cut * HOURS_PER_DAY, 0, number)
        unmet = np.maximum(asked - served * service.tokens_per_gpu_day, 0.0)
        yield from write.rows(EventKind.UNMET, unmet, NONE, number)
    yield from write.rows(EventKind.LEFT_IDLE, np.maximum(left, 0.0) * HOURS_PER_DAY, 0, NONE)


def _whole(service: InferenceService, gpus: int, log: EventLog, edges: Floats) -> Floats:
    """GPU-days of each cell that whole replicas can use, on hosts of so many GPUs."""
    size = service.gpus_per_replica
    moves = log.gpus != 0
    days, change = log.time_days[moves], log.gpus[moves].astype(np.intp)
    if service.replica_within == "satellite":
        return cell_integral(days, change // gpus * (gpus // size * size), edges)
    total = np.cumsum(change) // size * size
    return cell_integral(days, np.diff(total, prepend=0), edges)


def _of_part(events: EventLog, part: HallPart) -> EventLog:
    """The rows of the hosts of a part of a hall."""
    keep = (events.berth >= part.first) & (events.berth < part.first + part.campus.hosts)
    return EventLog(*(getattr(events, field.name)[keep] for field in fields(events)))
