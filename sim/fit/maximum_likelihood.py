"""Lifetime laws by maximum likelihood under right censoring and left truncation.

ln L = sum over deaths of ln h(age) - sum over all units of H(age), less H(entry) of those that entered late.  Where
ages are known to a resolution r alone, a death at a adds ln(e^-H(a - r) - e^-H(a)) instead (interval censoring; from
the unit's entry on, where that is later than a - r).  What each law leaves free:

exponential          rate
weibull              shape, scale
bathtub              infant loss, end of infant mortality (one of four ages), constant, shape and scale of wear-out; the
                     shape of infant mortality stays at the law's default
delayed_onset        calm and second rate, onset; and the shape, at least 1, if the Akaike criterion asks for it
piecewise_constant   a rate for each year with deaths, longer or shorter pieces for a long or a short reach
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.optimize import brentq

from sim.errors import InputError
from sim.fit.fitted import FALL, Fit, Name, log_likelihood
from sim.fit.hazard_sum import MOST_SHAPE, Onsets, best_bathtub, best_onset
from sim.fit.sample import Sample
from sim.reliability import AnyLaw, Bathtub, DelayedOnset, Exponential, PiecewiseConstant, Weibull

Floats = NDArray[np.float64]
SHAPES, SCALES = (0.01, 49.0), (1e-6, 1e30)
"""Ranges of a Weibull law's shape and scale, years."""
FEWEST_DEATHS = 10
"""For laws of three parameters and more."""


def fit_laws(sample: Sample) -> list[Fit]:
    """Each law that the number of deaths allows, the lowest Akaike criterion first; none where nobody died.

    A law whose best parameters lie beyond what a scenario may have is left out.  Raises `InputError` where all do.
    """
    if sample.deaths == 0:
        return []
    points = sample.at_midpoints()
    asked = [_exponential]
    several = int((sample.died > 0).sum())
    if several >= 2 or (sample.resolution_years and sample.deaths > 1):
        asked.append(_weibull)
        if sample.deaths >= FEWEST_DEATHS and several >= 4:
            asked += [_bathtub, _delayed_onset, _piecewise_constant]
    found = []
    for law in asked:
        try:
            fit = law(points)
            found.append(fit.refined(sample) if sample.resolution_years else fit)
        except ValidationError:
            continue
    if not found:
        rate = sample.deaths / sample.unit_years
        raise InputError(f"{rate:.3g} deaths a unit-year are more than any law may have: look at the unit of the ages")
    return sorted(found, key=lambda fit: fit.aic)


def _fit(
    sample: Sample, names: list[Name], values: Floats, build: Callable[[Floats], AnyLaw], *,
    bounds: Floats | None = None, highest: Floats | None = None, others: int = 0,
    ranges: dict[str, tuple[float, float]] | None = None,
) -> Fit:  # fmt: skip
    law = build(values)
    lower = np.zeros_like(values) if bounds is None else bounds
    upper = np.full_like(values, np.inf) if highest is None else highest
    return Fit(law, names, values, lower, upper, build, log_likelihood(law, sample), others, ranges or {})


def _exponential(sample: Sample) -> Fit:
    rate = np.array([sample.deaths / sample.unit_years])
    return _fit(sample, [("rate_per_year", None)], rate, lambda x: Exponential(rate_per_year=x[0]))


def _weibull(sample: Sample) -> Fit:
    ages, died = sample.death_years()
    longest, (shortest, last) = sample.reach_years, SCALES
    log_all, log_dead = np.log(sample.years / longest), died @ np.log(ages / longest) / sample.deaths

    def free(shape: float) -> float:
        """Slope of the likelihood in the shape, the scale at its best, per death and with its sign changed."""
        weights = sample.weight * np.exp(shape * log_all)
        return float(weights @ log_all / weights.sum() - 1 / shape - log_dead)

    shape = _root(free)
    with np.errstate(over="ignore"):
        gathered = float(sample.weight @ np.exp(shape * log_all)) / sample.deaths
        scale = float(longest * gathered ** (1 / shape))
    if not shortest <= scale <= last:  # at the end of its range, and the best shape there
        scale = float(np.clip(scale, shortest, last))
        log_end = np.log(longest / scale)

        def at_end(shape: float) -> float:
            with np.errstate(over="ignore"):
                gathered = sample.weight * np.exp(shape * (log_all + log_end))
            slope = gathered @ (log_all + log_end) / sample.deaths - 1 / shape - (log_dead + log_end)
            return float(slope)

        shape = _root(at_end)
    return _fit(
        sample,
        [("shape", None), ("scale_years", None)],
        np.array([shape, scale]),
        lambda x: Weibull(shape=x[0], scale_years=x[1]),
        bounds=np.array([SHAPES[0], shortest]),
        highest=np.array([SHAPES[1], last]),
    )


def _root(slope: Callable[[float], float]) -> float:
    """Shape at which a rising function is 0, or the end of the range that is nearest to it."""
    low, high = SHAPES
    return high if slope(high) < 0 else low if slope(low) > 0 else float(brentq(slope, low, high, xtol=1e-12))


def _bathtub(sample: Sample) -> Fit:
    """The best bathtub; no worse than a rate alone or, where that wears out, the Weibull law: both are bathtubs."""
    weibull = _weibull(sample).law
    assert isinstance(weibull, Weibull)
    infant_days, (infant, constant, scale, shape) = best_bathtub(sample, weibull)
    reach = sample.reach_years

    def fit(values: list[float], worn: bool) -> Fit:
        names: list[Name] = [("infant_loss_fraction", None), ("constant_per_year", None)]
        bounds, highest = [0.0, 0.0], [1.0, np.inf]
        if worn:
            names += [("wear_out_scale_years", None), ("wear_out_shape", None)]
            bounds, highest = [*bounds, 1e-3 * reach, 1.0], [*highest, 1e3 * reach, MOST_SHAPE]

        def build(x: Floats) -> AnyLaw:
            law = {"infant_loss_fraction": x[0], "infant_days": infant_days, "constant_per_year": x[1]}
            return Bathtub(**law, **({"wear_out_scale_years": x[2], "wear_out_shape": x[3]} if worn else {}))

        # Wear-out that was looked for and not found counts as well, as does the end of infant mortality.
        return _fit(
            sample, names, np.array(values), build,
            bounds=np.array(bounds), highest=np.array(highest), others=1 if worn else 3,
        )  # fmt: skip

    worn = float(sample.weight @ (sample.years / scale) ** shape) > 0.05  # deaths by wear-out that the law expects
    first = [float(-np.expm1(-infant)), constant]
    found = [fit([*first, scale, shape] if worn else first, worn)]
    found.append(fit([0.0, sample.deaths / sample.unit_years], worn=False))
    if 1 <= weibull.shape <= MOST_SHAPE and 1e-3 * reach <= weibull.scale_years <= 1e3 * reach:
        found.append(fit([0.0, 0.0, weibull.scale_years, weibull.shape], worn=True))
    return max(found, key=lambda one: one.log_likelihood)


def _delayed_onset(sample: Sample) -> Fit:
    """The best onset; no worse than a Weibull law that wears out: that begins at age 0, without a calm."""
    weibull = _weibull(sample).law
    assert isinstance(weibull, Weibull)

    # The best of all onsets fits chance better than one parameter's worth: for a change point, Akaike's criterion
    # counts three (Ninomiya 2005, doi 10.1016/j.spl.2004.10.037 [R]).
    def fit(found: Onsets, free: bool) -> Fit:
        calm, rate, shape = found.values
        names: list[Name] = [("calm_per_year", None), ("rate_per_year", None)]
        values, bounds, highest = [calm, rate], [0.0, 0.0], [np.inf, np.inf]
        if free:
            names, values, bounds = [*names, ("shape", None)], [*values, shape], [*bounds, 1.0]
            highest = [*highest, MOST_SHAPE]
        return _fit(
            sample, names, np.array(values),
            lambda x: DelayedOnset(calm_per_year=x[0], onset_years=found.onset, rate_per_year=x[1],
                                   shape=x[2] if free else 1.0),
            bounds=np.array(bounds), highest=np.array(highest), others=3,
            ranges={"onset_years": found.range_of(FALL)},
        )  # fmt: skip

    grown = best_onset(sample, True, weibull)
    found = fit(grown, True)
    if 1 <= weibull.shape <= MOST_SHAPE:
        from_birth = replace(grown, onset=0.0, values=np.array([0.0, 1 / weibull.scale_years, weibull.shape]))
        found = max(found, fit(from_birth, True), key=lambda one: one.log_likelihood)
    return min(found, fit(best_onset(sample, False, weibull), False), key=lambda one: one.aic)


def _piecewise_constant(sample: Sample) -> Fit:
    """Rates by year of age; by two years, four, ... or a half, a fourth, ... where observations are long or short.

    Where 20 deaths and more come on each piece, also with pieces half and a fourth as long: the lowest AIC counts.
    """
    reach = sample.reach_years
    width = 2.0 ** np.round(np.log2(reach / 8)) if not 3 <= reach <= 15 else 1.0
    widths = [width, *(part for part in (width / 2, width / 4) if sample.deaths * part >= 20 * reach)]
    return min((_pieces_of(sample, float(part)) for part in widths), key=lambda fit: fit.aic)


def _pieces_of(sample: Sample, width: float) -> Fit:
    reach = sample.reach_years
    starts = np.arange(0.0, reach, width)
    ages, died = sample.death_years()
    count = np.histogram(ages, [*starts, np.inf], weights=died)[0]
    # A piece without deaths joins the next one, and the last ones the one before: a rate of 0 would promise too much.
    kept = [0, *(i for i in range(1, len(starts)) if count[i:].sum() > 0 and count[max(0, i - 1)] > 0)]
    years = starts[kept]
    lived = np.diff(sample.exposure(np.append(years, reach)))
    rates = np.histogram(ages, [*years, np.inf], weights=died)[0] / lived
    first = tuple(float(year) for year in years)
    return _fit(
        sample,
        [("rates_per_year", i) for i in range(len(first))],
        rates,
        lambda x: PiecewiseConstant(years=first, rates_per_year=tuple(x.tolist())),
    )
