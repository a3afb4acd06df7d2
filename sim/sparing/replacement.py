"""Preventive replacement at a fixed age: what it costs in the long run, and the best age.

Barlow & Proschan, Mathematical Theory of Reliability (1965), section 4.2.
"""

from __future__ import annotations

from math import inf

import numpy as np
from scipy.optimize import brentq

from sim.constants import DAYS_PER_YEAR
from sim.reliability import Law, mean_life_days


def age_replacement_cost_rate(law: Law, age_days: float, *, preventive: float, failure: float) -> float:
    """Return the cost a day of replacing at an age, or at failure if that comes first.

    (preventive R(T) + failure F(T)) / integral of R from 0 to T; `preventive` and `failure`: cost of one replacement.
    An infinite age means at failure only.  The law's calendar factor is left out.  Raises `ValueError` for no age.
    """
    if not age_days > 0:
        raise ValueError(f"age_days = {age_days}: must be above 0")
    lived = _mean_life_days(law, age_days)
    survives = float(law.survival(age_days)) if np.isfinite(age_days) else 0.0
    return (preventive * survives + failure * (1 - survives)) / lived


def optimal_replacement_age_days(
    law: Law, *, preventive: float, failure: float, latest_days: float = 100 * DAYS_PER_YEAR
) -> float:
    """Return the age at which replacing costs least; infinite where waiting for failure does.

    Where the hazard h rises the best age solves h(T) integral of R - F(T) = preventive / (failure - preventive), whose
    left side then rises with T.  Of a hazard that falls or stays, and of ages up to `latest_days`, none is found.
    """
    if not preventive > 0:
        raise ValueError(f"preventive = {preventive}: must be above 0")
    if failure <= preventive:
        return inf
    wanted = preventive / (failure - preventive)

    def surplus(age: float) -> float:
        lived = _mean_life_days(law, age)
        return float(law.hazard_per_day(age)) * lived - (1 - float(law.survival(age))) - wanted

    ages = np.geomspace(latest_days * 1e-4, latest_days, 400)
    value = np.array([surplus(float(age)) for age in ages])
    crossings = np.flatnonzero((value[:-1] < 0) & (value[1:] >= 0))
    best, least = inf, age_replacement_cost_rate(law, inf, preventive=preventive, failure=failure)
    for low in crossings.tolist():  # a bathtub has several: the cheapest counts
        age = float(brentq(surplus, ages[low], ages[low + 1], xtol=1e-6))
        cost = age_replacement_cost_rate(law, age, preventive=preventive, failure=failure)
        if cost < least:
            best, least = age, cost
    return best


def _mean_life_days(law: Law, age_days: float) -> float:
    """Integral of the survival function up to an age."""
    steady = law if law.calendar_factor is None else law.model_copy(update={"calendar_factor": None})
    if np.isfinite(age_days):
        return float(mean_life_days(steady, 0.0, age_days))
    # As far as one in 1e15 lives.
    end = float(steady.inverse(35.0))
    return float(mean_life_days(steady, 0.0, end)) if np.isfinite(end) else inf
