"""The value of information: what it would be worth to know inputs before a strategy is chosen.

Today the strategy with the best mean over all beliefs is chosen.  Who knew an input could choose the best one for its
value: the gain, averaged over what is believed of the input, is its expected value of partial perfect information
(EVPPI); that of knowing all inputs is the EVPI.  The mean gain of a strategy given an input is found by regression of
simulated gains on it: Strong, Oakley & Brennan 2014, doi 10.1177/0272989X13505910, with polynomials for their splines,
of the degree that predicts best (Akaike 1974, doi 10.1109/TAC.1974.1100705).  Where that is 0 the input is worth
nothing, and the upper end of its interval is that of a straight line.  A maximum over fitted means is too high on
average, as errors of the fit are chosen too; by how much follows from drawing the fit's coefficients anew, and is taken
off.  With few points and much noise the result is rather too low: what a fit cannot see is worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from sim.exploration.bootstrap import Spread

Floats = NDArray[np.float64]

DEGREE = 3
"""Of the polynomial in one input."""
POINTS_PER_TERM = 3
"""Points that each coefficient of a fit has at least."""
DRAWS = 500
"""Draws of the coefficients."""
_NEGLIGIBLE = 1e-6
"""Share of the gains' mean square below which a residual variance is rounding."""


@dataclass(frozen=True)
class Worth:
    """What knowing something is worth, in the metric's unit."""

    value: Spread
    """At least 0; what the fit's noise adds on average taken off."""
    bias: float
    """What has been taken off."""


@dataclass(frozen=True)
class Information:
    """What is chosen today, and what knowing more is worth."""

    best: int
    """The strategy chosen today."""
    p_other: float
    """Belief that another one is better."""
    everything: Worth
    """EVPI: knowing all inputs."""
    each: tuple[Worth, ...]
    """EVPPI: knowing one input, in their order."""


def value_of_information(gains: Floats, shares: Floats, generator: np.random.Generator) -> Information:
    """What knowing each input is worth, and all of them.

    `gains`: of each strategy at each point, the higher the better, shape (points, strategies), noise included.
    `shares`: the inputs at these points, shape (points, inputs), spread over 0 to 1 as their belief is.
    """
    best = int(gains.mean(axis=0).argmax())
    ahead = np.delete(gains - gains[:, [best]], best, axis=1)
    scaled = 2 * shares - 1
    each = [_best_fit(_curves(scaled[:, [one]]), ahead) for one in range(shares.shape[1])]
    whole = _best_fit(_surfaces(scaled), ahead)
    p_other = float((whole[0].fitted.max(axis=1, initial=0.0) > 0).mean())
    worths = tuple(_worth(*fits, generator) for fits in each)
    return Information(best, p_other, _no_less_than(worths, _worth(*whole, generator)), worths)


def _no_less_than(parts: tuple[Worth, ...], whole: Worth) -> Worth:
    """To know all is worth no less than to know one, nor are the ends of its interval: the fit in all inputs has more
    to estimate, and may say less."""
    most = max((whole, *parts), key=lambda worth: worth.value.value or 0.0)
    low, high = (max(getattr(one.value, end) or 0.0 for one in (whole, *parts)) for end in ("ci_low", "ci_high"))
    return Worth(Spread(most.value.value, low, high), most.bias)


@dataclass(frozen=True)
class _Fit:
    """Least squares of the gains of several strategies on one basis."""

    basis: Floats
    """Orthonormal, shape (points, terms)."""
    coefficients: Floats
    """Shape (terms, strategies)."""
    root: Floats
    """Of the covariance of the residuals, shape (strategies, strategies)."""

    @classmethod
    def of(cls, terms: Floats, gains: Floats) -> _Fit:
        basis = np.linalg.qr(terms)[0]
        coefficients = basis.T @ gains
        residual = gains - basis @ coefficients
        free = max(len(gains) - basis.shape[1], 1)
        values, vectors = np.linalg.eigh(residual.T @ residual / free)
        return cls(basis, coefficients, vectors * np.sqrt(np.maximum(values, 0.0)))

    @property
    def criterion(self) -> float:
        """Akaike's: the lower the better."""
        points, terms = self.basis.shape
        variances = (self.root**2).sum(axis=1) * max(points - terms, 1) / points
        least = _NEGLIGIBLE * max(
            float((self.coefficients**2).sum()) / points, float(variances.max()), np.finfo(float).tiny
        )
        return float(points * np.log(np.maximum(variances, least)).sum() + 2 * self.coefficients.size)

    @property
    def fitted(self) -> Floats:
        return np.asarray(self.basis @ self.coefficients)

    def worth(self, generator: np.random.Generator) -> Worth:
        plain = _gain(self.fitted)
        noise = generator.standard_normal((DRAWS, *self.coefficients.shape)) @ self.root.T
        again = np.array([_gain(self.basis @ (self.coefficients + one)) for one in noise])
        bias = max(float(again.mean()) - plain, 0.0)
        spread = 1.96 * float(again.std(ddof=1))
        value = max(plain - bias, 0.0)
        return Worth(Spread(value, max(value - spread, 0.0), value + spread), bias)


def _gain(fitted: Floats) -> float:
    """The mean of the best strategy at every point less the best of their means, of gains on the one chosen."""
    return float(fitted.max(axis=1, initial=0.0).mean() - fitted.mean(axis=0).max(initial=0.0))


def _worth(chosen: _Fit, line: _Fit, generator: np.random.Generator) -> Worth:
    """What the chosen fit says; its interval reaches at least as high as that of a straight line."""
    found, high = chosen.worth(generator), line.worth(generator).value.ci_high
    spread = found.value
    return Worth(Spread(spread.value, spread.ci_low, max(spread.ci_high or 0.0, high or 0.0)), found.bias)


def _best_fit(bases: list[Floats], gains: Floats) -> tuple[_Fit, _Fit]:
    """The fit that predicts best of those that there are points for, and the straight line."""
    most = max(len(gains) // POINTS_PER_TERM, 1)
    fits = [_Fit.of(terms, gains) for terms in bases if terms.shape[1] <= most]
    return min(fits, key=lambda fit: fit.criterion), fits[min(1, len(fits) - 1)]


def _curves(scaled: Floats) -> list[Floats]:
    """A constant and Legendre polynomials of each input, of every degree from 0."""
    found = [np.ones((len(scaled), 1))]
    for degree in range(1, DEGREE + 1):
        columns = [legendre.legvander(scaled[:, one], degree)[:, [degree]] for one in range(scaled.shape[1])]
        found.append(np.hstack([found[-1], *columns]))
    return found


def _surfaces(scaled: Floats) -> list[Floats]:
    """The same, of the degrees from 1 with products of every two inputs too."""
    plain = _curves(scaled)
    products = [scaled[:, [a]] * scaled[:, [b]] for a, b in combinations(range(scaled.shape[1]), 2)]
    return [*plain, *(np.hstack([terms, *products]) for terms in plain[1:] if products)]
