import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import quad

from sim.reliability import Bathtub, CalendarFactor, Exponential, Life, Weibull, mean_life_days

STORM = CalendarFactor(years=(1.0, 2.0, 2.5), factors=(3.0, 0.0, 0.5))
LAWS = {
    "exponential": Exponential(rate_per_year=0.3),
    "infant_weibull": Weibull(shape=0.7, scale_years=4),
    "wear_out_weibull": Weibull(shape=3.3, scale_years=4),
    "bathtub": Bathtub(infant_loss_fraction=0.05, constant_per_year=0.02, wear_out_scale_years=5),
    "infant_only": Bathtub(infant_loss_fraction=0.05),
}
AGES = np.array([0.0, 1e-3, 1.0, 89.999, 90.0, 91.0, 400.0, 1500.0, 5000.0])


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_the_cumulative_hazard_is_the_integral_of_the_hazard(law):
    for a, b in ((1.0, 50.0), (50.0, 89.0), (91.0, 2000.0)):
        integral, error = quad(lambda age: float(law.hazard_per_day(age)), a, b, epsrel=1e-10)
        assert abs(float(law.cumulative_hazard(b) - law.cumulative_hazard(a)) - integral) <= 10 * error + 1e-12


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_the_inverse_inverts(law):
    hazards = law.cumulative_hazard(AGES[:7])
    np.testing.assert_allclose(law.cumulative_hazard(law.inverse(hazards)), hazards, rtol=1e-11, atol=1e-15)
    assert law.inverse(0.0) == 0


def test_a_law_that_ends_leaves_survivors_for_ever():
    law = LAWS["infant_only"]
    assert law.inverse(-np.log(0.95) * 1.001) == np.inf
    assert law.survival(1e9) == pytest.approx(0.95)
    assert Exponential(rate_per_year=0).inverse(1e-9) == np.inf


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_shape_and_values_of_closed_forms(law):
    assert np.shape(law.cumulative_hazard(AGES)) == AGES.shape
    assert np.shape(law.inverse(0.1)) == ()
    assert Weibull(shape=2, scale_years=8).survival(5 * 365.25) == pytest.approx(0.676633846161729)  # exp(-(5/8)^2)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("factor", [None, STORM], ids=["calm", "storm"])
@pytest.mark.parametrize("born", [0.0, 500.0, 800.0, 3000.0])
@pytest.mark.parametrize("pace", [1.0, 0.1])
def test_the_day_of_failure_is_where_the_hazard_reaches_the_luck(law, factor, born, pace):
    law = law.model_copy(update={"calendar_factor": factor})
    life = Life.born(np.full(4, born), pace)
    luck = np.array([0.001, 0.01, 0.04, 0.8])
    day = life.failure_day(law, luck)
    fails = np.isfinite(day)
    assert np.all(day >= born)
    np.testing.assert_allclose(life.take(np.flatnonzero(fails)).hazard_until(law, day[fails]), luck[fails], rtol=1e-9)


def test_a_calendar_factor_multiplies_the_hazard_from_its_dates_on():
    law = Exponential(rate_per_year=0.3, calendar_factor=STORM)
    days = 365.25 * np.array([0.5, 1.0, 1.5, 2.25, 3.0])
    gathered = Life.born(0.0).hazard_until(law, days)
    assert gathered == pytest.approx(0.3 * np.array([0.5, 1.0, 1.0 + 0.5 * 3, 1.0 + 3, 1.0 + 3 + 0.5 * 0.5]))


@pytest.mark.parametrize("factor", [None, STORM], ids=["calm", "storm"])
def test_splitting_a_life_changes_nothing(factor):
    law = Weibull(shape=1.7, scale_years=3, calendar_factor=factor)
    whole = Life.born(np.array([100.0]))
    split = whole.at(law, np.array([600.0]), 1.0).at(law, np.array([700.0]), 1.0)
    for luck in (1.0, 1.5, 3.0):
        assert split.failure_day(law, luck) == pytest.approx(whole.failure_day(law, luck), rel=1e-12)


def test_a_rest_postpones_failure_by_what_the_clock_did_not_run():
    law = Weibull(shape=3, scale_years=2)
    alone = float(Life.born(0.0).failure_day(law, 1.0))
    rested = Life.born(0.0, 0.25).at(law, 400.0, 1.0)
    assert float(rested.failure_day(law, 1.0)) == pytest.approx(alone + 0.75 * 400)


def test_a_clock_that_stands_still_never_fails():
    for factor in (None, STORM):
        law = Weibull(shape=2, scale_years=1, calendar_factor=factor)
        with np.errstate(divide="raise", invalid="raise"):
            assert Life.born(np.array([10.0]), 0.0).failure_day(law, 0.5) == np.inf


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_mean_life_is_the_integral_of_survival(law):
    for factor in (None, STORM):
        law = law.model_copy(update={"calendar_factor": factor})
        other = Exponential(rate_per_year=0.2)
        for born in (0.0, 400.0, 1200.0):
            life = Life.born(born)
            kinks = [day for day in (born + 90, 365.25, 730.5, 913.125) if born < day < 1500]

            def alive(day, life=life, law=law, other=other):
                both = life.hazard_until(law, day) + life.hazard_until(other, day)
                return float(np.exp(-both))

            theory, _ = quad(alive, born, 1500, points=kinks, epsabs=1e-7, limit=400)
            assert float(mean_life_days(law, born, 1500.0, other)) == pytest.approx(theory, rel=1e-6)
    assert mean_life_days(law, 1500.0, 1500.0) == 0


def test_steps_out_of_order_are_refused():
    with pytest.raises(ValidationError, match=r"years must increase, got \[2.0, 1.0\]"):
        CalendarFactor(years=(2.0, 1.0), factors=(1.0, 2.0))
    with pytest.raises(ValidationError, match="years has 1 entries and factors 2"):
        CalendarFactor(years=(2.0,), factors=(1.0, 2.0))
