"""Checkpoints under interruptions that come in bunches: goodput, and the best interval, by the gaps between them.

The gaps do not depend on the checkpoints.  Of a gap g a gang commits tau floor((g - R - l) / (tau + delta)): restart R
and lag l pass first, then every cycle counts.  With S(a) the interruptions a day that are followed by a gap longer than
a, the share of time committed is

    C(tau) = tau sum over k >= 1 of S(R + l + k (tau + delta))

and for interruptions that come evenly, S(a) = e^(-a/M) / M, it is Daly's.  Derived in docs/checkpoints.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from sim.workloads.checkpoint import Rhythm, optimum_interval

Floats = NDArray[np.float64]

AGES = 288
"""Gaps up to a period at which S is worked out, evenly; short ones besides.  A pass is some of them wide."""
RARE = 0.05
"""Of the mean rate: gaps that begin in steps of less are taken to be like the others."""
TRIED = 24
"""Intervals tried before the best is refined: C may have several maxima."""
NEGLIGIBLE = 20.0
"""Expected interruptions after which a gap that goes on is left out: e^-20."""


@dataclass(frozen=True, eq=False)
class Gaps:
    """Gaps between the interruptions of a gang whose rate repeats itself.  Days."""

    period: float
    """After which the rate repeats itself."""
    per_period: float
    """Interruptions in it."""
    ages: Floats
    """From 0 to the period, shape (k,)."""
    log_longer: Floats
    """Logarithm of S at these, interruptions a day, shape (k,)."""

    @classmethod
    def of(cls, per_day: Floats, period: float) -> Gaps:
        """Of interruptions at these rates in equal steps of some periods, shape (periods, n), each as often."""
        kinds, n = per_day.shape
        step = period / n
        shift = np.unique(np.concatenate([np.geomspace(1, n, 32), np.linspace(0, n, AGES)]).astype(np.intp))
        longer = np.zeros(len(shift))
        for expected in per_day * step:
            reached = np.concatenate([[0.0], np.cumsum(np.concatenate([expected, expected]))])
            begin = np.flatnonzero(expected >= RARE * expected.mean())
            own = expected[begin]
            # Begun in one step and over in another: exact, whichever moments of the two.
            last = begin + shift[1:, None]
            more = expected[last % n] - own
            more = np.where(np.abs(more) < 1e-9, 1e-9, more)
            between = np.exp(-(reached[last] - reached[begin + 1]) - own)
            found = (between * own * -np.expm1(-more) / more).sum(axis=1)
            longer += np.concatenate([[own.sum()], found]) * (expected.sum() / own.sum() / (kinds * period))
        return cls(period, float(per_day.sum()) * step / kinds, shift * step, np.log(np.maximum(longer, 1e-300)))

    def longer(self, age: Floats) -> Floats:
        """S: interruptions a day that are followed by a longer gap."""
        periods = np.floor(age / self.period)
        inside = np.interp(age - periods * self.period, self.ages, self.log_longer)
        return np.asarray(np.exp(inside - periods * self.per_period))

    def useful(self, rhythm: Rhythm) -> float:
        """Share of time that a gang commits under a rhythm; its restart is the mean over the interruptions."""
        last = self.period * (1 + NEGLIGIBLE / self.per_period)
        count = max(1, ceil(last / rhythm.cycle))
        ages = rhythm.restart + rhythm.lag + rhythm.cycle * np.arange(1.0, count + 1)
        return float(rhythm.interval * self.longer(ages).sum())

    def optimum(self, write: float, restart: float, lag: float) -> float:
        """The interval, at least the lag, under which most is committed."""
        evenly = optimum_interval(self.period / self.per_period, write)

        def lost(log_interval: float) -> float:
            return 1 - self.useful(Rhythm(float(np.exp(log_interval)), write, restart, lag))

        low = log(max(lag, evenly / 8))
        tried = np.linspace(low, max(low, log(evenly * 16)) + 1e-9, TRIED)
        best = int(np.argmin([lost(one) for one in tried.tolist()]))
        around = tried[max(best - 1, 0)], tried[min(best + 1, TRIED - 1)]
        found = minimize_scalar(lost, bounds=around, method="bounded", options={"xatol": 0.02})
        return float(np.exp(found.x if found.fun < lost(float(tried[best])) else tried[best]))
