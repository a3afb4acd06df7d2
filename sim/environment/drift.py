"""Which planes a flight can serve beside its own, through a drift orbit."""

from __future__ import annotations

import numpy as np

from sim.environment.planes import Plane
from sim.ephemeris import secular_rates
from sim.errors import Fault, ScenarioError
from sim.launch import SAME_INCLINATION_DEG, Drift
from sim.scenario.hardware import Propulsion
from sim.scenario.models import Scenario

_ROUNDING_KM = 1e-3


def drift_days(drift: Drift, propulsion: Propulsion, start: Plane, to: Plane, day: float) -> float | None:
    """Days in the drift orbit from the launch to one plane until the node of another; none: it does not serve that one.

    The drift orbit is entered at the first plane's node.  A plane is served whose inclination is the same, above the
    drift orbit, and met within the longest wait.
    """
    if abs(start.inclination_deg - to.inclination_deg) > SAME_INCLINATION_DEG or not _on_the_way(drift, propulsion, to):
        return None
    now, goal = (one.elements.raan_rad + secular_rates(one.elements).node_rad_per_day * day for one in (start, to))
    wait = drift.wait_days(float(np.degrees(goal - now)), to.altitude_km, to.inclination_deg)
    return wait if wait <= drift.longest_wait_days else None


def _on_the_way(drift: Drift, propulsion: Propulsion, plane: Plane) -> bool:
    """Whether satellites pass the drift orbit on their way up to a plane."""
    left_at = float(propulsion.insertion_km(plane.altitude_km))
    return left_at - _ROUNDING_KM <= drift.altitude_km <= plane.altitude_km + _ROUNDING_KM


def check_drift(scenario: Scenario, planes: tuple[Plane, ...]) -> None:
    """Raises `ScenarioError` for a drift orbit that lies on the way to no plane."""
    propulsion = scenario.satellite.propulsion
    for name, service in zip(scenario.launch.names, scenario.launch.services, strict=True):
        drift = service.drift
        if drift is None or any(_on_the_way(drift, propulsion, plane) for plane in planes):
            continue
        one = planes[0]
        place = "launch.drift" if service is scenario.launch else f"launch.others.{name}.drift"
        left_at = float(propulsion.insertion_km(one.altitude_km))
        problem = (
            f"must lie between where satellites are left ({left_at:.0f} km) and their plane ({one.altitude_km:.0f} km)"
        )
        raise ScenarioError([Fault("scenario", f"{place}.altitude_km", drift.altitude_km, problem)])
