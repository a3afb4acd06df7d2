"""Schedulers that go through the queue in an order of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from sim.workloads.rooms import Rooms
from sim.workloads.schedulers.base import Placement, Preemption, Queued, Scheduler, start


class SmallestFirst(Scheduler):
    """The job that wants the fewest GPUs first: most jobs run, and large ones may wait for ever."""

    kind: Literal["smallest_first"] = "smallest_first"

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement]:
        for job in sorted(queue, key=lambda job: job.gpus):
            placed = start(job, rooms)
            if placed is None:
                return
            yield placed


class Goodput(Scheduler):
    """The job whose GPU-hours are expected to become most useful work first; what does not fit is passed over."""

    kind: Literal["goodput"] = "goodput"

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement]:
        for job in sorted(queue, key=lambda job: (-job.useful_share, -job.gpus)):
            placed = start(job, rooms)
            if placed is not None:
                yield placed


class Compact(Scheduler):
    """First come, first served, each job in the plane where it lies on the fewest satellites: few links to wait for."""

    kind: Literal["compact"] = "compact"

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement]:
        for job in queue:
            fitting = [] if job.on_one_satellite else rooms.fitting(job.gpus, job.spans)
            if fitting:
                plane = min(fitting, key=lambda plane: (rooms.satellites(plane, job.gpus), rooms.idle[plane]))
                yield Placement(job.job, plane, job.gpus)
            elif (placed := start(job, rooms)) is not None:
                yield placed
            else:
                return


class Priority(Scheduler):
    """The most urgent job first; where it finds no room, less urgent ones make way after a checkpoint."""

    kind: Literal["priority"] = "priority"
    preempt: bool = True
    """Whether running jobs make way; otherwise the most urgent one waits for its turn, and nobody overtakes it."""
    preempts = True

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement | Preemption]:
        for job in sorted(queue, key=lambda job: -job.priority):
            placed = start(job, rooms)
            if placed is None and self.preempt:
                for victim in self._in_the_way(job, rooms):
                    yield Preemption(victim)
                placed = start(job, rooms)
            if placed is None:
                return
            yield placed

    @staticmethod
    def _in_the_way(job: Queued, rooms: Rooms) -> list[int]:
        """The fewest GPUs' worth of less urgent jobs in one plane that make room for a job: the least urgent first."""
        best: tuple[int, list[int]] | None = None
        for plane in rooms.places(job.spans):
            gangs = rooms.gangs[plane]
            lesser = sorted((gang.priority, -number, gang.gpus) for number, gang in gangs.items())
            taken, victims = 0, list[int]()
            for priority, number, gpus in lesser:
                if priority >= job.priority or job.size_in(job.room_in(plane, rooms, victims)):
                    break
                taken += gpus
                victims.append(-number)
            if job.size_in(job.room_in(plane, rooms, victims)) and (best is None or taken < best[0]):
                best = taken, victims
        return best[1] if best else []
