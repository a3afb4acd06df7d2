"""One flight for several planes: a lower orbit turns about the Earth's axis faster, until it meets another plane."""

from __future__ import annotations

from math import inf

from pydantic import Field

from sim.parameters import Parameters
from sim.physics.orbit import nodal_precession_deg_per_day

SAME_INCLINATION_DEG = 0.05
"""Planes whose inclinations differ by less count as of one: a satellite covers that on its way for some 7 m/s."""
_SLOWEST_DEG_PER_DAY = 1e-6
_ROUNDING_DEG = 1e-6
"""A node this little behind is not a whole turn away."""


class Drift(Parameters):
    """An orbit in which satellites for further planes wait until J2 has turned their node to that of their plane.

    What the drift orbit asks of a satellite beside the time (drag make-up, ageing) is left out.
    """

    altitude_km: float = Field(ge=150, le=2000)
    """Altitude of the drift orbit, km: where the launch leaves satellites, or on their way up from there."""
    longest_wait_days: float = Field(ge=0, le=3652.5)
    """Longest time in it; planes that take longer are not served by the flight, days."""

    def rate_deg_per_day(self, altitude_km: float, inclination_deg: float) -> float:
        """By how much the node of the drift orbit gains on that of a plane, degrees a day, positive eastwards."""
        drifting, kept = nodal_precession_deg_per_day([self.altitude_km, altitude_km], inclination_deg)
        return float(drifting - kept)

    def wait_days(self, node_ahead_deg: float, altitude_km: float, inclination_deg: float) -> float:
        """Days until the drift orbit, entered at one node, has that of a plane so far ahead, eastwards positive."""
        rate = self.rate_deg_per_day(altitude_km, inclination_deg)
        if abs(rate) < _SLOWEST_DEG_PER_DAY:
            return inf
        way_deg = (node_ahead_deg if rate > 0 else -node_ahead_deg) % 360
        return 0.0 if 360 - way_deg < _ROUNDING_DEG else way_deg / abs(rate)
