"""Launch vehicles, their prices and delays: lead times, opportunities, slips, failures and stand-downs.  Pure.

An order is ready for flight after its lead time.  It then waits for a launch opportunity: a date of the vehicle's
calendar, or at once where launches are on demand.  The flight slips by a random delay, succeeds or fails, and its
satellites reach their plane after the transfer.  A failure grounds the vehicle for a random stand-down.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from sim.errors import InputError
from sim.parameters import Label, Parameters, cited
from sim.physics.ascent import ascent_delta_v_m_s, payload_kg

SHORTEST_INTERVAL_DAYS = 0.01
"""Launch dates closer than a quarter of an hour are taken for a mistake: 0 means on demand."""


class DelayLaw(Parameters):
    """A law of random delays in days."""

    def draw(self, stream: np.random.Generator) -> float:
        """One delay in days."""
        raise NotImplementedError

    def expected_days(self) -> float:
        """Expected delay in days."""
        raise NotImplementedError


class ConstantDelay(DelayLaw):
    """Always the same delay."""

    kind: Literal["constant"] = "constant"
    days: float = Field(ge=0, le=36525)
    """Delay, days."""

    def draw(self, stream: np.random.Generator) -> float:
        return self.days

    def expected_days(self) -> float:
        return self.days


class ExponentialDelay(DelayLaw):
    """A minimum plus an exponential delay."""

    kind: Literal["exponential"] = "exponential"
    mean_days: float = Field(ge=1e-6, le=36525)
    """Mean of the exponential part, days."""
    minimum_days: float = Field(default=0.0, ge=0, le=36525)
    """Days that pass in any case."""

    def draw(self, stream: np.random.Generator) -> float:
        return self.minimum_days + self.mean_days * float(stream.standard_exponential())

    def expected_days(self) -> float:
        return self.minimum_days + self.mean_days


class UniformDelay(DelayLaw):
    """Any delay between two bounds, equally likely."""

    kind: Literal["uniform"] = "uniform"
    low_days: float = Field(ge=0, le=36525)
    """Shortest delay, days."""
    high_days: float = Field(ge=0, le=36525)
    """Longest delay, days; not below `low_days`."""

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> UniformDelay:
        if self.high_days < self.low_days:
            raise ValueError(f"high_days ({self.high_days}) must not be below low_days ({self.low_days})")
        return self

    def draw(self, stream: np.random.Generator) -> float:
        return self.low_days + (self.high_days - self.low_days) * float(stream.random())

    def expected_days(self) -> float:
        return 0.5 * (self.low_days + self.high_days)


class LognormalDelay(DelayLaw):
    """Log-normal delay: mostly short, now and then very long."""

    kind: Literal["lognormal"] = "lognormal"
    median_days: float = Field(ge=1e-6, le=36525)
    """Median, days."""
    sigma: float = Field(ge=0, le=5)
    """Standard deviation of the logarithm."""

    def draw(self, stream: np.random.Generator) -> float:
        return float(self.median_days * np.exp(self.sigma * stream.standard_normal()))

    def expected_days(self) -> float:
        return float(self.median_days * np.exp(0.5 * self.sigma**2))


AnyDelay = Annotated[ConstantDelay | ExponentialDelay | UniformDelay | LognormalDelay, Field(discriminator="kind")]


class PerFlight(Parameters):
    """The whole vehicle is bought, full or not."""

    kind: Literal["per_flight"] = "per_flight"
    usd: float = Field(ge=0, le=1e15)
    """Price of one flight, USD."""

    def cost_usd(self, mass_kg: float) -> float:
        """Price of a flight that carries this mass."""
        return self.usd


class PerKilogram(Parameters):
    """Room on a vehicle shared with others."""

    kind: Literal["per_kg"] = "per_kg"
    usd_per_kg: float = Field(ge=0, le=1e9)
    """Price of a kilogram in the target orbit, USD."""

    def cost_usd(self, mass_kg: float) -> float:
        """Price of a flight that carries this mass."""
        return self.usd_per_kg * mass_kg


AnyPrice = Annotated[PerFlight | PerKilogram, Field(discriminator="kind")]


MOST_PAYLOAD_KG = 1e9
Kilograms = Annotated[float, Field(ge=1e-3, le=MOST_PAYLOAD_KG)]


class ReferencePayload(Parameters):
    """Payload known for one orbit; the rocket equation of the upper stage carries it to others.

    The lower stages are taken to give the upper one the same speed whatever it carries, which understates the loss of a
    heavier payload and overstates that of a lighter one, by some percent of the difference.
    """

    kind: Literal["reference"] = "reference"
    kg: Kilograms
    """Satellites brought to the reference orbit, dispenser apart, kg."""
    altitude_km: float = Field(default=300.0, ge=150, le=2000)
    """Altitude of the circular reference orbit, km."""
    inclination_deg: float = Field(ge=0, le=180)
    """Its inclination, degrees."""
    stage_dry_kg: Kilograms
    """Upper stage without propellant, with what stays on it, kg; 4,000 of a Falcon 9."""
    stage_propellant_kg: Kilograms
    """What it burns, kg; 107,500 in a Falcon 9."""
    isp_s: float = Field(default=348.0, ge=150, le=500, json_schema_extra=cited("R", "Falcon 9", 300, 465))
    """Its specific impulse, s."""
    latitude_deg: float = Field(default=28.5, ge=0, le=70, json_schema_extra=cited("R", "Cape Canaveral", 5, 63))
    """Of the launch site, north or south, degrees."""

    def at(self, altitude_km: float, inclination_deg: float) -> float:
        """Payload to a circular orbit, kg; 0 where the stage alone does not get there."""
        wanted, known = (
            ascent_delta_v_m_s(height, tilt, self.latitude_deg)
            for height, tilt in ((altitude_km, inclination_deg), (self.altitude_km, self.inclination_deg))
        )
        found = payload_kg(
            self.kg,
            wanted - known,
            stage_dry_kg=self.stage_dry_kg,
            stage_propellant_kg=self.stage_propellant_kg,
            isp_s=self.isp_s,
        )
        return min(found, MOST_PAYLOAD_KG)


class PayloadTable(Parameters):
    """Payload by altitude and inclination, as in a vehicle's user guide; straight lines between."""

    kind: Literal["table"] = "table"
    altitude_km: tuple[Annotated[float, Field(ge=150, le=2000)], ...] = Field(min_length=1, max_length=100)
    """Altitudes of the circular orbits, rising, km."""
    inclination_deg: tuple[Annotated[float, Field(ge=0, le=180)], ...] = Field(min_length=1, max_length=100)
    """Inclinations, rising, degrees."""
    kg: tuple[tuple[Annotated[float, Field(ge=0, le=MOST_PAYLOAD_KG)], ...], ...]
    """Payload, kg: a row for each altitude, a figure for each inclination."""

    @model_validator(mode="after")
    def _rises_and_fits(self) -> PayloadTable:
        for name in ("altitude_km", "inclination_deg"):
            if not np.all(np.diff(getattr(self, name)) > 0):
                raise ValueError(f"{name} must rise from each value to the next")
        shape = len(self.altitude_km), len(self.inclination_deg)
        if len(self.kg) != shape[0] or any(len(row) != shape[1] for row in self.kg):
            raise ValueError(f"kg must have {shape[0]} rows (altitude_km) of {shape[1]} figures (inclination_deg)")
        return self

    def at(self, altitude_km: float, inclination_deg: float) -> float:
        """Payload to a circular orbit, kg.  Raises `InputError` outside the table."""
        axes = (("altitude_km", altitude_km, "km"), ("inclination_deg", inclination_deg, "degrees"))
        for name, value, unit in axes:
            known = getattr(self, name)
            # A solved inclination may miss the last figure by rounding.
            if not known[0] - 1e-6 <= value <= known[-1] + 1e-6:
                raise InputError(f"the table has {name} from {known[0]:g} to {known[-1]:g} {unit}, not {value:.6g}")
        each = [np.interp(inclination_deg, self.inclination_deg, row) for row in self.kg]
        return float(np.interp(altitude_km, self.altitude_km, each))


class Vehicle(Parameters):
    """A launch vehicle as one buys it."""

    name: Label
    """What it is called."""
    capacity_kg: Kilograms | Annotated[ReferencePayload | PayloadTable, Field(discriminator="kind")]
    """Mass of satellites that it brings to where it leaves them (`satellite.propulsion.insertion_altitude_km`), kg: a
    number for the orbit in question, or by orbit, from one that is known (`kind: reference`) or a table (`kind:
    table`)."""
    max_satellites: int | None = Field(default=None, gt=0, le=1_000_000)
    """Satellites that fit under the fairing; none: mass alone decides."""
    price: AnyPrice
    """How it is paid for."""
    success_probability: float = Field(ge=0, le=1)
    """Probability that a flight delivers; its satellites are lost otherwise."""

    def payload_kg(self, altitude_km: float, inclination_deg: float) -> float:
        """Mass that it brings to a circular orbit, kg.  Raises `InputError` outside a table of the user's."""
        given = self.capacity_kg
        return given if isinstance(given, float) else given.at(altitude_km, inclination_deg)

    def satellites_per_flight(self, satellite_mass_kg: float, capacity_kg: float) -> int:
        """Satellites of a mass that a flight with this payload can carry; 0 where not even one fits."""
        by_mass = int(min(capacity_kg / satellite_mass_kg + 1e-9, 1e9))
        return by_mass if self.max_satellites is None else min(by_mass, self.max_satellites)


class StandDown(Parameters):
    """How long a failure grounds the vehicle: log-normal, with a chance of a long investigation."""

    median_days: float = Field(
        default=15.0,
        ge=0,
        le=36525,
        json_schema_extra=cited("S", "Falcon 9 stood down 16, 13, 0 and about 14 days after its failures of 2024-25"),
    )
    """Median, days."""
    sigma: float = Field(default=1.0, ge=0, le=5, json_schema_extra=cited("A", "engineering judgement"))
    """Standard deviation of the logarithm."""
    long_probability: float = Field(default=0.1, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement"))
    """Probability of a long investigation instead."""
    long_days: float = Field(
        default=150.0,
        ge=0,
        le=36525,
        json_schema_extra=cited("R", "176 and 135 days after the failures of 2015 and 2016", 135, 176),
    )
    """Length of a long investigation, days."""

    def draw(self, stream: np.random.Generator) -> float:
        """One stand-down in days; always two draws, so that later draws of the stream keep their place."""
        long, normal = stream.random(), stream.standard_normal()
        if long < self.long_probability:
            return self.long_days
        return float(self.median_days * np.exp(self.sigma * normal))

    def expected_days(self) -> float:
        """Expected stand-down in days."""
        ordinary = self.median_days * float(np.exp(0.5 * self.sigma**2))
        return self.long_probability * self.long_days + (1 - self.long_probability) * ordinary


class LaunchService(Parameters):
    """How satellites come to orbit once they are ordered."""

    vehicle: Vehicle
    """The vehicle that flies all orders."""
    lead_time_days: AnyDelay
    """From order to readiness for flight: building, shipping, processing."""
    opportunity_interval_days: float = Field(default=0.0, ge=0, le=3652.5)
    """Days between the vehicle's calendar dates, counted from the mission's start; 0: launches on demand."""
    flights_per_opportunity: int = Field(default=1, gt=0, le=1_000_000)
    """Vehicles that can fly on one calendar date.  Not used where launches are on demand."""
    slip_days: AnyDelay = ConstantDelay(days=0.0)
    """Slip of a flight behind its date."""
    transfer_days: float = Field(default=0.0, ge=0, le=3652.5)
    """From launch to work in the plane: orbit raising, phasing, check-out."""
    stand_down: StandDown = StandDown()
    """Grounding after a failed flight."""

    @model_validator(mode="after")
    def _dates_are_apart(self) -> LaunchService:
        if 0 < self.opportunity_interval_days < SHORTEST_INTERVAL_DAYS:
            raise ValueError(
                f"opportunity_interval_days ({self.opportunity_interval_days:g}) must be 0 or at least "
                f"{SHORTEST_INTERVAL_DAYS:g}"
            )
        return self

    def expected_lead_days(self) -> float:
        """Mean days from an order to work in orbit, without launch failures and queues."""
        wait = 0.5 * self.opportunity_interval_days
        return self.lead_time_days.expected_days() + wait + self.slip_days.expected_days() + self.transfer_days
