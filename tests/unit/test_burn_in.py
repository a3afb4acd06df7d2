"""What a burn-in leaves of a law: infant mortality goes on from the age reached, everything else starts anew."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from sim.constants import DAYS_PER_YEAR
from sim.description import facts
from sim.reliability import (
    Bathtub,
    CalendarFactor,
    DelayedOnset,
    Exponential,
    Law,
    PiecewiseConstant,
    Weibull,
    WeibullMixture,
    mean_life_days,
)
from sim.scenario import load
from sim.scenario.yaml_file import read

CONFIGS = Path(__file__).parents[2] / "configs"
FALLING = {
    "infant": Bathtub(infant_loss_fraction=0.05),
    "bathtub": Bathtub(infant_loss_fraction=0.05, constant_per_year=0.02, wear_out_scale_years=5),
    "weibull_below_one": Weibull(shape=0.4, scale_years=30),
    "from_birth": DelayedOnset(calm_per_year=0.01, onset_years=0, rate_per_year=0.02, shape=0.5),
    "table": PiecewiseConstant(years=(0, 0.1, 0.5, 3), rates_per_year=(0.5, 0.1, 0.02, 0.3)),
    "mixture": WeibullMixture(
        parts=[
            {"share": 0.1, "shape": 0.5, "scale_years": 0.2},
            {"share": 0.1, "shape": 3, "scale_years": 0.1},
            {"share": 0.8, "shape": 3, "scale_years": 8},
        ]
    ),
}
STEADY = {
    "exponential": Exponential(rate_per_year=0.07),
    "weibull": Weibull(shape=2.5, scale_years=7),
    "wear_out": Bathtub(constant_per_year=0.02, wear_out_scale_years=5),
    "onset": DelayedOnset(calm_per_year=0.003, onset_years=2, rate_per_year=0.1),
    "onset_that_falls": DelayedOnset(calm_per_year=0.003, onset_years=2, rate_per_year=0.1, shape=0.6),
    "rising_table": PiecewiseConstant(years=(0, 1, 3), rates_per_year=(0.1, 0.2, 0.1)),
}
BURN_INS = (1e-6, 1.0, 30.0, 90.0, 400.0)


def shipped_laws() -> dict[str, Law]:
    """Every law of a GPU, a bus or a group in the shipped configurations and overlays."""
    found: dict[str, Law] = {}
    for path in sorted(CONFIGS.rglob("*.yaml")):
        if path.parent.name == "studies":
            continue
        name = str(path.relative_to(CONFIGS).with_suffix(""))
        base = "ground_stargate" if "campus" in read(path).value else "baseline"
        scenario = load(base, path) if "overlays" in path.parts else load(path)
        reliability = scenario.reliability
        laws = {"gpu": reliability.gpu, "bus": reliability.bus}
        laws |= {group: one.law for group, one in reliability.groups.items()}
        found |= {f"{name}:{part}": law for part, law in laws.items() if law not in found.values()}
    return found


SHIPPED = shipped_laws()


def test_the_shipped_laws_are_found() -> None:
    assert {law.kind for law in SHIPPED.values()} >= {"exponential", "bathtub", "weibull", "weibull_mixture"}


@pytest.mark.parametrize("law", [*SHIPPED.values(), *FALLING.values()], ids=[*SHIPPED, *FALLING])
@pytest.mark.parametrize("days", BURN_INS)
def test_a_burn_in_never_raises_the_failures_of_a_life(law: Law, days: float) -> None:
    burned = law.after_burn_in(days)
    ages = DAYS_PER_YEAR * np.array([0.01, 0.1, 1, 3, 5, 7, 10, 15])
    assert np.all(burned.cumulative_hazard(ages) <= law.cumulative_hazard(ages) * (1 + 1e-12))


def test_a_burn_in_lowers_the_expected_failures_of_a_fleet() -> None:
    """Through the whole description, with the law of `baseline`: infant mortality over 90 days, then wear-out."""

    def per_year(days: float) -> float:
        wear = ["reliability.gpu.infant_loss_fraction=0.02", "reliability.gpu.wear_out_scale_years=5"]
        found = facts(load("baseline", set_=[*wear, f"reliability.gpu_burn_in_days={days}"]))["failures"]
        return float(found["gpu"]["failures_per_year"])

    fresh, burned, long = (per_year(days) for days in (0, 90, 720))
    assert burned < fresh
    assert long == pytest.approx(burned, rel=1e-12)  # nothing is left to be burned in, and nothing wears out


@pytest.mark.parametrize("law", FALLING.values(), ids=FALLING)
@pytest.mark.parametrize("days", BURN_INS)
def test_hazard_inverse_and_kinks_of_a_burned_in_law_agree(law: Law, days: float) -> None:
    burned = law.after_burn_in(days)
    assert burned != law
    reached = np.geomspace(1e-9, 20, 80)
    found = burned.inverse(reached)
    finite = np.isfinite(found)
    assert finite.any() or (law is FALLING["infant"] and days >= 90)
    assert burned.cumulative_hazard(found[finite]) == pytest.approx(reached[finite], rel=1e-9)
    assert np.all(burned.cumulative_hazard(1e7) <= reached[~finite])
    assert not finite.any() or burned.inverse(0.0) == 0
    assert burned.inverse(np.inf) == np.inf
    for function in (burned.hazard_per_day, burned.cumulative_hazard, burned.inverse):
        assert np.shape(function(0.01)) == ()
        assert np.shape(function(np.full((2, 3), 0.01))) == (2, 3)
    edges = sorted({0.01, 2000.0, *(kink for kink in burned.kinks_days() if 0.01 < kink < 2000)})
    total = sum(
        quad(lambda age: float(burned.hazard_per_day(age)), a, b, epsabs=1e-13, limit=400)[0]
        for a, b in pairwise(edges)
    )
    rise = float(burned.cumulative_hazard(2000.0) - burned.cumulative_hazard(0.01))
    assert total == pytest.approx(rise, rel=1e-7)


@pytest.mark.parametrize("law", STEADY.values(), ids=STEADY)
def test_a_law_that_never_falls_starts_anew(law: Law) -> None:
    assert law.after_burn_in(90.0) is law


@pytest.mark.parametrize("law", FALLING.values(), ids=FALLING)
def test_no_burn_in_changes_nothing(law: Law) -> None:
    assert law.after_burn_in(0.0) is law


@pytest.mark.parametrize("name", ["infant", "weibull_below_one"])
def test_a_law_that_only_falls_is_that_of_older_units(name: str) -> None:
    law, days = FALLING[name], np.array([0.5, 10.0, 59.0, 61.0, 500.0])
    older = law.cumulative_hazard(30 + days) - law.cumulative_hazard(30.0)
    assert law.after_burn_in(30.0).cumulative_hazard(days) == pytest.approx(older, rel=1e-9)


def test_infant_mortality_goes_on_and_wear_out_starts_anew() -> None:
    law, days = FALLING["bathtub"], np.array([10.0, 59.0, 100.0, 3000.0])
    infant = Bathtub(infant_loss_fraction=0.05)
    rest = Bathtub(constant_per_year=0.02, wear_out_scale_years=5)
    expected = infant.cumulative_hazard(30 + days) - infant.cumulative_hazard(30.0) + rest.cumulative_hazard(days)
    assert law.after_burn_in(30.0).cumulative_hazard(days) == pytest.approx(expected, rel=1e-12)
    assert law.after_burn_in(30.0).kinks_days() == [60.0]
    assert law.after_burn_in(90.0) == rest


def test_the_calendar_factor_stays() -> None:
    factor = CalendarFactor(years=(1.0,), factors=(3.0,))
    for law in FALLING.values():
        assert law.model_copy(update={"calendar_factor": factor}).after_burn_in(30.0).calendar_factor == factor


def test_a_table_loses_its_fall_and_keeps_its_rise() -> None:
    burned = FALLING["table"].after_burn_in(0.2 * DAYS_PER_YEAR)
    rate = burned.hazard_per_day(DAYS_PER_YEAR * np.array([0.0, 0.29, 0.31, 2.99, 3.01])) * DAYS_PER_YEAR
    assert rate == pytest.approx([0.1, 0.1, 0.02, 0.02, 0.3])


def test_a_mixture_keeps_those_of_its_kinds_that_survive() -> None:
    law = FALLING["mixture"]
    burned, day = law.after_burn_in(73.05), DAYS_PER_YEAR  # .2 years
    kept = np.array([0.1 * np.exp(-1), 0.1 * np.exp(-8), 0.8 * np.exp(-((0.2 / 8) ** 3))])
    alive = np.exp([1 - (1.2 / 0.2) ** 0.5, -(10.0**3), -((1 / 8) ** 3)])  # of each kind, a year on
    assert float(burned.survival(day)) == pytest.approx(float(kept @ alive / kept.sum()), rel=1e-12)
    # those that were sure to die young are gone altogether
    assert len(law.after_burn_in(400.0).parts) == 2


def test_mean_life_of_a_burned_in_unit() -> None:
    law = FALLING["bathtub"].after_burn_in(30.0)
    theory, _ = quad(lambda age: float(law.survival(age)), 0, 1500, points=[60.0], epsabs=1e-8)
    assert float(mean_life_days(law, 0.0, 1500.0)) == pytest.approx(theory, rel=1e-9)
    both = mean_life_days(law, 0.0, 1500.0, Exponential(rate_per_year=0.2))
    assert float(both) < theory
