"""What a servicer can reach: the ways along a plane, and from plane to plane."""

from __future__ import annotations

from collections.abc import Sequence
from math import degrees, inf

from sim.environment.planes import Plane
from sim.ephemeris import secular_rates
from sim.physics.rendezvous import Transfer, node_transfers, phasing_days
from sim.scenario.servicing import AnyServicing, Robots

MOST_TRANSFERS_KEPT = 100_000


class Reach:
    """The ways of the servicers of a scenario between the satellites of its planes."""

    def __init__(self, planes: Sequence[Plane], servicing: AnyServicing) -> None:
        self.planes = planes
        self.servicing = servicing
        self._kept: dict[tuple[int, int, int], Transfer | None] = {}

    def along(self, plane: int, from_slot: int, to_slot: int) -> Transfer:
        """The way from one slot of a plane to another."""
        servicing, here = self.servicing, self.planes[plane]
        if not isinstance(servicing, Robots):
            return Transfer(servicing.travel_hours / 24, 0.0)
        angle = float(here.phases_rad[to_slot] - here.phases_rad[from_slot])
        drift = phasing_days(here.altitude_km, angle, servicing.hop_m_s)
        spent = servicing.hop_m_s if drift > 0 else 0.0
        return Transfer(drift + servicing.rendezvous_days, spent + servicing.rendezvous_m_s)

    def between(self, start: int, end: int, day: float) -> Transfer | None:
        """The quickest way from one plane to another that begins on a day; none: it cannot reach it."""
        servicing = self.servicing
        if start == end or not isinstance(servicing, Robots):
            return Transfer(0.0, 0.0)
        if servicing.based == "each_plane":
            return None
        key = start, end, int(day)
        if key not in self._kept:
            if len(self._kept) >= MOST_TRANSFERS_KEPT:
                self._kept.clear()
            self._kept[key] = self._quickest(start, end, float(int(day)), servicing)
        return self._kept[key]

    def _quickest(self, start: int, end: int, day: float, servicing: Robots) -> Transfer | None:
        first, last = self.planes[start], self.planes[end]
        node = degrees(last.elements.raan_rad - first.elements.raan_rad)
        rates = [secular_rates(plane.elements).node_rad_per_day for plane in (first, last)]
        node += degrees(rates[1] - rates[0]) * day
        ways = node_transfers(
            (first.altitude_km, first.inclination_deg),
            (last.altitude_km, last.inclination_deg),
            node,
            servicing.turn_days,
        )
        days = servicing.transfer_days
        found = [way for way in ways if way.delta_v_m_s <= servicing.transfer_m_s and 0 <= way.days <= days]
        return min(found, key=lambda way: way.days, default=None)

    def reached(self, start: int, day: float) -> list[int]:
        """Planes that can be reached from one on a day, itself among them, the quickest first."""
        ways = {plane.id: self.between(start, plane.id, day) for plane in self.planes}
        there = [plane for plane, way in ways.items() if way is not None]
        return sorted(there, key=lambda plane: way.days if (way := ways[plane]) is not None else inf)
