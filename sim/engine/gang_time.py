"""Writes where the time of gangs went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.gang import Gang
from sim.engine.run_segments import NOBODY, RunSegments
from sim.engine.stretch import Stretch
from sim.events import Cause, EventKind, EventRecorder

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MONTH_DAYS = 30.0
"""Interruptions that break nothing are written month by month."""
NOTHING = 1e-12
"""Days below which a share of a segment is rounding."""

_BECAME = np.array(
    [
        EventKind.COMMITTED,
        EventKind.LOST,
        EventKind.SLOWED,
        EventKind.SLOWED,
        EventKind.SLOWED,
        EventKind.CHECKPOINTED,
        EventKind.RESTARTED,
        EventKind.PAUSED,
        EventKind.PAUSED,
        EventKind.PAUSED,
        EventKind.DETECTED,
        EventKind.LOST,
    ]
)
"""What becomes of the time of a segment; its last work is lost, or at the end of a mission not committed yet.  Last,
the work of earlier ones that it gave up."""
_WHY = np.array(
    [
        Cause.NONE,
        Cause.NONE,
        Cause.ENERGY,
        Cause.RETRIED,
        Cause.LINK,
        Cause.NONE,
        Cause.NONE,
        Cause.STAND_OFF,
        Cause.SHELTER,
        Cause.NONE,
        Cause.NONE,
        Cause.NONE,
    ]
)
"""And why."""


@dataclass(frozen=True)
class _Rows:
    """Rows to be written, in columns: of whose segment, when, what, why and how much."""

    of: Ints
    days: Floats
    kinds: Ints | int
    causes: Ints
    amounts: Floats


class GangTime:
    """The rows of a run about the time of its gangs, in GPU-hours."""

    def __init__(self, log: EventRecorder, cause_numbers: list[int]) -> None:
        """`cause_numbers`: in the log, of the kinds of interruption."""
        self.log = log
        self._numbers = np.array(cause_numbers, np.intp)

    def ran(self, gangs: Sequence[Gang], stretches: Sequence[Stretch], segments: RunSegments) -> None:
        """Write where the segments of some gangs went."""
        plane = np.array([stretch.plane for stretch in stretches])
        job, gpus = np.array([gang.job for gang in gangs]), np.array([one.size for one in stretches])
        day, since = np.array([one.end_day for one in stretches]), np.array([one.since for one in stretches])
        cause, closing = np.array([one.cause for one in stretches]), np.array([one.closing for one in stretches])
        spent, sums = segments.spent, segments.sums
        lost = segments.undone + segments.taken_back
        last = np.zeros(len(stretches))
        some, piece = segments.last
        last[some] = np.where(segments.causes[piece] == NOBODY, segments.undone[piece], 0.0)
        computed = np.array([float(one.before[-1]) for one in segments.progress])
        accounted = sums(segments.pieces.ends - segments.pieces.starts)
        given_up = np.array([one.given_up for one in stretches])
        detected = sums(segments.detected)
        hours = gpus * HOURS_PER_DAY
        # What suspends a plane is known by the day on which it goes on.
        still = np.clip(np.array([one.resume_day for one in stretches]), since, day) - since
        shares = np.array(
            [
                segments.net - given_up,
                last,
                *_slowed(stretches, computed, segments.worked),
                sums(spent.written),
                sums(spent.restarted) - detected,
                still,
                segments.sheltered,
                day - since - still - segments.sheltered - accounted + sums(spent.idle),
                detected,
                given_up,
            ]
        )
        kinds = np.repeat(_BECAME[:, None], len(stretches), axis=1)
        kinds[1] = np.where(closing, EventKind.UNCOMMITTED, EventKind.LOST)
        causes = np.repeat(_WHY[:, None], len(stretches), axis=1)
        causes[1], causes[-1] = cause, [one.given_up_to for one in stretches]
        there = np.abs(shares) > NOTHING
        of = there.nonzero()[1]
        rows = _Rows(of, day[of], kinds[there], causes[there], (shares * hours)[there])
        for part in (*self._interrupted(segments, lost, hours), rows):
            self.log.extend(
                len(part.of),
                time_days=part.days,
                kind=part.kinds,
                cause=part.causes,
                amount=part.amounts,
                plane=plane[part.of],
                job=job[part.of],
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
        some = gone > 0
        return [
            _Rows(of, when, EventKind.SOFT_INTERRUPTED, what, count.astype(float)),
            _Rows(of[some], when[some], EventKind.LOST, what[some], gone[some]),
        ]


def _slowed(stretches: Sequence[Stretch], computed: Floats, worked: Floats) -> tuple[Floats, Floats, Floats]:
    """Time computed in vain in some segments: for want of light, power or cooling, on steps twice, on talking."""
    made = [one.composition for one in stretches]
    undisturbed = np.array([1.0 if one is None else one.undisturbed for one in made])
    talking = np.array([1.0 if one is None else one.talking for one in made])
    efficiency = undisturbed * talking
    # A gang that does nothing but talk or try again has its full speed to do so.
    at_speed = np.divide(worked, efficiency, out=computed.copy(), where=efficiency > 0)
    return computed - at_speed, at_speed * (1 - undisturbed), at_speed * undisturbed * (1 - talking)
