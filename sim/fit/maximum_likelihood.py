"""Lifetime laws by maximum likelihood under right censoring.

ln L = sum over deaths of ln h(age) - sum over all units of H(age).  What each law leaves free:

exponential          rate
weibull              shape, scale
bathtub              infant loss, end of infant mortality (one of four ages), constant, shape and scale of wear-out; the
                     shape of infant mortality stays at the law's default
delayed_onset        calm and second rate, onset; and the shape, at least 1, if the Akaike criterion asks for it
piecewise_constant   a rate for each year with deaths, longer or shorter pieces for a long or a short reach

Intervals, 95 %: observed information, as the sum over deaths of the squared slope of ln h (Andersen et al., Statistical
Models Based on Counting Processes, doi 10.1007/978-1-4612-4348-9), in logarithms, but in square roots for rates and
shares that are less than two standard errors from 0.  At an end of the range, and for the onset, where the likelihood
jumps, the log likelihood's fall by 3.0: what bounds a rate without deaths to 95 %, and half the 95 % point of
chi-square of two degrees, the law of twice the fall at a jump from nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from sim.constants import DAYS_PER_YEAR
from sim.fit.hazard_sum import Onsets, best_bathtub, best_onset
from sim.fit.sample import NORMAL_95, Sample
from sim.reliability import AnyLaw, Bathtub, DelayedOnset, Exponential, PiecewiseConstant, Weibull

Floats = NDArray[np.float64]
Name = tuple[str, int | None]
"""A field of a law, and the entry in it."""
_MAY_BE_ZERO = {"calm_per_year", "rate_per_year", "constant_per_year", "infant_loss_fraction", "rates_per_year"}
_FALL = 3.0
FEWEST_DEATHS = 10
"""For laws of three parameters and more."""


@dataclass(frozen=True)
class Fit:
    """A law at its greatest likelihood.

    `names`, `values` and lower `bounds` of the parameters in which the likelihood is smooth; `build` makes the law of
    such values.  `others` is what the remaining ones count in `aic`, and `ranges` holds their intervals.
    """

    law: AnyLaw
    names: list[Name]
    values: Floats
    bounds: Floats
    build: Callable[[Floats], AnyLaw]
    log_likelihood: float
    others: int = 0
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def aic(self) -> float:
        """Akaike's criterion: the lower, the better."""
        return 2 * (len(self.values) + self.others) - 2 * self.log_likelihood

    def inside(self) -> NDArray[np.bool_]:
        """Which parameters lie inside their range, not at its lower end."""
        return self.values > self.bounds + 1e-7

    def slopes(self, years: Floats) -> tuple[Floats, Floats]:
        """(d ln h, d H) / d parameter at each age, one row a parameter; upwards only where one is at its bound."""
        log_h, cumulative = np.zeros((2, len(self.values), years.size))
        days = years * DAYS_PER_YEAR
        for i, inside in enumerate(self.inside()):
            step = 1e-5 * (self.values[i] - self.bounds[i] if inside else 1.0)
            above, below = self.values.copy(), self.values.copy()
            above[i] += step
            below[i] -= step if inside else 0.0
            laws = self.build(above), self.build(below)
            with np.errstate(divide="ignore", invalid="ignore"):
                up, down = (np.log(law.hazard_per_day(days)) for law in laws)
                rise = np.where(np.isfinite(up) & np.isfinite(down), up - down, 0.0)
            width = above[i] - below[i]
            log_h[i] = rise / width
            cumulative[i] = (laws[0].cumulative_hazard(days) - laws[1].cumulative_hazard(days)) / width
        return log_h, cumulative

    def information(self, sample: Sample) -> Floats:
        """Observed information of the regular parameters."""
        ages, died = sample.death_years()
        log_h, _ = self.slopes(ages)
        return np.asarray((log_h * died) @ log_h.T)

    def intervals(self, sample: Sample) -> dict[str, object]:
        """95 % interval of each fitted field: [low, high], or one such pair for each entry of the field."""
        information, inside = self.information(sample), self.inside()
        scale = np.maximum(self.values, 1e-12)
        kept = np.ix_(inside, inside)
        spread = np.outer(scale, scale)
        variance = spread[kept] * np.linalg.pinv(information[kept] * spread[kept], rcond=1e-10, hermitian=True)
        errors = np.full(len(self.values), np.nan)
        errors[inside] = np.sqrt(np.maximum(np.diag(variance), 0))
        found: dict[str, object] = {name: list(pair) for name, pair in self.ranges.items()}
        gradient = self._gradient(sample)
        for i, (name, entry) in enumerate(self.names):
            value, bound, error = self.values[i], self.bounds[i], errors[i]
            if not inside[i]:
                across = information[i, inside]
                curve = max(information[i, i] - across @ variance @ across, 1e-12)
                low, high = bound, value + (gradient[i] + np.sqrt(gradient[i] ** 2 + 2 * curve * _FALL)) / curve
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
        ages, died = sample.death_years()
        return np.asarray(self.slopes(ages)[0] @ died - self.slopes(sample.years)[1] @ sample.ended)


def log_likelihood(law: AnyLaw, sample: Sample) -> float:
    """Of a law, for ages in years."""
    ages, died = sample.death_years()
    with np.errstate(divide="ignore"):
        log_h = np.log(law.hazard_per_day(ages * DAYS_PER_YEAR) * DAYS_PER_YEAR)
    return float(died @ log_h - sample.ended @ law.cumulative_hazard(sample.years * DAYS_PER_YEAR))


def fit_laws(sample: Sample) -> list[Fit]:
    """Each law that the number of deaths allows, the lowest Akaike criterion first; none where nobody died."""
    if sample.deaths == 0:
        return []
    found = [_exponential(sample)]
    if sample.died.astype(bool).sum() >= 2:
        found.append(_weibull(sample))
    if sample.deaths >= FEWEST_DEATHS and sample.died.astype(bool).sum() >= 4:
        found += [_bathtub(sample), _delayed_onset(sample), _piecewise_constant(sample)]
    return sorted(found, key=lambda fit: fit.aic)


def _fit(
    sample: Sample, names: list[Name], values: Floats, build: Callable[[Floats], AnyLaw], *,
    bounds: Floats | None = None, others: int = 0, ranges: dict[str, tuple[float, float]] | None = None,
) -> Fit:  # fmt: skip
    law = build(values)
    lower = np.zeros_like(values) if bounds is None else bounds
    return Fit(law, names, values, lower, build, log_likelihood(law, sample), others, ranges or {})


def _exponential(sample: Sample) -> Fit:
    rate = np.array([sample.deaths / sample.unit_years])
    return _fit(sample, [("rate_per_year", None)], rate, lambda x: Exponential(rate_per_year=x[0]))


def _weibull(sample: Sample) -> Fit:
    ages, died = sample.death_years()
    longest = sample.reach_years
    log_all, log_dead = np.log(sample.years / longest), died @ np.log(ages / longest) / sample.deaths

    def score(shape: float) -> float:
        weights = sample.ended * np.exp(shape * log_all)
        return float(weights @ log_all / weights.sum() - 1 / shape - log_dead)

    low, high = 0.01, 49.0
    shape = high if score(high) < 0 else low if score(low) > 0 else float(brentq(score, low, high, xtol=1e-12))
    scale = longest * float(sample.ended @ np.exp(shape * log_all) / sample.deaths) ** (1 / shape)
    return _fit(
        sample,
        [("shape", None), ("scale_years", None)],
        np.array([shape, np.clip(scale, 1e-6, 1e8)]),
        lambda x: Weibull(shape=x[0], scale_years=x[1]),
    )


def _bathtub(sample: Sample) -> Fit:
    infant_days, (infant, constant, scale, shape) = best_bathtub(sample)
    names: list[Name] = [("infant_loss_fraction", None), ("constant_per_year", None)]
    values, bounds = [float(-np.expm1(-infant)), constant], [0.0, 0.0]
    worn = float(sample.ended @ (sample.years / scale) ** shape) > 0.05  # deaths by wear-out that the law expects
    if worn:
        names += [("wear_out_scale_years", None), ("wear_out_shape", None)]
        values, bounds = [*values, scale, shape], [0.0, 0.0, 0.0, 1.0]

    def build(x: Floats) -> AnyLaw:
        law = {"infant_loss_fraction": x[0], "infant_days": infant_days, "constant_per_year": x[1]}
        return Bathtub(**law, **({"wear_out_scale_years": x[2], "wear_out_shape": x[3]} if worn else {}))

    # Wear-out that was looked for and not found counts as well, as does the end of infant mortality.
    return _fit(sample, names, np.array(values), build, bounds=np.array(bounds), others=1 if worn else 3)


def _delayed_onset(sample: Sample) -> Fit:
    # The best of all onsets fits chance better than one parameter's worth: for a change point, Akaike's criterion
    # counts three (Ninomiya 2005, doi 10.1016/j.spl.2004.10.037 [R]).
    def fit(found: Onsets, free: bool) -> Fit:
        calm, rate, shape = found.values
        names: list[Name] = [("calm_per_year", None), ("rate_per_year", None)]
        values, bounds = [calm, rate], [0.0, 0.0]
        if free:
            names, values, bounds = [*names, ("shape", None)], [*values, shape], [*bounds, 1.0]
        return _fit(
            sample, names, np.array(values),
            lambda x: DelayedOnset(calm_per_year=x[0], onset_years=found.onset, rate_per_year=x[1],
                                   shape=x[2] if free else 1.0),
            bounds=np.array(bounds), others=3, ranges={"onset_years": found.range_of(_FALL)},
        )  # fmt: skip

    return min((fit(best_onset(sample, free), free) for free in (False, True)), key=lambda one: one.aic)


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
