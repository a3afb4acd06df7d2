"""What an operator knows of each design before anything flies: its price, and what it is expected to do over a life."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.design_view import DesignView
from sim.economics.bill import Bill, bills_of
from sim.engine.expected import exposure_until
from sim.engine.hazards import Hazard, hazards_of
from sim.environment import Environment
from sim.launch import Purchase
from sim.scenario.failure import Shock
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

_STEPS = 200
"""Ages between 0 and the longest life at which the outlook is worked out."""


def known_designs(environment: Environment) -> tuple[DesignView, ...]:
    """The designs that can be ordered, as a strategy sees them."""
    scenario = environment.scenario
    from_day = [0.0, *(design.available_from_day for design in scenario.designs.values())]
    bills = bills_of(scenario, environment.parts)
    return tuple(
        DesignView(
            design.name,
            design.satellite.gpus,
            min(design.satellites_per_flight),
            day,
            life_days=design.satellite.design_life_years * DAYS_PER_YEAR,
            satellite_usd=bill.usd,
            flight_usd=partial(_flight_usd, scenario, bill),
            outlook=partial(outlook, environment, number),
        )
        for number, (design, day, bill) in enumerate(zip(environment.designs, from_day, bills, strict=True))
    )


def _flight_usd(scenario: Scenario, bill: Bill, satellites: float) -> float:
    """A flight of the main vehicle with so many satellites, at the prices of the mission's start, USD."""
    return bill.flight_usd(scenario.launch.vehicle.price, satellites, Purchase(0.0, scenario.mission.start_year))


@lru_cache(maxsize=64)
def outlook(environment: Environment, design: int) -> tuple[Floats, Floats]:
    """Ages, days, and the GPU-days that a new satellite is expected to have been online by each, mean over the orbits.

    For a birth at the mission's start, up to its design life.  Trays, a least number of GPUs and spare GPUs in cold
    reserve are left out: spare GPUs count as hot, and no more than the satellite's number is online.
    """
    made = environment.designs[design]
    satellite = made.satellite
    ages = np.linspace(0.0, satellite.design_life_years * DAYS_PER_YEAR, _STEPS + 1)
    _, orbits = np.unique(environment.radiation.exposure_index, return_index=True)
    online = np.zeros(len(ages))
    for plane in orbits.tolist():
        whole, single = _survival(environment, design, plane, ages)
        gpus = np.minimum(satellite.positions * single, satellite.gpus)
        online += whole * gpus * _share_that_runs(environment, design, plane) / len(orbits)
    gpu_days = np.concatenate([[0.0], np.cumsum(0.5 * (online[1:] + online[:-1]) * np.diff(ages))])
    return ages, gpu_days


def _share_that_runs(environment: Environment, design: int, plane: int) -> float:
    """Mean share of its GPUs that light, power and heat let a satellite run over the mission."""
    steps = environment.sites[plane].capacity(design, 0.0)
    inside = steps.times_days < environment.horizon_days
    times, values = steps.times_days[inside], steps.values[inside]
    return float((values * np.diff(times, append=environment.horizon_days)).sum() / environment.horizon_days)


def _survival(environment: Environment, design: int, plane: int, ages: Floats) -> tuple[Floats, Floats]:
    """Probabilities that a satellite, and that a GPU on one that lives, live to each age."""
    made = environment.designs[design]
    whole, single = np.ones(len(ages)), np.ones(len(ages))
    for hazard in hazards_of(made.scenario):
        lives = _group_lives(hazard, exposure_until(environment, design, hazard, plane, ages))
        if hazard.span == 0:
            whole *= lives**hazard.groups
        else:
            single *= lives
    for cause in made.scenario.reliability.common_causes.values():
        if isinstance(cause, Shock):
            often = cause.rate_per_year / DAYS_PER_YEAR * ages
            whole *= np.exp(-often * cause.satellite_lethality)
            single *= np.exp(-often * cause.gpu_lethality)
    return whole, single


def _group_lives(hazard: Hazard, exposure: Floats) -> Floats:
    """Probability that a group of units under a hazard lives, its reserves taken as at work."""
    lives = np.exp(-np.asarray(hazard.law.cumulative_hazard(exposure), float) * hazard.share)
    if hazard.batch is not None:
        lives = 1 - hazard.batch.probability * (1 - lives)
    if hazard.units == hazard.needed:
        return lives
    from scipy.stats import binom  # a quarter of the time that the program takes to start, and seldom needed

    return np.asarray(binom.sf(hazard.needed - 1, hazard.units, lives))
