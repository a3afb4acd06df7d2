"""Replacement before a failure against Barlow and Proschan, Mathematical Theory of Reliability (1965), chapter 3.

A unit replaced at age T, or at its failure before, costs in the long run
(c_p R(T) + c_f F(T)) / integral of R from 0 to T a day.  Where the hazard rises, it is least where
h(T) int R - F(T) = c_p / (c_f - c_p).
"""

from math import gamma

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from sim.events import Cause, EventKind

SHAPE, MEAN_DAYS = 2.5, 100.0
SCALE_DAYS = MEAN_DAYS / gamma(1 + 1 / SHAPE)
LIFE = {"kind": "weibull", "shape": SHAPE, "scale_years": SCALE_DAYS / 365.25}
EARLY_USD, LATE_USD = 1.0, 5.0


def survival(age):
    return np.exp(-((age / SCALE_DAYS) ** SHAPE))


def cost_rate(age):
    """Long-run cost of replacing at an age, USD a day."""
    alive = survival(age)
    return (EARLY_USD * alive + LATE_USD * (1 - alive)) / quad(survival, 0, age)[0]


def best_age():
    """Age at which replacing costs least."""

    def excess(age):
        hazard = SHAPE / SCALE_DAYS * (age / SCALE_DAYS) ** (SHAPE - 1)
        return hazard * quad(survival, 0, age)[0] - (1 - survival(age)) - EARLY_USD / (LATE_USD - EARLY_USD)

    return brentq(excess, 1, 300)


def test_the_optimum_is_the_least_of_the_formula():
    best = best_age()
    assert minimize_scalar(cost_rate, (30, 60, 90)).x == pytest.approx(best, rel=1e-4)
    assert cost_rate(best) < 0.8 * cost_rate(1e4)
    assert cost_rate(1e4) == pytest.approx(LATE_USD / MEAN_DAYS)


STRATEGIES = {
    # Satellites that live longer than they are kept, and those whose design life or its extension is the age.
    "age_replacement": lambda age: ({"age_years": age / 365.25}, 36_525.0),
    "replace_on_failure": lambda age: ({}, age),
    "batch": lambda age: ({"reorder_point": 1}, age),
    "life_extension": lambda age: ({"extension_years": 0.4 * age / 365.25}, 0.6 * age),
}
CYCLES = 3


def cycles(checked_run, scenario, strategy):
    """(cost, days) of the first cycles of each slot: each ends by the age or before it, so all are seen whole."""
    result = checked_run(scenario, strategy)
    log = result.events.where(EventKind.BUS_FAILED, EventKind.RETIRED)
    order = np.lexsort((log.time_days, log.berth))
    berth, day = log.berth[order], log.time_days[order]
    late = log.kind[order] == EventKind.BUS_FAILED
    assert set(log.cause[order][~late].tolist()) <= {Cause.REPLACED, Cause.END_OF_LIFE}
    rank = np.arange(len(berth)) - np.searchsorted(berth, berth)
    cost = np.bincount(berth[rank < CYCLES], np.where(late, LATE_USD, EARLY_USD)[rank < CYCLES])
    assert np.bincount(berth).min() >= CYCLES
    return cost, day[rank == CYCLES - 1]


@pytest.mark.parametrize("share", [0.6, 1.0, 1.6])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_cost_rate_of_replacement_at_an_age(fleet, checked_run, strategy, share):
    age = share * best_age()
    parameters, life_days = STRATEGIES[strategy](age)
    scenario = fleet(
        slots=150,
        days=CYCLES * age + 1,
        life_days=life_days,
        bus=LIFE,
        satellite={"mass_kg": 100, "propulsion": {"margin": 10, "manoeuvres_per_year": 0}},
        per_flight=1e6,
        strategies={strategy: {**parameters, "order_ahead_days": 0}},
    )
    cost, days = cycles(checked_run, scenario, strategy)
    rate = cost.mean() / days.mean()
    error = np.std(cost - rate * days, ddof=1) / np.sqrt(len(cost)) / days.mean()  # of a quotient of means
    assert abs(rate - cost_rate(age)) < 4 * error


def test_the_best_age_costs_least_in_the_engine_too(fleet, checked_run):
    def rate(share):
        age = share * best_age()
        own = {"age_replacement": {"age_years": age / 365.25, "order_ahead_days": 0}}
        scenario = fleet(slots=120, days=CYCLES * age + 1, bus=LIFE, strategies=own)
        cost, days = cycles(checked_run, scenario, "age_replacement")
        return cost.mean() / days.mean()

    early, best, late = rate(0.5), rate(1.0), rate(3.0)
    assert best < min(early, late)
