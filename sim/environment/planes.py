"""The orbital planes of a scenario's shells, and the Earth's shadow as each meets it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, EARTH_EQUATORIAL_RADIUS_KM, TAU
from sim.ephemeris import (
    CatalogueEntry,
    MeanElements,
    group_into_planes,
    one_set_each,
    orbit_elements,
    raan_of_ltan_deg,
    read_catalogue,
    secular_rates,
    station_kept,
    sun_synchronous_inclination_deg,
)
from sim.errors import Fault, InputError, ScenarioError
from sim.physics.eclipse import PlaneShadow
from sim.physics.orbit import luni_solar_drift, walker_raan_and_phase
from sim.physics.shadow import EarthShape, Shadow
from sim.scenario.constellation import CatalogueShell, ParkingOrbits, SunSynchronousShell, WalkerShell
from sim.scenario.models import Scenario

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
    """Local mean solar time of the ascending node at the start, hours, for a sun-synchronous plane."""
    number: int
    """Which plane of its shell, or of its parking orbits, it is, from 0."""
    parking: int | None = None
    """Of a parking orbit: the entry of `constellation.parking` that it belongs to.  It has no slots, and `shell` is the
    one that it serves."""

    @property
    def address(self) -> int:
        """What random numbers know it by: its shell and its number there, whatever planes other shells have."""
        group = self.shell if self.parking is None else PARKING_GROUPS + self.parking
        return (group << 20) + self.number

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


PARKING_GROUPS = 2048
"""Parking orbits are addressed from here, shells from 0: however many there are of one, the other keeps its numbers."""
_Made = list[tuple[MeanElements, Floats, float | None]]


def planes_of(scenario: Scenario) -> tuple[Plane, ...]:
    """The planes of a scenario's shells, numbered from 0.  Raises `ScenarioError` for an orbit that cannot be."""
    planes: list[Plane] = []
    for number, shell in enumerate(scenario.constellation.shells):
        place = f"constellation.shells.{number}"
        try:
            match shell:
                case WalkerShell():
                    made = _walker_planes(scenario, shell)
                case SunSynchronousShell():
                    made = _sun_synchronous_planes(scenario, shell)
                case CatalogueShell():
                    made = _catalogue_planes(scenario, shell)
        except ScenarioError:
            raise
        except InputError as error:
            raise ScenarioError([Fault("scenario", place, None, str(error))]) from error
        first = len(planes)
        for elements, phases, ltan in made:
            colocated = shell.formation == "cluster"
            places = np.full_like(phases, phases[0]) if colocated else phases
            mine = len(planes) - first
            name = f"{number}.{mine}"
            planes.append(Plane(len(planes), number, name, elements, places, colocated, ltan, mine))
    for number, park in enumerate(scenario.constellation.parking):
        planes += _parking_planes(scenario, number, park, planes)
    return tuple(planes)


def _parking_planes(scenario: Scenario, number: int, park: ParkingOrbits, planes: list[Plane]) -> list[Plane]:
    """The orbits of an entry of `constellation.parking`.  Raises `ScenarioError` where none ever meets its shell."""
    served = next(plane for plane in planes if plane.shell == park.shell and plane.parking is None)
    drift = 0.0
    found = []
    for mine in range(park.planes):
        raan = served.raan_deg + park.raan_offset_deg + mine * 360 / park.planes
        elements = orbit_elements(scenario.mission.start, park.altitude_km, served.inclination_deg, raan % 360)
        drift = secular_rates(elements).node_rad_per_day - secular_rates(served.elements).node_rad_per_day
        name = f"parking {number}.{mine}"
        first = len(planes) + mine
        found.append(Plane(first, park.shell, name, elements, np.empty(0), False, None, mine, number))
    if abs(drift) * scenario.mission.days < 1e-3:
        problem = (
            f"the node drifts by {np.degrees(drift) * DAYS_PER_YEAR:.2g} degrees a year against that of shell "
            f"{park.shell}: no spare ever reaches its planes; choose an altitude further from theirs"
        )
        place = f"constellation.parking.{number}.altitude_km"
        raise ScenarioError([Fault("scenario", place, park.altitude_km, problem)])
    return found


def plane_shadow(scenario: Scenario, plane: Plane, sun_km: Floats, grid: Floats) -> PlaneShadow:
    """The shadow as a plane meets it.  `sun_km` (n, 3): the Sun on the days of `grid` (n,), which bracket day 0."""
    rates = secular_rates(plane.elements)
    light, shell = scenario.light, scenario.constellation.shells[plane.shell]
    tilt, node = None, None
    if shell.node_keeping == "free":
        hours = plane.ltan_h if plane.ltan_h is not None else _local_time_h(plane, sun_km, grid)
        tilt, node = luni_solar_drift(
            hours,
            plane.altitude_km,
            plane.inclination_deg,
            grid,
            inclination_error_deg=shell.inclination_error_deg,
            node_rate_rad_per_day=rates.node_rad_per_day,
        )
    return PlaneShadow.build(
        rates.mean_radius_km,
        plane.elements.inclination_rad,
        plane.elements.raan_rad,
        rates.node_rad_per_day,
        rates.mean_motion_rad_per_day,
        sun_km,
        grid,
        shadow=Shadow(light.shadow),
        earth=EarthShape(light.earth),
        opaque_atmosphere_km=light.opaque_atmosphere_km,
        eccentricity=plane.elements.eccentricity,
        argument_of_perigee_rad=plane.elements.argument_of_perigee_rad,
        perigee_rate=rates.perigee_rad_per_day,
        node_offset_rad=node,
        inclination_offset_rad=tilt,
    )


def _local_time_h(plane: Plane, sun_km: Floats, grid: Floats) -> float:
    """Local time of a plane's node at day 0 by the true Sun, hours."""
    x, y = (np.interp(0.0, grid, sun_km[:, axis]) for axis in (0, 1))
    return float((12 + np.degrees(plane.elements.raan_rad - np.arctan2(y, x)) / 15) % 24)


def _walker_planes(scenario: Scenario, shell: WalkerShell) -> _Made:
    raans, phases = walker_raan_and_phase(
        shell.planes, shell.satellites_per_plane, shell.phasing, shell.raan_spread_deg
    )
    return [
        (
            orbit_elements(
                scenario.mission.start,
                shell.altitude_km,
                shell.inclination_deg,
                (shell.raan_deg + shell.node_offset_deg + raan) % 360,
                float(phase[0]),
                eccentricity=shell.eccentricity,
                argument_of_perigee_deg=shell.argument_of_perigee_deg,
            ),
            np.radians(phase) % TAU,
            None,
        )
        for raan, phase in zip(raans.tolist(), phases, strict=True)
    ]


def _sun_synchronous_planes(scenario: Scenario, shell: SunSynchronousShell) -> _Made:
    start = scenario.mission.start
    inclination = sun_synchronous_inclination_deg(shell.altitude_km, shell.eccentricity)
    made: _Made = []
    for plane in range(shell.planes):
        ltan = (shell.ltan_h + plane * shell.ltan_spacing_h + shell.node_offset_deg / 15) % 24
        elements = orbit_elements(
            start,
            shell.altitude_km,
            inclination,
            raan_of_ltan_deg(ltan, start),
            eccentricity=shell.eccentricity,
            argument_of_perigee_deg=shell.argument_of_perigee_deg,
        )
        made.append((elements, np.linspace(0.0, TAU, shell.satellites_per_plane, endpoint=False), ltan))
    return made


def chosen_entries(shell: CatalogueShell) -> list[CatalogueEntry]:
    """The element sets of a file, of the objects that a shell asks for.

    Raises `InputError` where there are none, or where one that is to be left out is not there.
    """
    named = [e for e in read_catalogue(Path(shell.file)) if shell.name_contains.upper() in e.name.upper()]
    if not named:
        raise InputError(f"{shell.file}: no object whose name contains {shell.name_contains!r}")
    excluded = {one.strip().upper() for one in shell.exclude}
    known = {name for entry in named for name in (entry.name.upper(), str(entry.norad_id))}
    if absent := sorted(excluded - known):
        raise InputError(f"{shell.file}: exclude: no object is called, or numbered, {', '.join(absent)}")
    entries = [e for e in named if not {e.name.upper(), str(e.norad_id)} & excluded]
    if not entries:
        raise InputError(f"{shell.file}: exclude: leaves no object")
    return entries


def gaps_of(shell: CatalogueShell) -> dict[str, float]:
    """Which gaps part the planes of an element file."""
    return {
        "inclination_gap_deg": shell.inclination_gap_deg,
        "mean_motion_gap_rev_per_day": shell.mean_motion_gap_rev_per_day,
        "raan_gap_deg": shell.raan_gap_deg,
    }


def _catalogue_planes(scenario: Scenario, shell: CatalogueShell) -> _Made:
    start = scenario.mission.start
    kept = [station_kept(entry) for entry in one_set_each(chosen_entries(shell), start)]
    groups = group_into_planes(kept, start, **gaps_of(shell))
    return [(group.elements, group.phases_rad, None) for group in groups]
