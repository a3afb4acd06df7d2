"""Schedulers: pure functions of the queue, the idle GPUs and the running gangs to placements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from sim.parameters import Parameters


@dataclass(frozen=True)
class Queued:
    """A job that waits for its gang."""

    job: int
    gpus: int
    run_days: float
    """Days it would run if nothing failed; infinite for a job without end."""


@dataclass(frozen=True)
class Running:
    """A gang at work."""

    plane: int
    gpus: int
    end_day: float
    """Day on which it ends if nothing fails."""


@dataclass(frozen=True)
class Placement:
    """Start this job on idle GPUs of this plane."""

    job: int
    plane: int


class Scheduler(Parameters):
    """Says which queued jobs start where.  `queue` is in order of arrival, `idle` the idle GPUs of each plane."""

    kind: str

    def place(self, queue: list[Queued], idle: list[int], running: list[Running], now_days: float) -> list[Placement]:
        """The jobs to start now, each with its plane."""
        raise NotImplementedError


class Fifo(Scheduler):
    """First come, first served: nobody overtakes the head of the queue."""

    kind: Literal["fifo"] = "fifo"

    def place(self, queue: list[Queued], idle: list[int], running: list[Running], now_days: float) -> list[Placement]:
        return _in_order(queue, list(idle))[0]


class FifoBackfill(Scheduler):
    """First come, first served, with EASY backfill: a later job may start if it does not delay the head of the queue.

    The head gets a reservation in the plane that can take it first if nothing fails; a later job starts in another
    plane, or on GPUs the head leaves over, or if it ends before the head's turn (Lifka 1995,
    doi 10.1007/3-540-60153-8_35).
    """

    kind: Literal["fifo_backfill"] = "fifo_backfill"

    def place(self, queue: list[Queued], idle: list[int], running: list[Running], now_days: float) -> list[Placement]:
        free = list(idle)
        placements, waiting = _in_order(queue, free)
        if len(waiting) < 2:
            return placements
        head = waiting[0]
        started = {job.job: job for job in queue}
        busy = running + [Running(p.plane, started[p.job].gpus, now_days + started[p.job].run_days) for p in placements]
        plane, turn_day, left_over = _reservation(head.gpus, free, busy)
        for job in waiting[1:]:
            harmless = now_days + job.run_days <= turn_day
            room = [gpus if p != plane or harmless else min(gpus, left_over) for p, gpus in enumerate(free)]
            chosen = _best_fit(job.gpus, room)
            if chosen is None:
                continue
            placements.append(Placement(job.job, chosen))
            free[chosen] -= job.gpus
            if chosen == plane and not harmless:
                left_over -= job.gpus
        return placements


def _in_order(queue: list[Queued], free: list[int]) -> tuple[list[Placement], list[Queued]]:
    """Place from the head until one does not fit; `free` is drawn down."""
    placements: list[Placement] = []
    for position, job in enumerate(queue):
        plane = _best_fit(job.gpus, free)
        if plane is None:
            return placements, queue[position:]
        placements.append(Placement(job.job, plane))
        free[plane] -= job.gpus
    return placements, []


def _best_fit(gpus: int, free: list[int]) -> int | None:
    """The plane with the fewest idle GPUs that still suffice; the lowest number among equals."""
    fitting = [(room, plane) for plane, room in enumerate(free) if room >= gpus]
    return min(fitting)[1] if fitting else None


def _reservation(gpus: int, free: list[int], running: list[Running]) -> tuple[int | None, float, int]:
    """(plane, day, GPUs left over then) of the earliest turn of a gang of this size if nothing fails."""
    best: tuple[float, int, int] | None = None
    for plane in range(len(free)):
        room = free[plane]
        for gang in sorted((g for g in running if g.plane == plane), key=lambda g: g.end_day):
            if gang.end_day == float("inf"):
                break
            room += gang.gpus
            if room >= gpus:
                if best is None or gang.end_day < best[0]:
                    best = (gang.end_day, plane, room - gpus)
                break
    return (best[1], best[0], best[2]) if best else (None, float("inf"), 0)


SCHEDULERS: tuple[type[Scheduler], ...] = (Fifo, FifoBackfill)
AnyScheduler = Annotated[Fifo | FifoBackfill, Field(discriminator="kind")]
