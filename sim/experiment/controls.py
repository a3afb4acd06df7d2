"""Regression on controls whose expectations are known exactly (control variates).

The intercept of a regression on (controls - expected) estimates the mean of a metric without the noise that the
controls explain (Lavenberg & Welch 1981, doi 10.1287/mnsc.27.3.322).  Pure; a row is a replicate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

Floats = NDArray[np.float64]

SPARE_REPLICATES = 8
"""Means are adjusted from this many replicates above the number of controls on: with fewer, the coefficients are so
uncertain that the adjusted interval can be the wider one."""
LINEARITY_REPLICATES = 80
"""Up to this many replicates a metric that bends is not adjusted; above, the interval covers without that."""
LINEARITY_LEVEL = 0.15
"""Level of the test of linearity: a false alarm costs width, a miss costs coverage."""
_COLLINEAR = 1e-4  # a control of which the others explain all but this share (of its standard deviation) is dropped
_DETERMINED = 1e-12  # residual variance, relative to that of the metric, below which the controls determine it


@dataclass(frozen=True)
class Regression:
    """An orthonormal basis of the usable controls over the replicates, ready for any number of metrics.

    Written out as Gram-Schmidt sums instead of a library's least squares because these add up in one order wherever the
    arrays lie in memory: the same replicates give the same bytes.
    """

    basis: Floats
    """Orthonormal columns, each orthogonal to the constant, shape (replicates, kept)."""
    offset: Floats
    """Where the means of the controls lie, seen from their expectations, in that basis; shape (kept,)."""

    @classmethod
    def on(cls, controls: Floats, expected: Floats) -> Regression:
        """The regression on `controls`, shape (replicates, controls), with expectations of shape (controls,).

        Constant controls, and those that others determine, are left out: a pivoted Gram-Schmidt takes the control with
        the most left of it first, so the choice depends on the controls alone and cannot bias a metric.
        """
        n = len(controls)
        above = controls - expected
        centred = above - above.mean(axis=0) if n else above
        scale = np.sqrt((centred**2).sum(axis=0))
        varies = scale > 1e-12 * np.sqrt(n) * np.maximum(1.0, np.abs(expected))
        columns = centred[:, varies] / scale[varies]
        means = above.mean(axis=0)[varies] / scale[varies] if n else np.zeros(0)
        basis, offset = np.zeros((n, 0)), np.zeros(0)
        while columns.shape[1] and basis.shape[1] < n - 1:
            left = np.sqrt((columns**2).sum(axis=0))
            most = int(np.argmax(left))
            if left[most] < _COLLINEAR:
                break
            direction, mean = columns[:, most] / left[most], means[most] / left[most]
            basis, offset = np.column_stack([basis, direction]), np.append(offset, mean)
            others = np.arange(columns.shape[1]) != most
            share = (columns[:, others] * direction[:, None]).sum(axis=0)
            columns = columns[:, others] - direction[:, None] * share
            means = means[others] - mean * share
        return cls(basis, offset)

    @property
    def adjusts(self) -> bool:
        """Whether there are controls, replicates enough, and no control that one replicate alone decides."""
        n, kept = len(self.basis), len(self.offset)
        return kept > 0 and n >= kept + SPARE_REPLICATES and float(self._leverage.max()) < 1 - 1e-6

    @property
    def degrees_of_freedom(self) -> int:
        """Replicates less the coefficients estimated."""
        return len(self.basis) - len(self.offset) - 1

    def fit(self, values: Floats) -> tuple[float, float, float]:
        """(intercept, its standard error, residual variance) of `values`, shape (replicates,).

        The standard error holds the uncertainty of the coefficients, for a linear metric of constant variance; the
        variance is unbiased.
        """
        residual, explained = self._residual(values)
        variance = float((residual**2).sum()) / self.degrees_of_freedom
        error = np.sqrt(variance * (1 / len(values) + (self.offset**2).sum()))
        return float(values.mean() - (self.offset * explained).sum()), float(error), variance

    def without_each(self, values: Floats) -> tuple[float, Floats]:
        """The intercept, and the intercepts with each replicate left out in turn, shape (replicates,).

        In closed form: leaving out a replicate of weight a, residual r and leverage h moves the intercept by
        -a r / (1 - h).  Without controls these are means.
        """
        residual, explained = self._residual(values)
        intercept = float(values.mean() - (self.offset * explained).sum())
        weight = 1 / len(values) - (self.basis * self.offset).sum(axis=1)
        return intercept, intercept - weight * residual / (1 - self._leverage)

    def is_linear(self, values: Floats) -> bool:
        """Whether `values`, shape (replicates,), follow the controls on a straight line as far as can be told.

        Regression specification error test (Ramsey 1969): does the square of the fit explain what is left?  Always true
        above `LINEARITY_REPLICATES`, and where the controls determine the metric.
        """
        degrees = self.degrees_of_freedom - 1
        if len(values) > LINEARITY_REPLICATES:
            return True
        residual, _ = self._residual(values)
        left, fitted = float((residual**2).sum()), values - values.mean() - residual
        spread = float((fitted**2).sum())
        if left <= _DETERMINED * (left + spread) or spread == 0:
            return True
        square, _ = self._residual(fitted**2 / spread)
        size = float((square**2).sum())
        if size <= _DETERMINED:
            return True
        share = min(float((square * residual).sum()) ** 2 / (size * left), 1 - 1e-12)
        return bool(2 * stdtr(degrees, -np.sqrt(degrees * share / (1 - share))) > LINEARITY_LEVEL)

    @property
    def _leverage(self) -> Floats:
        leverage: Floats = 1 / len(self.basis) + (self.basis**2).sum(axis=1)
        return leverage

    def _residual(self, values: Floats) -> tuple[Floats, Floats]:
        """What the controls leave of the values, shape (replicates,), and the coefficients in the basis."""
        centred = values - values.mean()
        explained = (self.basis * centred[:, None]).sum(axis=0)
        return centred - (self.basis * explained).sum(axis=1), explained


def no_controls(replicates: int) -> Regression:
    """A regression on nothing: every mean stays as it is."""
    return Regression.on(np.zeros((replicates, 0)), np.zeros(0))
