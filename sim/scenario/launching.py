"""What vehicles, satellites and strategies of a scenario ask of one another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from sim.launch import MAIN, FlightRecord, LaunchService
from sim.strategies import Replenishing, Strategy

MOST_FLIGHTS_EACH = 1000.0
"""Flights that a delivery may take on average where a fleet stands in place."""


def vehicle_path(name: str) -> str:
    """Where a vehicle of this name stands in a scenario."""
    return "launch.vehicle" if name == MAIN else f"launch.others.{name}.vehicle"


def too_heavy(launch: LaunchService, masses_kg: Mapping[str, float | None]) -> str | None:
    """What to say of a design that a vehicle cannot carry, where both are known as numbers; none: nothing."""
    for (design, mass_kg), name in product(masses_kg.items(), launch.names):
        vehicle = launch.service(name).vehicle
        capacity_kg = vehicle.capacity_kg
        if mass_kg is None or not isinstance(capacity_kg, float):
            continue
        if vehicle.satellites_per_flight(mass_kg, capacity_kg) < 1:
            return f"{vehicle_path(name)}.capacity_kg ({capacity_kg:g}) is too little for one {design} ({mass_kg:g})"
    return None


def cannot_bring_up(launch: LaunchService) -> str | None:
    """What to say where no number of flights brings up a fleet that stands in place; none: nothing."""
    if launch.vehicle.flights_per_delivery <= MOST_FLIGHTS_EACH:
        return None
    known = launch.vehicle.success_probability
    problem = (
        f"of {known.failures} failures in {known.flights} flights no number of flights can be told: a delivery must be "
        "on record, or choose deployment.kind: launched"
        if isinstance(known, FlightRecord)
        else f"{known:g} no number of flights does: it must be at least {1 / MOST_FLIGHTS_EACH:g}"
    )
    return (
        "deployment.kind: in_place is charged the flights that bring the fleet up, and with "
        f"launch.vehicle.success_probability {problem}"
    )


def unknown_vehicle(launch: LaunchService, strategy: Strategy) -> tuple[str, str] | None:
    """Parameter of a strategy that names no vehicle, and what to say of it; none: nothing."""
    if not isinstance(strategy, Replenishing):
        return None
    for field in strategy.vehicle_fields:
        further = () if field == "vehicle" else strategy.further_vehicle_names
        wanted, known = getattr(strategy, field), (*further, *launch.names)
        if wanted not in known:
            return field, f"is {wanted!r}, which is no vehicle under launch: must be one of {', '.join(known)}"
    return None
