"""Morris screening: which inputs move a figure at all, from few points, each input moved alone along trajectories.

Morris 1991, doi 10.1080/00401706.1991.10484804; mu* of Campolongo, Cariboni & Saltelli 2007, doi
10.1016/j.envsoft.2006.10.004.  A trajectory has its own replicates, the same at all its points: an effect is a paired
difference, and what chance adds to it is known from how it differs between replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.exploration.bootstrap import ROUNDING, Rows, Spread, bootstrapped

Floats = NDArray[np.float64]

LEVELS = 4
"""Levels of every input, 0, 1/3, 2/3 and 1 of its belief, as Morris recommends."""
STEP = LEVELS / (2 * (LEVELS - 1))
"""How far an input is moved: each level is then reached alike often."""


@dataclass(frozen=True)
class Trajectories:
    """Points at which to look."""

    shares: Floats
    """Shape (trajectories, inputs + 1, inputs), from 0 to 1."""
    moved: NDArray[np.intp]
    """The input that moves on each leg, shape (trajectories, inputs)."""


@dataclass(frozen=True)
class Screened:
    """How an input moves a figure, over its whole range, in the figure's unit."""

    mu: Spread
    """Mean effect."""
    mu_star: Spread
    """Mean size of the effect: 0 where the input does nothing."""
    sigma: Spread
    """Standard deviation of the effect, chance taken out: not linear, or it depends on other inputs."""
    noise: float | None
    """What mu* would be by chance alone; none: one replicate, of which nobody knows."""

    @property
    def matters(self) -> bool | None:
        """Whether mu* is above chance with 95 % confidence; none: unknown."""
        return None if self.noise is None or self.mu_star.ci_low is None else self.mu_star.ci_low > self.noise


def trajectories(inputs: int, count: int, generator: np.random.Generator) -> Trajectories:
    """Random trajectories, in each of which every input moves once, up or down, in random order."""
    shares, moved = np.empty((count, inputs + 1, inputs)), np.empty((count, inputs), np.intp)
    for row in range(count):
        start = generator.integers(0, LEVELS // 2, inputs) / (LEVELS - 1)  # low enough to go up
        up = generator.random(inputs) < 0.5
        point = np.where(up, start, start + STEP)
        moved[row] = generator.permutation(inputs)
        shares[row, 0] = point
        for leg, one in enumerate(moved[row].tolist()):
            point = point.copy()
            point[one] += STEP if up[one] else -STEP
            shares[row, leg + 1] = point
    return Trajectories(np.clip(shares, 0.0, 1.0), moved)


def elementary_effects(values: Floats, design: Trajectories) -> Floats:
    """The effect of each input over its whole range, shape (trajectories, inputs, replicates).

    `values`: of the figure at the design's points, shape (trajectories, inputs + 1, replicates).
    """
    count, inputs = design.moved.shape
    rows, legs = np.arange(count)[:, None], np.arange(inputs)
    found = np.empty((count, inputs, values.shape[2]))
    run = design.shares[rows, legs + 1, design.moved] - design.shares[rows, legs, design.moved]
    same = np.isclose(values[:, 1:], values[:, :-1], rtol=ROUNDING, atol=0.0)
    found[rows, design.moved] = np.where(same, 0.0, np.diff(values, axis=1)) / run[..., None]
    return found


def screen(values: Floats, design: Trajectories, generator: np.random.Generator) -> list[Screened]:
    """Mu, mu* and sigma of each input, with intervals over the trajectories; arguments as in `elementary_effects`."""
    effects = elementary_effects(values, design)
    count, inputs, replicates = effects.shape
    mean = effects.mean(axis=2)
    chance = effects.var(axis=2, ddof=1) / replicates if replicates > 1 else np.zeros_like(mean)

    def statistic(rows: Rows) -> Floats:
        chosen = mean[rows]
        spread = chosen.var(axis=0, ddof=1) if len(rows) > 1 else np.zeros(inputs)
        sigma = np.sqrt(np.maximum(spread - chance[rows].mean(axis=0), 0.0))
        return np.concatenate([chosen.mean(axis=0), np.abs(chosen).mean(axis=0), sigma])

    found = bootstrapped(statistic, count, generator)
    # The mean size of a normal figure of mean 0 is sqrt(2 / pi) of its deviation.
    noise = np.sqrt(chance).mean(axis=0) * sqrt(2 / pi)
    return [
        Screened(
            found[one], found[inputs + one], found[2 * inputs + one], float(noise[one]) if replicates > 1 else None
        )
        for one in range(inputs)
    ]
