"""Laws of lifetime, the clock that ages a unit, and the day on which a unit fails."""

from sim.reliability.clock_rows import ClockRows, Exposures
from sim.reliability.law import CalendarFactor, Law
from sim.reliability.laws import AnyLaw, Bathtub, DelayedOnset, Exponential, PiecewiseConstant, Weibull
from sim.reliability.life import Ageing, Clock, Life, mean_life_days
from sim.reliability.lognormal import Lognormal
from sim.reliability.mixture import WeibullMixture, WeibullPart
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
    "Lognormal",
    "PiecewiseConstant",
    "Stress",
    "Weibull",
    "WeibullMixture",
    "WeibullPart",
    "arrhenius_factor",
    "mean_life_days",
    "norris_landzberg_factor",
]
