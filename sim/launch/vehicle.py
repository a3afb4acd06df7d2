"""A launch vehicle as one buys it: payload, price and record."""

from __future__ import annotations

from math import inf
from typing import Annotated

from pydantic import Field

from sim.launch.payload import Kilograms, PayloadTable, ReferencePayload
from sim.launch.price import AnyPrice, Rideshare
from sim.launch.record import FlightRecord
from sim.parameters import Label, Parameters

Probability = Annotated[float, Field(ge=0, le=1)]


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
    fairing_m3: float | None = Field(default=None, ge=1e-6, le=1e6)
    """Volume under the fairing for satellites and what holds them, m^3, shared out by `satellite.stowed_m3` where that
    is given; none: not looked at."""
    price: AnyPrice
    """How it is paid for."""
    success_probability: Probability | FlightRecord
    """Probability that a flight delivers; its satellites are lost otherwise.  A number, or the record from which it is
    estimated (`{flights: 600, failures: 3}`)."""

    @property
    def mean_success(self) -> float:
        """Probability that the mission's first flight delivers."""
        known = self.success_probability
        return known.mean() if isinstance(known, FlightRecord) else known

    @property
    def success_interval(self) -> tuple[float, float] | None:
        """Between what the probability lies with 95 %; none where it is given as a number."""
        known = self.success_probability
        return known.interval() if isinstance(known, FlightRecord) else None

    @property
    def flights_per_delivery(self) -> float:
        """Flights that one delivery takes on average, those that fail and are flown again included."""
        known = self.success_probability
        if isinstance(known, FlightRecord):
            return known.flights_per_delivery
        return 1 / known if known > 0 else inf

    def payload_kg(self, altitude_km: float, inclination_deg: float) -> float:
        """Mass that it brings to a circular orbit, kg.  Raises `InputError` outside a table of the user's."""
        given = self.capacity_kg
        return given if isinstance(given, float) else given.at(altitude_km, inclination_deg)

    def satellites_per_flight(
        self, satellite_mass_kg: float, capacity_kg: float, stowed_m3: float | None = None
    ) -> int:
        """Satellites of a mass, and a volume if known, that a flight with this payload carries; 0: not even one."""
        most = min(capacity_kg / satellite_mass_kg + 1e-9, 1e9)
        if stowed_m3 is not None and self.fairing_m3 is not None:
            most = min(most, self.fairing_m3 / stowed_m3 + 1e-9)
        return int(most) if self.max_satellites is None else min(int(most), self.max_satellites)

    def refuses(self, satellite_mass_kg: float) -> str | None:
        """Why no satellite of this mass is taken along at any price; none: it is."""
        most = self.price.most_kg_per_satellite if isinstance(self.price, Rideshare) else inf
        if satellite_mass_kg <= most:
            return None
        return f"price.most_kg_per_satellite is {most:g} kg: a heavier one needs a flight of its own"
