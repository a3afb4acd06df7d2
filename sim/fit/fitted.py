"""A law at its greatest likelihood: how sure its parameters are.

Intervals, 95 %: observed information, as the sum over deaths of the squared slope of ln h (Andersen et al., Statistical
Models Based on Counting Processes, doi 10.1007/978-1-4612-4348-9), in logarithms, but in square roots for rates and
shares that are less than two standard errors from 0.  At an end of the range, and for the onset, where the likelihood
jumps, the log likelihood's fall by 3.0: what bounds a rate without deaths to 95 %, and half the 95 % point of
chi-square of two degrees, the law of twice the fall at a jump from nothing.  Where ages are rounded, the information is
the curvature of the log likelihood, by differences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sim.constants import DAYS_PER_YEAR
from sim.fit.sample import NORMAL_95, Sample
from sim.reliability import AnyLaw

Floats = NDArray[np.float64]
Name = tuple[str, int | None]
"""A field of a law, and the entry in it."""
_MAY_BE_ZERO = {"calm_per_year", "rate_per_year", "constant_per_year", "infant_loss_fraction", "rates_per_year"}
FALL = 3.0
"""Fall of the log likelihood at the ends of a 95 % interval of an onset."""


@dataclass(frozen=True)
class Fit:
    """A law at its greatest likelihood.

    `names`, `values`, lower `bounds` and `highest` values of the parameters in which the likelihood is smooth; `build`
    makes the law of such values.  `others` is what the remaining ones count in `aic`, and `ranges` holds their
    intervals.
    """

    law: AnyLaw
    names: list[Name]
    values: Floats
    bounds: Floats
    highest: Floats
    build: Callable[[Floats], AnyLaw]
    log_likelihood: float
    others: int = 0
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def aic(self) -> float:
        """Akaike's criterion: the lower, the better."""
        return 2 * (len(self.values) + self.others) - 2 * self.log_likelihood

    def inside(self) -> NDArray[np.bool_]:
        """Which parameters lie inside their range, not at an end of it."""
        return (self.values > self.bounds + 1e-7) & ~self._at_top()

    def _at_top(self) -> NDArray[np.bool_]:
        return np.asarray(self.values >= self.highest * (1 - 1e-6))

    def at_bound(self) -> list[str]:
        """Names of the parameters that lie at an end of their range, with their entry where a field has several."""
        return [
            name if entry is None else f"{name}.{entry}"
            for (name, entry), inside in zip(self.names, self.inside(), strict=True)
            if not inside
        ]

    def slopes(self, years: Floats) -> tuple[Floats, Floats]:
        """(d ln h, d H) / d parameter at each age, one row a parameter; inwards only where one is at its bound."""
        log_h, cumulative = np.zeros((2, len(self.values), years.size))
        days = years * DAYS_PER_YEAR
        for i in range(len(self.values)):
            above, below = self._beside(i)
            laws = self.build(above), self.build(below)
            with np.errstate(divide="ignore", invalid="ignore"):
                up, down = (np.log(law.hazard_per_day(days)) for law in laws)
                rise = np.where(np.isfinite(up) & np.isfinite(down), up - down, 0.0)
            width = above[i] - below[i]
            log_h[i] = rise / width
            cumulative[i] = (laws[0].cumulative_hazard(days) - laws[1].cumulative_hazard(days)) / width
        return log_h, cumulative

    def _beside(self, i: int) -> tuple[Floats, Floats]:
        """The values with one parameter a little higher, and a little lower, inside its range."""
        above, below = self.values.copy(), self.values.copy()
        if self._at_top()[i]:
            below[i] *= 1 - 1e-5
        elif self.inside()[i]:
            step = 1e-5 * (self.values[i] - self.bounds[i])
            above[i], below[i] = above[i] + step, below[i] - step
        else:
            above[i] += 1e-5
        return above, below

    def information(self, sample: Sample) -> Floats:
        """Observed information of the regular parameters."""
        if sample.resolution_years:
            return self._curvature(sample)
        ages, died = sample.death_years()
        log_h, _ = self.slopes(ages)
        return np.asarray((log_h * died) @ log_h.T)

    def _curvature(self, sample: Sample) -> Floats:
        """Second derivatives of -ln L by differences; 0 for parameters at an end of their range."""
        inside = np.flatnonzero(self.inside())
        step = 1e-3 * (self.values - self.bounds)
        found = np.zeros((len(self.values), len(self.values)))

        def at(*moves: tuple[int, int]) -> float:
            values = self.values.copy()
            for i, sign in moves:
                values[i] += sign * step[i]
            return -log_likelihood(self.build(np.clip(values, self.bounds, self.highest)), sample)

        for place, i in enumerate(inside.tolist()):
            found[i, i] = (at((i, 1)) - 2 * at() + at((i, -1))) / step[i] ** 2
            for j in inside[:place].tolist():
                mixed = at((i, 1), (j, 1)) - at((i, 1), (j, -1)) - at((i, -1), (j, 1)) + at((i, -1), (j, -1))
                found[i, j] = found[j, i] = mixed / (4 * step[i] * step[j])
        return found

    def _variance(self, information: Floats) -> tuple[Floats, Floats]:
        """(covariance of the parameters inside their ranges, standard error of each, NaN at an end of its range)."""
        inside, scale = self.inside(), np.maximum(self.values, 1e-12)
        kept = np.ix_(inside, inside)
        spread = np.outer(scale, scale)
        variance = spread[kept] * np.linalg.pinv(information[kept] * spread[kept], rcond=1e-10, hermitian=True)
        errors = np.full(len(self.values), np.nan)
        errors[inside] = np.sqrt(np.maximum(np.diag(variance), 0))
        return variance, errors

    def standard_errors(self, sample: Sample) -> dict[str, object]:
        """Standard error of each fitted field, or of each entry of it; NaN at an end of its range, and for an onset."""
        found: dict[str, object] = dict.fromkeys(self.ranges, np.nan)
        for (name, entry), error in zip(self.names, self._variance(self.information(sample))[1].tolist(), strict=True):
            if entry is None:
                found[name] = error
            else:
                entries = found.setdefault(name, [])
                assert isinstance(entries, list)
                entries.append(error)
        return found

    def intervals(self, sample: Sample) -> dict[str, object]:
        """95 % interval of each fitted field: [low, high], or one such pair for each entry of the field."""
        information, inside, top = self.information(sample), self.inside(), self._at_top()
        variance, errors = self._variance(information)
        found: dict[str, object] = {name: list(pair) for name, pair in self.ranges.items()}
        gradient = self._gradient(sample)
        for i, (name, entry) in enumerate(self.names):
            value, bound, error = self.values[i], self.bounds[i], errors[i]
            if top[i]:
                slope, curve = max(gradient[i], 0.0), max(information[i, i], 1e-12)
                low, high = value - (np.sqrt(slope**2 + 2 * curve * FALL) - slope) / curve, value
                low = max(low, bound)
            elif not inside[i]:
                across = information[i, inside]
                curve = max(information[i, i] - across @ variance @ across, 1e-12)
                low, high = bound, value + (gradient[i] + np.sqrt(gradient[i] ** 2 + 2 * curve * FALL)) / curve
            elif name in _MAY_BE_ZERO and value - bound < 2 * error:
                root, half = np.sqrt(value), 0.5 * NORMAL_95 * error / np.sqrt(value)
                low, high = max(root - half, 0.0) ** 2, (root + half) ** 2
            else:
                with np.errstate(over="ignore"):
                    factor = np.exp(NORMAL_95 * error / value)
                low, high = max(bound, value / factor), value * factor
            if name == "infant_loss_fraction":
                high = min(high, 1.0)
            if entry is None:
                found[name] = [float(low), float(high)]
            else:
                entries = found.setdefault(name, [])
                assert isinstance(entries, list)
                entries.append([float(low), float(high)])
        return found

    def _gradient(self, sample: Sample) -> Floats:
        if sample.resolution_years:
            slopes = []
            for i in range(len(self.values)):
                above, below = self._beside(i)
                rise = log_likelihood(self.build(above), sample) - log_likelihood(self.build(below), sample)
                slopes.append(rise / (above[i] - below[i]))
            return np.array(slopes)
        ages, died = sample.death_years()
        return np.asarray(self.slopes(ages)[0] @ died - self.slopes(sample.years)[1] @ sample.weight)

    def refined(self, sample: Sample) -> Fit:
        """The same law at the greatest likelihood of deaths known to a resolution alone, from here on."""
        scale = np.where(self.values > 0, self.values, 1 / max(sample.unit_years, 1e-9))

        def loss(x: Floats) -> float:
            found = -log_likelihood(self.build(np.clip(x * scale, self.bounds, self.highest)), sample)
            return float(found / sample.deaths) if np.isfinite(found) else 1e6

        limits = list(zip(self.bounds / scale, self.highest / scale, strict=True))
        best = minimize(
            loss, self.values / scale, method="SLSQP", bounds=limits, options={"maxiter": 200, "ftol": 1e-9}
        )
        values = np.clip(best.x * scale, self.bounds, self.highest)
        if not loss(values / scale) < loss(self.values / scale):
            values = self.values
        law = self.build(values)
        return replace(self, law=law, values=values, log_likelihood=log_likelihood(law, sample))


def log_likelihood(law: AnyLaw, sample: Sample) -> float:
    """Of a law, for ages in years."""
    cumulative = law.cumulative_hazard(sample.years * DAYS_PER_YEAR)
    if sample.spans is not None:
        last, first, count = sample.spans
        before = law.cumulative_hazard(first * DAYS_PER_YEAR)
        gained = law.cumulative_hazard(last * DAYS_PER_YEAR) - before
        with np.errstate(divide="ignore"):
            log_p = np.log(-np.expm1(-gained)) - before
        return float(count @ log_p - (sample.weight - sample.died) @ cumulative)
    ages, died = sample.death_years()
    with np.errstate(divide="ignore"):
        log_h = np.log(law.hazard_per_day(ages * DAYS_PER_YEAR) * DAYS_PER_YEAR)
    return float(died @ log_h - sample.weight @ cumulative)
