"""The environment of a study: planes, light, what satellites can do in it, and what keeps them there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.environment.cache import Tables, key_of, tables
from sim.environment.gangs import Gangs
from sim.environment.hardware import Sizes, Sky, Table
from sim.environment.keeping import Keeping, keep, years_aloft
from sim.environment.light_windows import LightWindows
from sim.environment.operation import Operation, operate
from sim.environment.planes import Plane, plane_shadow, planes_of
from sim.environment.radiation import Radiation
from sim.ephemeris import sun_teme_km
from sim.events import EventKind, EventLog
from sim.fleet import PlaneLayout, layouts
from sim.physics.eclipse import PlaneShadow, daily_light
from sim.reliability import Clock
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

BIRTH_STEP_DAYS = 30.0
"""Satellites born within a month share a table: their arrays and batteries are taken as up to a month older."""


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


@dataclass(frozen=True)
class Capacity:
    """Share of GPUs that light, power and heat let run: a step function of time, right-continuous.

    For a co-located plane that pauses its edges are those of the eclipses; otherwise it is the orbit's mean, day by
    day.  The sum over n satellites spread evenly around a plane strays from that by less than one satellite.
    """

    times_days: Floats
    values: Floats


@dataclass(frozen=True, eq=False)
class Environment:
    """The physics of one scenario's mission: read-only, the same for all replicates and strategies."""

    scenario: Scenario
    planes: tuple[Plane, ...]
    sky: Sky
    sizes: Sizes
    keeping: Keeping
    layouts: tuple[PlaneLayout, ...]
    """The berths of each plane."""
    _shadows: tuple[PlaneShadow, ...]
    _operations: dict[int, Operation] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, scenario: Scenario) -> Environment:
        """The environment of a scenario, its tables from disk where they lie there.

        Raises `ScenarioError` for what cannot be.
        """
        planes = planes_of(scenario)
        days = np.arange(np.ceil(scenario.mission.days) + 1)
        grid = np.arange(-2.0, days[-1] + 3)  # eclipses at the very ends need the Sun beyond them

        def make() -> Tables:
            sun = sun_teme_km(scenario.mission.start, grid)
            light = daily_light((plane_shadow(scenario, plane, sun, grid) for plane in planes), days)
            sky = _sky(planes, days, {**vars(light), "sun_teme_km": sun})
            sizes = Sizes.of(scenario, sky)
            return {**vars(light), "sun_teme_km": sun, "years_aloft": years_aloft(scenario, planes, sizes, days)}

        found = tables(key_of(scenario), make)
        sky = _sky(planes, days, found)
        sizes = Sizes.of(scenario, sky)
        sun = np.asarray(found["sun_teme_km"], float)
        spare_berths = scenario.constellation.spare_berths_per_plane
        return cls(
            scenario=scenario,
            planes=planes,
            sky=sky,
            sizes=sizes,
            keeping=keep(scenario, planes, sky, sizes, np.asarray(found["years_aloft"], float)),
            layouts=layouts([plane.slots for plane in planes], spare_berths),
            _shadows=tuple(plane_shadow(scenario, plane, sun, grid) for plane in planes),
        )

    def __reduce__(self) -> tuple[Callable[[Scenario], Environment], tuple[Scenario]]:
        # A worker maps the tables from disk instead of receiving a copy.
        return Environment.build, (self.scenario,)

    # Light

    @property
    def horizon_days(self) -> float:
        """Length of the study, days."""
        return self.scenario.mission.days

    @property
    def days(self) -> Floats:
        """Mission days of the daily tables, shape (n,)."""
        return self.sky.days

    @property
    def sunlit(self) -> Table:
        """Share of an orbit's sunlight that arrives, shape (planes, n)."""
        return self.sky.sunlit

    @property
    def policy(self) -> str:
        """The eclipse policy."""
        return self.scenario.power.eclipse_policy

    @property
    def pauses(self) -> bool:
        """Whether GPUs stop from edge to edge."""
        return self.policy == "pause"

    @property
    def slots(self) -> int:
        """Operational places of all planes."""
        return sum(plane.slots for plane in self.planes)

    @property
    def eclipse_minutes(self) -> Floats:
        """Eclipse per orbit on each day, edge to edge, minutes, shape (planes, n)."""
        return np.asarray(self.sky.dark * self.sky.period_s / 60)

    def light(self, plane: int) -> Light:
        """The light of a plane over the mission in a few numbers."""
        inside = self.days < self.horizon_days
        sunlit = self.sunlit[plane][inside]
        minutes = self.sky.half_arc_rad[plane][inside] / np.pi * self.planes[plane].period_min
        dark_days = np.count_nonzero(minutes > 0) / np.count_nonzero(inside) * DAYS_PER_YEAR
        return Light(float(sunlit.mean()), float(sunlit.min()), dark_days, float(minutes.max()))

    def eclipses(self, plane: int, slot: int, start_day: float, end_day: float) -> tuple[Floats, Floats]:
        """Entries and exits, mission days, of the satellite in a plane's slot between two days."""
        return self._shadows[plane].eclipses(self.planes[plane].phases_rad[slot], start_day, end_day)

    def run_windows(self, plane: int, slots: NDArray[np.intp], start: float, end: float) -> tuple[Floats, Floats]:
        """Starts and ends of the stretches between two days in which a gang on these slots of a plane may run.

        All its satellites must be in light where the policy is `pause`; otherwise it is one stretch.
        """
        if not self.pauses or end <= start:
            keep_ = slice(0, 1 if end > start else 0)
            return np.array([start])[keep_], np.array([end])[keep_]
        return self._windows.between(plane, np.unique(self.planes[plane].phases_rad[slots]), start, end)

    @cached_property
    def _windows(self) -> LightWindows:
        return LightWindows(self._shadows, [plane.phases_rad for plane in self.planes], self.horizon_days + 1)

    # What a satellite can do

    def operation(self, birth_day: float) -> Operation:
        """Satellites born on a day, in every plane."""
        key = self.birth_key(birth_day)
        if key not in self._operations:
            operation = operate(self.scenario, self.sky, self.sizes, float(key))
            if self.scenario.radiation.wear.derating_per_krad > 0:
                operation = self._worn(operation, key)
            self._operations[key] = operation
        return self._operations[key]

    def _worn(self, operation: Operation, birth_key: int) -> Operation:
        """An operation with the frequency that dose takes off."""
        since = len(self.days) - len(operation.days)
        share = np.array([self.radiation.frequency(p.id, birth_key)[since:] for p in self.planes], np.float32)
        return replace(operation, light_speed=operation.light_speed * share, dark_speed=operation.dark_speed * share)

    @cached_property
    def radiation(self) -> Radiation:
        """Radiation of all planes, storms apart."""
        return Radiation.of(self.scenario, self.planes, self.days)

    @cached_property
    def gangs(self) -> Gangs:
        """What jobs can do here, and what stops them."""
        return Gangs(
            self.scenario, self.planes, self.sky, self.radiation, self.birth_key, self.operation, self.stress_clock
        )

    def stress_clock(self, plane: int, birth_day: float) -> Clock:
        """Effective age of electronics at work since a birth on a day, by heat and thermal cycles."""
        key = plane, self.birth_key(birth_day)
        if key not in self._stress:
            operation = self.operation(birth_day)
            pace = self.scenario.reliability.stress.pace(
                operation.junction_c[plane].astype(float),
                operation.swing_k[plane].astype(float),
                operation.cycles[plane].astype(float),
            )
            days = np.append(operation.days, operation.days[-1] + 1)
            self._stress[key] = Clock(days, np.concatenate([[0.0], np.cumsum(pace)]))
        return self._stress[key]

    @cached_property
    def _stress(self) -> dict[tuple[int, int], Clock]:
        return {}

    def birth_key(self, birth_day: float) -> int:
        """First day of the birth's month: the day its tables begin with."""
        return int(birth_day // BIRTH_STEP_DAYS * BIRTH_STEP_DAYS)

    def life_end_day(self, plane: int, birth_day: float) -> tuple[float, bool]:
        """Day on which a satellite's life ends by plan, and whether propellant, not the design life, ends it."""
        design = birth_day + self.scenario.satellite.design_life_years * DAYS_PER_YEAR
        dry = self.keeping.dry_day(plane, birth_day)
        return min(design, dry), dry < design

    def capacities(self, events: EventLog) -> tuple[tuple[Capacity, ...], NDArray[np.intp]]:
        """The capacities that a run's satellites have, and which is whose, by serial number (-1: never arrived)."""
        arrived = events.where(EventKind.DELIVERED, EventKind.STORED)
        serials = int(events.satellite.max(initial=-1)) + 1
        whose = np.full(serials, -1, np.intp)
        if len(arrived) == 0:
            return (), whose
        births = arrived.time_days // BIRTH_STEP_DAYS * BIRTH_STEP_DAYS
        keys, index = np.unique(np.stack([arrived.plane, births]), axis=1, return_inverse=True)
        whose[arrived.satellite] = index.ravel()
        return tuple(self.capacity(int(plane), float(birth)) for plane, birth in keys.T), whose

    def capacity(self, plane: int, birth_day: float) -> Capacity:
        """The share of its GPUs that a satellite of a plane, born on a day, can run."""
        key = plane, self.birth_key(birth_day)
        if key not in self._capacities:
            self._capacities[key] = self._capacity(*key)
        return self._capacities[key]

    @cached_property
    def _capacities(self) -> dict[tuple[int, int], Capacity]:
        return {}

    def _capacity(self, plane: int, birth_key: int) -> Capacity:
        operation = self.operation(birth_key)
        light, dark = operation.light_speed[plane], operation.dark_speed[plane]
        share = self.sky.dark[plane, -len(operation.days) :]
        if self.pauses and self.planes[plane].colocated:
            entries, exits = self.eclipses(plane, 0, float(birth_key), self.horizon_days)
            times = np.concatenate([operation.days, entries, exits])
            order = np.argsort(times, kind="stable")
            times = times[order]
            lit = np.cumsum(
                np.concatenate([np.zeros(len(operation.days)), -np.ones_like(entries), np.ones_like(exits)])[order]
            )
            values = (1 + lit) * light[np.clip((times - birth_key).astype(int), 0, len(light) - 1)]
        else:
            times, values = operation.days, (1 - share) * light + share * dark
        last = np.append(times[1:] > times[:-1], True)  # of steps at one time the last holds
        times, values = times[last], values[last]
        changed = np.flatnonzero(np.diff(values, prepend=np.nan))
        return Capacity(times[changed], values[changed])


def _sky(planes: tuple[Plane, ...], days: Floats, found: Tables) -> Sky:
    """The daily tables of light, as they were made or mapped."""
    return Sky(
        days=days,
        beta_rad=found["beta_rad"],
        half_arc_rad=found["shadow_half_arc_rad"],
        sunlit=found["sunlit_fraction"],
        sun_km=np.asarray(found["sun_distance_km"], float),
        altitude_km=np.array([[plane.altitude_km] for plane in planes]),
        period_s=np.array([[plane.period_min * 60] for plane in planes]),
    )
