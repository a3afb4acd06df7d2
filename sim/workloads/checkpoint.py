"""Checkpointed work in closed form: where a span of gang time went, with no event per checkpoint.

A gang computes for an interval tau, stands still for delta while its state is copied, computes on, and so on.  The copy
is safe only a **lag** after that: work counts once its checkpoint is durable, and an interruption before takes the gang
back to the checkpoint before.  No save begins before the last one is durable, so the lag is at most tau.  Every
segment, the last too, ends with a checkpoint.  A span of runnable time is a sequence of **windows** (a single one where
nothing pauses the job); a planned pause, like the end of the job, waits until a checkpoint of its own is durable, so it
loses no work: what is computed meanwhile would be lost, so the gang waits.  A regular save that would not be durable
when the last one begins is left out.  All times in days, vectorised over windows.  Derived in docs/checkpoints.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, inf, sqrt

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


def young_interval(mtbf: float, write: float) -> float:
    """First-order optimum sqrt(2 delta M) (Young 1974, doi 10.1145/361147.361115); see `optimum_interval`."""
    return sqrt(2 * write * mtbf)


def daly_interval(mtbf: float, write: float) -> float:
    """Daly's higher-order estimate of the optimum, M where the write takes 2 M or more (2006, equation 37)."""
    if write >= 2 * mtbf:
        return mtbf
    part = write / (2 * mtbf)
    return sqrt(2 * write * mtbf) * (1 + sqrt(part) / 3 + part / 9) - write


def expected_makespan(work: float, mtbf: float, rhythm: Rhythm, *, failures_during_restart: bool = True) -> float:
    """Expected time of a job of so much work under failures of rate 1/mtbf, from its start without a restart.

    All in the unit of the rhythm; `work` is a whole number N of intervals.  With lag l, block delta and restart R

        T = M e^(R/M) (N e^(l/M) (e^((tau + delta)/M) - 1) + e^(l/M) - 1)

    or, where nothing fails during a restart, M + R in place of M e^(R/M).  Daly's (2006, doi
    10.1016/j.future.2004.11.016) where the lag is 0.  The lag acts as a longer restart, so it leaves the interval that
    is best as it was.  Derived in docs/checkpoints.md.
    """
    tau, lag = rhythm.interval, rhythm.lag / mtbf
    cycle = np.expm1((tau + rhythm.write) / mtbf)
    once = mtbf * np.exp(rhythm.restart / mtbf) if failures_during_restart else mtbf + rhythm.restart
    return float(once * (work / tau * np.exp(lag) * cycle + np.expm1(lag)))


def useful_share(mtbf: float, rhythm: Rhythm) -> float:
    """Share of its running time that an endless job commits under failures of rate 1/mtbf: see `expected_makespan`."""
    pause = rhythm.restart + rhythm.lag
    losses = (pause + rhythm.cycle) / mtbf
    if losses < 1e-9:
        return rhythm.interval / rhythm.cycle
    if losses > 700:
        return 0.0
    return float(rhythm.interval / mtbf / (np.exp(pause / mtbf) * np.expm1(rhythm.cycle / mtbf)))


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
    """Compute since the last durable checkpoint began: lost if a failure ended the piece."""
    written: Floats
    """Standing still for checkpoints: blocked by them, or by plan until the last one is durable."""
    restarted: Floats
    """Loading the last checkpoint and starting again."""
    idle: Floats
    """Of pieces too short for anything."""

    def take(self, some: slice) -> Spent:
        """That of some pieces."""
        return Spent(
            self.committed[some], self.uncommitted[some], self.written[some], self.restarted[some], self.idle[some]
        )


def spend(pieces: Pieces, interval: Floats | float, write: Floats | float, lag: Floats | float = 0.0) -> Spent:
    """Where the time of these pieces went under checkpoint rhythms, in days.

    Computing `interval`, blocked for `write`, durable a `lag` later: each one number, or one for each piece.
    """
    length = pieces.ends - pieces.starts
    restarted = np.minimum(pieces.restarts, length)
    running = length - restarted
    cycle = interval + write
    # Cut off: the cycles whose checkpoint is durable count; then what was done since, that under way included.
    cycles = np.floor(running / cycle)
    begun = running - cycles * cycle
    computing = np.minimum(begun, interval)
    safe = np.maximum(np.floor((running - lag) / cycle), 0.0)
    committed, uncommitted = safe * interval, np.where(pieces.planned, 0.0, (cycles - safe) * interval + computing)
    written = cycles * write + (begun - computing)
    # By plan: the last checkpoint is durable just before the pause.
    usable = np.maximum(running - write - lag, 0.0)
    full = np.maximum(np.floor((usable - lag) / cycle), 0.0)
    work = full * interval + np.minimum(usable - full * cycle, interval + lag)
    committed = np.where(pieces.planned, work, committed)
    # A piece with work that ends by plan is full: what is neither restart nor work goes to checkpoints.
    written = np.where(pieces.planned, np.where(work > 0, running - work, 0.0), written)
    idle = np.where(pieces.planned & (work == 0), running, 0.0)
    return Spent(committed, uncommitted, written, restarted, idle)


@dataclass(frozen=True)
class Rhythm:
    """How a gang alternates: all in days."""

    interval: float
    """Compute between checkpoints, tau."""
    write: float
    """Standing still for one checkpoint, delta."""
    restart: float
    """Restart after an interruption or a pause, R."""
    lag: float = 0.0
    """From the end of that to the moment from which the checkpoint can be restored; at most the interval."""

    @property
    def cycle(self) -> float:
        """From one save to the next."""
        return self.interval + self.write

    def time_for(self, work: float) -> float:
        """Time that `work` takes in one window without failure, until its last checkpoint is durable."""
        if np.isinf(work):
            return inf
        return float(self.times_for(np.asarray(work)))

    def times_for(self, work: Floats) -> Floats:
        """The same for several amounts; infinite where one is."""
        with np.errstate(invalid="ignore"):
            # The save before the last is left out if it would not be durable when that begins.
            saves = np.maximum(np.ceil((work - self.lag) / self.interval - 1e-9), 1.0)
        return np.asarray(np.where(work > 0, work + saves * self.write + self.lag, 0.0))

    def spend(self, pieces: Pieces) -> Spent:
        """Where the time of these pieces went."""
        return spend(pieces, self.interval, self.write, self.lag)

    def saves(self, pieces: Pieces) -> Floats:
        """Saves of each piece before its last one; of one that is cut, as many as it may be."""
        usable = pieces.ends - pieces.starts - pieces.restarts - self.write - 2 * self.lag
        return np.where(pieces.planned, np.maximum(np.floor(usable / self.cycle), 0.0), inf)

    def computing(self, running: Floats, saves: Floats) -> Floats:
        """Time computed in so much time after a restart, that many checkpoints at most in between."""
        cycles = np.minimum(np.floor(running / self.cycle), saves)
        begun = running - cycles * self.cycle
        return np.asarray(cycles * self.interval + np.where(cycles < saves, np.minimum(begun, self.interval), begun))

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
        inside = np.minimum(self.computing(running, self.saves(pieces)[piece]), here[piece])
        computed = np.concatenate([[0.0], before[piece] + inside, before[-1:]])
        days = np.minimum(np.arange(floor(start), floor(start) + len(edges) + 1), len(table.speed) - 1)
        work = np.cumsum(table.speed[days] * factor * np.diff(computed))
        return Progress(before, inf, computed, np.concatenate([[0.0], work]))

    def finish(
        self, pieces: Pieces, work: float, taken_back: Floats | float = 0.0, progress: Progress | None = None
    ) -> float:
        """Day on which `work` more is committed; infinite if these pieces do not suffice.

        A piece that is cut counts as it is, but work may be done, and its last checkpoint durable, inside it before the
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
        fits = np.where(pieces.planned, computing <= spent.committed + ROUNDING, self.times_for(computing) <= running)
        enough = np.flatnonzero(fits)
        if len(enough) == 0:
            return inf
        piece = int(enough[0])
        return float(pieces.starts[piece] + pieces.restarts[piece] + self.time_for(float(computing[piece])))
