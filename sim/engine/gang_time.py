"""Writes where the time of gangs went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.gang import Gang, Stretch
from sim.engine.run_segments import NOBODY, RunSegments
from sim.events import Cause, EventKind, EventRecorder

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MONTH_DAYS = 30.0
"""Interruptions that break nothing are written month by month."""
NOTHING = 1e-12
"""Days below which a share of a segment is rounding."""


@dataclass(frozen=True)
class _Rows:
    """Rows to be written, in columns: of whose segment, when, what, why and how much."""

    of: Ints
    days: Floats
    kinds: Ints
    causes: Ints
    amounts: Floats

    @classmethod
    def alike(cls, of: Ints, days: Floats, kind: Ints | int, causes: Ints | int, amounts: Floats) -> _Rows:
        """Rows of which some column may have one value."""
        shape = of.shape
        return cls(of, days, np.broadcast_to(kind, shape), np.broadcast_to(causes, shape), amounts)


class GangTime:
    """The rows of a run about the time of its gangs, in GPU-hours."""

    def __init__(self, log: EventRecorder, cause_numbers: list[int]) -> None:
        """`cause_numbers`: in the log, of the kinds of interruption."""
        self.log = log
        self._numbers = np.array(cause_numbers, np.intp)

    def ran(self, gangs: Sequence[Gang], stretches: Sequence[Stretch], segments: RunSegments) -> None:
        """Write where the segments of some gangs went."""
        plane = np.array([stretch.plane for stretch in stretches])
        job, gpus = np.array([gang.job for gang in gangs]), np.array([gang.spec.gpus for gang in gangs])
        day, since = np.array([one.end_day for one in stretches]), np.array([one.since for one in stretches])
        cause, closing = np.array([one.cause for one in stretches]), np.array([one.closing for one in stretches])
        spent, sums = segments.spent, segments.sums
        lost = segments.undone + segments.taken_back
        last = np.zeros(len(stretches))
        some, piece = segments.last
        last[some] = np.where(segments.causes[piece] == NOBODY, segments.undone[piece], 0.0)
        computed = np.array([float(one.before[-1]) for one in segments.progress])
        accounted = sums(segments.pieces.ends - segments.pieces.starts)
        hours = gpus * HOURS_PER_DAY
        everyone = np.arange(len(stretches))
        rows = self._interrupted(segments, lost, hours)
        for kind, why, days in (
            (EventKind.COMMITTED, Cause.NONE, segments.net),
            (np.where(closing, EventKind.UNCOMMITTED, EventKind.LOST), cause, last),
            (EventKind.SLOWED, Cause.NONE, computed - segments.worked),
            (EventKind.CHECKPOINTED, Cause.NONE, sums(spent.written)),
            (EventKind.RESTARTED, Cause.NONE, sums(spent.restarted)),
            (EventKind.PAUSED, Cause.NONE, day - since - accounted + sums(spent.idle)),
        ):
            row = _Rows.alike(everyone, day, kind, why, days * hours)
            rows.append(_some(row, np.abs(days) > NOTHING))
        of = np.concatenate([one.of for one in rows])
        self.log.extend(
            len(of),
            time_days=np.concatenate([one.days for one in rows]),
            kind=np.concatenate([one.kinds for one in rows]),
            cause=np.concatenate([one.causes for one in rows]),
            amount=np.concatenate([one.amounts for one in rows]),
            plane=plane[of],
            job=job[of],
        )

    def waited(self, gang: Gang, day: float) -> None:
        """Write the time that a gang has waited until a day."""
        if day > gang.since:
            amount = (day - gang.since) * gang.spec.gpus * HOURS_PER_DAY
            self.log.append(day, EventKind.WAITED, job=gang.job, amount=amount)

    def _interrupted(self, segments: RunSegments, lost: Floats, hours: Floats) -> list[_Rows]:
        """The interruptions of segments by month and cause: how many, and the work that they rolled back.

        `hours`: GPU-hours of a day of each segment.
        """
        hit = np.flatnonzero(segments.causes != NOBODY)
        if len(hit) == 0:
            return []
        days, whose = segments.pieces.ends[hit], segments.of[hit]
        month = (days // MONTH_DAYS).astype(np.intp)
        key = (whose * (int(month.max()) + 1) + month) * 1024 + self._numbers[segments.causes[hit]]
        order = np.argsort(key, kind="stable")
        key = key[order]
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        count = np.diff(begins, append=len(key))
        # Dated by the last of them: days are in order within a month and cause.
        last = order[begins + count - 1]
        of, when, what = whose[last], days[last], key[begins] % 1024
        gone = np.add.reduceat(lost[hit[order]], begins) * hours[of]
        rolled_back = _Rows.alike(of, when, EventKind.LOST, what, gone)
        return [
            _Rows.alike(of, when, EventKind.SOFT_INTERRUPTED, what, count.astype(float)),
            _some(rolled_back, gone > 0),
        ]


def _some(rows: _Rows, which: NDArray[np.bool_]) -> _Rows:
    return _Rows(rows.of[which], rows.days[which], rows.kinds[which], rows.causes[which], rows.amounts[which])
