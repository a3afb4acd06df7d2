"""Lifetime laws: hazard, cumulative hazard and inverse agree; closed forms; published figures."""

from itertools import pairwise

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from sim.constants import DAYS_PER_YEAR
from sim.reliability import (
    AnyLaw,
    Bathtub,
    DelayedOnset,
    Exponential,
    Lognormal,
    PiecewiseConstant,
    Weibull,
    WeibullMixture,
)

CASTET_SALEH = {
    "kind": "weibull_mixture",
    "parts": [
        {"share": 0.9725, "shape": 0.3760, "scale_years": 14310.1},
        {"share": 0.0275, "shape": 2.9937, "scale_years": 9.3},
    ],
}
LAWS = {
    "exponential": Exponential(rate_per_year=0.07),
    "weibull": Weibull(shape=2.5, scale_years=7),
    "lognormal": Lognormal(median_years=4, sigma=0.8),
    "bathtub": Bathtub(infant_loss_fraction=0.05, constant_per_year=0.02, wear_out_scale_years=5),
    "delayed": DelayedOnset(calm_per_year=0.003, onset_years=2, rate_per_year=0.1),
    "delayed_growing": DelayedOnset(calm_per_year=0.003, onset_years=2, rate_per_year=0.1, shape=2.5),
    "delayed_falling": DelayedOnset(calm_per_year=0.003, onset_years=2, rate_per_year=0.1, shape=0.6),
    "delayed_without_calm": DelayedOnset(onset_years=1.5, rate_per_year=0.4),
    "piecewise": PiecewiseConstant(years=(0, 1, 3, 4), rates_per_year=(0.05, 0.01, 0.4, 0.1)),
    "piecewise_with_rests": PiecewiseConstant(years=(0, 1, 3), rates_per_year=(0, 0.2, 0)),
    "mixture": TypeAdapter(AnyLaw).validate_python(CASTET_SALEH),
    "mixture_of_one": WeibullMixture(parts=[{"share": 1, "shape": 2.5, "scale_years": 7}]),
    "mixture_far_apart": WeibullMixture(
        parts=[{"share": 0.5, "shape": 4, "scale_years": 0.01}, {"share": 0.5, "shape": 1, "scale_years": 1000}]
    ),
}
AGES = np.concatenate([np.geomspace(1e-3, 100, 60), np.linspace(200, 40 * DAYS_PER_YEAR, 500)])


def years(*ages: float) -> np.ndarray:
    return DAYS_PER_YEAR * np.array(ages)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_inverse_undoes_cumulative_hazard(law: AnyLaw) -> None:
    reached = law.cumulative_hazard(AGES)
    slope = law.hazard_per_day(AGES)
    # where the hazard is nil (nearly all dead, or at rest) the age is not in H0: what is lost is H0's last digit
    lost = np.divide(4e-16 * reached, slope, out=np.full_like(slope, np.inf), where=slope > 0)
    kept = lost < 1e-11 * AGES
    assert kept.mean() > (0.04 if law is LAWS["piecewise_with_rests"] else 0.75)
    assert law.inverse(reached[kept]) == pytest.approx(AGES[kept], rel=1e-10)
    # for all: the age found is one at which H0 has the value
    found = law.inverse(reached * (1 - 1e-12))  # just below: a hazard that ends never reaches its own total
    assert law.cumulative_hazard(found) == pytest.approx(reached, rel=1e-10)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_hazard_is_the_slope_of_cumulative_hazard(law: AnyLaw) -> None:
    step = 1e-5 * AGES
    away = np.all([np.abs(AGES - kink) > 20 for kink in [-100.0, *law.kinks_days()]], axis=0)
    ages, step = AGES[away], step[away]
    rise = law.cumulative_hazard(ages + step) - law.cumulative_hazard(ages - step)
    rounding = 1e-15 * law.cumulative_hazard(ages) / step
    # a central difference errs by step^2 / 6 of H0's third derivative: 1e-10 of the hazard for a power of the age,
    # 1e-7 where it is counted from an onset 20 days before
    assert np.all(np.abs(rise / (2 * step) - law.hazard_per_day(ages)) <= 1e-6 * law.hazard_per_day(ages) + rounding)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_survival_falls_from_one(law: AnyLaw) -> None:
    assert law.survival(np.zeros(2)) == pytest.approx(1)
    assert np.all(np.diff(law.survival(AGES)) <= 0)
    assert law.cumulative_hazard(0.0) == 0


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_arrays_of_any_shape_and_the_ends_of_the_range(law: AnyLaw) -> None:
    for function in (law.hazard_per_day, law.cumulative_hazard, law.inverse):
        assert np.shape(function(1.5)) == ()
        assert np.shape(function(np.ones((2, 3)))) == (2, 3)
        assert np.shape(function(np.ones(0))) == (0,)
    assert law.inverse(0.0) == 0
    assert law.inverse(np.inf) == np.inf
    assert type(law).model_validate(law.model_dump(mode="json")) == law


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_hazard_is_smooth_between_the_kinks(law: AnyLaw) -> None:
    """Gauss-Legendre quadrature split at the kinks gives H0: nowhere else does the hazard jump."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    kinks = [k for k in law.kinks_days() if k < AGES[-1]]
    assert kinks == sorted(kinks)
    reach = 12 * DAYS_PER_YEAR
    total = 0.0
    edges = sorted({1.0, reach, *np.geomspace(1, reach, 40), *(k for k in kinks if 1 < k < reach)})
    for a, b in pairwise(edges):
        u = 0.5 * (nodes + 1)
        ages = a + (b - a) * u**4  # tames a hazard that is infinite at the left end
        total += float(np.sum(law.hazard_per_day(ages) * (b - a) * 2 * u**3 * weights))
    rise = law.cumulative_hazard(reach) - law.cumulative_hazard(1.0)
    assert total == pytest.approx(float(rise), rel=1e-7)


def test_delayed_onset_in_closed_form() -> None:
    law = LAWS["delayed"]
    assert law.cumulative_hazard(years(1, 2, 5)) == pytest.approx([0.003, 0.006, 0.015 + 0.3])
    assert law.hazard_per_day(years(1.999, 2)) * DAYS_PER_YEAR == pytest.approx([0.003, 0.103])
    assert law.inverse([0.003, 0.006, 0.315]) == pytest.approx(years(1, 2, 5))
    growing = LAWS["delayed_growing"]
    assert growing.cumulative_hazard(years(5)) == pytest.approx(0.015 + 0.3**2.5)
    assert LAWS["delayed_without_calm"].inverse([1e-300, 0.4]) == pytest.approx(years(1.5, 2.5))


def test_a_delayed_onset_that_never_comes() -> None:
    assert np.all(np.isinf(DelayedOnset(onset_years=2, rate_per_year=0).inverse([0.1, 1])))
    calm = DelayedOnset(calm_per_year=0.1, onset_years=2, rate_per_year=0)
    assert calm.inverse([0.1, 1]) == pytest.approx(years(1, 10))
    assert calm.kinks_days() == []


def test_onset_at_birth_is_a_weibull_law() -> None:
    law, weibull = DelayedOnset(onset_years=0, rate_per_year=1 / 7, shape=2.5), LAWS["weibull"]
    assert law.cumulative_hazard(AGES) == pytest.approx(weibull.cumulative_hazard(AGES))
    assert law.inverse([0.1, 3]) == pytest.approx(weibull.inverse([0.1, 3]))


def test_piecewise_constant_in_closed_form() -> None:
    law = LAWS["piecewise"]
    assert law.cumulative_hazard(years(0.5, 1, 3, 3.5, 10)) == pytest.approx([0.025, 0.05, 0.07, 0.27, 0.47 + 0.6])
    assert law.hazard_per_day(years(0, 1, 2.9, 3, 99)) * DAYS_PER_YEAR == pytest.approx([0.05, 0.01, 0.01, 0.4, 0.1])
    assert law.kinks_days() == pytest.approx(years(1, 3, 4))
    rests = LAWS["piecewise_with_rests"]
    assert rests.inverse([0.0, 0.2, 0.4 - 1e-12]) == pytest.approx(years(0, 2, 3))
    assert np.isinf(rests.inverse(0.41))


def test_a_total_reached_before_a_rest_is_reached_when_the_rest_begins() -> None:
    rests = PiecewiseConstant(years=(0, 1, 3, 5), rates_per_year=(0.1, 0, 0.2, 0))
    for reached in (1, 5):
        assert rests.inverse(rests.cumulative_hazard(years(reached))) == pytest.approx(years(reached))


def test_mean_rate_is_the_hazard_gathered_over_the_days() -> None:
    for over in years(0.5, 7):
        assert LAWS["exponential"].mean_rate_per_day(over) == pytest.approx(0.07 / DAYS_PER_YEAR, rel=1e-12)
    assert LAWS["weibull"].mean_rate_per_day(7 * DAYS_PER_YEAR) == pytest.approx(1 / (7 * DAYS_PER_YEAR), rel=1e-12)


def test_mixture_of_one_is_that_weibull_law() -> None:
    one, weibull = LAWS["mixture_of_one"], LAWS["weibull"]
    assert one.cumulative_hazard(AGES) == pytest.approx(weibull.cumulative_hazard(AGES), rel=1e-12)
    assert one.hazard_per_day(AGES) == pytest.approx(weibull.hazard_per_day(AGES), rel=1e-12)


def test_castet_and_saleh() -> None:
    single = Weibull(shape=0.4521, scale_years=2607)
    assert single.survival(years(1, 2, 5, 15)) == pytest.approx([0.9719, 0.9617, 0.9426, 0.9075], abs=5e-5)  # [C]
    t = np.array([0.1, 1, 5, 15])
    by_hand = 0.9725 * np.exp(-((t / 14310.1) ** 0.376)) + 0.0275 * np.exp(-((t / 9.3) ** 2.9937))
    mixture = LAWS["mixture"].survival(years(*t))
    assert mixture == pytest.approx(by_hand, rel=1e-12)
    # two fits to the same satellites: the paper finds the single law within about 1 % of the data [R]
    assert mixture == pytest.approx(single.survival(years(*t)), abs=0.01)


def test_draws_follow_the_law() -> None:
    luck = np.random.default_rng(5).exponential(size=40_000)
    for law in LAWS.values():
        for age in years(1, 4):
            alive, share = float((law.inverse(luck) > age).mean()), float(law.survival(age))
            assert alive == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / luck.size) + 1e-12)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"kind": "piecewise_constant", "years": [0, 1], "rates_per_year": [0.1]}, "must be equal"),
        ({"kind": "piecewise_constant", "years": [1, 2], "rates_per_year": [0.1, 0.2]}, "must begin with 0, got 1"),
        ({"kind": "piecewise_constant", "years": [0, 2, 2], "rates_per_year": [1, 1, 1]}, "must increase"),
        ({"kind": "piecewise_constant", "years": [0], "rates_per_year": [-0.1]}, "greater than or equal to 0"),
        ({"kind": "delayed_onset", "onset_years": -1, "rate_per_year": 0.1}, "greater than or equal to 0"),
        (
            {"kind": "delayed_onset", "onset_years": 1, "rate_per_year": 0.1, "shape": 0},
            "greater than or equal to 0.01",
        ),
        ({"kind": "weibull_mixture", "parts": []}, "at least 1"),
        (CASTET_SALEH | {"parts": CASTET_SALEH["parts"][:1]}, "must sum to 1, got 0.9725"),
    ],
)
def test_senseless_laws_are_refused(values: dict, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        TypeAdapter(AnyLaw).validate_python(values)
