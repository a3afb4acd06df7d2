"""What idle GPUs are idle for: to be told apart in the accounts of a run."""

from __future__ import annotations

from sim.constants import HOURS_PER_DAY
from sim.events import EventKind, EventRecorder

MONTH_DAYS = 30.0
"""Idle time is written month by month."""


class IdleTime:
    """GPU-hours of GPUs that live, work and belong to no job.

    GPUs **wait** that jobs in the queue want and cannot have yet, since too few are free in one place; they are
    **stranded** where gangs at work lack some, but less than a replica is free where they may take it; nobody wants the
    others.
    """

    def __init__(self, log: EventRecorder) -> None:
        self._log = log
        self._day = 0.0
        self._now = (0, 0, 0)  # GPUs that wait, are stranded, are wanted by nobody
        self._days = [0.0, 0.0, 0.0]
        self._month = 0

    def note(self, day: float, idle: int, queued: int, missing: int) -> None:
        """From a day on so many are idle, jobs in the queue want so many, and gangs at work lack so many."""
        self._pass(day)
        waiting = min(idle, queued)
        stranded = min(idle - waiting, missing)
        self._now = waiting, stranded, idle - waiting - stranded

    def close(self, day: float) -> None:
        """The mission ends."""
        self._pass(day)
        self._write(day)

    def _pass(self, day: float) -> None:
        """Count what it was up to a day, month by month."""
        while (end := (self._month + 1) * MONTH_DAYS) < day:
            self._count(end)
            self._write(end)
            self._month += 1
        self._count(day)

    def _count(self, day: float) -> None:
        for which, gpus in enumerate(self._now):
            self._days[which] += gpus * (day - self._day)
        self._day = day

    def _write(self, day: float) -> None:
        for which, kind in enumerate((EventKind.KEPT_WAITING, EventKind.STRANDED, EventKind.IDLE)):
            if self._days[which] > 0:
                self._log.append(day, kind, amount=self._days[which] * HOURS_PER_DAY)
            self._days[which] = 0.0
