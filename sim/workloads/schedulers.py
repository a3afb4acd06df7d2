"""Schedulers: which waiting job gets idle GPUs of which plane."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from sim.parameters import Parameters
from sim.workloads.rooms import Rooms


@dataclass(frozen=True)
class Queued:
    """A job that waits for its gang."""

    job: int
    gpus: int
    run_days: float
    """Days it would run if nothing failed; infinite for a job without end."""


@dataclass(frozen=True)
class Placement:
    """Start this job on idle GPUs of this plane."""

    job: int
    plane: int


class Scheduler(Parameters):
    """Says which queued jobs start where, one after another.

    `queue` is in order of arrival.  Each placement is carried out, and `rooms` brought up to date, before the next one
    is asked for: a scheduler reads them and changes nothing.
    """

    kind: str

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement]:
        """The jobs to start now, each with its plane."""
        raise NotImplementedError


class Fifo(Scheduler):
    """First come, first served: nobody overtakes the head of the queue."""

    kind: Literal["fifo"] = "fifo"

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement]:
        for job in queue:
            plane = rooms.best_fit(job.gpus)
            if plane is None:
                return
            yield Placement(job.job, plane)


class FifoBackfill(Scheduler):
    """First come, first served, with EASY backfill: a later job may start if it does not delay the head of the queue.

    The head gets a reservation in the plane that can take it first if nothing fails; a later job starts in another
    plane, or on GPUs the head leaves over, or if it ends before the head's turn (Lifka 1995,
    doi 10.1007/3-540-60153-8_35).
    """

    kind: Literal["fifo_backfill"] = "fifo_backfill"

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement]:
        waiting = iter(queue)
        head = None
        for job in waiting:
            plane = rooms.best_fit(job.gpus)
            if plane is None:
                head = job
                break
            yield Placement(job.job, plane)
        if head is None:
            return
        reserved, turn_day, left_over = rooms.first_turn(head.gpus)
        for job in waiting:
            if reserved is None or now_days + job.run_days <= turn_day:
                plane = rooms.best_fit(job.gpus)
            else:
                plane = rooms.best_fit_beside(job.gpus, reserved, min(left_over, rooms.idle[reserved]))
                if plane == reserved and plane is not None:
                    left_over -= job.gpus
            if plane is not None:
                yield Placement(job.job, plane)


SCHEDULERS: tuple[type[Scheduler], ...] = (Fifo, FifoBackfill)
AnyScheduler = Annotated[Fifo | FifoBackfill, Field(discriminator="kind")]
