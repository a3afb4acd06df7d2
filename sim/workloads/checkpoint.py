"""Checkpointed work in closed form: where a span of gang time went, with no event per checkpoint.

A gang computes for an interval tau, writes a checkpoint for delta, and so on; work counts once its checkpoint is
written.  Every segment, the last too, ends with a checkpoint.  A span of runnable time is a sequence of **windows**
(a single one where nothing pauses the job); a window that ends in a planned pause ends with a checkpoint of its own, so
a planned pause loses no work.  All times in days, vectorised over windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, inf

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

from sim.workloads.work import Progress, WorkTable

Floats = NDArray[np.float64]

ROUNDING = 1e-12
"""Days within which a piece's work is taken as complete: double precision after a thousand days."""


def optimum_interval(mtbf: float, write: float) -> float:
    """Checkpoint interval tau* that minimises the expected makespan under failures of rate 1/mtbf.

    Exact: tau* = M (1 + W(-exp(-(delta/M + 1)))), the root of the derivative of Daly's expected makespan
    (Daly 2006, doi 10.1016/j.future.2004.11.016).  `mtbf`, `write` and the result in one unit.
    """
    return float(mtbf * (1 + lambertw(-np.exp(-(write / mtbf + 1))).real))


@dataclass(frozen=True)
class Pieces:
    """Stretches of gang time between whatever stops it, in order; arrays of shape (n,)."""

    starts: Floats
    ends: Floats
    restarts: Floats
    """Restart with which each begins."""
    planned: NDArray[np.bool_]
    """Whether it ends in a planned pause, after a checkpoint of its own; else a failure, or the horizon, cuts it."""

    @classmethod
    def of_windows(
        cls, starts: Floats, ends: Floats, restart: float, first_restart: float, planned_last: bool
    ) -> Pieces:
        """The windows of light: all end in planned pauses, the last one perhaps not."""
        restarts, planned = np.full(len(starts), restart), np.ones(len(starts), bool)
        restarts[:1], planned[-1:] = first_restart, planned_last
        return cls(np.asarray(starts, float), np.asarray(ends, float), restarts, planned)

    def take(self, some: slice) -> Pieces:
        """Some of them."""
        return Pieces(self.starts[some], self.ends[some], self.restarts[some], self.planned[some])

    def cut(self, days: Floats, restarts: Floats) -> Pieces:
        """The same with interruptions on these days, in order and each inside a piece, followed by these restarts."""
        if len(days) == 0:
            return self
        if len(self.starts) == 1:  # nearly always, and five times as fast
            return Pieces(
                np.concatenate([self.starts, days]),
                np.concatenate([days, self.ends]),
                np.concatenate([self.restarts, restarts]),
                np.concatenate([np.zeros(len(days), bool), self.planned]),
            )
        where = np.searchsorted(self.starts, days, side="right")
        return Pieces(
            np.insert(self.starts, where, days),
            np.insert(self.ends, where - 1, days),
            np.insert(self.restarts, where, restarts),
            np.insert(self.planned, where - 1, False),
        )


@dataclass(frozen=True)
class Spent:
    """Where gang time went, in days, piece by piece, shape (n,): the parts add up to the span."""

    committed: Floats
    """Compute made durable by a checkpoint."""
    uncommitted: Floats
    """Compute since the last checkpoint: lost if a failure ended the piece."""
    written: Floats
    """Writing checkpoints."""
    restarted: Floats
    """Loading the last checkpoint and starting again."""
    idle: Floats
    """Of pieces too short for anything."""

    def take(self, some: slice) -> Spent:
        """That of some pieces."""
        return Spent(
            self.committed[some], self.uncommitted[some], self.written[some], self.restarted[some], self.idle[some]
        )


def spend(pieces: Pieces, interval: Floats | float, write: Floats | float) -> Spent:
    """Where the time of these pieces went under checkpoint rhythms: computing `interval`, writing `write`, in days.

    Each is one number, or one for each piece.
    """
    length = pieces.ends - pieces.starts
    restarted = np.minimum(pieces.restarts, length)
    running = length - restarted
    cycle = interval + write
    # Cut off: whole cycles count, and then the computing that was under way, or the checkpoint.
    cycles = np.floor(running / cycle)
    begun = running - cycles * cycle
    computing = np.minimum(begun, interval)
    committed, uncommitted = cycles * interval, np.where(pieces.planned, 0.0, computing)
    written = cycles * write + (begun - computing)
    # By plan: the last checkpoint comes just before the pause.
    usable = np.maximum(running - write, 0.0)
    full = np.floor(usable / cycle)
    work = full * interval + np.minimum(usable - full * cycle, interval)
    committed = np.where(pieces.planned, work, committed)
    # A piece with work that ends by plan is full: what is neither restart nor work writes checkpoints.
    written = np.where(pieces.planned, np.where(work > 0, running - work, 0.0), written)
    idle = np.where(pieces.planned & (work == 0), running, 0.0)
    return Spent(committed, uncommitted, written, restarted, idle)


@dataclass(frozen=True)
class Rhythm:
    """How a gang alternates: all in days."""

    interval: float
    """Compute between checkpoints, tau."""
    write: float
    """Writing one checkpoint, delta."""
    restart: float
    """Restart after an interruption or a pause, R."""

    def time_for(self, work: float) -> float:
        """Time that `work` takes in one window without failure, its checkpoints included."""
        if work <= 0:
            return 0.0
        if np.isinf(work):
            return inf
        segments = np.ceil(work / self.interval - 1e-9)
        return float(work + segments * self.write)

    def spend(self, pieces: Pieces) -> Spent:
        """Where the time of these pieces went."""
        return spend(pieces, self.interval, self.write)

    def computing(self, running: Floats) -> Floats:
        """Time computed in so much time after a restart, checkpoints in between."""
        cycles = np.floor(running / (self.interval + self.write))
        return np.asarray(
            cycles * self.interval + np.minimum(running - cycles * (self.interval + self.write), self.interval)
        )

    def progress(self, table: WorkTable, factor: float, pieces: Pieces, spent: Spent) -> Progress:
        """Follow a table, its speeds times a factor, along the computing of these pieces."""
        here = spent.committed + spent.uncommitted
        before = np.concatenate([[0.0], np.cumsum(here)])
        if len(here) == 0:
            return Progress(before, factor)
        start, end = float(pieces.starts[0]), float(pieces.ends[-1])
        speed = table.constant(start, end)
        if speed is not None:
            return Progress(before, speed * factor)
        edges = np.arange(floor(start) + 1, ceil(end), dtype=float)
        piece = np.searchsorted(pieces.starts, edges, side="right") - 1
        running = np.maximum(edges - pieces.starts[piece] - pieces.restarts[piece], 0.0)
        inside = np.minimum(self.computing(running), here[piece])
        computed = np.concatenate([[0.0], before[piece] + inside, before[-1:]])
        days = np.minimum(np.arange(floor(start), floor(start) + len(edges) + 1), len(table.speed) - 1)
        work = np.cumsum(table.speed[days] * factor * np.diff(computed))
        return Progress(before, inf, computed, np.concatenate([[0.0], work]))

    def finish(
        self, pieces: Pieces, work: float, taken_back: Floats | float = 0.0, progress: Progress | None = None
    ) -> float:
        """Day on which `work` more is committed; infinite if these pieces do not suffice.

        A piece that is cut counts as it is, but work may be done, and its last checkpoint written, inside it before the
        cut.  `taken_back` is committed work that is rolled back at the end of each piece.  `progress` says how fast
        work goes; none: at full speed.
        """
        if len(pieces.starts) == 0:
            return inf
        spent = self.spend(pieces)
        if progress is None:
            progress = Progress(np.concatenate([[0.0], np.cumsum(spent.committed + spent.uncommitted)]), 1.0)
        begun, reached = progress.work(progress.before[:-1]), progress.work(progress.before[:-1] + spent.committed)
        gained = np.cumsum(reached - begun - taken_back)
        wanted = np.maximum(work - np.concatenate([[0.0], gained[:-1]]), 0.0)
        # In a piece that is cut the work is complete if its last, shorter segment and its checkpoint still fit.
        running = np.maximum(pieces.ends - pieces.starts - pieces.restarts, 0.0)
        computing = np.maximum(progress.computing(begun + wanted) - progress.before[:-1], 0.0)
        with np.errstate(invalid="ignore"):
            needed = computing + np.ceil(computing / self.interval - 1e-9) * self.write
        fits = np.where(pieces.planned, computing <= spent.committed + ROUNDING, needed <= running)
        enough = np.flatnonzero(fits)
        if len(enough) == 0:
            return inf
        piece = int(enough[0])
        return float(pieces.starts[piece] + pieces.restarts[piece] + self.time_for(float(computing[piece])))
