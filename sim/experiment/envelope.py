"""Which strategy is best at which value of a GPU-hour: the lower envelope of net cost, and where the best one changes.

At a value v per GPU-hour a strategy's net cost is C - v H: its cost less the worth of the hours that it serves, or the
cost of equal service where what is missing is bought elsewhere at v.  Over v each strategy is a straight line, and the
best ones are the lower envelope of the lines.  Two lines cross at the quotient of two paired differences; its interval
is Fieller's (1954, J. R. Stat. Soc. B 16, 175), without bound where the difference in hours may be 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, isnan, nan, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]

_TAIL = 0.025


@dataclass(frozen=True)
class Stretch:
    """Values of a GPU-hour at which one strategy has the lowest mean net cost."""

    strategy: str
    from_usd: float
    to_usd: float
    """Infinite for the last one."""


@dataclass(frozen=True)
class Flip:
    """The value at which one strategy takes over from another as its value rises."""

    before: str
    after: str
    value_usd: float
    low_usd: float
    """Of the 95 % interval, at least 0; NaN in one replicate."""
    high_usd: float
    """Infinite where there is no bound; NaN in one replicate."""


class Band(NamedTuple):
    """A mean over replicates with its 95 % interval (NaN in one replicate), at each of some values."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Envelope:
    """The best strategy at each value of a GPU-hour from 0."""

    stretches: tuple[Stretch, ...]
    flips: tuple[Flip, ...]
    """Between neighbouring stretches."""
    cost_usd: Mapping[str, Floats] = field(repr=False)
    """Of each strategy's replicates."""
    hours: Mapping[str, Floats] = field(repr=False)
    """Likewise, served."""

    @classmethod
    def of(cls, cost_usd: Mapping[str, Floats], hours: Mapping[str, Floats]) -> Envelope:
        """The envelope of strategies whose replicates have these costs and served hours, shape (replicates,), finite.

        Of strategies with one mean line the one named first stands for all.
        """
        mean_cost = {name: float(values.mean()) for name, values in cost_usd.items()}
        mean_hours = {name: float(values.mean()) for name, values in hours.items()}
        # At value 0 the cheapest is best; of equally cheap ones that with most hours, which is so at any value above.
        best, value = min(mean_cost, key=lambda name: (mean_cost[name], -mean_hours[name])), 0.0
        stretches, flips = list[Stretch](), list[Flip]()
        while True:
            ahead = [
                ((mean_cost[name] - mean_cost[best]) / (more - mean_hours[best]), -more, name)
                for name, more in mean_hours.items()
                if more > mean_hours[best]
            ]
            if not ahead:
                return cls((*stretches, Stretch(best, value, inf)), tuple(flips), cost_usd, hours)
            nearest = min(at for at, _, _ in ahead)
            # Where several lines meet, the steepest leads on.
            following = min(one[1:] for one in ahead if one[0] <= nearest * (1 + 1e-12))[1]
            until = max(nearest, value)
            stretches.append(Stretch(best, value, until))
            low, high = quotient_interval(cost_usd[following] - cost_usd[best], hours[following] - hours[best])
            flips.append(Flip(best, following, until, max(low, 0.0), max(high, 0.0)))
            best, value = following, until

    def above_lowest(self, values_usd: Floats) -> dict[str, Band]:
        """How far the net cost of each strategy lies above the lowest mean one at some values, USD, paired."""
        net = {name: self.cost_usd[name][:, None] - self.hours[name][:, None] * values_usd for name in self.hours}
        lowest = np.stack([net[self.at(value)][:, column] for column, value in enumerate(values_usd)], axis=1)
        return {name: _band(own - lowest) for name, own in net.items()}

    def at(self, value_usd: float) -> str:
        """The strategy with the lowest mean net cost at a value."""
        return next(one.strategy for one in self.stretches if value_usd <= one.to_usd)

    def text(self) -> list[str]:
        """One line a stretch: from which value of a GPU-hour on a strategy has the lowest net cost."""
        if not self.flips:
            return [f"{self.stretches[0].strategy}: at every value of a GPU-hour"]
        starts = [_value(one) for one in self.flips]
        lines = [f"{self.stretches[0].strategy}: up to ${starts[0]}"]
        for one, start in zip(self.stretches[1:-1], starts, strict=False):
            lines.append(f"{one.strategy}: from ${start} to ${one.to_usd:,.2f}")
        return [*lines, f"{self.stretches[-1].strategy}: above ${starts[-1]}"]

    def to_json(self) -> dict[str, Any]:
        """As in the output of `compare`; without a bound: `None`."""
        return {
            "metric": "useful_gpu_hours",
            "intervals": [
                {
                    "strategy": one.strategy,
                    "from_usd_per_gpu_hour": one.from_usd,
                    "to_usd_per_gpu_hour": None if one.to_usd == inf else one.to_usd,
                }
                for one in self.stretches
            ],
            "flips": [
                {
                    "from": one.before,
                    "to": one.after,
                    "value": one.value_usd,
                    "ci_low": _finite(one.low_usd),
                    "ci_high": _finite(one.high_usd),
                }
                for one in self.flips
            ],
        }


def _band(values: Floats) -> Band:
    """Mean over replicates with Student's interval, of columns of replicates."""
    n, mean = len(values), values.mean(axis=0)
    if n < 2:
        return Band(mean, np.full_like(mean, nan), np.full_like(mean, nan))
    half = -float(stdtrit(n - 1, _TAIL)) * values.std(axis=0, ddof=1) / sqrt(n)
    return Band(mean, mean - half, mean + half)


def _value(flip: Flip) -> str:
    """A flip's value and its interval."""
    if isnan(flip.low_usd):
        return f"{flip.value_usd:,.2f}"
    high = "no bound" if flip.high_usd == inf else f"{flip.high_usd:,.2f}"
    return f"{flip.value_usd:,.2f} [{flip.low_usd:,.2f}, {high}]"


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def quotient_interval(cost: Floats, hours: Floats) -> tuple[float, float]:
    """95 % interval of the mean of `cost` over the mean of `hours`, paired; no bounds where hours may be alike.

    The values v at which Student's interval of the mean of cost - v hours holds 0: a quadratic in v.
    """
    n = len(cost)
    if n < 2:
        return nan, nan
    t = -float(stdtrit(n - 1, _TAIL))
    c, h = float(cost.mean()), float(hours.mean())
    (cc, ch), (_, hh) = np.cov(cost, hours) * (t * t / n)
    a, b, d = h * h - hh, h * c - ch, c * c - cc
    root = b * b - a * d
    if a <= 0 or root < 0:  # the difference in hours may be 0, and the quotient anything
        return -inf, inf
    return (b - sqrt(root)) / a, (b + sqrt(root)) / a
