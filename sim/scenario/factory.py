"""The factory: how fast satellites leave its line, which are kept finished on the ground, and how they age there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.launch import AnyDelay, ConstantDelay, DelayLaw, Ramp
from sim.parameters import Parameters, Source, cited, cited_parts
from sim.scenario.failure import Name

MOST_PER_YEAR = 1e6
"""Satellites a year that one line may make: a hundred times what any has made."""

Rate = Annotated[float, Field(ge=0.01, le=MOST_PER_YEAR)]


class ProductionRamp(Ramp):
    """A rate of production that grows, then stays."""

    first_per_year: float = Field(ge=0.01, le=MOST_PER_YEAR)
    """Satellites a year when the mission starts."""
    last_per_year: float = Field(ge=0.01, le=MOST_PER_YEAR)
    """Satellites a year from the end of the ramp on."""
    years: float = Field(ge=0.01, le=100)
    """Length of the ramp, years."""


class GroundStock(Parameters):
    """Finished satellites of one design that are kept on the ground."""

    satellites: int = Field(ge=0, le=10_000)
    """Base stock S: with each order of the design so many are begun that what is in stock or being built, less what
    orders wait for, comes to S again (one for one); 0: none is kept, and each order is built to order.  No more are
    begun once a newer design is available, but for orders that would find none, unless the strategy orders this one by
    name."""
    at_start: int | None = Field(default=None, ge=0, le=10_000)
    """Finished ones when the mission starts, bought on that day; the others of S are begun then; null: all of them.
    Of a design that can be ordered later all S are begun on the day from which it can."""

    @model_validator(mode="after")
    def _no_more_at_start(self) -> GroundStock:
        if self.at_start is not None and self.at_start > self.satellites:
            raise ValueError(f"at_start ({self.at_start}) must not be above satellites ({self.satellites})")
        return self


class Factory(Parameters):
    """Where satellites come from.

    An order of a design without ground stock is built to order: `launch.lead_time_days`, as without a factory, from its
    turn on the line on.  One of a design with ground stock takes what is in stock at once, and what is not, as soon as
    the next one has been built for stock, first come, first served; either is ready for flight `processing_days` later.
    The initial fleet is built beforehand, and built again after a failed flight, without this line.
    """

    satellites_per_year: Rate | ProductionRamp | None = None
    """Satellites a year that the line can take on, and so that leave it, whatever their design: a number or a ramp.
    What is ordered and what is begun for stock takes its turn, first come, first served; null: no limit."""
    ground_stock: dict[Name, GroundStock] = Field(default_factory=dict)
    """Finished satellites kept on the ground, by design: `satellite` or a name under `designs`."""
    build_days: AnyDelay | None = None
    """Building one for stock, from its turn on the line to the shelf; needed where a stock is kept."""
    processing_days: AnyDelay = Field(
        default=ConstantDelay(days=30.0),
        json_schema_extra=cited_parts(
            {"days": Source(tag="A", source="shipping, check-out, fuelling and integration of a batch", low=7, high=90)}
        ),
    )
    """From the ground stock to readiness for flight: shipping and launch campaign.  One draw for what an order takes at
    once."""
    shelf_ageing: float = Field(
        default=0.08,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "R",
            "MIL-HDBK-338B table 10.3-5 (from RADC-TR-85-91): integrated circuits from ground operating to ground "
            "dormant .08, connectors .005, capacitors .1, resistors and relays .2",
            0.01,
            0.2,
        ),
    )
    """Pace at which GPUs, buses and groups of parts age between completion and launch, as a share of the pace at work
    under reference conditions.  Satellites are tested before they fly and what has died is replaced at the maker's
    cost, so those that fly have survived to that age."""

    @model_validator(mode="after")
    def _building_takes_a_time(self) -> Factory:
        if self.build_days is None and any(stock.satellites for stock in self.ground_stock.values()):
            raise ValueError("build_days must be given where ground_stock keeps satellites: it is how long one takes")
        return self

    def level(self, design: str) -> int:
        """Base stock of a design."""
        stock = self.ground_stock.get(design)
        return 0 if stock is None else stock.satellites

    def at_start(self, design: str) -> int:
        """Finished satellites of a design when the mission starts."""
        stock = self.ground_stock.get(design)
        return 0 if stock is None else stock.satellites if stock.at_start is None else stock.at_start

    # The line: the n-th satellite that it ever had room for has place n - 1.

    @property
    def has_limit(self) -> bool:
        """Whether satellites have to take turns on the line."""
        return self.satellites_per_year is not None

    def places_until(self, day: float) -> float:
        """Satellites that the line can have taken on from the mission's start to a day."""
        assert self.satellites_per_year is not None, "a line without a limit has no places"
        if isinstance(self.satellites_per_year, Ramp):
            return self.satellites_per_year.dates_until(day)
        return self.satellites_per_year * day / DAYS_PER_YEAR

    def day_of(self, place: float) -> float:
        """Mission day from which the line has room for the satellite of a place."""
        assert self.satellites_per_year is not None, "a line without a limit has no places"
        if isinstance(self.satellites_per_year, Ramp):
            return self.satellites_per_year.day(place)
        return place * DAYS_PER_YEAR / self.satellites_per_year

    @property
    def per_year_at_last(self) -> float | None:
        """Satellites a year once a ramp is over; none: no limit."""
        rate = self.satellites_per_year
        return rate.last_per_year if isinstance(rate, Ramp) else rate

    def mean_build_days(self) -> float:
        """Mean days that one for stock takes from its turn on."""
        assert self.build_days is not None, "only a factory that keeps a stock builds for it"
        return self.build_days.expected_days()


def ready_days(factory: Factory | None, designs: Sequence[str], lead: DelayLaw) -> list[float]:
    """Mean days from an order to readiness for flight where nobody else waits, each once, the shortest first.

    Of any of these designs: from stock, from the next one built for stock, and built to order within `lead`.
    """
    if factory is None:
        return [lead.expected_days()]
    found = set()
    for design in designs:
        if factory.level(design):
            processing = factory.processing_days.expected_days()
            found |= {processing, factory.mean_build_days() + processing}
        else:
            found.add(lead.expected_days())
    return sorted(found)


def unknown_stock(factory: Factory | None, available_from: Mapping[str, float]) -> str | None:
    """What to say of a stock that cannot be; none: nothing.  `available_from`: mission day, by design."""
    for name, stock in ({} if factory is None else factory.ground_stock).items():
        if name not in available_from:
            return f"factory.ground_stock.{name} is no design: must be one of {', '.join(available_from)}"
        if stock.at_start and available_from[name] > 0:
            return (
                f"factory.ground_stock.{name}.at_start ({stock.at_start}) must be 0 or left out: the design can be "
                f"ordered from day {available_from[name]:g} on"
            )
    return None
