"""Writes where the time of gangs went."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.gang import Gang
from sim.engine.run_segments import NOBODY, RunSegment
from sim.events import Cause, EventKind, EventRecorder

MONTH_DAYS = 30.0
"""Interruptions that break nothing are written month by month."""
NOTHING = 1e-12
"""Days below which a share of a segment is rounding."""


class GangTime:
    """The rows of a run about the time of its gangs, in GPU-hours."""

    def __init__(self, log: EventRecorder, cause_numbers: list[int]) -> None:
        """`cause_numbers`: in the log, of the kinds of interruption."""
        self.log = log
        self._numbers = np.array(cause_numbers, np.intp)

    def ran(self, gang: Gang, segment: RunSegment, day: float, *, cause: int, closing: bool = False) -> None:
        """Write where a segment that ends on a day went; `closing`: its last work may still be committed."""
        spent = segment.spent
        lost = segment.undone + segment.taken_back
        last = float(segment.undone[-1]) if len(lost) and segment.causes[-1] == NOBODY else 0.0
        self._interrupted(gang, segment, lost)
        computed = float(segment.progress.before[-1])
        accounted = float((segment.pieces.ends - segment.pieces.starts).sum())
        for kind, why, days in (
            (EventKind.COMMITTED, Cause.NONE, segment.net),
            (EventKind.UNCOMMITTED if closing else EventKind.LOST, cause, last),
            (EventKind.SLOWED, Cause.NONE, computed - segment.worked),
            (EventKind.CHECKPOINTED, Cause.NONE, float(spent.written.sum())),
            (EventKind.RESTARTED, Cause.NONE, float(spent.restarted.sum())),
            (EventKind.PAUSED, Cause.NONE, day - gang.since - accounted + float(spent.idle.sum())),
        ):
            if abs(days) > NOTHING:
                amount = days * gang.spec.gpus * HOURS_PER_DAY
                self.log.append(day, kind, cause=why, plane=gang.plane, job=gang.job, amount=amount)

    def waited(self, gang: Gang, day: float) -> None:
        """Write the time that a gang has waited until a day."""
        if day > gang.since:
            amount = (day - gang.since) * gang.spec.gpus * HOURS_PER_DAY
            self.log.append(day, EventKind.WAITED, job=gang.job, amount=amount)

    def _interrupted(self, gang: Gang, segment: RunSegment, lost: NDArray[np.float64]) -> None:
        """The interruptions of a segment by month and cause: how many, and the work that they rolled back."""
        hit = np.flatnonzero(segment.causes != NOBODY)
        if len(hit) == 0:
            return
        days = segment.pieces.ends[hit]
        key = (days // MONTH_DAYS).astype(np.intp) * 1024 + self._numbers[segment.causes[hit]]
        order = np.argsort(key, kind="stable")
        key = key[order]
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        count = np.diff(begins, append=len(key))
        hours = np.add.reduceat(lost[hit[order]], begins) * (gang.spec.gpus * HOURS_PER_DAY)
        # Dated by the last of them: days are in order within a month and cause.
        when, what = days[order[begins + count - 1]], key[begins] % 1024
        append, plane, job = self.log.append, gang.plane, gang.job
        for day, cause, number, gone in zip(when.tolist(), what.tolist(), count.tolist(), hours.tolist(), strict=True):
            append(day, EventKind.SOFT_INTERRUPTED, cause=cause, plane=plane, job=job, amount=number)
            if gone > 0:
                append(day, EventKind.LOST, cause=cause, plane=plane, job=job, amount=gone)
