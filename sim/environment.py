"""The physics of a mission: planes, their light, and what darkness does to capacity.

Built once for a scenario and read-only.  Smooth functions of plane and date are tabulated by the day; exact eclipse
edges are computed on demand from each plane's shadow table.  Nothing here is random, so one environment serves all
replicates and strategies of a study.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, EARTH_EQUATORIAL_RADIUS_KM, TAU
from sim.ephemeris import (
    MeanElements,
    circular_elements,
    group_into_planes,
    raan_of_ltan_deg,
    read_catalogue,
    secular_rates,
    station_kept,
    sun_synchronous_inclination_deg,
    sun_teme_km,
)
from sim.errors import Fault, ScenarioError
from sim.fleet import PlaneLayout, layouts
from sim.physics.eclipse import PlaneShadow, Shadow
from sim.physics.orbit import walker_raan_and_phase
from sim.scenario.models import CatalogueShell, Scenario, SunSynchronousShell, WalkerShell

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """One orbital plane and the places of its slots along it."""

    id: int
    shell: int
    name: str
    elements: MeanElements
    """Mean elements of the plane's first slot at the mission's start."""
    phases_rad: Floats
    """Mean argument of latitude of each slot at the mission's start, shape (slots,)."""
    colocated: bool
    """All satellites within a kilometre: they share every eclipse edge."""
    ltan_h: float | None
    """Local mean solar time of the ascending node, hours, for a sun-synchronous plane."""

    @property
    def slots(self) -> int:
        """Operational places."""
        return len(self.phases_rad)

    @property
    def altitude_km(self) -> float:
        """Mean semi-major axis above the equatorial radius, km."""
        return self.elements.semi_major_axis_km - EARTH_EQUATORIAL_RADIUS_KM

    @property
    def inclination_deg(self) -> float:
        """Inclination, degrees."""
        return float(np.degrees(self.elements.inclination_rad))

    @property
    def raan_deg(self) -> float:
        """Right ascension of the ascending node at the start, degrees."""
        return float(np.degrees(self.elements.raan_rad))

    @property
    def period_min(self) -> float:
        """Time from one ascending node to the next, minutes."""
        return secular_rates(self.elements).nodal_period_min


@dataclass(frozen=True)
class Light:
    """What a plane sees of the Sun over the mission."""

    sunlit_fraction: float
    """Mean share of the orbit in light."""
    lowest_sunlit_fraction: float
    """The same on the darkest day."""
    eclipse_days_per_year: float
    """Days of a year with an eclipse."""
    longest_eclipse_min: float
    """Eclipse of an orbit on the darkest day, minutes."""


@dataclass(frozen=True)
class Capacity:
    """Share of a plane's GPUs that light lets run: a step function of time, right-continuous.

    One step of value 1 where eclipse does not touch capacity; exact 0/1 edges for a co-located plane that pauses;
    the daily sunlit fraction for a plane whose satellites are spread around the orbit, whose sum over n satellites
    strays from it by less than one satellite for evenly spaced slots.
    """

    times_days: Floats
    values: Floats


@dataclass(frozen=True)
class Environment:
    """The physics of one scenario's mission."""

    planes: tuple[Plane, ...]
    days: Floats
    """Mission days 0, 1, ... of the daily tables, shape (n,)."""
    sunlit: Floats
    """Share of the orbit in light, shape (planes, n)."""
    horizon_days: float
    pauses: bool
    """Whether GPUs stop in eclipse."""
    layouts: tuple[PlaneLayout, ...]
    """The berths of each plane."""
    _shadows: tuple[PlaneShadow, ...]

    @classmethod
    def build(cls, scenario: Scenario) -> Environment:
        """Compute the planes and their light over the mission."""
        planes = planes_of(scenario)
        horizon = scenario.mission.days
        days = np.arange(np.ceil(horizon) + 1)
        grid = np.arange(-2.0, np.ceil(horizon) + 3)  # eclipses at the very ends need the Sun beyond them
        sun = sun_teme_km(scenario.mission.start, grid)
        shadow = Shadow(scenario.light.shadow)
        shadows = tuple(_plane_shadow(plane, sun, grid, shadow) for plane in planes)
        return cls(
            planes=planes,
            days=days,
            sunlit=np.array([plane_shadow.sunlit_fraction(days) for plane_shadow in shadows]),
            horizon_days=horizon,
            pauses=scenario.power.eclipse_policy == "pause",
            layouts=layouts([p.slots for p in planes], scenario.constellation.spare_berths_per_plane),
            _shadows=shadows,
        )

    @property
    def slots(self) -> int:
        """Operational places of all planes."""
        return sum(plane.slots for plane in self.planes)

    @property
    def eclipse_minutes(self) -> Floats:
        """Eclipse per orbit on each day, minutes, shape (planes, n)."""
        periods = np.array([[plane.period_min] for plane in self.planes])
        return np.asarray((1 - self.sunlit) * periods)

    def light(self, plane: int) -> Light:
        """The light of a plane over the mission in a few numbers."""
        inside = self.days < self.horizon_days
        sunlit, minutes = self.sunlit[plane][inside], self.eclipse_minutes[plane][inside]
        dark_days = np.count_nonzero(sunlit < 1) / np.count_nonzero(inside) * DAYS_PER_YEAR
        return Light(float(sunlit.mean()), float(sunlit.min()), dark_days, float(minutes.max()))

    def eclipses(self, plane: int, slot: int, start_day: float, end_day: float) -> tuple[Floats, Floats]:
        """Entries and exits, mission days, of the satellite in a plane's slot between two days."""
        return self._shadows[plane].eclipses(self.planes[plane].phases_rad[slot], start_day, end_day)

    def run_windows(self, plane: int, slots: NDArray[np.intp], start: float, end: float) -> tuple[Floats, Floats]:
        """Starts and ends of the stretches between two days in which a gang on these slots of a plane may run.

        All its satellites must be in light where the policy is `pause`; otherwise it is one stretch.
        """
        if not self.pauses or end <= start:
            keep = slice(0, 1 if end > start else 0)
            return np.array([start])[keep], np.array([end])[keep]
        phases = np.unique(self.planes[plane].phases_rad[slots])
        _, entries, exits = self._shadows[plane].eclipses_of_many(phases, start, min(end, self.horizon_days + 1))
        if len(phases) > 1:
            order = np.argsort(entries, kind="stable")
            entries, exits = entries[order], np.maximum.accumulate(exits[order])
        starts = np.concatenate([[start], exits])
        ends = np.concatenate([entries, [end]])
        # Where eclipses of several satellites overlap, a start lies behind the next end: no light between them.
        open_ = ends > starts
        return starts[open_], ends[open_]

    @cached_property
    def capacity(self) -> tuple[Capacity, ...]:
        """For each plane, the share of its GPUs that light lets run."""
        return tuple(self._capacity(plane) for plane in self.planes)

    def _capacity(self, plane: Plane) -> Capacity:
        if not self.pauses:
            return Capacity(np.zeros(1), np.ones(1))
        if not plane.colocated:
            return Capacity(self.days, self.sunlit[plane.id])
        entries, exits = self.eclipses(plane.id, 0, 0.0, self.horizon_days)
        times = np.concatenate([[0.0], np.stack([entries, exits], axis=1).ravel()])
        values = np.concatenate([[1.0], np.tile([0.0, 1.0], len(entries))])
        keep = np.concatenate(
            [times[1:] > times[:-1], [True]]
        )  # a mission that begins in the dark: the later step wins
        return Capacity(times[keep], values[keep])


def planes_of(scenario: Scenario) -> tuple[Plane, ...]:
    """The planes of a scenario's shells, numbered from 0.  Raises `ScenarioError` for an orbit that cannot be."""
    planes: list[Plane] = []
    for number, shell in enumerate(scenario.constellation.shells):
        match shell:
            case WalkerShell():
                made = _walker_planes(scenario, shell)
            case SunSynchronousShell():
                made = _sun_synchronous_planes(scenario, shell)
            case CatalogueShell():
                made = _catalogue_planes(scenario, shell, f"constellation.shells.{number}.file")
        for elements, phases, ltan in made:
            colocated = shell.formation == "cluster"
            places = np.full_like(phases, phases[0]) if colocated else phases
            name = f"{number}.{sum(p.shell == number for p in planes)}"
            planes.append(Plane(len(planes), number, name, elements, places, colocated, ltan))
    return tuple(planes)


_Made = list[tuple[MeanElements, Floats, float | None]]


def _walker_planes(scenario: Scenario, shell: WalkerShell) -> _Made:
    raans, phases = walker_raan_and_phase(
        shell.planes, shell.satellites_per_plane, shell.phasing, shell.raan_spread_deg
    )
    start = scenario.mission.start
    return [
        (
            circular_elements(
                start, shell.altitude_km, shell.inclination_deg, (shell.raan_deg + raan) % 360, float(phase[0])
            ),
            np.radians(phase) % TAU,
            None,
        )
        for raan, phase in zip(raans.tolist(), phases, strict=True)
    ]


def _sun_synchronous_planes(scenario: Scenario, shell: SunSynchronousShell) -> _Made:
    start = scenario.mission.start
    inclination = sun_synchronous_inclination_deg(shell.altitude_km)
    made: _Made = []
    for plane in range(shell.planes):
        ltan = (shell.ltan_h + plane * shell.ltan_spacing_h) % 24
        raan = raan_of_ltan_deg(ltan, start)
        phases = np.linspace(0.0, TAU, shell.satellites_per_plane, endpoint=False)
        made.append((circular_elements(start, shell.altitude_km, inclination, raan), phases, ltan))
    return made


def _catalogue_planes(scenario: Scenario, shell: CatalogueShell, path: str) -> _Made:
    entries = [e for e in read_catalogue(Path(shell.file)) if shell.name_contains.upper() in e.name.upper()]
    if not entries:
        problem = f"no object whose name contains {shell.name_contains!r}"
        raise ScenarioError([Fault(str(shell.file), path, None, problem)])
    kept = [station_kept(entry) for entry in entries]
    return [(group.elements, group.phases_rad, None) for group in group_into_planes(kept, scenario.mission.start)]


def _plane_shadow(plane: Plane, sun: Floats, grid: Floats, shadow: Shadow) -> PlaneShadow:
    rates = secular_rates(plane.elements)
    return PlaneShadow.build(
        rates.mean_radius_km,
        plane.elements.inclination_rad,
        plane.elements.raan_rad,
        rates.node_rad_per_day,
        rates.mean_motion_rad_per_day,
        sun,
        grid,
        shadow,
        eccentricity=plane.elements.eccentricity,
        argument_of_perigee_rad=plane.elements.argument_of_perigee_rad,
        perigee_rate=rates.perigee_rad_per_day,
    )
