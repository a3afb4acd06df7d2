"""How the initial fleet comes to orbit."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.launch import Ramp
from sim.parameters import Label, Parameters


class InPlace(Parameters):
    """The fleet is complete, and new, on mission day 0.

    Its launches succeed and are counted; what is charged is the flights that success takes on average, 1 / the
    vehicle's `success_probability` for each, and the satellites that fly on them.
    """

    kind: Literal["in_place"] = "in_place"


class LaunchDate(Parameters):
    """A date on which satellites of the initial fleet leave for one plane."""

    date: Annotated[float, Field(ge=0, le=36525)] | datetime.date
    """Planned launch: a calendar date (UTC midnight), or a mission day as a number."""
    plane: Label | None = None
    """The plane's name as `describe` has it, in quotes ('0.1': shell 0, plane 1); none: the first plane that is not
    complete yet."""
    satellites: int | None = Field(default=None, gt=0, le=100_000)
    """How many it brings, in as many flights on that day as they need; none: one full flight, or what the plane still
    misses."""

    def day(self, start: datetime.date) -> float:
        """Mission day of the launch."""
        return float((self.date - start).days) if isinstance(self.date, datetime.date) else self.date

    def __str__(self) -> str:
        return self.date.isoformat() if isinstance(self.date, datetime.date) else f"day {self.date:g}"


class Launched(Parameters):
    """The fleet is brought up flight by flight; a failed flight is flown again with new satellites."""

    kind: Literal["launched"] = "launched"
    first_launch_day: float = Field(default=0.0, ge=0, le=36525)
    """Planned mission day of the first flight.  Not beside `dates`."""
    interval_days: float = Field(default=14.0, ge=0, le=36525)
    """Days between planned flights, unless there is a `ramp`; they bring the slots of one plane after the other, the
    last of each with as many of its spares as fit, then the other spares.  With `dates`:
    between the flights that bring the spares, after the last date.  A failed flight is flown again so much later."""
    ramp: Ramp | None = None
    """Planned flights whose number a year grows, from `first_launch_day` on, instead of `interval_days`: how a fleet
    grows to its target.  Not beside `dates`."""
    dates: tuple[LaunchDate, ...] = ()
    """When the satellites of the slots are launched, in the order flown, for each flight or for each plane:
    `- {date: 2027-03-01}` is one full flight to the plane that is next, `- {date: 2027-09-01, plane: '0.1', satellites:
    40}` brings so many to that one.  They must complete every plane.  None: a flight every `interval_days`."""

    def flight_day(self, number: int) -> float:
        """Planned mission day of a flight without a date of its own, counted from 0."""
        after = number * self.interval_days if self.ramp is None else self.ramp.day(number)
        return self.first_launch_day + after

    @model_validator(mode="after")
    def _begins_with_the_first_date(self) -> Launched:
        if self.dates and self.ramp is not None:
            raise ValueError("ramp beside dates, which say when each flight is: leave one of them out")
        if self.dates and self.first_launch_day:
            raise ValueError(
                f"first_launch_day ({self.first_launch_day:g}) beside dates, which say when the first flight is: "
                "leave it out, or set it to 0"
            )
        return self
