"""A site: a place where satellites work, and what is asked of it.  An orbital plane is one, a hall another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.berths import PlaneLayout
from sim.environment.design import Design, Performance, birth_key
from sim.environment.light_windows import LightWindows
from sim.environment.operation import Limit
from sim.environment.planes import Plane
from sim.environment.radiation import Exposure
from sim.environment.sun_tables import SunTables
from sim.physics.eclipse import PlaneShadow
from sim.physics.track import PlaneTrack
from sim.reliability import Clock

Floats = NDArray[np.float64]

CAPACITIES_KEPT = 256
"""Capacities of (design, month of birth) that a plane keeps."""


@dataclass(frozen=True)
class Capacity:
    """Share of GPUs that light, power and heat let run: a step function of time, right-continuous.

    For a co-located plane that pauses its edges are those of the eclipses; otherwise it is the orbit's mean, day by
    day.  The sum over n satellites spread evenly around a plane strays from that by less than one satellite.
    """

    times_days: Floats
    values: Floats


@dataclass(frozen=True)
class RadiationRates:
    """What one target at a site takes up: day by day beside the storms, and in a storm of unit fluence."""

    quiet_per_day: Floats
    """Shape (n,)."""
    in_storm: float
    """For a fluence of 1 per cm^2 above 30 MeV outside the magnetic field."""


class Site(Protocol):
    """What is asked of every place; `design` is a position in the environment's designs.

    An orbital plane answers more: what its light, its air and its radiation do to satellites.
    """

    @property
    def layout(self) -> PlaneLayout:
        """Its berths."""

    def stress_clock(self, design: int, birth_day: float) -> Clock:
        """Effective age of electronics at work, by mission day."""

    def capacity(self, design: int, birth_day: float) -> Capacity:
        """The share of their GPUs that satellites, or hosts, can run."""


class OrbitalPlane:
    """A plane of satellites, as a site."""

    def __init__(
        self,
        plane: Plane,
        layout: PlaneLayout,
        sun: SunTables,
        designs: tuple[Design, ...],
        shadow: PlaneShadow,
        windows: LightWindows,
    ) -> None:
        """`windows` of light of all planes."""
        self.plane = plane
        self.layout = layout
        self._sun = sun
        self._designs = designs
        self._shadow = shadow
        self._windows = windows
        self._pauses = designs[0].scenario.power.eclipse_policy == "pause"
        self._horizon_days = designs[0].scenario.mission.days
        self._capacity = lru_cache(maxsize=CAPACITIES_KEPT)(self._make_capacity)

    @property
    def colocated(self) -> bool:
        """Whether all its satellites fly within a kilometre."""
        return self.plane.colocated

    @property
    def track(self) -> PlaneTrack:
        """Where its satellites fly."""
        return self._shadow.track

    # Lives

    def planned_end(
        self, design: int, birth_day: float, extended_days: float = 0.0, spent_m_s: float = 0.0
    ) -> tuple[float, bool]:
        """Day on which a life ends by plan, and whether propellant, not age, ends it.

        `extended_days`: how long after its design life it may work on; `spent_m_s`: delta-v of a spare's way to its
        slot.
        """
        return self._designs[design].planned_end(self.plane.id, birth_day, extended_days, spent_m_s)

    def satellites_per_flight(self, design: int, vehicle: int = 0) -> int:
        """How many of a design one launch of a vehicle brings here."""
        return self._designs[design].rooms[vehicle][self.plane.id]

    def clear_days(self, design: int, day: float) -> float:
        """Days until the air has drawn a satellite that dies on a day out of its slot."""
        return self._designs[design].keeping.clear_days(self.plane.id, day)

    def years_aloft(self, design: int, day: float) -> float:
        """Years until a satellite that dies on a day has come down by itself; infinite beyond what is known."""
        return self._designs[design].keeping.years_aloft(self.plane.id, day)

    def stress_clock(self, design: int, birth_day: float) -> Clock:
        """Effective age of electronics at work, by mission day."""
        return self.performance(design, birth_day).stress

    def exposure(self, design: int) -> int:
        """Number of the radiation exposure that the plane shares with others of its geometry."""
        return int(self._designs[design].radiation.exposure_index[self.plane.id])

    def dose_rad(self, design: int) -> RadiationRates:
        """Dose behind the shield, rad(Si)."""
        radiation = self._designs[design].radiation
        return RadiationRates(radiation.rad_per_day(self.plane.id), self._exposed(design).storm_rad)

    def single_events(self, design: int, effect: int) -> RadiationRates:
        """Single events of one target and kind, before mitigation."""
        radiation = self._designs[design].radiation
        daily = radiation.trapped_per_day(self.plane.id)[effect] + radiation.cosmic_per_day(self.plane.id)[effect]
        return RadiationRates(daily, float(self._exposed(design).storm_events[effect]))

    def _exposed(self, design: int) -> Exposure:
        return self._designs[design].radiation.exposure(self.plane.id)

    def hits_per_year(self, design: int, what: str) -> float:
        """Hits by debris that end a satellite (`collisions`) or empty one of its coolant loops (`punctures`)."""
        keeping = self._designs[design].keeping
        found = {"collisions": keeping.collisions_per_year, "punctures": keeping.punctures_per_year}[what]
        return float(found[self.plane.id])

    def own_hits(self, design: int) -> Clock | None:
        """Collisions with the fleet's own objects that end a satellite, on average from day 0 on; none: not counted."""
        avoidance = self._designs[design].avoidance
        return None if avoidance is None else avoidance.own_hits(self.plane.id)

    def first_alike(self, design: int) -> int:
        """Number of the first plane that meets the same debris, of others and of the fleet; its own without a sky."""
        avoidance = self._designs[design].avoidance
        return self.plane.id if avoidance is None else int(avoidance.sky.first_alike[self.plane.id])

    # Work

    def performance(self, design: int, birth_day: float) -> Performance:
        """What satellites born in the month of a day can do on each day."""
        return self._designs[design].performance(self.plane.id, birth_day)

    def first_derating(self, design: int, birth_day: float, end_day: float) -> tuple[float, Limit, float] | None:
        """First day on which they cannot run at full speed, why, and their speed; none before `end_day`."""
        if not self._designs[design].is_limited(self.plane.id, birth_day):
            return None
        found = self.performance(design, birth_day)
        days = self._sun.days
        limited = np.flatnonzero((found.limit > 0) & (days < end_day) & (days + 1 > birth_day))
        if len(limited) == 0:
            return None
        first = int(limited[0])
        limit = Limit(int(found.limit[first]))
        speed = found.dark_speed if limit is Limit.BATTERY else found.light_speed
        return float(days[first]), limit, float(speed[first])

    def capacity(self, design: int, birth_day: float) -> Capacity:
        """The share of their GPUs that satellites born in the month of a day can run, from that month on."""
        return self._capacity(design, birth_key(birth_day))

    def _make_capacity(self, design: int, birth: int) -> Capacity:
        found, days = self.performance(design, birth), self._sun.days
        first = int(np.searchsorted(days, birth))
        days, light, dark = days[first:], found.light_speed[first:], found.dark_speed[first:]
        if self._pauses and self.colocated:
            entries, exits = self.eclipses(0, float(birth), self._horizon_days)
            times = np.concatenate([days, entries, exits])
            order = np.argsort(times, kind="stable")
            times = times[order]
            steps = np.concatenate([np.zeros(len(days)), -np.ones_like(entries), np.ones_like(exits)])
            values = (1 + np.cumsum(steps[order])) * light[np.clip((times - birth).astype(int), 0, len(light) - 1)]
        else:
            share = self._dark[first:]
            times, values = days, (1 - share) * light + share * dark
        last = np.append(times[1:] > times[:-1], True)  # of steps at one time the last holds
        times, values = times[last], values[last]
        changed = np.flatnonzero(np.diff(values, prepend=np.nan))
        return Capacity(times[changed], values[changed])

    @cached_property
    def _dark(self) -> Floats:
        """Share of an orbit between the edges of eclipse, shape (n,)."""
        return self._sun.dark_of(self.plane.id)

    def eclipses(self, slot: int, start_day: float, end_day: float) -> tuple[Floats, Floats]:
        """Entries and exits, mission days, of the satellite in a slot between two days."""
        return self._shadow.eclipses(self.plane.phases_rad[slot], start_day, end_day)

    def eclipses_of_many(
        self, slots: NDArray[np.intp], start_day: float, end_day: float
    ) -> tuple[NDArray[np.intp], Floats, Floats]:
        """Whose each eclipse is (a place in `slots`), entries and exits; sorted by satellite, then by time."""
        return self._shadow.eclipses_of_many(self.plane.phases_rad[slots], start_day, end_day)

    def run_windows(self, slots: NDArray[np.intp], start: float, end: float) -> tuple[Floats, Floats]:
        """Starts and ends of the windows between two days in which a gang on these slots may run.

        All its satellites must be in light where the policy is `pause`; otherwise it is one window.
        """
        if not self._pauses or end <= start:
            keep = slice(0, 1 if end > start else 0)
            return np.array([start], float)[keep], np.array([end], float)[keep]
        return self._windows.between(self.plane.id, slots, start, end)
