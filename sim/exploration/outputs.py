"""The figures that a sensitivity analysis is about: of each strategy, and of how far the best is ahead of the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.experiment.sample import Sample
from sim.metrics import METRICS

Floats = NDArray[np.float64]

AHEAD, WINS = "ahead", "wins"
"""How far the best strategy of the base scenario is ahead of the next, in the metric's unit, positive where it is; and
the probability that it is."""


@dataclass(frozen=True)
class Outputs:
    """Which figures there are, and how they follow from samples."""

    metric: str
    order: tuple[str, ...]
    """Strategies, the best one at the base scenario first."""

    @property
    def names(self) -> tuple[str, ...]:
        """The one that decides first: `ahead` and `wins` where there are several strategies, then each strategy."""
        return (AHEAD, WINS, *self.order) if len(self.order) > 1 else self.order

    @property
    def better(self) -> float:
        """1 where a higher value is better, -1 where a lower one is."""
        return 1.0 if METRICS[self.metric].better == "higher" else -1.0

    def of(self, samples: Mapping[str, Sample]) -> dict[str, Floats]:
        """By name, of each replicate.  Raises `InputError` where the metric is not defined in some replicate."""
        found = {name: samples[name].values(self.metric) for name in self.order}
        if undefined := [name for name, values in found.items() if not np.isfinite(values).all()]:
            raise InputError(
                f"{self.metric} is undefined for {undefined[0]} in some replicate: choose another --metric, or ranges "
                "in which it is defined everywhere"
            )
        if len(self.order) == 1:
            return found
        ahead = self.better * (found[self.order[0]] - found[self.order[1]])
        return {AHEAD: ahead, WINS: (ahead > 0) + 0.5 * (ahead == 0), **found}

    def stacked(self, points: Sequence[Mapping[str, Sample]]) -> dict[str, Floats]:
        """By name, shape (points, replicates)."""
        each = [self.of(samples) for samples in points]
        return {name: np.array([one[name] for one in each]) for name in self.names}

    def said(self, name: str) -> str:
        """What a figure is."""
        if name == AHEAD:
            return f"{self.metric}: how far {self.order[0]} is ahead of {self.order[1]}"
        if name == WINS:
            return f"probability that {self.order[0]} is ahead of {self.order[1]} in {self.metric}"
        return f"{self.metric} of {name}"
