"""How satellites come to orbit once they are ordered: dates, pads, delays, and which vehicles there are."""

from __future__ import annotations

from math import ceil, expm1, log, log1p, sqrt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.launch.delays import AnyDelay, ConstantDelay, StandDown
from sim.launch.drift import Drift
from sim.launch.vehicle import Vehicle
from sim.parameters import Parameters

SHORTEST_INTERVAL_DAYS = 0.01
"""Launch dates closer than a quarter of an hour are taken for a mistake: 0 means on demand."""
MAIN = "main"
"""Name of the vehicle under `launch.vehicle`, which flies what a strategy does not give to another."""
MOST_OTHERS = 20

VehicleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]


class Ramp(Parameters):
    """A cadence that grows, then stays."""

    first_per_year: float = Field(ge=0.01, le=1e4)
    """Launch dates a year when the mission starts."""
    last_per_year: float = Field(ge=0.01, le=1e4)
    """Launch dates a year from the end of the ramp on."""
    years: float = Field(ge=0.01, le=100)
    """Length of the ramp, years."""
    growth: Literal["linear", "geometric"] = "linear"
    """How the cadence goes from the first to the last: `linear` by as many dates each year, `geometric` by the same
    factor each year (a straight line on a logarithmic scale), as a new vehicle's does."""

    @property
    def dates(self) -> float:
        """Launch dates within the ramp."""
        return self._dates_within(self.years)

    def dates_until(self, day: float) -> float:
        """Launch dates from the mission's start to a day, that of the start apart."""
        years = day / DAYS_PER_YEAR
        if years >= self.years:
            return self.dates + (years - self.years) * self.last_per_year
        return self._dates_within(years)

    def day(self, number: float) -> float:
        """Mission day of a date; number 0 is the mission's start."""
        if number >= self.dates:
            return (self.years + (number - self.dates) / self.last_per_year) * DAYS_PER_YEAR
        if rate := self._log_growth_per_year:
            return log1p(rate * number / self.first_per_year) / rate * DAYS_PER_YEAR
        growth = self._growth_per_year
        # The root of the quadratic that does not cancel where there is hardly any growth.
        return 2 * number / (self.first_per_year + sqrt(self.first_per_year**2 + 2 * growth * number)) * DAYS_PER_YEAR

    def _dates_within(self, years: float) -> float:
        """Launch dates of so many years of the ramp."""
        if rate := self._log_growth_per_year:
            return self.first_per_year * expm1(rate * years) / rate
        return years * (self.first_per_year + 0.5 * self._growth_per_year * years)

    @property
    def _growth_per_year(self) -> float:
        """By how much a linear cadence grows in a year."""
        return (self.last_per_year - self.first_per_year) / self.years

    @property
    def _log_growth_per_year(self) -> float:
        """By how much the logarithm of a geometric cadence grows in a year; 0: it is linear, or does not grow."""
        return log(self.last_per_year / self.first_per_year) / self.years if self.growth == "geometric" else 0.0


class Turnaround(Parameters):
    """Things that each flight needs one of, and that are ready again some time after it."""

    count: int = Field(gt=0, le=10_000)
    """How many there are."""
    days: float = Field(ge=0, le=3652.5)
    """From a launch until the same one is ready for the next, days."""


class FlightService(Parameters):
    """One vehicle, and how satellites come to orbit on it."""

    vehicle: Vehicle
    """What flies."""
    lead_time_days: AnyDelay
    """From order to readiness for flight: building, shipping, processing, of one that is built to order; `factory` says
    what waits for a turn on its line, and what comes from a ground stock instead."""
    opportunity_interval_days: float = Field(default=0.0, ge=0, le=3652.5)
    """Days between the vehicle's calendar dates, counted from the mission's start; 0: launches on demand."""
    flights_per_opportunity: int = Field(default=1, gt=0, le=1_000_000)
    """Vehicles that can fly on one calendar date.  Not used where launches are on demand."""
    ramp: Ramp | None = None
    """Calendar dates whose number a year grows, instead of `opportunity_interval_days`."""
    pads: Turnaround | None = None
    """Launch pads: one is taken from the loading of a vehicle until it is ready again; none: never in the way.  A
    calendar date on which all are taken passes."""
    boosters: Turnaround | None = None
    """Vehicles that fly again, likewise; none: a new one for each flight."""
    slip_days: AnyDelay = ConstantDelay(days=0.0)
    """Slip of a flight behind its date."""
    transfer_days: float = Field(default=0.0, ge=0, le=3652.5)
    """From launch to work in the plane: orbit raising, phasing, check-out."""
    drift: Drift | None = None
    """Lets a flight that is not full carry satellites for further planes; none: a flight serves one plane."""
    stand_down: StandDown = StandDown()
    """Grounding after a failed flight."""

    @model_validator(mode="after")
    def _dates_are_apart(self) -> FlightService:
        if 0 < self.opportunity_interval_days < SHORTEST_INTERVAL_DAYS:
            raise ValueError(
                f"opportunity_interval_days ({self.opportunity_interval_days:g}) must be 0 or at least "
                f"{SHORTEST_INTERVAL_DAYS:g}"
            )
        if self.ramp is not None and self.opportunity_interval_days > 0:
            raise ValueError(
                f"opportunity_interval_days ({self.opportunity_interval_days:g}) must be 0 beside a ramp, whose dates "
                "take its place"
            )
        return self

    # Calendar

    @property
    def on_demand(self) -> bool:
        """Whether a flight needs no calendar date."""
        return self.opportunity_interval_days == 0 and self.ramp is None

    def opportunity_day(self, number: int) -> float:
        """Mission day of a calendar date; number 0 is the mission's start."""
        return number * self.opportunity_interval_days if self.ramp is None else self.ramp.day(number)

    def opportunity_from(self, day: float) -> int:
        """Number of the first calendar date that is not before a day."""
        if self.ramp is None:
            return ceil(day / self.opportunity_interval_days - 1e-9)
        return ceil(self.ramp.dates_until(day) - 1e-9)

    @property
    def mean_interval_days(self) -> float:
        """Mean time between calendar dates, over the ramp where there is one; 0: on demand."""
        if self.ramp is None:
            return self.opportunity_interval_days
        return self.ramp.years / self.ramp.dates * DAYS_PER_YEAR

    def flights_per_year_max(self) -> float | None:
        """Most flights in a year, once a ramp is over; none: no limit."""
        limits = [each.count * DAYS_PER_YEAR / each.days for each in (self.pads, self.boosters) if each and each.days]
        if not self.on_demand:
            dates = DAYS_PER_YEAR / self.opportunity_interval_days if self.ramp is None else self.ramp.last_per_year
            limits.append(dates * self.flights_per_opportunity)
        return min(limits, default=None)

    def expected_lead_days(self, ready_days: float | None = None) -> float:
        """Mean days from an order to work in orbit, without launch failures and queues for flights.

        `ready_days`: until it is ready for flight, where a factory says so; none: the mean lead time.
        """
        wait = 0.5 * self.mean_interval_days
        ready = self.lead_time_days.expected_days() if ready_days is None else ready_days
        return ready + wait + self.slip_days.expected_days() + self.transfer_days


class LaunchService(FlightService):
    """How satellites come to orbit once they are ordered."""

    others: dict[VehicleName, FlightService] = Field(default_factory=dict, max_length=MOST_OTHERS)
    """Further vehicles by name, each with its own dates, pads, failures and price, for strategies that order on them;
    `main` is the one above."""

    @field_validator("others")
    @classmethod
    def _main_has_its_name(cls, value: dict[str, FlightService]) -> dict[str, FlightService]:
        if MAIN in value:
            raise ValueError(f"{MAIN!r} is the name of the vehicle under launch.vehicle: choose another")
        return value

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the vehicles; positions in it number them in the log."""
        return MAIN, *self.others

    def service(self, name: str) -> FlightService:
        """The vehicle of a name with its dates and delays."""
        return self if name == MAIN else self.others[name]

    @property
    def services(self) -> tuple[FlightService, ...]:
        """All of them, in the order of `names`."""
        return self, *self.others.values()
