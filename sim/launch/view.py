"""What strategies see of launch vehicles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class VehicleView:
    """A launch vehicle as an operator knows it."""

    name: str
    """`main`, or its name under `launch.others`; what `Launch.vehicle` takes."""
    satellites_per_flight: Mapping[str, int]
    """How many of each design one flight carries, to the plane for which it carries fewest."""
    flight_usd: Callable[[str, float], float]
    """Price today of one flight with so many satellites of a design, USD: `vehicle.flight_usd("satellite", 3)`."""
    expected_lead_days: float
    """Mean days from an order to the start of work, launch failures and queues apart."""
    grounded: bool
    """Whether a failure keeps it on the ground now; until when is not known."""
    success_probability: float
    """That the next flight delivers, by what its flights so far show."""
