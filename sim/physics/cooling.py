"""Cooling of a data centre on the ground: outdoor temperature, free cooling, chillers, and the PUE that follows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import CELSIUS_ZERO_K, HOURS_PER_DAY, TAU, TROPICAL_YEAR_DAYS
from sim.physics.checks import positive

Floats = NDArray[np.float64]

LEAST_LIFT_K = 5.0
"""Lift below which a compressor does not become more efficient, K [A]."""


def outdoor_c(
    year_day: ArrayLike,
    mean_c: float,
    annual_amplitude_k: float,
    daily_amplitude_k: float,
    *,
    warmest_day: float,
    warmest_hour: float,
) -> Floats:
    """Temperature of a site, degrees C: its mean, an annual and a daily harmonic.

    `year_day`: days since 1 January, the time of the day in the fraction, local solar time.  `annual_amplitude_k`,
    `daily_amplitude_k`: half the difference of the warmest and coldest months' means, and of a day's maximum and
    minimum.  Weather beyond that is left out: heat waves load chillers more than mild days relieve them, so the mean
    PUE comes out slightly low.
    """
    day = np.asarray(year_day, float)
    season = np.cos(TAU * (day - warmest_day) / TROPICAL_YEAR_DAYS)
    hour = np.cos(TAU * (day - warmest_hour / HOURS_PER_DAY))
    return np.asarray(mean_c + annual_amplitude_k * season + daily_amplitude_k * hour)


def chiller_share(outdoor: ArrayLike, supply_c: float, approach_k: float, range_k: float) -> Floats:
    """Share of the heat that chillers have to take, 0..1, beside an economiser in series with them.

    The outdoors cools the water to `outdoor` + `approach_k`, degrees C and K.  What it has to cool comes back `range_k`
    warmer than it is supplied, `supply_c`: below supply less approach all cooling is free, above return less approach
    none is, in between the economiser cools ahead of the chillers.  ASHRAE 90.1, section 6.5.1.2 (integrated fluid
    economisers).
    """
    positive("range_k", range_k)
    return np.asarray(np.clip((np.asarray(outdoor, float) + approach_k - supply_c) / range_k, 0.0, 1.0))


def chiller_cop(outdoor: ArrayLike, supply_c: float, condenser_k: float, carnot_share: float) -> Floats:
    """Heat taken over work put in by chillers that supply water at `supply_c` and reject heat at `condenser_k` above
    the outdoor temperature, degrees C and K: a share of Carnot's limit.
    """
    lift = np.maximum(np.asarray(outdoor, float) + condenser_k - supply_c, LEAST_LIFT_K)
    return np.asarray(carnot_share * (supply_c + CELSIUS_ZERO_K) / lift)
