"""Checkpointed work in closed form: where a stretch of gang time went, with no event per checkpoint.

A gang computes for an interval tau, writes a checkpoint for delta, and so on; work counts once its checkpoint is
written.  Every segment, the last too, ends with a checkpoint.  A stretch of runnable time is a sequence of **windows**
(a single one where nothing pauses the job); a window that ends in a planned pause ends with a checkpoint of its own, so
a planned pause loses no work.  All times in days, vectorised over windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

Floats = NDArray[np.float64]


def optimum_interval(mtbf: float, write: float) -> float:
    """Checkpoint interval tau* that minimises the expected makespan under failures of rate 1/mtbf.

    Exact: tau* = M (1 + W(-exp(-(delta/M + 1)))), the root of the derivative of Daly's expected makespan
    (Daly 2006, doi 10.1016/j.future.2004.11.016).  `mtbf`, `write` and the result in one unit.
    """
    return float(mtbf * (1 + lambertw(-np.exp(-(write / mtbf + 1))).real))


@dataclass(frozen=True)
class Spent:
    """Where gang time went, in days: the parts add up to the stretch."""

    committed: float = 0.0
    """Compute made durable by a checkpoint."""
    uncommitted: float = 0.0
    """Compute since the last checkpoint: lost if a failure ended the stretch."""
    written: float = 0.0
    """Writing checkpoints."""
    restarted: float = 0.0
    """Loading the last checkpoint and starting again."""
    paused: float = 0.0
    """Between windows, and in windows too short for anything."""


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
            return float("inf")
        segments = np.ceil(work / self.interval - 1e-9)
        return float(work + segments * self.write)

    def window_work(self, length: Floats, restart: Floats) -> Floats:
        """Work committed in whole windows that end with a planned checkpoint; 0 where nothing fits."""
        usable = length - restart - self.write
        cycle = self.interval + self.write
        full = np.floor(np.maximum(usable, 0.0) / cycle)
        rest = np.minimum(np.maximum(usable, 0.0) - full * cycle, self.interval)
        return full * self.interval + rest

    def spend(
        self, starts: Floats, ends: Floats, since: float, until: float, first_restart: float, planned_last: bool
    ) -> Spent:
        """Where the time from `since` to `until` went.

        `starts`, `ends`: the windows between the two, shape (n,), in order.  `first_restart` is the restart the first
        window begins with (0 for a new job); every later one begins with `restart`.  With `planned_last` the last
        window ended with its pause, otherwise it was cut off (by a failure, or the horizon).
        """
        if len(starts) == 0:
            return Spent(paused=until - since)
        length = ends - starts
        restart = np.full(len(starts), self.restart)
        restart[0] = first_restart
        restarted = np.minimum(restart, length)
        whole = np.ones(len(starts), bool)
        whole[-1] = planned_last
        work = np.where(whole, self.window_work(length, restart), 0.0)
        # A whole window with work is full: what is neither restart nor work writes checkpoints.
        rest = np.where(whole, length - restarted - work, 0.0)
        committed, written, uncommitted = float(work.sum()), float(rest[work > 0].sum()), 0.0
        if not planned_last:
            cycle = self.interval + self.write
            running = float(length[-1] - restarted[-1])
            cycles = float(np.floor(running / cycle))
            begun = running - cycles * cycle
            uncommitted = min(begun, self.interval)
            committed += cycles * self.interval
            written += cycles * self.write + (begun - uncommitted)
        gaps = float(starts[0] - since) + float((starts[1:] - ends[:-1]).sum()) + float(until - ends[-1])
        return Spent(committed, uncommitted, written, float(restarted.sum()), gaps + float(rest[work == 0].sum()))

    def finish(self, starts: Floats, ends: Floats, first_restart: float, work: float, planned_last: bool) -> float:
        """Day on which `work` more is committed within these windows; infinite if they do not suffice."""
        if len(starts) == 0:
            return float("inf")
        restart = np.full(len(starts), self.restart)
        restart[0] = first_restart
        capacity = self.window_work(ends - starts, restart)
        if not planned_last:
            cycle = self.interval + self.write
            running = max(0.0, float(ends[-1] - starts[-1] - restart[-1]))
            cycles = np.floor(running / cycle)
            rest = running - cycles * cycle
            capacity[-1] = cycles * self.interval + max(0.0, min(rest - self.write, self.interval))
        done = np.cumsum(capacity)
        enough = np.flatnonzero(done >= work - 1e-12)
        if len(enough) == 0:
            return float("inf")
        window = int(enough[0])
        left = work - (float(done[window - 1]) if window else 0.0)
        return float(starts[window] + restart[window] + self.time_for(left))
