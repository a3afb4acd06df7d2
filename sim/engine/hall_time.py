"""Where the time of a hall's job went, written into the log when the run is over, in the terms of every job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.environment import HallPart
from sim.events import Cause, EventKind, EventRecorder
from sim.workloads import Pieces, Rhythm, Spent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HostRow = tuple[float, int, int, int, int, float]
"""(day, kind, cause, host, change in the number of hosts in the pool, amount)."""
JobRow = tuple[float, int, int, float]
"""(day, kind, cause, amount)."""

_HOST_TYPES = (np.float64, np.uint8, np.uint8, np.int32, np.int32, np.float64)
_JOB_TYPES = (np.float64, np.uint8, np.uint8, np.float64)
NOTHING_DAYS = 1e-12
"""Less is a rounding error."""


@dataclass(slots=True, eq=False)
class Segment:
    """A stretch of running, from its restart to what stops it."""

    start: float
    restart: float
    idle: float = 0.0
    """Days of a restart before it, in which nothing ran."""
    end: float = np.inf
    planned: bool = False
    """Whether the job's last checkpoint ends it."""
    cause: int = Cause.NONE
    """What stopped it."""
    by_host: bool = False
    """Whether that was the failure of a host."""

    def cut_off(self, day: float) -> None:
        """End it, or the restart before it, on a day."""
        if day < self.start:
            self.idle -= self.start - day
            self.start = day
        self.end = day


class HallTime:
    """Notes of a run while it goes on: tuples, which cost little, and turn into columns in the end."""

    def __init__(self, gpus_per_host: int, gpus: int, rhythm: Rhythm | None, part: HallPart, at_start: int) -> None:
        """`gpus`: of the job; `rhythm`: of its checkpoints; none: each step is one, and none costs anything.

        `at_start`: hosts in the pool then.
        """
        self._gpus_per_host = gpus_per_host
        self._hosts_at_start = at_start
        self._part = part
        self._wanted = gpus // gpus_per_host + part.campus.warm_standbys  # hosts of the job
        self._gpus = gpus
        self._rhythm = rhythm
        self._hosts: list[HostRow] = []
        self._job: list[JobRow] = []
        self.note_host: Callable[[HostRow], None] = self._hosts.append
        """Takes down a row of a host."""
        self.segments: list[Segment] = []

    def note_job(self, day: float, kind: EventKind, cause: int = Cause.NONE, amount: float | None = None) -> None:
        """One row of the job; without an amount, that of its GPUs."""
        self._job.append((day, kind, cause, self._gpus if amount is None else amount))

    def note_time(self, day: float, kind: EventKind, days: float) -> None:
        """Time of all the job's GPUs that ended on a day."""
        if days > 0:
            self._job.append((day, kind, Cause.NONE, days * self._gpus * HOURS_PER_DAY))

    def committed_days(self, segment: Segment) -> float:
        """Work that a segment which has been cut off leaves, where there are checkpoints."""
        assert self._rhythm is not None
        return float(self._rhythm.spend(_pieces([segment])).committed[0])

    def days_for(self, work_days: float) -> float:
        """Time that work takes without failures, its checkpoints included, where there are any."""
        assert self._rhythm is not None
        return self._rhythm.time_for(work_days)

    def write(self, log: EventRecorder, *, running: bool) -> None:
        """Write all rows; `running`: whether the last segment was cut off by the horizon."""
        day, hosts = write_hosts(log, self._hosts, self._part.first, self._gpus_per_host)
        self._write_segments(log, running)
        changed, in_pool = day, self._hosts_at_start + np.cumsum(hosts)
        when, kind, cause, amount = _columns(self._job, _JOB_TYPES)
        log.extend(len(when), time_days=when, kind=kind, cause=cause, plane=0, job=self._part.number, amount=amount)
        waits = np.asarray(kind) == EventKind.WAITED
        self._write_kept(log, np.asarray(when)[waits], np.asarray(amount)[waits], changed, in_pool)

    def _write_kept(self, log: EventRecorder, until: Floats, hours: Floats, changed: Floats, in_pool: Ints) -> None:
        """What the hosts that the job wants, and that are there, do while it waits: they wait with it.

        `until`, `hours`: the end of each wait, and its GPU-hours; `changed`, `in_pool`: days on which the number of
        hosts in the working pool changed, and to what.
        """
        days = np.concatenate([[0.0], changed])
        kept = np.minimum(np.concatenate([[self._hosts_at_start], in_pool]), self._wanted)
        before = np.concatenate([[0.0], np.cumsum(kept[:-1] * np.diff(days))])

        def host_days(day: Floats) -> Floats:
            last = np.maximum(np.searchsorted(days, day, side="right") - 1, 0)  # day 0 may be rounded to before it
            return np.asarray(before[last] + kept[last] * (day - days[last]))

        amount = host_days(until) - host_days(until - hours / (self._gpus * HOURS_PER_DAY))
        log.extend(
            len(until), time_days=until, kind=EventKind.KEPT_WAITING, plane=0,
            amount=amount * (self._gpus_per_host * HOURS_PER_DAY),
        )  # fmt: skip

    def _write_segments(self, log: EventRecorder, running: bool) -> None:
        """Where the time of the segments went, and the failures that ended them."""
        spent, pieces = self._spent(), _pieces(self.segments)
        cause = np.array([one.cause for one in self.segments], np.uint8)
        by_host = np.array([one.by_host for one in self.segments], bool)
        lost = np.full(len(cause), EventKind.LOST)
        lost[len(lost) - running :] = EventKind.UNCOMMITTED
        none = np.zeros_like(cause)
        idle = np.array([one.idle for one in self.segments])
        for kind, why, days, days_of in (
            (EventKind.COMMITTED, none, spent.committed, pieces.ends),
            (EventKind.CHECKPOINTED, none, spent.written, pieces.ends),
            (EventKind.RESTARTED, none, spent.restarted, pieces.ends),
            (EventKind.RESTARTED, none, idle, pieces.starts),
            (lost, cause, spent.uncommitted + spent.idle, pieces.ends),
        ):
            there = days > NOTHING_DAYS
            log.extend(
                int(np.count_nonzero(there)),
                time_days=days_of[there],
                kind=np.broadcast_to(np.asarray(kind), there.shape)[there],
                cause=why[there],
                plane=0,
                job=self._part.number,
                amount=days[there] * (self._gpus * HOURS_PER_DAY),
            )
        log.extend(
            int(np.count_nonzero(by_host)), time_days=pieces.ends[by_host], kind=EventKind.JOB_INTERRUPTED,
            cause=cause[by_host], plane=0, job=self._part.number, amount=self._gpus,
        )  # fmt: skip

    def _spent(self) -> Spent:
        pieces = _pieces(self.segments)
        if self._rhythm is not None:
            return self._rhythm.spend(pieces)
        length = pieces.ends - pieces.starts
        restarted = np.minimum(pieces.restarts, length)
        none = np.zeros_like(length)
        return Spent(length - restarted, none, none, restarted, none)


def write_hosts(log: EventRecorder, rows: list[HostRow], first: int, gpus_per_host: int) -> tuple[Floats, Ints]:
    """Write rows of hosts, of which `first` is the first; returns the day and change of the pool of each."""
    day, kind, cause, host, hosts, amount = _columns(rows, _HOST_TYPES)
    number = np.asarray(host, np.int32) + first
    log.extend(
        len(day), time_days=day, kind=kind, cause=cause, plane=0, berth=number, satellite=number, satellites=hosts,
        gpus=np.asarray(hosts) * gpus_per_host, amount=amount,
    )  # fmt: skip
    return np.asarray(day, float), np.asarray(hosts, np.int64)


def _columns(rows: list[HostRow] | list[JobRow], types: tuple[type, ...]) -> list[NDArray[np.generic]]:
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    return [np.fromiter(column, kind, len(rows)) for column, kind in zip(columns, types, strict=True)]


def _pieces(segments: list[Segment]) -> Pieces:
    return Pieces(
        np.array([one.start for one in segments]),
        np.array([one.end for one in segments]),
        np.array([one.restart for one in segments]),
        np.array([one.planned for one in segments], bool),
    )
