"""Inference on what training leaves: worked out from the log after the run, all replicas of a plane at once.

A replica is never followed.  In cells of time (a day, or an hour where demand has a day curve) a plane offers the GPUs
that whole replicas can use; demand is spread over all planes in proportion; what a plane computes leaves by its way to
the ground.  Within a cell idle GPUs and capacity count by their means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY, SECONDS_PER_DAY
from sim.engine.idle_gpus import IdlePlane, idle_plane
from sim.environment import Environment
from sim.environment.interruptions import throughput
from sim.errors import Fault, ScenarioError
from sim.events import NONE, EventKind, EventLog
from sim.workloads import InferenceService
from sim.workloads.inference import HOURS

Floats = NDArray[np.float64]

MONTH_DAYS = 30.0
"""Rows are written once in so many days."""
MOST_CELLS = 20_000_000
"""Planes x cells x services: 8 bytes each, four times."""


def check_size(environment: Environment) -> None:
    """Raises `ScenarioError` where demand by the hour in so many planes is more than memory holds."""
    services = environment.scenario.workload.inference
    count = len(cell_edges(environment)) * max(1, len(environment.planes)) * len(services)
    if count > MOST_CELLS:
        problem = (
            f"planes x services x {'hours' if by_hour(services) else 'days'}: {count:,} are more than the "
            f"{MOST_CELLS:,} that a run can hold"
        )
        raise ScenarioError([Fault("scenario", "workload.inference", None, problem)])


def cell_edges(environment: Environment) -> Floats:
    """Edges of the cells, mission days."""
    per_day = HOURS if by_hour(environment.scenario.workload.inference) else 1
    horizon = environment.horizon_days
    inner = np.arange(np.ceil(horizon * per_day)) / per_day
    return np.append(inner[inner < horizon], horizon)


def by_hour(services: Sequence[InferenceService]) -> bool:
    """Whether the demand of a service has a day curve."""
    return any(service.demand.kind == "regions" for service in services)


@dataclass(frozen=True)
class ServingPlane:
    """What a plane still has while services are served one after another."""

    idle: IdlePlane
    busy: Floats
    """GPU-days used by services so far."""
    produced: Floats
    """Output of them, bytes a second and satellite."""

    @classmethod
    def of(cls, idle: IdlePlane) -> ServingPlane:
        """A plane that serves nobody yet."""
        return cls(idle, np.zeros_like(idle.idle), np.zeros_like(idle.idle))


def inference_rows(environment: Environment, events: EventLog) -> Iterator[dict[str, Any]]:
    """Columns of rows for the log: what services served, could not send and left idle, month by month."""
    services = environment.scenario.workload.inference
    edges = cell_edges(environment)
    capacity, capacity_of = environment.capacities(events)
    planes = [
        ServingPlane.of(idle_plane(_of_plane(events, plane.id), capacity, capacity_of, services, edges))
        for plane in environment.planes
    ]
    yield from service_rows(environment, planes, edges)


def service_rows(environment: Environment, planes: list[ServingPlane], edges: Floats) -> Iterator[dict[str, Any]]:
    """The same of what planes leave idle between these days."""
    services = environment.scenario.workload.inference
    write, kept = Months(edges), throughput(environment.scenario)
    for number, service in enumerate(services):
        demand = demand_tokens(service, environment, edges)
        sold = np.zeros_like(demand)
        offered = [_offered(environment, plane, number, one) for plane, one in enumerate(planes)]
        total = np.sum(offered, axis=0)
        wanted = demand / (service.tokens_per_gpu_day * kept)
        share = np.minimum(1.0, np.divide(wanted, total, out=np.zeros_like(total), where=total > 0))
        for plane, (one, there) in enumerate(zip(planes, offered, strict=True)):
            if not there.any():
                continue
            busy = share * there
            cut = np.minimum(share * one.idle.ended[number] * service.response_s / 2 / SECONDS_PER_DAY, busy)
            cut += (busy - cut) * (1 - kept)  # what mitigations of soft errors take of the time
            served = _sold(environment, plane, service, one, busy - cut, np.diff(edges))
            one.busy[:] += busy
            sold += served * service.tokens_per_gpu_day
            yield from write.rows(EventKind.SERVED, served * HOURS_PER_DAY, plane, number)
            yield from write.rows(EventKind.TOKENS_SOLD, served * service.tokens_per_gpu_day, plane, number)
            yield from write.rows(EventKind.UNSOLD, (busy - cut - served) * HOURS_PER_DAY, plane, number)
            yield from write.rows(EventKind.CUT_SHORT, cut * HOURS_PER_DAY, plane, number)
        yield from write.rows(EventKind.UNMET, np.maximum(demand - sold, 0.0), NONE, number)
    for plane, one in enumerate(planes):
        yield from write.rows(
            EventKind.LEFT_IDLE, np.maximum(one.idle.idle - one.busy, 0.0) * HOURS_PER_DAY, plane, NONE
        )


def _of_plane(events: EventLog, plane: int) -> EventLog:
    keep = events.plane == plane
    return EventLog(*(getattr(events, field.name)[keep] for field in fields(events)))


def _offered(environment: Environment, plane: int, number: int, one: ServingPlane) -> Floats:
    """GPU-days that a plane can give a service: what whole replicas can use of what services above it leave."""
    service = environment.scenario.workload.inference[number]
    if environment.ground_link.longest_wait_s(plane, service) < 0:
        return np.zeros_like(one.busy)
    runnable = one.idle.runnable
    used = np.divide(one.busy, runnable, out=np.zeros_like(runnable), where=runnable > 0)
    return np.asarray(one.idle.whole[number] * np.clip(1.0 - used, 0.0, 1.0))


def _sold(
    environment: Environment, plane: int, service: InferenceService, one: ServingPlane, made: Floats, days: Floats
) -> Floats:
    """Of GPU-days of computing those whose output comes down, behind the output of the services above."""
    link, satellites = environment.ground_link, one.idle.satellites
    if service.output_bytes_per_token == 0:
        return made
    tokens_per_s = made / days * service.tokens_per_s_per_gpu
    bytes_per_s = tokens_per_s * service.output_bytes_per_token
    each = np.divide(bytes_per_s, satellites, out=np.zeros_like(made), where=satellites > 0)
    wait_s = link.longest_wait_s(plane, service)
    sent = link.sent(plane, one.produced + each, wait_s) - link.sent(plane, one.produced, wait_s)
    one.produced[:] += each
    share = np.divide(sent, each, out=np.zeros_like(made), where=each > 0)
    return np.asarray(made * np.clip(share, 0.0, 1.0))


def demand_tokens(service: InferenceService, environment: Environment, edges: Floats) -> Floats:
    """Tokens asked for in each cell."""
    slots = sum(layout.slots for layout in environment.layouts)
    hourly = service.demand_tokens_per_s(slots * environment.scenario.satellite.gpus)
    seconds = np.diff(edges) * SECONDS_PER_DAY
    if not by_hour(environment.scenario.workload.inference):
        return seconds * float(hourly.mean())
    return np.asarray(seconds * hourly[np.arange(len(seconds)) % HOURS])


class Months:
    """Sums of cells by month."""

    def __init__(self, edges: Floats) -> None:
        month = (edges[:-1] // MONTH_DAYS).astype(np.intp)
        self.first = np.flatnonzero(np.diff(month, prepend=-1))
        # Dated within the month, so that a run cut off at its end has them, but near its end: cells may be months.
        last = np.append(self.first[1:], len(edges) - 1)
        self.days = np.maximum(edges[last - 1], edges[last] - 1.0)

    def rows(self, kind: EventKind, amounts: Floats, plane: int, service: int) -> Iterator[dict[str, Any]]:
        """The rows of one kind, at most one."""
        sums = np.add.reduceat(amounts, self.first)
        some = sums > 0
        if some.any():
            yield {
                "count": int(np.count_nonzero(some)),
                "time_days": self.days[some],
                "kind": int(kind),
                "plane": plane,
                "job": service,
                "amount": sums[some],
            }
