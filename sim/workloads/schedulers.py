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
    """GPUs that it wants."""
    run_days: float
    """Days it would run on them if nothing failed; infinite for a job without end."""
    least: int
    """GPUs on which it starts if there are no more."""
    replica: int
    """It takes GPUs by so many."""

    def size_in(self, room: int) -> int:
        """GPUs that it takes where so many are free; 0: it does not start there."""
        size = min(self.gpus, room // self.replica * self.replica)
        return size if size >= self.least else 0


@dataclass(frozen=True)
class Placement:
    """Start this job on so many idle GPUs of this plane."""

    job: int
    plane: int
    gpus: int


def _start(job: Queued, rooms: Rooms) -> Placement | None:
    """Where to start a job: where all its GPUs are free, the plane that they fill best, else where most are."""
    plane = rooms.best_fit(job.gpus)
    if plane is None:
        plane = rooms.roomiest
    size = job.size_in(rooms.idle[plane])
    return Placement(job.job, plane, size) if size else None


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
            start = _start(job, rooms)
            if start is None:
                return
            yield start


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
            start = _start(job, rooms)
            if start is None:
                head = job
                break
            yield start
        if head is None:
            return
        reserved, turn_day, left_over = rooms.first_turn(head.least)
        for job in waiting:
            start = _start(job, rooms)
            if start is None:
                continue
            if reserved is not None and now_days + job.run_days * job.gpus / start.gpus > turn_day:
                start = self._beside(job, rooms, reserved, min(left_over, rooms.idle[reserved]))
                if start is not None and start.plane == reserved:
                    left_over -= start.gpus
            if start is not None:
                yield start

    @staticmethod
    def _beside(job: Queued, rooms: Rooms, reserved: int, room: int) -> Placement | None:
        """Where to start a job whole, or else as small as may be, with so much room in the reserved plane."""
        for gpus in dict.fromkeys((job.gpus, job.least)):
            plane = rooms.best_fit_beside(gpus, reserved, room)
            if plane is not None:
                size = job.size_in(room if plane == reserved else rooms.idle[plane])
                return Placement(job.job, plane, size)
        return None


SCHEDULERS: tuple[type[Scheduler], ...] = (Fifo, FifoBackfill)
AnyScheduler = Annotated[Fifo | FifoBackfill, Field(discriminator="kind")]
