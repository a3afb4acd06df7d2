"""What a flight costs: whole, by the kilogram or as rideshare, at a price that stands or moves.  Pure.

A price holds on the day of the flight and depends on nothing but the log, so that other prices rerun nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.parameters import Parameters, cited

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Purchase:
    """When flights are bought; its columns broadcast."""

    day: ArrayLike
    """Mission day."""
    year: ArrayLike
    """The same as a calendar year and its fraction."""
    flown_t: ArrayLike = 0.0
    """Mass that this fleet has flown on the vehicle before, t."""
    flown: ArrayLike = 0.0
    """Flights that this fleet has flown on the vehicle before."""


class LearningCurve(Parameters):
    """Each doubling of what has been flown takes off the same share: Wright 1936, doi 10.2514/8.155.

    What has been flown is what was before the mission, what others fly on the vehicle since, and the flights of this
    fleet before the one that is priced.
    """

    kind: Literal["learning"] = "learning"
    usd: float = Field(ge=0, le=1e15)
    """Price at the reference quantity, USD, or USD/kg where the price is by the kilogram."""
    by: Literal["mass_t", "flights"] = "mass_t"
    """What is counted: tonnes in orbit, or flights."""
    reference: float = Field(ge=1e-3, le=1e12)
    """Quantity at which that price holds, t or flights."""
    at_start: float = Field(ge=1e-3, le=1e12)
    """Quantity reached when the mission starts, t or flights."""
    others_per_year: float = Field(default=0.0, ge=0, le=1e12)
    """What others add in the mission's first year, at its beginning's rate, t or flights a year."""
    others_growth: float = Field(default=0.0, ge=-0.9, le=10)
    """Share by which that rate grows from year to year."""
    ratio_per_doubling: float = Field(
        default=0.8,
        ge=0.5,
        le=1,
        json_schema_extra=cited("S2", "20 % a doubling: Suncatcher paper, arXiv 2511.19468", 0.7, 0.95),
    )
    """Price after a doubling over the price before it."""

    def at(self, bought: Purchase) -> Floats:
        """Price, USD or USD/kg."""
        years = np.asarray(bought.day, float) / DAYS_PER_YEAR
        rate = np.log1p(self.others_growth)
        others = self.others_per_year * (years if rate == 0 else np.expm1(rate * years) / rate)
        own = bought.flown_t if self.by == "mass_t" else bought.flown
        quantity = self.at_start + others + np.asarray(own, float)
        return np.asarray(self.usd * (quantity / self.reference) ** log2(self.ratio_per_doubling))


class PriceTable(Parameters):
    """Price by calendar year; straight lines between, the first and the last beyond."""

    kind: Literal["table"] = "table"
    year: tuple[Annotated[float, Field(ge=1950, le=2200)], ...] = Field(min_length=1, max_length=200)
    """Years, rising; 2030.5 is the middle of 2030."""
    usd: tuple[Annotated[float, Field(ge=0, le=1e15)], ...] = Field(min_length=1, max_length=200)
    """Price at the beginning of each, USD, or USD/kg where the price is by the kilogram."""

    @model_validator(mode="after")
    def _rises_and_fits(self) -> PriceTable:
        if len(self.year) != len(self.usd):
            raise ValueError(f"year has {len(self.year)} entries and usd {len(self.usd)}: must be as many")
        if not np.all(np.diff(self.year) > 0):
            raise ValueError("year must rise from each value to the next")
        return self

    def at(self, bought: Purchase) -> Floats:
        """Price, USD or USD/kg."""
        return np.asarray(np.interp(np.asarray(bought.year, float), self.year, self.usd))


PricePath = Annotated[LearningCurve | PriceTable, Field(discriminator="kind")]
UsdPerKilogram = Annotated[float, Field(ge=0, le=1e9)] | PricePath


def _at(price: float | LearningCurve | PriceTable, bought: Purchase) -> Floats:
    """A price on the day of purchase."""
    return np.asarray(price, float) if isinstance(price, (int, float)) else price.at(bought)


class PerKilogram(Parameters):
    """Room on a vehicle shared with others."""

    kind: Literal["per_kg"] = "per_kg"
    usd_per_kg: UsdPerKilogram
    """Price of a kilogram in the target orbit, USD: a number, a learning curve or a table by year."""

    def cost_usd(self, mass_kg: ArrayLike, satellites: ArrayLike, bought: Purchase) -> Floats:
        """Price of flights that carry this mass in so many satellites."""
        return np.asarray(_at(self.usd_per_kg, bought) * np.asarray(mass_kg, float))


class Rideshare(Parameters):
    """Places on somebody else's flight: by the kilogram, but not less than a charge for each satellite."""

    kind: Literal["rideshare"] = "rideshare"
    usd_per_kg: UsdPerKilogram = Field(
        default=7000.0, json_schema_extra=cited("R", "Transporter-class flights of a Falcon 9", 5500, 7000)
    )
    """Price of a kilogram, USD: a number, a learning curve or a table by year."""
    minimum_usd: float = Field(
        default=350e3,
        ge=0,
        le=1e12,
        json_schema_extra=cited("R", "the price of 50 kg on Transporter-class flights", 275e3, 350e3),
    )
    """Least that one satellite costs, USD."""
    most_kg_per_satellite: float = Field(
        default=830.0,
        ge=1e-3,
        le=1e6,
        json_schema_extra=cited("A", "a large plate of a Transporter-class dispenser", 450, 1000),
    )
    """Heaviest satellite that is taken along, kg."""

    def cost_usd(self, mass_kg: ArrayLike, satellites: ArrayLike, bought: Purchase) -> Floats:
        """Price of flights that carry this mass in so many satellites, all alike."""
        by_mass = _at(self.usd_per_kg, bought) * np.asarray(mass_kg, float)
        return np.asarray(np.maximum(by_mass, self.minimum_usd * np.asarray(satellites, float)))


class PerFlight(Parameters):
    """The whole vehicle is bought, full or not, unless places on a shared flight cost less."""

    kind: Literal["per_flight"] = "per_flight"
    usd: Annotated[float, Field(ge=0, le=1e15)] | PricePath
    """Price of one flight, USD: a number, a learning curve (`kind: learning`) or a table by year (`kind: table`)."""

    rideshare: Rideshare | None = None
    """Places on shared flights that the operator may take instead, on the same dates; none: a vehicle of one's own or
    none.  Satellites that are too heavy for a place fly on a vehicle of their own."""

    def cost_usd(self, mass_kg: ArrayLike, satellites: ArrayLike, bought: Purchase) -> Floats:
        """Price of flights that carry this mass in so many satellites."""
        shape = np.broadcast_shapes(np.shape(mass_kg), np.shape(bought.day))
        whole = np.broadcast_to(_at(self.usd, bought), shape)
        if self.rideshare is None:
            return whole
        each_kg = np.asarray(mass_kg, float) / np.maximum(np.asarray(satellites, float), 1)
        shared = self.rideshare.cost_usd(mass_kg, satellites, bought)
        return np.where(each_kg > self.rideshare.most_kg_per_satellite, whole, np.minimum(whole, shared))


AnyPrice = Annotated[PerFlight | PerKilogram | Rideshare, Field(discriminator="kind")]
