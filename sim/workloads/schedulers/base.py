"""What a scheduler is: parameters, and one verb that looks at queue and room and says what to start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sim.parameters import Label, Parameters
from sim.workloads.rooms import Rooms
from sim.workloads.training import TrainingJob


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
    priority: int = 0
    """The higher, the more urgent."""
    useful_share: float = 1.0
    """Share of its time that is expected to become useful work, by links, checkpoints and interruptions."""
    spans: bool = False
    """Whether it lies over joined planes, since no plane holds it: its place is one of those."""
    on_one_satellite: bool = False
    """Whether all its GPUs must lie on one satellite."""

    @classmethod
    def of(cls, job: int, spec: TrainingJob, run_days: float, useful_share: float, *, spans: bool) -> Queued:
        """A job of a description."""
        own = spec.within == "satellite"
        sizes = spec.gpus, run_days, spec.least_gpus, spec.replica_gpus
        return cls(job, *sizes, spec.priority, useful_share, spans, own)

    def size_in(self, room: int) -> int:
        """GPUs that it takes where so many are free; 0: it does not start there."""
        size = min(self.gpus, room // self.replica * self.replica)
        return size if size >= self.least else 0

    def room_in(self, plane: int, rooms: Rooms, without: Sequence[int] = ()) -> int:
        """Idle GPUs of a place that lie as it needs them, those of some jobs counted as idle."""
        if self.on_one_satellite:
            return rooms.on_one(plane, without) if without else rooms.most_on_one(plane)
        return rooms.idle[plane] + sum(rooms.gangs[plane][job].gpus for job in without)


@dataclass(frozen=True)
class Placement:
    """Start this job on so many idle GPUs of this plane, or of these joined planes by the number of their place."""

    job: int
    plane: int
    gpus: int


@dataclass(frozen=True)
class Preemption:
    """Stop this running job after a checkpoint; it goes back to the queue."""

    job: int


class Scheduler(Parameters):
    """Says which queued jobs start where, one after another: its fields are its parameters, `place` its one verb.

    It keeps no memory and changes nothing.  Each placement is carried out, and `rooms` brought up to date, before the
    next one is asked for.
    """

    kind: Label = ""
    """A built-in name, or `package.module:Class` for a user's own class."""
    preempts: ClassVar[bool] = False
    """Whether it stops running jobs: one that does is asked though nothing is free."""

    def place(self, queue: Iterable[Queued], rooms: Rooms, now_days: float) -> Iterator[Placement | Preemption]:
        """The jobs to start now, each with its plane; `queue` is in order of arrival."""
        raise NotImplementedError


def start(job: Queued, rooms: Rooms) -> Placement | None:
    """Where to start a job: where all its GPUs are free, the place that they fill best, else where most are."""
    plane = rooms.best_on_one(job.gpus) if job.on_one_satellite else rooms.best_fit(job.gpus, job.spans)
    if plane is None:
        plane = rooms.roomiest(job.spans)
    size = job.size_in(job.room_in(plane, rooms))
    return Placement(job.job, plane, size) if size else None
