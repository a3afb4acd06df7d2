"""Sobol indices: what share of a figure's variance is due to each input, alone and with all it acts together with.

The figure is simulated, so it has noise: y = f(x, luck).  What is wanted are the indices of E[y | x], the figure that
endless replicates would give; the noise is told apart.  Row j of matrices A and AB_i is simulated with the same
replicates, so that the noise that is common to both drops out of their difference, and row j of B with others:

- first order, Saltelli et al. 2010, doi 10.1016/j.cpc.2009.09.018: mean of f(B) (f(AB_i) - f(A)).  The luck of B is
  independent of that of A and AB_i, so the noise adds nothing to its expectation.
- total, Jansen 1999, doi 10.1016/S0010-4655(98)00154-4: half the mean of (f(A) - f(AB_i))^2, less the variance of this
  difference between replicates over their number, which is what the noise adds.
- variance: that of the rows of A and B, less the same.

With one replicate a point the noise cannot be taken out of the last two, and stays in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.exploration.bootstrap import ROUNDING, Rows, Spread, bootstrapped

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """Matrices of shares from 0 to 1, shape (rows, inputs)."""

    a: Floats
    b: Floats

    @classmethod
    def of(cls, shares: Floats) -> Design:
        """Of points in twice as many dimensions as there are inputs."""
        inputs = shares.shape[1] // 2
        return cls(shares[:, :inputs], shares[:, inputs:])

    def ab(self, one: int) -> Floats:
        """A with the column of one input from B."""
        mixed = self.a.copy()
        mixed[:, one] = self.b[:, one]
        return mixed


@dataclass(frozen=True)
class Indices:
    """Of one input: shares of the variance of the figure without noise."""

    first: Spread
    """Alone: by how much the variance would fall if it were known."""
    total: Spread
    """With all that it does together with others: by how much is left if all others were known."""


@dataclass(frozen=True)
class Decomposition:
    """Where the variance of a figure is from."""

    indices: tuple[Indices, ...]
    variance: Spread
    """Of E[y | x], the inputs' doing."""
    noise_share: Spread | None
    """Share of the variance of a single replicate that is chance; none: one replicate a point, of which nobody
    knows."""
    unmoved: bool = False
    """Whether no input changes the figure at any row: there is nothing to share out."""


def decompose(a: Floats, b: Floats, ab: Floats, generator: np.random.Generator) -> Decomposition:
    """The indices of a figure, with intervals over the rows.

    `a`, `b`: its values at the rows of A and B, shape (rows, replicates).  `ab`: at those of each AB_i, shape (inputs,
    rows, replicates); replicates of row j are those of `a`, and independent of those of `b`.
    """
    rows, replicates = a.shape
    inputs = len(ab)
    mean_a, mean_b, mean_ab = a.mean(axis=1), b.mean(axis=1), ab.mean(axis=2)
    moved = np.where(np.isclose(a, ab, rtol=ROUNDING, atol=0.0), 0.0, a - ab)
    both = np.stack([mean_a, mean_b])
    single = np.stack([_noise(a), _noise(b)])
    squared = moved.mean(axis=2) ** 2 - _noise(moved) / replicates

    def statistic(chosen: Rows) -> Floats:
        values, chance = both[:, chosen], single[:, chosen].mean()
        variance = values.var(ddof=1) - chance / replicates
        scale = variance if variance > 0 else np.nan
        first = ((mean_b[chosen] - values.mean()) * (mean_ab[:, chosen] - mean_a[chosen])).mean(axis=1) / scale
        total = 0.5 * squared[:, chosen].mean(axis=1) / scale
        return np.concatenate([first, total, [max(variance, 0.0), chance / (chance + max(variance, 0.0) or np.nan)]])

    found = bootstrapped(statistic, rows, generator)
    indices = tuple(Indices(found[one], found[inputs + one]) for one in range(inputs))
    return Decomposition(indices, found[-2], found[-1] if replicates > 1 else None, not moved.any())


def _noise(values: Floats) -> Floats:
    """Variance between replicates, the last axis; 0 of one."""
    return np.asarray(values.var(axis=-1, ddof=1) if values.shape[-1] > 1 else np.zeros(values.shape[:-1]))
