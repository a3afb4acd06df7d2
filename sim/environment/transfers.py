"""The ways of a design's spares from parking orbits to the planes that these serve."""

from __future__ import annotations

import numpy as np

from sim.environment.planes import Plane
from sim.ephemeris import secular_rates
from sim.physics.drag import low_thrust_delta_v_m_s
from sim.physics.phasing import (
    Transfers,
    climbing_drift_share,
    hohmann_days,
    hohmann_delta_v_m_s,
    spiral_days,
)
from sim.scenario.hardware import Propulsion


def transfers_of(planes: tuple[Plane, ...], propulsion: Propulsion) -> Transfers:
    """The ways between these planes of satellites with this propulsion.

    Nodes drift at SGP4's rates, as everywhere; a shell's own drift where nobody holds its node is left out.
    """
    parks = [plane for plane in planes if plane.parking is not None]
    low = np.array([[park.altitude_km] for park in parks]).reshape(-1, 1)
    high = np.array([[plane.altitude_km for plane in planes]])
    rates = np.array([secular_rates(plane.elements).node_rad_per_day for plane in planes]) if parks else np.zeros(0)
    numbers = np.array([park.id for park in parks], np.intp)
    served = np.array([[plane.parking is None and plane.shell == park.shell for plane in planes] for park in parks])
    raan = np.array([plane.elements.raan_rad for plane in planes])
    if not parks:
        none = np.zeros((0, len(planes)))
        return Transfers(numbers, none, none, none, none, none)
    if propulsion.raise_m_s_per_day == "impulsive":
        climb, delta_v = hohmann_days(low, high), hohmann_delta_v_m_s(low, high)
    else:
        climb = spiral_days(low, high, propulsion.raise_m_s_per_day)
        delta_v = low_thrust_delta_v_m_s(low, high)
    return Transfers(
        parking=numbers,
        node_ahead_rad=raan[None, :] - raan[numbers][:, None],
        relative_rate_rad_per_day=np.where(served, rates[numbers][:, None] - rates[None, :], 0.0),
        climb_days=climb,
        drift_share=climbing_drift_share(low, high),
        delta_v_m_s=delta_v,
    )
