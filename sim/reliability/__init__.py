"""Lives and hazards: cumulative hazard, its inverse, and how a unit's luck becomes a day of failure."""

from sim.reliability.clock_rows import ClockRows, Exposures
from sim.reliability.laws import (
    AnyLaw,
    Bathtub,
    CalendarFactor,
    DelayedOnset,
    Exponential,
    Law,
    PiecewiseConstant,
    Weibull,
    WeibullMixture,
    WeibullPart,
)
from sim.reliability.life import Ageing, Clock, Life, mean_life_days
from sim.reliability.stress import Stress, arrhenius_factor, norris_landzberg_factor

__all__ = [
    "Ageing",
    "AnyLaw",
    "Bathtub",
    "CalendarFactor",
    "Clock",
    "ClockRows",
    "DelayedOnset",
    "Exponential",
    "Exposures",
    "Law",
    "Life",
    "PiecewiseConstant",
    "Stress",
    "Weibull",
    "WeibullMixture",
    "WeibullPart",
    "arrhenius_factor",
    "mean_life_days",
    "norris_landzberg_factor",
]
