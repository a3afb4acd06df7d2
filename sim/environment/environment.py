"""The environment of a study: its sites and designs, and the light they work in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from sim.berths import PlaneLayout, layouts
from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.environment.campus import Hall, no_sun
from sim.environment.deployment import Flight, flights_of
from sim.environment.design import BIRTH_STEP_DAYS, Design
from sim.environment.drift import check_drift, drift_days
from sim.environment.filling import check_sizes, job_counts
from sim.environment.gangs import Gangs
from sim.environment.ground_link import GroundLink
from sim.environment.hardware import Sizes
from sim.environment.joined import JoinedPlanes, joined_planes
from sim.environment.keeping import OrbitKeeping
from sim.environment.light_windows import LightWindows, both_lit
from sim.environment.parts import Parts
from sim.environment.planes import Plane, planes_of
from sim.environment.radiation import Radiation
from sim.environment.rhythms import Rhythms
from sim.environment.site import Capacity, OrbitalPlane, Site
from sim.environment.sky import Sky
from sim.environment.sun_tables import SunTables, Table
from sim.environment.sunlight import Sunlight
from sim.errors import Fault, ScenarioError
from sim.events import ARRIVALS, EventKind, EventLog
from sim.scenario.models import FIRST_DESIGN, Scenario
from sim.scenario.size import too_large

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Light:
    """What a plane sees of the Sun over the mission."""

    sunlit_fraction: float
    """Mean share of the sunlight that arrives."""
    lowest_sunlit_fraction: float
    """The same on the darkest day."""
    eclipse_days_per_year: float
    """Days of a year with an eclipse."""
    longest_eclipse_min: float
    """Eclipse of an orbit on the darkest day, minutes."""


@dataclass(frozen=True, eq=False)
class Environment:
    """The physics of one scenario's mission: read-only, the same for all replicates and strategies."""

    scenario: Scenario
    planes: tuple[Plane, ...]
    sun: SunTables
    designs: tuple[Design, ...]
    """Kinds of satellite, in the order of `Scenario.design_names`: the first is what the fleet is deployed with."""
    sites: tuple[OrbitalPlane, ...]
    """The places where satellites work, in order of plane."""
    job_counts: tuple[int, ...]
    """Jobs of each description of the workload."""
    hall: Hall | None = None
    """The hall of a campus, in place of planes, designs and sites."""
    joined: tuple[JoinedPlanes, ...] = ()
    """The shells over whose planes a gang may lie."""

    @classmethod
    def build(cls, scenario: Scenario) -> Environment:
        """The environment of a scenario, its tables from disk where they lie there.

        Raises `ScenarioError` for what cannot be.
        """
        if scenario.campus is not None:
            days = np.arange(np.ceil(scenario.mission.days) + 1)
            counts = tuple(int(job.count) for job in scenario.workload.jobs)
            return cls(scenario, (), no_sun(days), (), (), counts, Hall(scenario, scenario.campus))
        planes = planes_of(scenario)
        _check_size(scenario, planes)
        check_sizes(scenario, [plane.slots for plane in planes])
        check_drift(scenario, planes)
        joined, _ = joined_planes(scenario, planes)
        light = Sunlight.of(scenario, planes)
        sun = light.sun
        designs = _designs(scenario, planes, light)
        berths = layouts(
            [plane.slots for plane in planes],
            _spare_berths(scenario, planes),
            [plane.address for plane in planes],
        )
        windows = LightWindows(planes, light.shadows, sun, scenario.mission.days + 1)
        built = cls(
            scenario=scenario,
            planes=planes,
            sun=sun,
            designs=designs,
            sites=tuple(
                OrbitalPlane(plane, layout, sun, designs, shadow, windows)
                for plane, layout, shadow in zip(planes, berths, light.shadows, strict=True)
            ),
            job_counts=job_counts(scenario, [plane.slots for plane in planes], [one.ids for one in joined]),
            joined=joined,
        )
        built.deployment_flights(spares_per_plane=0)  # whoever builds it hears of dates that cannot be
        return built

    def __reduce__(self) -> tuple[Callable[[Scenario], Environment], tuple[Scenario]]:
        # A worker maps the tables from disk instead of receiving a copy.
        return Environment.build, (self.scenario,)

    @property
    def horizon_days(self) -> float:
        """Length of the study, days."""
        return self.scenario.mission.days

    @property
    def days(self) -> Floats:
        """Mission days on which the steps of the tables begin, shape (n,)."""
        return self.sun.days

    @property
    def policy(self) -> str:
        """The eclipse policy."""
        return self.scenario.power.eclipse_policy

    @property
    def pauses(self) -> bool:
        """Whether GPUs stop from edge to edge."""
        return self.policy == "pause"

    @property
    def layouts(self) -> tuple[PlaneLayout, ...]:
        """The berths of each site: of each plane, or of the hall."""
        sites: tuple[Site, ...] = self.sites if self.hall is None else (self.hall,)
        return tuple(site.layout for site in sites)

    @property
    def shell_planes(self) -> tuple[Plane, ...]:
        """The planes in which satellites work: all but the parking orbits, which come last."""
        return tuple(plane for plane in self.planes if plane.parking is None)

    @property
    def planned_gpu_hours(self) -> float:
        """What the GPUs of all slots, filled with the first design, could do over the mission."""
        slots = sum(layout.slots for layout in self.layouts)
        return slots * self.scenario.satellite.gpus * self.horizon_days * HOURS_PER_DAY

    @property
    def slots(self) -> int:
        """Operational places of all planes."""
        return sum(plane.slots for plane in self.planes)

    def deployment_flights(self, spares_per_plane: int, spares_in_parking: int = 0) -> list[Flight]:
        """Planned flights of the initial fleet, in the order flown; spares of each plane and each parking orbit."""
        rooms = self.designs[0].satellites_per_flight
        spares = [spares_per_plane if plane.parking is None else spares_in_parking for plane in self.planes]
        return flights_of(self.scenario, self.planes, self.layouts, rooms, spares)

    # Light

    @property
    def sunlit(self) -> Table:
        """Share of an orbit's sunlight that arrives, shape (planes, n)."""
        return self.sun.sunlit

    @property
    def eclipse_minutes(self) -> Floats:
        """Eclipse per orbit on each day, edge to edge, minutes, shape (planes, n)."""
        return np.asarray(self.sun.dark * self.sun.period_s / 60)

    def light(self, plane: int) -> Light:
        """The light of a plane over the mission in a few numbers."""
        fine = self.designs[0].light.fine
        inside = fine.days < self.horizon_days
        sunlit = fine.sunlit[plane][inside]
        minutes = fine.half_arc_rad[plane][inside] / np.pi * self.planes[plane].period_min
        dark_days = np.count_nonzero(minutes > 0) / np.count_nonzero(inside) * DAYS_PER_YEAR
        return Light(float(sunlit.mean()), float(sunlit.min()), dark_days, float(minutes.max()))

    def eclipses(self, plane: int, slot: int, start_day: float, end_day: float) -> tuple[Floats, Floats]:
        """Entries and exits, mission days, of the satellite in a plane's slot between two days."""
        return self.sites[plane].eclipses(slot, start_day, end_day)

    def run_windows(self, place: int, slots: NDArray[np.intp], start: float, end: float) -> tuple[Floats, Floats]:
        """Starts and ends of the windows between two days in which a gang on these slots of a place may run."""
        parts = self.gangs.places.parts(place, slots)
        return reduce(both_lit, (self.sites[plane].run_windows(there, start, end) for plane, there, _ in parts))

    @property
    def parts(self) -> tuple[Parts, ...]:
        """The parts of each design's satellite, in the order of `Scenario.design_names`."""
        return tuple(made.parts for made in (self.designs if self.hall is None else (self.hall,)))

    @property
    def rooms(self) -> NDArray[np.int64]:
        """Satellites that a flight carries, shape (vehicles, designs, planes)."""
        if self.hall is not None:
            return np.zeros((1, 1, 1), np.int64)  # nothing flies
        return np.array([design.rooms for design in self.designs], np.int64).swapaxes(0, 1)

    def drift_days(self, vehicle: int, design: int, start: int, to: int, day: float) -> float | None:
        """Days in a vehicle's drift orbit after a launch to one plane until the node of another; none: out of reach."""
        drift = self.scenario.launch.services[vehicle].drift
        if drift is None:
            return None
        return drift_days(drift, self.designs[design].satellite.propulsion, self.planes[start], self.planes[to], day)

    # The design that the fleet is deployed with, for those who describe a mission

    @property
    def sizes(self) -> Sizes:
        """Its sizes."""
        return self.designs[0].sizes

    @property
    def keeping(self) -> OrbitKeeping:
        """What it takes to keep it in orbit."""
        return self.designs[0].keeping

    @property
    def radiation(self) -> Radiation:
        """What it takes up of radiation, storms apart."""
        return self.designs[0].radiation

    @cached_property
    def gangs(self) -> Gangs:
        """What jobs can do here, and what stops them."""
        return Gangs(self.scenario, self.planes, self.sun, self.designs, self.joined)

    @cached_property
    def rhythms(self) -> Rhythms:
        """When jobs checkpoint here."""
        return Rhythms(self.gangs)

    @cached_property
    def ground_link(self) -> GroundLink:
        """What its planes can send to the ground."""
        return GroundLink(self.scenario, self.sites)

    def capacities(self, events: EventLog) -> tuple[tuple[Capacity, ...], NDArray[np.intp]]:
        """The capacities that a run's satellites have, and which is whose, by serial number (-1: never arrived).

        A spare that came from a parking orbit works in the plane that it came to.
        """
        arrived = events.where(*ARRIVALS)
        moved = events.where(EventKind.ARRIVED)
        serials = int(events.satellite.max(initial=-1)) + 1
        capacity_of = np.full(serials, -1, np.intp)
        if len(arrived) == 0 or self.scenario.in_blocks:
            return (), capacity_of
        if self.hall is not None:
            capacity_of[:] = 0
            return (self.hall.capacity(0, 0.0),), capacity_of
        births = arrived.time_days // BIRTH_STEP_DAYS * BIRTH_STEP_DAYS
        plane_of = np.zeros(serials, np.int32)
        plane_of[arrived.satellite] = arrived.plane
        plane_of[moved.satellite] = moved.plane
        planes = plane_of[arrived.satellite]
        keys, index = np.unique(np.stack([planes, arrived.design, births]), axis=1, return_inverse=True)
        capacity_of[arrived.satellite] = index.ravel()
        found = (self.sites[int(plane)].capacity(int(design), float(birth)) for plane, design, birth in keys.T)
        return tuple(found), capacity_of


def _designs(scenario: Scenario, planes: tuple[Plane, ...], light: Sunlight) -> tuple[Design, ...]:
    """The designs of a scenario, all under the sky that a fleet of the first makes.

    Raises `ScenarioError`, at the design's own place, where the physics finds no size.
    """
    found: list[Design] = []

    def sky(sizes: Sizes, mass_kg: float) -> Sky | None:
        return found[0].sky if found else Sky.of(scenario, planes, sizes, mass_kg=mass_kg)

    for name in scenario.design_names:
        try:
            found.append(Design(scenario.with_design(name), name, planes, light, sky))
        except ScenarioError as error:
            if name == FIRST_DESIGN:
                raise
            # It was looked at as the satellite of a scenario of its own.
            place = f"designs.{name}"
            faults = [replace(one, path=re.sub(rf"^{FIRST_DESIGN}\b", place, one.path)) for one in error.faults]
            raise ScenarioError(faults) from None
    return tuple(found)


def _spare_berths(scenario: Scenario, planes: tuple[Plane, ...]) -> list[int]:
    """Places for spares in each plane."""
    constellation = scenario.constellation
    return [
        constellation.spare_berths_per_plane if at is None else constellation.parking[at].berths_per_plane
        for at in (plane.parking for plane in planes)
    ]


def _check_size(scenario: Scenario, planes: tuple[Plane, ...]) -> None:
    """Raises `ScenarioError` where the planes, those of catalogues among them, are more than memory holds."""
    problem = too_large(
        planes=len(planes),
        berths=sum(plane.slots for plane in planes) + sum(_spare_berths(scenario, planes)),
        positions=max(scenario.design(name).positions for name in scenario.design_names),
        days=scenario.mission.days / scenario.table_step_days,
        designs=len(scenario.design_names),
    )
    if problem:
        raise ScenarioError([Fault("scenario", "", None, problem)])
