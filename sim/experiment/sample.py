"""The figures of one strategy's replicates, and the means that they give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.experiment import statistics
from sim.experiment.controls import Regression
from sim.experiment.record import Figures
from sim.experiment.statistics import Difference, Estimate, Quantity, Ratio
from sim.metrics import METRICS

Floats = NDArray[np.float64]

QUANTITIES = {name: Quantity(metric.unit, metric.low, metric.high) for name, metric in METRICS.items()}


@dataclass(frozen=True, eq=False)
class Sample:
    """The figures of one strategy's replicates 0, 1, ..., in that order."""

    metrics: Floats
    """Shape (replicates, metrics), in the order of `METRICS`, NaN where undefined."""
    control_names: tuple[str, ...]
    controls: Floats
    """Shape (replicates, controls)."""
    expected: Floats
    """Exact expectations of the controls, shape (controls,)."""

    @classmethod
    def of(cls, figures: Iterable[Figures]) -> Sample:
        """The sample of at least one replicate, put in order."""
        ordered = sorted(figures, key=lambda one: one.task.replicate)
        first = ordered[0]
        return cls(
            np.array([one.metrics for one in ordered]),
            first.control_names,
            np.array([one.controls for one in ordered]).reshape(len(ordered), len(first.controls)),
            first.expected,
        )

    def __len__(self) -> int:
        return len(self.metrics)

    @cached_property
    def regression(self) -> Regression:
        """The controls, ready for any metric."""
        return Regression.on(self.controls, self.expected)

    def values(self, metric: str) -> Floats:
        """One metric of each replicate."""
        return np.ascontiguousarray(self.metrics[:, list(METRICS).index(metric)])

    def ratio(self, metric: str) -> Ratio | None:
        """Numerator and denominator of a metric that is a ratio of means (`Metric.ratio_of`)."""
        parts = METRICS[metric].ratio_of
        return None if parts is None else Ratio(self.values(parts[0]), self.values(parts[1]))

    def estimate(self, metric: str) -> Estimate:
        """The mean of one metric."""
        quantity = QUANTITIES[metric]
        if ratio := self.ratio(metric):
            return statistics.estimate_ratio(ratio, self.regression, quantity)
        if metric == "goodput" and not self.values("useful_gpu_hours").any():
            quantity = Quantity(quantity.unit)  # a fleet without jobs certainly does no work
        return statistics.estimate(self.values(metric), self.regression, quantity)


def both_controls(a: Sample, b: Sample) -> Regression:
    """The controls of two samples of the same replicates, ready for differences: what is common to both drops out."""
    return Regression.on(np.hstack([a.controls, b.controls]), np.hstack([a.expected, b.expected]))


def paired_difference(a: Sample, b: Sample, metric: str, regression: Regression | None = None) -> Difference:
    """The mean of a - b of one metric over the same replicates; `regression`: `both_controls`, where it is known."""
    regression = both_controls(a, b) if regression is None else regression
    first, second = a.ratio(metric), b.ratio(metric)
    if first and second:
        return statistics.difference_of_ratios(first, second, regression, QUANTITIES[metric])
    return statistics.difference(a.values(metric), b.values(metric), regression, QUANTITIES[metric])
