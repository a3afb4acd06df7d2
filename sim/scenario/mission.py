"""When the study begins, how long it lasts, and which part of it is the steady state."""

from __future__ import annotations

import datetime

from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.ephemeris import EPHEMERIS_END
from sim.parameters import Parameters

SOLAR_CYCLE_BEGINS = datetime.date(2020, 1, 1)


class Mission(Parameters):
    """When the study begins and how long it lasts."""

    start: datetime.date
    """First day (UTC midnight), the epoch of mission day 0."""
    years: float = Field(ge=1e-4, le=25)
    """Horizon, Julian years."""
    warm_up_years: float = Field(default=0.0, ge=0, le=25)
    """Years at the start that metrics of the steady state leave out: availabilities, time below the SLA, the worst
    month, and those of sparing.  Work, counts and money are always of the whole mission."""
    wind_down_years: float = Field(default=0.0, ge=0, le=25)
    """Years at the end in which the fleet runs out: what a strategy orders or retires then is passed over, depots
    order nothing more, what was ordered before still flies, and spares, servicers and satellites at work go on to their
    ends.  Metrics of the steady state leave
    them out too."""

    @property
    def days(self) -> float:
        """Horizon in days."""
        return self.years * DAYS_PER_YEAR

    @property
    def warm_up_days(self) -> float:
        """Days at the start that metrics of the steady state leave out."""
        return self.warm_up_years * DAYS_PER_YEAR

    @property
    def orders_until_day(self) -> float:
        """Mission day from which nothing is ordered any more; it ends the steady state."""
        return (self.years - self.wind_down_years) * DAYS_PER_YEAR

    @property
    def start_year(self) -> float:
        """The start as a calendar year and its fraction."""
        return self.start.year + (self.start.timetuple().tm_yday - 1) / DAYS_PER_YEAR

    @model_validator(mode="after")
    def _outlasts_its_warm_up(self) -> Mission:
        if self.warm_up_years >= self.years:
            raise ValueError(f"warm_up_years ({self.warm_up_years:g}) must be below years ({self.years:g})")
        if self.warm_up_years + self.wind_down_years >= self.years:
            raise ValueError(
                f"warm_up_years ({self.warm_up_years:g}) and wind_down_years ({self.wind_down_years:g}) together must "
                f"be below years ({self.years:g}), so that a steady state is left"
            )
        return self

    @model_validator(mode="after")
    def _ends_inside_the_ephemeris(self) -> Mission:
        first, last = SOLAR_CYCLE_BEGINS, EPHEMERIS_END - datetime.timedelta(days=4)  # tables reach past the last day
        if self.start < first:
            raise ValueError(f"start {self.start}: the table of the solar cycle begins on {first}")
        if self.start > last or self.start + datetime.timedelta(days=self.days) > last:
            raise ValueError(f"{self.years:g} years from {self.start} end past the planetary ephemeris ({last})")
        return self
