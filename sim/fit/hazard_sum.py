"""Greatest likelihood of laws whose hazard is a sum: a bathtub, a delayed onset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize, minimize_scalar

from sim.constants import DAYS_PER_YEAR
from sim.fit.sample import Sample
from sim.reliability import Bathtub, Weibull

Floats = NDArray[np.float64]
INFANT_DAYS = (30.0, 90.0, 180.0, 365.0)
"""Ages at which infant mortality may end, days [A]."""
MOST_SHAPE = 20.0
AGES = 1500
"""Ages at which the likelihood is summed while the best start is sought; the last step takes all."""
ONSETS = 24
"""Onsets at which a law of free shape is fitted, before its best one is refined."""


@dataclass(frozen=True)
class Onsets:
    """The likelihood by onset: `onset` the best, `values` (calm, rate, shape) there, and the profile tried."""

    onset: float
    values: Floats
    tried: Floats
    log_likelihoods: Floats

    def range_of(self, fall: float) -> tuple[float, float]:
        """Onsets whose log likelihood is less than `fall` below the best, out to the next ones tried."""
        good = np.flatnonzero(self.log_likelihoods >= self.log_likelihoods.max() - fall)
        last = len(self.tried) - 1
        return float(self.tried[max(good[0] - 1, 0)]), float(self.tried[min(good[-1] + 1, last)])


def best_onset(sample: Sample, free_shape: bool, weibull: Weibull) -> Onsets:
    """The onset of greatest likelihood, with shape 1 or the best shape of 1 or more; `weibull`: the best such law.

    A shape below 1 would let the likelihood grow without end towards an onset at a death.  So would an onset near the
    last death: at least 5 deaths, and 5 % of them, come after it.
    """
    ages, died = sample.death_years()
    after = sample.deaths - np.cumsum(died) + died
    allowed = after >= max(5.0, 0.05 * sample.deaths)
    return _grown(sample, float(ages[allowed][-1]), weibull) if free_shape else _jump(sample, ages[allowed])


def _jump(sample: Sample, ages: Floats) -> Onsets:
    # Between two deaths the profile is convex, so its peaks are at the deaths: just before one, or just after.
    tried = np.sort(np.concatenate([[0.0], ages, np.nextafter(ages[:-1], np.inf)]))
    all_ages, died = sample.death_years()
    before = np.concatenate([[0.0], np.cumsum(died)])[np.searchsorted(all_ages, tried, side="left")]
    lived = sample.exposure(tried)
    total_lived, total_died = sample.unit_years, float(sample.deaths)
    with np.errstate(divide="ignore", invalid="ignore"):
        calm = np.where(lived > 0, before / lived, 0.0)
        later = (total_died - before) / (total_lived - lived)
        # Deaths at one last age would have an endless rate: some time must be lived after the onset, too.
        rises = (later >= calm) & (lived > 0) & (total_lived - lived > 1e-3 * total_lived)
        first = np.where(before > 0, before * np.log(calm), 0.0)
        found = np.where(
            rises,
            first + (total_died - before) * np.log(later) - total_died,
            total_died * np.log(total_died / total_lived) - total_died,
        )
    best = int(np.argmax(found))
    values = (calm[best], later[best] - calm[best]) if rises[best] else (total_died / total_lived, 0.0)
    return Onsets(float(tried[best]), np.array([*values, 1.0]), tried, found)


def _grown(full_sample: Sample, latest: float, weibull: Weibull) -> Onsets:
    coarse = full_sample.coarse(AGES)
    mean = full_sample.deaths / full_sample.unit_years
    start = np.array([0.3 * mean, mean, 1.5])
    if weibull.shape >= 1:
        start = np.array([1e-3 * mean, 1 / weibull.scale_years, min(weibull.shape, MOST_SHAPE)])

    def at(onset: float, sample: Sample = coarse) -> tuple[float, Floats]:
        ages, died = sample.death_years()
        late_dead, late = np.maximum(ages - onset, 0), np.maximum(sample.years - onset, 0)

        def terms(x: Floats, years: Floats) -> tuple[Floats, Floats, Floats, Floats]:
            reached = np.maximum(x[1] * years, 1e-300)
            total = np.where(years > 0, reached ** x[2], 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                hazard = np.where(years > 0, x[2] * total / years, 0.0)
            return hazard, total, np.log(reached), years

        def loss(x: Floats) -> tuple[float, Floats]:
            hazard, _, logs, _ = terms(x, late_dead)
            h = np.maximum(x[0] + hazard, 1e-300)
            _, total, log_all, _ = terms(x, late)
            value = sample.weight @ (x[0] * sample.years + total) - died @ np.log(h)
            share = died * hazard / h
            slope = [
                sample.unit_years - (died / h).sum(),
                sample.weight @ total * x[2] / x[1] - share.sum() * x[2] / x[1],
                sample.weight @ (total * log_all) - share @ (1 / x[2] + logs),
            ]
            return float(value), np.array(slope)

        bounds = [(1e-9 * mean, 1e3 * mean), (1e-6 * mean, 1e3 / sample.reach_years), (1.0, MOST_SHAPE)]
        value, x = _minimum(loss, start, bounds)
        return -value, x

    tried = np.linspace(0.0, latest, ONSETS)
    found = []
    for onset in tried:
        value, x = at(float(onset))
        found.append(value)
        if value == max(found):
            start = x
    best = int(np.argmax(found))
    around = (tried[max(best - 1, 0)], tried[min(best + 1, ONSETS - 1)])
    refined = minimize_scalar(
        lambda onset: -at(float(onset))[0], bounds=around, method="bounded", options={"xatol": 1e-3 * latest}
    )
    onset = float(refined.x) if -refined.fun > found[best] else float(tried[best])
    value, x = at(onset)
    extra = np.linspace(*around, 9)
    every = np.concatenate([tried, [onset], extra])
    logs = np.array([*found, value, *(at(float(more))[0] for more in extra)])
    order = np.argsort(every, kind="stable")
    start = x
    _, x = at(onset, full_sample)
    return Onsets(onset, np.where(x <= 2e-9 * mean, 0.0, x), every[order], logs[order])


def best_bathtub(sample: Sample, weibull: Weibull) -> tuple[float, Floats]:
    """(end of infant mortality in days, [infant hazard in all, constant a year, scale of wear-out in years, shape]).

    `weibull`: the best such law, one of the places where the search begins.
    """
    ends = [days for days in INFANT_DAYS if days < 0.5 * DAYS_PER_YEAR * sample.reach_years]
    ends = ends or [0.25 * DAYS_PER_YEAR * sample.reach_years]
    coarse = sample.coarse(AGES)
    longest = np.log(coarse.reach_years)
    starts = [(0.05, 0.7, longest + 0.7, 3.0), (0.3, 0.2, longest + 0.2, 2.0), (0.05, 0.9, longest + 6, 3.0)]
    if weibull.shape >= 1:
        starts.append((1e-3, 1e-3, float(np.log(weibull.scale_years)), weibull.shape))
    found = [(_bathtub_ending(coarse, days / DAYS_PER_YEAR, start), days) for days in ends for start in starts]
    (_, x), days = min(found, key=lambda one: one[0][0])
    _, x = _bathtub_ending(sample, days / DAYS_PER_YEAR, x)
    mean = sample.deaths / sample.unit_years
    return days, np.array([mean * x[0], mean * x[1], np.exp(x[2]), x[3]])


def _bathtub_ending(sample: Sample, end: float, start: ArrayLike) -> tuple[float, Floats]:
    """Best bathtub with infant mortality up to `end` years: (-log likelihood, x as below)."""
    ages, died = sample.death_years()
    mean, reach = sample.deaths / sample.unit_years, sample.reach_years
    power = Bathtub().infant_shape
    infant_h = np.where(ages < end, power / end * (ages / end) ** (power - 1), 0.0)
    infant_total = float(sample.weight @ np.minimum(sample.years / end, 1) ** power)
    log_dead, log_all = np.log(ages), np.log(sample.years)

    # x = infant and constant hazard over the mean rate, ln scale, shape
    def loss(x: Floats) -> tuple[float, Floats]:
        worn_dead = np.exp(np.clip(x[3] * (log_dead - x[2]), -700, 300))
        worn = sample.weight * np.exp(np.clip(x[3] * (log_all - x[2]), -700, 300))
        hazard = x[3] * worn_dead / ages
        h = np.maximum(mean * (x[0] * infant_h + x[1]) + hazard, 1e-300)
        value = mean * (x[0] * infant_total + x[1] * sample.unit_years) + worn.sum() - died @ np.log(h)
        each = died / h
        share = each * hazard
        slope = [
            mean * (infant_total - each @ infant_h),
            mean * (sample.unit_years - each.sum()),
            x[3] * (share.sum() - worn.sum()),
            worn @ (log_all - x[2]) - share @ (1 / x[3] + log_dead - x[2]),
        ]
        return float(value), np.array(slope)

    bounds = [(0.0, 50.0 / mean), (0.0, 1e3), (np.log(1e-3 * reach), np.log(1e3 * reach)), (1.0, MOST_SHAPE)]
    return _minimum(loss, np.asarray(start, float), bounds)


def _minimum(
    loss: Callable[[Floats], tuple[float, Floats]], start: Floats, bounds: list[tuple[float, float]]
) -> tuple[float, Floats]:
    # Not L-BFGS-B: its threaded linear algebra takes ten times as long on these few parameters when cores are busy.
    start = np.clip(start, *np.transpose(bounds))
    per = max(abs(loss(start)[0]), 1.0)  # or the steps of large samples are cut short

    def scaled(x: Floats) -> tuple[float, Floats]:
        value, slope = loss(x)
        return value / per, slope / per

    found = minimize(scaled, start, jac=True, method="SLSQP", bounds=bounds, options={"maxiter": 200, "ftol": 1e-11})
    return float(found.fun) * per, np.clip(found.x, *np.transpose(bounds))
