"""How a design's spares wait in the planes of a scenario, and their ways to the slots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.constants import TAU
from sim.environment.planes import Plane
from sim.errors import Fault, ScenarioError
from sim.physics.drag import low_thrust_delta_v_m_s
from sim.physics.phasing import hohmann_days
from sim.physics.rendezvous import edelbaum_m_s
from sim.physics.repositioning import (
    LOWEST_KM,
    SpareWays,
    hohmann_phase_share,
    hohmann_with_turn_m_s,
    inclination_of_equal_node_rate_deg,
    phase_drift_rad_per_day,
    phasing_delta_v_m_s,
    spiral_phase_share,
)
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]


def spare_ways_of(scenario: Scenario, planes: Sequence[Plane]) -> SpareWays:
    """The ways of spares of the scenario's satellite.  Raises `ScenarioError` where they would wait too low.

    Light, radiation and air are those of the plane: 20 km lower at 650 km the air is a third denser, some decimetres
    a second of drag make-up in a year.
    """
    waits, propulsion = scenario.constellation.spares, scenario.satellite.propulsion
    high = np.array([plane.altitude_km for plane in planes])
    tilt = np.array([plane.inclination_deg for plane in planes])
    below = np.array([waits.below_km if plane.parking is None else 0.0 for plane in planes])
    low = high - below
    if scenario.constellation.spare_berths_per_plane and waits.below_km and (low.min() < LOWEST_KM):
        worst = planes[int(low.argmin())]
        problem = (
            f"puts the spares of plane {worst.name} at {low.min():,.4g} km: they must wait at {LOWEST_KM:g} km or more"
        )
        raise ScenarioError([Fault("scenario", "constellation.spares.below_km", waits.below_km, problem)])
    turn = np.radians(np.abs(inclination_of_equal_node_rate_deg(low, high, tilt) - tilt))
    if propulsion.raise_m_s_per_day == "impulsive":
        climb_m_s = hohmann_with_turn_m_s(low, high, turn)
        climb_days, share = np.where(below > 0, hohmann_days(low, high), 0.0), hohmann_phase_share(low, high)
    else:
        ways = zip(low.tolist(), high.tolist(), turn.tolist(), strict=True)
        climb_m_s = np.array([edelbaum_m_s(*way) if way[0] < way[1] else 0.0 for way in ways])
        climb_days, share = climb_m_s / propulsion.raise_m_s_per_day, spiral_phase_share(low, high)
    left_at = propulsion.insertion_km(high)
    by_berth = low_thrust_delta_v_m_s(np.minimum(left_at, low), low) + climb_m_s
    return SpareWays(
        below_km=waits.below_km,
        checkout_days=waits.checkout_days,
        slot_phase_rad=tuple(plane.phases_rad for plane in planes),
        spare_phase_rad=tuple(_berths_rad(scenario, plane) for plane in planes),
        altitude_km=high,
        turn_rad=turn,
        drift_rad_per_day=phase_drift_rad_per_day(low, high),
        climb_days=climb_days,
        climb_share=share,
        climb_m_s=climb_m_s,
        extra_m_s=np.where(below > 0, np.maximum(by_berth - low_thrust_delta_v_m_s(left_at, high), 0.0), 0.0),
    )


def widest_way_m_s(ways: SpareWays, planes: Sequence[Plane], days: float) -> float:
    """The most delta-v that a spare in the own orbit of some planes needs to come to a slot within some days."""
    if days == 0:
        return 0.0
    numbers = [plane.id for plane in planes]
    widest = [ways.widest_rad(number) for number in numbers]
    return float(phasing_delta_v_m_s(ways.altitude_km[numbers], widest, days).max())


def _berths_rad(scenario: Scenario, plane: Plane) -> Floats:
    """Argument of latitude of each spare berth of a plane on day 0; berths are filled from the first on."""
    constellation = scenario.constellation
    count = constellation.spare_berths_per_plane
    if plane.parking is not None or count == 0:
        return np.empty(0)
    slots, number = plane.phases_rad, _spread(count)
    if constellation.spares.below_km > 0:
        return np.asarray(slots[0] + TAU * number / count)
    if plane.colocated:
        # Beside the cluster: a hundred kilometres in two days take .4 m/s, which is left out.
        return np.full(count, slots[0])
    # Midway between a slot and the next one, gaps evenly chosen.
    ordered = np.sort(slots % TAU)
    gap = np.diff(ordered, append=ordered[0] + TAU)
    before = number * len(ordered) // count
    return np.asarray(ordered[before] + 0.5 * gap[before])


def _spread(count: int) -> NDArray[np.intp]:
    """Numbers from 0 below a count in such an order that the first few lie well apart too: by their bits reversed.

    (van der Corput 1935.)  A stock that fills half of the berths is spread around the orbit, not over half of it.
    """
    number, reverse = np.arange(count), np.zeros(count, np.int64)
    for bit in range((count - 1).bit_length()):
        reverse = reverse << 1 | (number >> bit & 1)
    return np.argsort(np.argsort(reverse))
