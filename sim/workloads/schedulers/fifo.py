"""First come, first served, with and without backfill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from sim.workloads.rooms import Rooms
from sim.workloads.schedulers.base import Placement, Queued, Scheduler, start


class Fifo(Scheduler):
    """First come, first served: nobody overtakes the head of the queue."""

    kind: Literal["fifo"] = "fifo"

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement]:
        for job in queue:
            placed = start(job, rooms)
            if placed is None:
                return
            yield placed


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
            found = start(job, rooms)
            if found is None:
                head = job
                break
            yield found
        if head is None:
            return
        if head.on_one_satellite:
            # On which satellite it will lie, and what is left beside it, is not known before: nobody else gets any.
            (reserved, turn_day), left_over = rooms.first_turn_on_one(head.least), 0
        else:
            reserved, turn_day, left_over = rooms.first_turn(head.least, head.spans)
        for job in waiting:
            found = start(job, rooms)
            if found is None:
                continue
            if reserved is not None and now_days + job.run_days * job.gpus / found.gpus > turn_day:
                found = self._beside(job, rooms, reserved, min(left_over, rooms.idle[reserved]))
                if found is not None and rooms.overlap(found.plane, reserved):
                    left_over -= found.gpus
            if found is not None:
                yield found

    @staticmethod
    def _beside(job: Queued, rooms: Rooms, reserved: int, room: int) -> Placement | None:
        """Where to start a job whole, or else as small as may be, with so much room in the reserved plane."""
        if job.on_one_satellite:
            plane = rooms.best_on_one(job.gpus, but=reserved)
            sizes = [] if plane is None else [(plane, job.size_in(rooms.most_on_one(plane)))]
            sizes += [(reserved, job.size_in(min(room, rooms.most_on_one(reserved))))]
            return next((Placement(job.job, where, size) for where, size in sizes if size), None)
        for gpus in dict.fromkeys((job.gpus, job.least)):
            plane = rooms.best_fit_beside(gpus, reserved, room, job.spans)
            if plane is not None:
                size = job.size_in(rooms.beside(plane, reserved, room))
                return Placement(job.job, plane, size)
        return None
