"""Whether a fitted law is one from which the deaths could have come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from sim.constants import DAYS_PER_YEAR
from sim.fit.fitted import Fit
from sim.fit.sample import KaplanMeier, Sample
from sim.reliability import AnyLaw

Floats = NDArray[np.float64]
MOST_CELLS = 30
DEATHS_PER_CELL = 5
LEVEL = 0.05
"""A law is refused where chance alone would do worse less often than this."""


def distance(law: AnyLaw, curve: KaplanMeier, sample: Sample) -> float:
    """Largest gap between the Kaplan-Meier curve and the law's survival, over the ages observed.

    Where ages are rounded the curve is known at the ends of the intervals alone.
    """
    ages = np.append(curve.years, sample.reach_years)
    after = np.append(curve.survival, curve.survival[-1])
    before = np.concatenate([[1.0], curve.survival])
    first = np.maximum(ages - sample.resolution_years, 0.0)
    at, at_first = (law.survival(when * DAYS_PER_YEAR) for when in (ages, first))
    return float(np.maximum(np.abs(after - at), np.abs(before - at_first)).max())


def p_value(fit: Fit, sample: Sample) -> float | None:
    """Chance of deaths that differ so much from those expected, were the law true; none with too few deaths to say.

    Deaths by interval of age, O, less the hazard that the fitted law lets the units at risk gather there, E.  Their
    covariance is diag(E) - G' I^-1 G, with G the slopes of E in the fitted parameters and I the information (Hjort
    1990, doi 10.2307/1403269 [R]); O - E weighed with its inverse is chi-square, whatever the censoring.  Directions
    in which fitting leaves less than a tenth of the variance say nothing and are left out of sum and degrees alike.
    An onset at which the hazard jumps is found so much sooner than rates that it counts as known.  Intervals: equal E,
    at least five deaths each on average, at most 30.  Asymptotic: true laws with 40 to 300 deaths are refused at the
    5 % level in 1 to 7 % of cases [C].
    """
    cells = min(MOST_CELLS, sample.deaths // DEATHS_PER_CELL, round(2 * sample.deaths**0.4))
    ages, _ = sample.death_years()
    if cells < 2 or ages.size < 2:
        return None
    # Edges half-way between deaths: rounded ages stay on their side.  Those known to lie before an age end there.
    rounded = sample.resolution_years
    between = ages[:-1] + 1e-6 * rounded if rounded else 0.5 * (ages[1:] + ages[:-1])
    gathered = _gathered(sample, fit.law.cumulative_hazard(sample.years * DAYS_PER_YEAR),
                         fit.law.cumulative_hazard(between * DAYS_PER_YEAR), between)  # fmt: skip
    total = float(sample.weight @ fit.law.cumulative_hazard(sample.years * DAYS_PER_YEAR))
    wanted = total * np.arange(1, cells) / cells
    edges = between[np.unique(np.minimum(np.searchsorted(gathered, wanted), between.size - 1))]
    edges = np.append(edges, sample.reach_years)
    expected = np.diff(_expected(fit.law, sample, edges), prepend=0.0)
    observed = np.histogram(sample.years, [0.0, *edges[:-1], np.inf], weights=sample.died)[0]
    inside = fit.inside()
    slopes_all, slopes_edges = fit.slopes(sample.years)[1][inside], fit.slopes(edges)[1][inside]
    g = np.array(
        [np.diff(_gathered(sample, a, b, edges), prepend=0.0) for a, b in zip(slopes_all, slopes_edges, strict=True)]
    )
    kept = expected > 1e-9 * total
    if np.any(observed[~kept] > 0):
        return 0.0
    root = np.sqrt(expected[kept])
    covariance = np.eye(int(kept.sum()))
    if inside.any():
        scale = np.maximum(fit.values[inside], 1e-12)
        information = fit.information(sample)[np.ix_(inside, inside)] * np.outer(scale, scale)
        b = (g * scale[:, None])[:, kept] / root
        covariance -= b.T @ np.linalg.pinv(information, rcond=1e-10, hermitian=True) @ b
    variance, axes = np.linalg.eigh(covariance)
    told = variance > 0.1
    if not told.any():
        return None
    statistic = float((((observed - expected)[kept] / root @ axes[:, told]) ** 2 / variance[told]).sum())
    return float(chi2.sf(statistic, int(told.sum())))


def _expected(law: AnyLaw, sample: Sample, edges: Floats) -> Floats:
    """Hazard that all units gather up to each age."""
    own = law.cumulative_hazard(sample.years * DAYS_PER_YEAR)
    return _gathered(sample, own, law.cumulative_hazard(edges * DAYS_PER_YEAR), edges)


def _gathered(sample: Sample, own: Floats, at_edges: Floats, edges: Floats) -> Floats:
    """Sum over units of a function of age: at their own end if that comes before the edge, else at the edge.

    Less the same of their entries.
    """
    before = np.concatenate([[0.0], np.cumsum(sample.weight * own)])
    gone = np.concatenate([[0.0], np.cumsum(sample.weight)])
    place = np.searchsorted(sample.years, edges, side="right")
    return np.asarray(before[place] + (gone[-1] - gone[place]) * at_edges)
