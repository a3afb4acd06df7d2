"""Lives and hazards: cumulative hazard, its inverse, and how a unit's luck becomes a day of failure."""

from sim.reliability.laws import AnyLaw, Bathtub, CalendarFactor, Exponential, Law, Weibull
from sim.reliability.life import Life, mean_life_days

__all__ = ["AnyLaw", "Bathtub", "CalendarFactor", "Exponential", "Law", "Life", "Weibull", "mean_life_days"]
