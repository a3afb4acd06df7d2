"""What a campus stands in: the building, its power and its cooling, what they cost, and when they are ready."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.launch import PriceTable, Purchase
from sim.parameters import Parameters, cited
from sim.physics.cooling import chiller_cop, chiller_share, outdoor_c

Floats = NDArray[np.float64]

MONTH_DAYS = DAYS_PER_YEAR / 12
HOURS = 24
_YEAR_DAYS = np.arange(0.0, 365 * HOURS) / HOURS
GAS_KG_PER_MMBTU = 53.06
"""CO2 of natural gas, kg for a million Btu: US EPA, 40 CFR 98, table C-1 [R]."""
_CALCULATOR = "ground part of McCalip's calculator (github.com/andrewmccalip/thoughts, static/js/math.js)"
_PLANT = "engineering judgement for water-cooled chillers with an economiser in series"


class ConstantPue(Parameters):
    """The same at all times."""

    kind: Literal["constant"] = "constant"
    value: float = Field(
        default=1.2, ge=1, le=5, json_schema_extra=cited("S", f"{_CALCULATOR}; 1.09 to 1.4 are published", 1.09, 1.4)
    )
    """Power of the facility over that of its IT."""

    def at(self, year_day: ArrayLike) -> Floats:
        """PUE at these times, days since 1 January."""
        return np.full(np.shape(year_day), self.value)


class ClimatePue(Parameters):
    """It follows the outdoor temperature of the site: free cooling below a set point, chillers above it.

    PUE = 1 + electrical losses + fans and pumps + share of the heat that chillers take / their COP.
    """

    kind: Literal["climate"] = "climate"
    mean_c: float = Field(ge=-30, le=40)
    """Mean outdoor temperature of the year, degrees C: dry bulb where the heat leaves by dry coolers, wet bulb where
    it leaves by cooling towers; so with what follows."""
    annual_amplitude_k: float = Field(ge=0, le=40)
    """Half the difference of the means of the warmest and the coldest month, K."""
    daily_amplitude_k: float = Field(ge=0, le=20)
    """Half the difference of a day's maximum and minimum, K."""
    warmest_day: float = Field(
        default=203,
        ge=0,
        le=366,
        json_schema_extra=cited("A", "late July in the north, January in the south"),
    )
    """Day of the year on which it is warmest, days since 1 January."""
    warmest_hour: float = Field(default=15, ge=0, le=24, json_schema_extra=cited("A", "mid-afternoon", 14, 17))
    """Hour of the day at which it is warmest, local solar time."""
    supply_c: float = Field(
        default=30.0,
        ge=5,
        le=60,
        json_schema_extra=cited("A", "ASHRAE's classes of facility water for liquid cooling are W17 to W45", 18, 45),
    )
    """Temperature at which water has to be supplied, degrees C: the set point."""
    range_k: float = Field(default=10.0, ge=1, le=40, json_schema_extra=cited("A", _PLANT, 6, 15))
    """By how much warmer it comes back, K."""
    approach_k: float = Field(
        default=8.0,
        ge=0,
        le=30,
        json_schema_extra=cited("A", "dry coolers; towers 3 to 5 over wet bulb", 3, 12),
    )
    """How close to the outdoor temperature free cooling brings it, K."""
    condenser_k: float = Field(default=12.0, ge=0, le=40, json_schema_extra=cited("A", _PLANT, 6, 20))
    """Condensing temperature of the chillers above the outdoor temperature, K."""
    carnot_share: float = Field(default=0.45, gt=0.05, le=1, json_schema_extra=cited("A", _PLANT, 0.35, 0.6))
    """COP of the chillers over Carnot's."""
    electrical_share: float = Field(
        default=0.06, ge=0, le=1, json_schema_extra=cited("A", "transformers, UPS, distribution, lights", 0.03, 0.1)
    )
    """Losses of electricity on its way and other loads, as a share of the IT's power."""
    fans_share: float = Field(
        default=0.03, ge=0, le=1, json_schema_extra=cited("A", "pumps, fans of coolers and of rooms", 0.02, 0.08)
    )
    """Fans and pumps, likewise."""

    def outdoor_c(self, year_day: ArrayLike) -> Floats:
        """Outdoor temperature at these times, days since 1 January."""
        return outdoor_c(
            year_day,
            self.mean_c,
            self.annual_amplitude_k,
            self.daily_amplitude_k,
            warmest_day=self.warmest_day,
            warmest_hour=self.warmest_hour,
        )

    @property
    def free_cooling_share(self) -> float:
        """Share of the year's hours in which no chiller runs."""
        outdoor = self.outdoor_c(_YEAR_DAYS)
        return float((chiller_share(outdoor, self.supply_c, self.approach_k, self.range_k) == 0).mean())

    def at(self, year_day: ArrayLike) -> Floats:
        """PUE at these times, days since 1 January."""
        outdoor = self.outdoor_c(year_day)
        chilled = chiller_share(outdoor, self.supply_c, self.approach_k, self.range_k)
        compressors = chilled / chiller_cop(outdoor, self.supply_c, self.condenser_k, self.carnot_share)
        return np.asarray(1 + self.electrical_share + self.fans_share + compressors)


AnyPue = Annotated[ConstantPue | ClimatePue, Field(discriminator="kind")]


class Growth(Parameters):
    """A price that grows from year to year at one rate."""

    kind: Literal["growth"] = "growth"
    usd: float = Field(ge=0, le=1e9)
    """Price in the year `year`, USD."""
    year: float = Field(ge=1950, le=2200)
    """Year in which it holds; 2030.5 is the middle of 2030."""
    per_year: float = Field(ge=-0.5, le=1)
    """Share by which it grows in a year."""

    def at(self, bought: Purchase) -> Floats:
        """Price, USD."""
        return np.asarray(self.usd * (1 + self.per_year) ** (np.asarray(bought.year, float) - self.year))


EnergyPrice = Annotated[float, Field(ge=0, le=1e6)] | Annotated[Growth | PriceTable, Field(discriminator="kind")]


def price_in(price: float | Growth | PriceTable, year: ArrayLike) -> Floats:
    """A price at these times, calendar years and their fractions, USD."""
    if isinstance(price, (int, float)):
        return np.full(np.shape(year), float(price))
    return price.at(Purchase(day=0.0, year=year))


class Grid(Parameters):
    """Power from the grid, once it is connected."""

    kind: Literal["grid"] = "grid"
    usd_per_kwh: EnergyPrice = Field(
        default=0.06, json_schema_extra=cited("S2", "bounds of published prices of large campuses in 2026", 0.06, 0.25)
    )
    """Price of a kWh at the meter, USD: a number, one that grows (`kind: growth`) or a table by year
    (`kind: table`)."""
    months_to_power: float = Field(
        default=0.0,
        ge=0,
        le=300,
        json_schema_extra=cited("A", "there is power; the queue of the US takes more than 60 (LBNL)", 0, 84),
    )
    """From the decision to the connection, months."""

    @property
    def plant_usd_per_w(self) -> float:
        """Plant of one's own, USD for each W of the facility's peak."""
        return 0.0

    @property
    def carbon_kg_per_kwh(self) -> float | None:
        """Greenhouse gases of a kWh; none: those of the grid in the price list."""
        return None

    def energy_usd_per_kwh(self, year: ArrayLike) -> Floats:
        """Price of a kWh at these times, calendar years."""
        return price_in(self.usd_per_kwh, year)


class OnSiteGas(Parameters):
    """Power from gas turbines of the campus's own."""

    kind: Literal["gas"] = "gas"
    usd_per_kw: float = Field(default=1800.0, ge=0, le=1e6, json_schema_extra=cited("S", _CALCULATOR, 1450, 2500))
    """Turbines and what belongs to them, USD for each kW."""
    reserve_share: float = Field(
        default=0.0,
        ge=0,
        le=3,
        json_schema_extra=cited("A", "none, as in that calculator; one of five", 0, 0.3),
    )
    """Turbines in reserve, over those that the peak takes."""
    heat_rate_btu_per_kwh: float = Field(
        default=6200.0, ge=3412, le=20_000, json_schema_extra=cited("S", f"combined cycle: {_CALCULATOR}", 6000, 10000)
    )
    """Heat of the fuel for each kWh of electricity, Btu."""
    usd_per_mmbtu: EnergyPrice = Field(default=4.30, json_schema_extra=cited("S", _CALCULATOR, 2.5, 8))
    """Price of the fuel, USD for a million Btu: a number, one that grows or a table by year."""
    upkeep_usd_per_kwh: float = Field(
        default=0.0, ge=0, le=1, json_schema_extra=cited("A", "none, as in that calculator", 0, 0.01)
    )
    """Upkeep of the turbines for each kWh, USD."""
    months_to_power: float = Field(
        default=0.0, ge=0, le=300, json_schema_extra=cited("A", "turbines in stock; 36 to 84 from the factory", 0, 84)
    )
    """From the decision to the last turbine's start, months."""

    @property
    def plant_usd_per_w(self) -> float:
        """Plant of one's own, USD for each W of the facility's peak."""
        return self.usd_per_kw / 1000 * (1 + self.reserve_share)

    @property
    def carbon_kg_per_kwh(self) -> float | None:
        """Greenhouse gases of a kWh: burning the fuel alone."""
        return self.heat_rate_btu_per_kwh / 1e6 * GAS_KG_PER_MMBTU

    def energy_usd_per_kwh(self, year: ArrayLike) -> Floats:
        """Price of a kWh at these times, calendar years."""
        return self.heat_rate_btu_per_kwh / 1e6 * price_in(self.usd_per_mmbtu, year) + self.upkeep_usd_per_kwh


AnySupply = Annotated[Grid | OnSiteGas, Field(discriminator="kind")]


class Phase(Parameters):
    """A part of the campus that has power before the rest."""

    share: float = Field(ge=1e-3, lt=1)
    """Share of `campus.hosts`."""
    months: float = Field(ge=0, le=300)
    """From the decision to its power, months."""


class Facility(Parameters):
    """Building, power and cooling of a campus; a W of IT is one of its hosts' GPUs at `satellite.gpu.peak_w`.

    The campus is decided on mission day 0, and its hosts begin to work when it has power.
    """

    shell_usd_per_w: float = Field(default=2.5, ge=0, le=1e4, json_schema_extra=cited("S", _CALCULATOR, 1, 4))
    """Land, shell and civil works, USD for each W of IT."""
    electrical_usd_per_w: float = Field(default=5.25, ge=0, le=1e4, json_schema_extra=cited("S", _CALCULATOR, 1, 7))
    """Electrical plant behind the meter: substation, transformers, UPS, distribution, USD for each W of IT."""
    cooling_usd_per_w: float = Field(default=3.0, ge=0, le=1e4, json_schema_extra=cited("S", _CALCULATOR, 0.5, 5))
    """Mechanical plant: coolers, chillers, pumps, piping, USD for each W of IT."""
    network_usd_per_w: float = Field(
        default=0.0,
        ge=0,
        le=1e4,
        json_schema_extra=cited("A", "in the price of the GPUs, as defined there; 1.75 in McCalip's calculator", 0, 3),
    )
    """Network and its rooms that the price of the GPUs does not hold, USD for each W of IT; it lives as long as the
    hosts."""
    life_years: float = Field(
        default=14.0, ge=0.1, le=100, json_schema_extra=cited("S", "Epoch AI, 14 May 2026", 10, 25)
    )
    """Life of building, power and cooling, years."""
    utilisation: float = Field(
        default=1.0, ge=0.01, le=1, json_schema_extra=cited("A", "GPUs at work draw what they are rated at", 0.6, 1)
    )
    """Mean draw of a GPU at work over `satellite.gpu.peak_w`; one that waits draws `satellite.gpu.idle_w`."""
    pue: AnyPue = ConstantPue()
    """Power of the facility over that of its IT."""
    supply: AnySupply = Grid()
    """Where power comes from, what it costs, and when it is there."""
    build_months: float = Field(
        default=0.0,
        ge=0,
        le=300,
        json_schema_extra=cited("A", "it stands; Abilene took 18 for its first 1.5 GW", 0, 36),
    )
    """From the beginning of construction to its end, months; it is paid for evenly over them.  It begins in time to end
    with the arrival of power, or with the decision where power would be there before."""
    phases: tuple[Phase, ...] = Field(default=(), max_length=100)
    """Parts that have power before the rest, in order of time."""
    staff_usd_per_mw_year: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        json_schema_extra=cited("A", "none, unless a scenario gives it", 0, 5e5),
    )
    """Staff, upkeep, taxes and other operations beside energy, USD for each MW of IT with power and year."""

    @property
    def construction_usd_per_w(self) -> float:
        """Building, power behind the meter and cooling, USD for each W of IT."""
        return self.shell_usd_per_w + self.electrical_usd_per_w + self.cooling_usd_per_w

    @property
    def plant_usd_per_w(self) -> float:
        """Power plant of its own, USD for each W of IT: sized for the hottest hour."""
        return self.supply.plant_usd_per_w * self.peak_pue

    @property
    def months_to_power(self) -> float:
        """From the decision to power for the whole campus."""
        return max(self.build_months, self.supply.months_to_power)

    def power_days(self, hosts: int) -> Floats:
        """Mission day from which each of so many hosts has power, in order."""
        found = np.full(hosts, self.months_to_power * MONTH_DAYS)
        first = 0.0
        for phase in self.phases:
            found[round(first * hosts) : round((first + phase.share) * hosts)] = phase.months * MONTH_DAYS
            first += phase.share
        return found

    def mean_pue(self, start: datetime.date, edges_days: Floats) -> Floats:
        """Mean PUE between mission days, hour by hour, shape (edges - 1,); `start`: the mission's first day."""
        if isinstance(self.pue, ConstantPue) or len(edges_days) < 2:
            return self.pue.at(edges_days[1:])
        hours = np.arange(np.floor(edges_days[0] * HOURS), np.ceil(edges_days[-1] * HOURS)) / HOURS
        begins = start.timetuple().tm_yday - 1
        total = np.concatenate([[0.0], np.cumsum(self.pue.at(begins + hours + 0.5 / HOURS)) / HOURS])
        until = np.interp(edges_days, np.append(hours, hours[-1] + 1 / HOURS), total)
        return np.asarray(np.diff(until) / np.diff(edges_days))

    @property
    def peak_pue(self) -> float:
        """Highest PUE of a year, for which power is built."""
        return float(self.pue.at(_YEAR_DAYS).max())

    @model_validator(mode="after")
    def _phases_come_before_the_rest(self) -> Facility:
        if sum(phase.share for phase in self.phases) > 1 - 1e-9:
            raise ValueError("phases: shares must leave some of the campus: together less than 1")
        months = [phase.months for phase in self.phases]
        if months != sorted(months) or (months and months[-1] > self.months_to_power):
            raise ValueError(
                f"phases: must come in order of time, and none after the whole campus ({self.months_to_power:g} months)"
            )
        return self
