"""How likely each strategy is to have the lowest net cost, at a value of a GPU-hour: in one history, and in the mean.

In one history: the share of the replicates in which it is the lowest, with the exact interval of a probability.  In the
mean: the share of resamplings of the replicates (bootstrap; Efron 1979, doi 10.1214/aos/1176344552) in which its mean
is the lowest: how sure the simulation is of which one is best.  A strategy may win often and still lose in the mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.experiment import statistics
from sim.experiment.envelope import Envelope, Flip
from sim.experiment.intervals import share

Floats = NDArray[np.float64]

RESAMPLES = 2000
"""Resamplings: a probability of one half is then known to 1.1 points."""
MULTIPLES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the scenario's value of a GPU-hour, those that are reported."""
_AT_ONCE = 2_000_000  # numbers drawn at a time
_SEED = 1  # of the resampling alone: the same replicates give the same bytes


@dataclass(frozen=True)
class Chance:
    """How likely one strategy is to be the best at one value."""

    strategy: str
    p_best: float
    """In a single history."""
    ci_low: float
    """Of the 95 % interval of that."""
    ci_high: float
    p_lowest_mean: float | None
    """That its mean is the lowest; `None` in one replicate."""


@dataclass(frozen=True)
class Chances:
    """The same at any value, of the replicates of an envelope."""

    cost_usd: Mapping[str, Floats]
    hours: Mapping[str, Floats]
    resampled_cost_usd: Floats
    """Means of resamplings, shape (resamplings, strategies)."""
    resampled_hours: Floats

    @classmethod
    def of(cls, envelope: Envelope) -> Chances:
        """Resample the replicates of an envelope, all strategies together."""
        both = np.stack([*envelope.cost_usd.values(), *envelope.hours.values()], axis=1)
        # Not by a matrix product of the library: its sums depend on threads and on where a column stands.
        means = np.concatenate([np.einsum("bn,nk->bk", often, both) for often in _resamplings(len(both))]) / len(both)
        return cls(envelope.cost_usd, envelope.hours, *np.split(means, 2, axis=1))

    def at(self, value_usd: float) -> list[Chance]:
        """How likely each strategy is to be the best at a value, in their order."""
        net = {name: self.cost_usd[name] - value_usd * self.hours[name] for name in self.hours}
        often = {str(row["strategy"]): float(row["p_best"] or 0.0) for row in statistics.ranking(net, "lower")}
        n, sure = len(next(iter(net.values()))), self.lowest_mean(value_usd)
        return [
            Chance(name, often[name], *share(often[name] * n, n), sure[name] if n > 1 else None) for name in self.hours
        ]

    def lowest_mean(self, value_usd: float) -> dict[str, float]:
        """Share of the resamplings in which each strategy has the lowest mean net cost."""
        means = self.resampled_cost_usd - value_usd * self.resampled_hours
        found = statistics.ranking(dict(zip(self.hours, means.T, strict=True)), "lower")
        return {str(row["strategy"]): float(row["p_best"] or 0.0) for row in found}

    def to_json(self, value_usd: float, flips: Sequence[Flip] = ()) -> list[dict[str, Any]]:
        """At some multiples of the scenario's value, and where the best strategy changes: as in `compare`'s output."""
        values = sorted({value_usd * multiple for multiple in MULTIPLES} | {one.value_usd for one in flips})
        return [
            {"value_usd_per_gpu_hour": value, "strategies": [asdict(one) for one in self.at(value)]} for value in values
        ]

    def text(self, value_usd: float) -> str:
        """How sure it is which strategy is the best at the scenario's value, half of it and twice."""
        if len(next(iter(self.hours.values()))) < 2:
            return ""
        values = sorted({value_usd / 2, value_usd, 2 * value_usd})
        parts = []
        for value in values:
            sure = sorted(self.lowest_mean(value).items(), key=lambda one: -one[1])
            shown = [f"{name} {100 * p:.0f} %" for name, p in sure if p >= 0.005]
            parts.append(f"at ${value:,.2f} a GPU-hour {', '.join(shown)}")
        return f"Lowest mean net cost, by resampling the replicates: {'; '.join(parts)}."


def _resamplings(n: int) -> Iterator[Floats]:
    """How often each of n replicates comes up in each resampling: arrays (some resamplings, n)."""
    random, left = np.random.default_rng(_SEED), RESAMPLES
    while left:
        count = min(left, max(1, _AT_ONCE // n))
        yield random.multinomial(n, np.full(n, 1 / n), size=count).astype(float)
        left -= count
