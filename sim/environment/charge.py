"""State of charge of the satellites of a plane at every edge of eclipse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import HOURS_PER_DAY
from sim.environment.design import Design
from sim.environment.site import OrbitalPlane
from sim.physics.charge import discharge_at_edges

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChargeAtEdges:
    """Eclipses of some satellites, sorted by satellite, then by time, one value for each."""

    slot: NDArray[np.intp]
    """The satellite's place among those asked for."""
    entry_day: Floats
    exit_day: Floats
    at_entry: Floats
    """Charge as a share of what the battery holds full on that day; NaN without a battery."""
    at_exit: Floats
    shed_wh: Floats
    """What the load of the dark would draw beyond what the battery gives: so much of it is shed."""


def charge_at_edges(
    site: OrbitalPlane, design: Design, start_day: float, end_day: float, slots: ArrayLike | None = None
) -> ChargeAtEdges:
    """Return the charge of satellites in slots of a plane, none for all of them, at each edge between two days.

    They are new on day 0 of the mission, and full when the first eclipse begins.  Loads, power of the
    array and what is left of the battery are those of the day on which the eclipse begins, of a satellite with all its
    GPUs alive; the length of each eclipse, and of the light after it, is its own.  No limit on the rate of charging.
    """
    places = np.arange(site.plane.slots) if slots is None else np.asarray(slots, np.intp)
    order, entry, leaving = site.eclipses_of_many(places, start_day, end_day)
    satellite, operation, plane = design.satellite, design.operation, site.plane.id
    day = np.minimum(entry.astype(np.intp), len(operation.days) - 1)
    battery, bus_w = satellite.battery, satellite.bus_power_w

    def of_day(table: NDArray[np.float32]) -> Floats:
        return np.asarray(table[plane], float)

    full_wh = (design.sizes.battery_wh * of_day(operation.battery_fraction))[day]
    asked_w = (bus_w + of_day(operation.dark_w)) / battery.discharge_efficiency
    surplus_w = np.maximum(of_day(operation.array_w) - bus_w - of_day(operation.light_w), 0.0)
    asked_wh = asked_w[day] * ((leaving - entry) * HOURS_PER_DAY)
    light_days = np.diff(entry, append=end_day) - (leaving - entry)
    gain_wh = (surplus_w * battery.charge_efficiency)[day] * (np.maximum(light_days, 0.0) * HOURS_PER_DAY)
    found = discharge_at_edges(order, asked_wh, battery.depth_limit * full_wh, gain_wh)
    with np.errstate(invalid="ignore", divide="ignore"):
        at_entry, at_exit = 1 - found.missing_at_entry / full_wh, 1 - found.missing_at_exit / full_wh
    shed_wh = np.maximum(asked_wh - (found.missing_at_exit - found.missing_at_entry), 0.0)
    return ChargeAtEdges(order, entry, leaving, at_entry, at_exit, shed_wh)
