"""What luck and beliefs together leave open: total intervals of means, and how often a strategy is best.

Pure.  A study has replicates at the scenario's own figures, and the first n of them again under each draw of beliefs,
with the same luck.  The mean of draw d less that of the same n replicates at the own figures is what the draw changes;
added to the study's mean it is the mean under that draw.  Draws and replicates are a two-way layout (Searle, Casella &
McCulloch 1992, Variance Components, chapter 4): the mean square of what neither explains is the noise that n replicates
leave in such a change.  Its variance is subtracted from that of the changes, which is the unbiased estimate of what
beliefs do (Sun, Apley & Staum 2011, doi 10.1287/opre.1110.0932), and the changes are drawn together to that variance,
so that their quantiles are not those of the noise (Louis 1984, J. Am. Stat. Assoc. 79, 393).

A total interval runs from the 2.5 % to the 97.5 % quantile of these means.  To either half-width, counted from their
median, that of the Monte Carlo interval of the study's mean is added, and that of the noise in all changes alike, as
independent errors add: by squares, exact for normal ones.  It holds the Monte Carlo interval, as the scenario's own
figures are believed possible too, at an end of their ranges as they may lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.statistics import Estimate, Quantity, Ratio

Floats = NDArray[np.float64]

NORMAL_95 = 1.959963984540054
LEVEL = 0.95
_ROUNDING = 1e-9
_RESAMPLES = 400
"""Of the bootstrap: the ends of its intervals are good to a tenth of their width."""


class Layout(NamedTuple):
    """Replicates of one quantity under draws, as a two-way layout."""

    changes: Floats
    """What each draw changes in the mean, shape (draws,)."""
    noise_variance: float | None
    """Of the mean of n replicates of a draw, luck that is common to all draws apart; none: n is 1."""

    @classmethod
    def of(cls, own: Floats, drawn: Floats) -> Layout:
        """`own`: the replicates at the own figures, shape (n,); `drawn`: shape (draws, n)."""
        means = drawn.mean(axis=1)
        draws, n = drawn.shape
        noise = None
        if n > 1 and draws > 1:
            left_over = drawn - means[:, None] - drawn.mean(axis=0)[None, :] + drawn.mean()
            noise = float((left_over**2).sum()) / ((draws - 1) * (n - 1)) / n
        return cls(means - own.mean(), noise)

    @property
    def belief_variance(self) -> float:
        """Of the mean, by beliefs: the unbiased estimate, or 0 where that is below it."""
        return (
            max(0.0, float(self.changes.var(ddof=1)) - (self.noise_variance or 0.0)) if len(self.changes) > 1 else 0.0
        )

    @property
    def _spread(self) -> float:
        return float(self.changes.var(ddof=1)) if len(self.changes) > 1 else 0.0

    @property
    def without_noise(self) -> Floats:
        """The changes, drawn together to the variance that beliefs have."""
        middle, spread = self.changes.mean(), self._spread
        share = np.sqrt(self.belief_variance / spread) if spread > 0 else 0.0
        return np.asarray(middle + share * (self.changes - middle))


def coverage(draws: int) -> float:
    """Share of beliefs between the ends of a total interval: of few draws that between the outermost."""
    return min(LEVEL, (draws - 1) / (draws + 1))


class Total(NamedTuple):
    """Where luck and beliefs leave a mean."""

    low: float
    median: float
    """Of the draws: the scenario's own figures need not be in the middle of what is believed."""
    high: float


def total_interval(e: Estimate, layout: Layout, quantity: Quantity) -> Total | None:
    """The total interval of a mean; none where the mean, or a draw's, is undefined."""
    if e.mean is None or not np.isfinite(layout.changes).all() or len(layout.changes) < 2:
        return None
    means = e.mean + layout.without_noise
    # Of n draws the i-th has i/(n + 1) of all that may be drawn below it, in the mean, whatever the law.
    low, median, high = np.quantile(means, [0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2], method="weibull").tolist()
    noise = NORMAL_95 * np.sqrt(layout.noise_variance or 0.0)
    luck_low, luck_high = (e.mean if end is None else end for end in (e.ci_low, e.ci_high))
    low = median - np.sqrt((median - low) ** 2 + (e.mean - luck_low) ** 2 + noise**2)
    high = median + np.sqrt((high - median) ** 2 + (luck_high - e.mean) ** 2 + noise**2)
    ends = min(low, luck_low), median, max(high, luck_high)
    return Total(*(float(np.clip(one, quantity.low, quantity.high)) for one in ends))


@dataclass(frozen=True, eq=False)
class Repeated:
    """One metric of one strategy, or the numerator and denominator of it: at the own figures, and under draws."""

    own: Floats | Ratio
    """All replicates, shape (replicates,)."""
    drawn: Floats | Ratio
    """The first of them under each draw, shape (draws, n)."""

    @property
    def layout(self) -> Layout:
        """As a two-way layout; a ratio of means by what each replicate moves it by, in first order."""
        return Layout.of(*self._rows)

    def less(self, other: Repeated) -> Layout:
        """The layout of the difference from another strategy, of the same luck and the same draws."""
        return Layout.of(*(mine - theirs for mine, theirs in zip(self._rows, other._rows, strict=True)))

    @property
    def _rows(self) -> tuple[Floats, Floats]:
        if isinstance(self.drawn, Ratio):
            assert isinstance(self.own, Ratio)
            n = self.drawn.numerator.shape[1]
            own = Ratio(self.own.numerator[:n], self.own.denominator[:n])
            rows = [Ratio(*row) for row in zip(self.drawn.numerator, self.drawn.denominator, strict=True)]
            return _linear(own), np.array([_linear(row) for row in rows])
        assert not isinstance(self.own, Ratio)
        return self.own[: self.drawn.shape[1]], self.drawn

    def means_of(self, rows: NDArray[np.intp]) -> Floats:
        """Means at the own figures over some replicates, `rows` of shape (resamples, replicates)."""
        if isinstance(self.own, Ratio):
            below = self.own.denominator[rows].mean(axis=1)
            above = self.own.numerator[rows].mean(axis=1)
            return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))
        return np.asarray(self.own[rows].mean(axis=1))


def _linear(ratio: Ratio) -> Floats:
    """A value for each replicate whose mean is the ratio of means; NaN where that is undefined."""
    mean = ratio.of_means
    return np.full(len(ratio.numerator), np.nan) if mean is None else mean + ratio.linearised(mean)


def best_over_beliefs(
    means: Mapping[str, float | None],
    repeated: Mapping[str, Repeated],
    better: Literal["higher", "lower"],
    generator: np.random.Generator,
) -> list[dict[str, Any]]:
    """In what share of the draws each strategy has the best mean: `[{"strategy", "p_best", "ci_low", "ci_high"}]`.

    Most often first.  `means`: those of the study.  The 95 % interval holds the luck in the means, by a bootstrap of
    the study's replicates, and that the draws are few, by one of the draws, and never less than Wilson's interval
    (1927, doi 10.1080/01621459.1927.10502953) of the draws alone.  `None` where no strategy has a mean in any draw.
    """
    sign = 1.0 if better == "higher" else -1.0
    at_own = [np.nan if (mean := means[strategy]) is None else mean for strategy in repeated]
    under = np.array([mean + one.layout.changes for mean, one in zip(at_own, repeated.values(), strict=True)])
    scores = np.where(np.isfinite(under), sign * under, -np.inf)
    counted = scores[:, np.isfinite(scores).any(axis=0)]
    if not counted.size:
        none = {"p_best": None, "ci_low": None, "ci_high": None}
        return [{"strategy": strategy, **none} for strategy in repeated]
    share = _best(counted).mean(axis=-1)
    draws = counted.shape[1]
    size = len(next(_values(one.own) for one in repeated.values()))
    rows = generator.integers(0, size, (_RESAMPLES, size))
    whole = np.arange(size)[None, :]
    moved = np.array([one.means_of(rows) - one.means_of(whole) for one in repeated.values()])
    columns = generator.integers(0, draws, (_RESAMPLES, draws))
    moved = sign * np.nan_to_num(moved)[..., None]
    again = np.array([_best(counted[:, chosen] + moved[:, i]).mean(axis=-1) for i, chosen in enumerate(columns)])
    lows, highs = np.quantile(again, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=0)
    found = []
    for i, strategy in enumerate(repeated):
        low, high = wilson(float(share[i]), draws)
        ends = {"ci_low": min(low, float(lows[i])), "ci_high": max(high, float(highs[i]))}
        found.append({"strategy": strategy, "p_best": float(share[i]), **ends})
    return sorted(found, key=lambda row: -row["p_best"])


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a probability, of its share in n trials."""
    z2 = NORMAL_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - float(half)), min(1.0, middle + float(half))


def _values(own: Floats | Ratio) -> Floats:
    return own.numerator if isinstance(own, Ratio) else own


def _best(scores: Floats) -> Floats:
    """1 where a strategy has the greatest score of a draw, shared evenly by those that tie but for rounding."""
    greatest = scores.max(axis=0)
    best = scores >= greatest - _ROUNDING * np.abs(greatest)
    return np.asarray(best / best.sum(axis=0))
