"""Fits find the law that made the failures, their intervals hold it, and the test of fit errs as often as it says."""

from collections.abc import Callable

import numpy as np
import pytest

from sim.constants import DAYS_PER_YEAR
from sim.fit import Fit, Sample, fit_laws
from sim.fit import maximum_likelihood as fits
from sim.fit.goodness import p_value
from sim.reliability import AnyLaw, Bathtub, DelayedOnset, Exponential, PiecewiseConstant, Weibull

LAWS: dict[str, tuple[AnyLaw, Callable[[Sample], Fit]]] = {
    "exponential": (Exponential(rate_per_year=0.08), fits._exponential),
    "weibull": (Weibull(shape=1.8, scale_years=8), fits._weibull),
    "bathtub": (Bathtub(infant_loss_fraction=0.05, constant_per_year=0.02, wear_out_scale_years=7), fits._bathtub),
    "delayed_onset": (DelayedOnset(calm_per_year=0.02, onset_years=2, rate_per_year=0.15), fits._delayed_onset),
    "piecewise_constant": (
        PiecewiseConstant(years=(0, 1, 2, 3, 4, 5), rates_per_year=(0.05, 0.02, 0.1, 0.25, 0.1, 0.2)),
        fits._piecewise_constant,
    ),
}


def units(law: AnyLaw, count: int, seed: int) -> Sample:
    """Units that entered service over five years and were looked at a year after the last."""
    rng = np.random.default_rng(seed)
    life, seen = law.inverse(rng.exponential(size=count)) / DAYS_PER_YEAR, rng.uniform(1, 6, count)
    return Sample.of(np.minimum(life, seen), life <= seen)


@pytest.mark.parametrize("name", LAWS)
def test_parameters_are_recovered(name: str) -> None:
    law, fit = LAWS[name]
    observed = units(law, 20_000, 11)
    found = fit(observed)
    truth = law.model_dump()
    kept = np.linalg.inv(found.information(observed))
    assert np.all(found.inside())
    if name == "piecewise_constant":
        assert found.law.years == law.years
    for (field, entry), value, error in zip(found.names, found.values, np.sqrt(np.diag(kept)), strict=True):
        expected = truth[field] if entry is None else truth[field][entry]
        assert value == pytest.approx(expected, abs=4 * error), field
        assert error < 0.3 * expected, field  # the tolerance says something
    if name == "delayed_onset":
        # jumps are found at a rate of 1/n: a few deaths' worth of time, at .17 a year and some 12,000 units
        assert found.law.onset_years == pytest.approx(2.0, abs=10 / (0.15 * 12_000))
    # A law that holds this one as a special case may follow chance closer, but hardly by so much.
    every = fit_laws(observed)
    assert next(one.aic for one in every if one.law.kind == name) < every[0].aic + 8
    assert (p_value(found, observed) or 0) > 1e-4


@pytest.mark.parametrize("name", LAWS)
def test_intervals_hold_the_truth_and_true_laws_are_seldom_refused(name: str) -> None:
    law, fit = LAWS[name]
    replicates, held, refused = 100, [], 0
    for seed in range(100 if name != "delayed_onset" else 40):
        observed = units(law, 1000, seed)
        found = fit(observed)
        p = p_value(found, observed)
        assert p is not None
        refused += p < 0.05
        truth = law.model_dump()
        for field, interval in found.intervals(observed).items():
            many = isinstance(interval[0], list)
            if not many:
                held.append(interval[0] <= truth[field] <= interval[1])
            elif found.law.model_dump()["years"] == truth["years"]:
                held += [low <= value <= high for (low, high), value in zip(interval, truth[field], strict=True)]
        replicates = seed + 1
    # .95 less four standard errors of `replicates` dependent entries, and .03 for the asymptotics at 200 deaths
    assert np.mean(held) > 0.92 - 4 * np.sqrt(0.95 * 0.05 / replicates) if len(held) >= 30 else True
    # .05 and four standard errors; .02 for the asymptotics
    assert refused / replicates < 0.07 + 4 * np.sqrt(0.05 * 0.95 / replicates)


def test_p_values_of_a_true_law_are_uniform() -> None:
    law, fit = LAWS["weibull"]
    found = [p_value(fit(observed), observed) for observed in (units(law, 1000, seed) for seed in range(400))]
    for share in (0.05, 0.25, 0.5, 0.75):
        error = np.sqrt(share * (1 - share) / 400)
        assert np.mean(np.array(found) < share) == pytest.approx(share, abs=4 * error + 0.02)


@pytest.mark.parametrize(
    ("truth", "wrong"),
    [("weibull", fits._exponential), ("delayed_onset", fits._weibull), ("piecewise_constant", fits._bathtub)],
)
def test_a_wrong_law_is_refused(truth: str, wrong: Callable[[Sample], Fit]) -> None:
    refused = 0
    for seed in range(20):
        observed = units(LAWS[truth][0], 4000, seed)
        refused += (p_value(wrong(observed), observed) or 0) < 0.05
    assert refused >= 18


def test_two_years_of_calm_are_no_single_weibull_law() -> None:
    """The first batch of Titan's GPUs in outline: .002 a year, from two years on .1 a year more."""
    observed = units(DelayedOnset(calm_per_year=0.002, onset_years=2.1, rate_per_year=0.1), 10_000, 5)
    found = {fit.law.kind: fit for fit in fit_laws(observed)}
    assert next(iter(found)) == "delayed_onset"
    assert p_value(found["weibull"], observed) < 1e-6
    assert p_value(found["exponential"], observed) < 1e-6
    assert p_value(found["delayed_onset"], observed) > 0.01
