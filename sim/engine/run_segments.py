"""Run segments of gangs: each from when a gang got its GPUs to when it loses one; where the time went, in closed form.

Inside one the composition stands still.  Interruptions that break nothing cut it into pieces; they come from the gang's
own unit-rate arrivals, mapped through its rates, so two strategies that treat a gang alike see the same ones.  What
happened before a day is the same however far beyond it the segment is followed.  Segments of many gangs are followed
together: their pieces lie in columns, one segment's behind the other's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.cuts import Late, Windows, interruptions
from sim.engine.segment import Asked, Corruption
from sim.workloads import Pieces, Progress, Rhythm, Spent, spend

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

NOBODY = -1
"""In a column of causes: the piece was not ended by an interruption."""


@dataclass(frozen=True, eq=False)
class RunSegments:
    """Where some segments went.  Times in days of gang time, work in days at full speed.

    What is of shape (pieces,) lists the pieces of the first segment, then of the second, and so on.
    """

    of: Ints
    """The segment of each piece."""
    first: Ints
    """First piece of each segment, and one past the last, shape (segments + 1,)."""
    pieces: Pieces
    spent: Spent
    committed: Floats
    """Work that each piece committed."""
    undone: Floats
    """Work since the last checkpoint that the end of each piece rolls back."""
    taken_back: Floats
    """Work committed earlier that the end of each piece rolls back."""
    causes: Ints
    """Kind of interruption that ended each piece, or `NOBODY`."""
    detection: Floats
    """Of the restart with which each piece begins, until what made it necessary is noticed."""
    paused: NDArray[np.bool_]
    """At its end: in the dark or suspended, its work committed; shape (segments,)."""
    used: Floats
    """Unit-rate time used up, that before the segment included, shape (segments,)."""
    pending: list[list[Corruption]]
    """Silent corruptions not yet noticed at the end of each segment."""
    progress: list[Progress]
    """How the work of each went along."""
    sheltered: Floats
    """For which each stood still until a pass or a storm was over, days, shape (segments,)."""

    def sums(self, of_pieces: Floats) -> Floats:
        """Sums over the pieces of each segment, shape (segments,)."""
        return np.asarray(np.bincount(self.of, of_pieces, minlength=len(self.used)), float)

    @property
    def net(self) -> Floats:
        """Work committed less work rolled back, shape (segments,)."""
        return self.sums(self.committed) - self.sums(self.taken_back)

    @property
    def worked(self) -> Floats:
        """All work done, committed or not, shape (segments,)."""
        return np.array([float(one.work(one.before[-1:])[0]) for one in self.progress])

    @property
    def last(self) -> tuple[Ints, Ints]:
        """(segments that have pieces, the last piece of each)."""
        some = np.flatnonzero(np.diff(self.first))
        return some, self.first[some + 1] - 1

    @property
    def detected(self) -> Floats:
        """Time of each piece until an interruption was noticed."""
        return np.minimum(self.detection, self.spent.restarted)

    @property
    def detection_left_days(self) -> Floats:
        """Of the detection under way at the end; 0 where there is none, shape (segments,)."""
        left = np.zeros(len(self.used))
        some, last = self.last
        left[some] = np.where(self.paused[some], 0.0, self.detection[last] - self.detected[last])
        return left

    @property
    def restart_left_days(self) -> Floats:
        """Of the restart under way at the end; 0 where there is none, shape (segments,)."""
        left = np.zeros(len(self.used))
        some, last = self.last
        pieces = self.pieces
        rest = pieces.restarts[last] - (pieces.ends[last] - pieces.starts[last])
        left[some] = np.where(self.paused[some], 0.0, np.maximum(rest, 0.0))
        return left

    def finish_day(self, number: int, rhythm: Rhythm, work: float) -> float:
        """Day on which `work` more is committed; infinite if it is not in this segment."""
        mine = slice(self.first[number], self.first[number + 1])
        pieces, progress = self.pieces.take(mine), self.progress[number]
        return rhythm.finish(pieces, work, self.taken_back[mine], progress)


def run_segments(asked: Sequence[Asked]) -> RunSegments:
    """Follow gangs, each to a day, through windows in which it may run."""
    windows = Windows.of(asked)
    cuts, used = interruptions(asked, windows)
    pieces, ended = windows.cut(cuts)
    counts = windows.counts + np.bincount(cuts.of, minlength=len(asked))
    of, first = np.repeat(np.arange(len(asked)), counts), np.concatenate([[0], np.cumsum(counts)])
    rhythms = [one.composition.rhythm for one in asked]
    rhythm = np.array([(one.interval, one.write, one.lag) for one in rhythms])
    spent = spend(pieces, *rhythm[of].T)
    progress = []
    committed, undone = np.empty(len(of)), np.empty(len(of))
    for one, begin, end in zip(asked, first[:-1].tolist(), first[1:].tolist(), strict=True):
        mine, composition = slice(begin, end), one.composition
        part = spent.take(mine)
        going = composition.rhythm.progress(composition.speed, composition.efficiency, pieces.take(mine), part)
        progress.append(going)
        if going.computed is None:
            committed[mine] = going.speed * part.committed
            undone[mine] = going.speed * part.uncommitted
        else:
            safe = going.work(going.before[:-1] + part.committed)
            committed[mine] = safe - going.work(going.before[:-1])
            undone[mine] = going.work(going.before[1:]) - safe
    causes = np.full(len(of), NOBODY)
    causes[ended] = cuts.kinds
    detection = np.zeros(len(of))
    some = np.flatnonzero(counts)
    detection[first[some]] = [asked[i].before.detection_days for i in some.tolist()]
    late = asked[0].composition.gangs.late
    each = np.array([one.composition.detection_days for one in asked])
    detection[ended + 1] = np.where(late[cuts.kinds], 0.0, each[cuts.of])
    segments = RunSegments(
        of=of,
        first=first,
        pieces=pieces,
        spent=spent,
        committed=committed,
        undone=undone,
        taken_back=np.zeros(len(of)),
        causes=causes,
        detection=detection,
        paused=np.array([one.paused for one in asked]),
        used=used,
        pending=[[] if one.interruptible else list(one.before.pending) for one in asked],
        progress=progress,
        sheltered=np.array([one.sheltered_days for one in asked]),
    )
    for number, noticed, waiting in cuts.corruptions(ended):
        _roll_back(segments, number, asked[number].composition.rhythm, noticed, waiting)
    return segments


def _roll_back(
    segments: RunSegments, number: int, rhythm: Rhythm, noticed: tuple[Ints, Floats, Floats], waiting: Late
) -> None:
    """Write what the silent corruptions of a segment take back, and which of them wait on.

    `noticed`: (pieces that they ended, days on which they came, work of earlier segments that they take back).
    """
    begin, end = int(segments.first[number]), int(segments.first[number + 1])
    mine = slice(begin, end)
    pieces, committed = segments.pieces.take(mine), segments.committed[mine]
    total = np.concatenate([[0.0], np.cumsum(committed)])
    ended, came, at_risk = noticed
    days = np.concatenate([came, [one[0] for one in waiting]])
    # Work of the segment committed by those days, roll-backs apart.
    piece = np.maximum(np.searchsorted(pieces.starts, days, side="right") - 1, 0)
    running = np.maximum(days - pieces.starts[piece] - pieces.restarts[piece], 0.0)
    # A copy taken before a corruption is clean, even if it was not durable yet.
    cycles = np.minimum(np.floor(running / rhythm.cycle), rhythm.saves(pieces)[piece])
    inside = np.minimum(cycles * rhythm.interval, segments.spent.committed[mine][piece])
    progress = segments.progress[number]
    begun = progress.before[piece]
    by = total[piece] + progress.work(begun + inside) - progress.work(begun)
    # A corruption that came after another was noticed: what that one took back lies before both, and cancels.
    segments.taken_back[ended] = at_risk + total[ended - begin + 1] - by[: len(ended)]
    at_stake = total[-1] - by[len(ended) :]
    segments.pending[number][:] = [
        Corruption(day, kind, risk + more)
        for (_, day, kind, risk), more in zip(waiting, at_stake.tolist(), strict=True)
    ]
