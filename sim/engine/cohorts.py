"""Cohorts: satellites that arrived together, as columns, and the sorted ends of everything aboard."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.engine.births import Births, Part
from sim.events import Cause
from sim.reliability import Exponential, Life
from sim.scenario.models import Reliability

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BUS = -1
END_OF_LIFE = -2
DEBRIS = -3
"""In the column of units of a cohort's schedule: not a GPU, but the bus, the planned end of life, or a hit."""


@dataclass(frozen=True)
class Built:
    """A satellite on its way: its serial number and its address, the berth it was built for and its ordinal there."""

    serial: int
    """Counted in order of launch; -1 until then."""
    berth: int
    ordinal: int
    relieves: bool = False
    """Ordered while its slot was filled, to take over from the satellite there."""


@dataclass
class Cohort:
    """The satellites of one delivery.  Arrays have one entry a satellite unless said otherwise."""

    built: list[Built]
    birth_day: float
    life_end_day: float
    berth: list[int]
    """Where each is now; -1 while it is on its way from a spare berth to a slot, or gone."""
    bound_for: list[int]
    """The slot it is on its way to; -1 otherwise."""
    gone: list[bool]
    alive: NDArray[np.bool_]
    """GPUs alive, shape (satellites, GPUs)."""
    gpu_life: Life
    """Where the GPUs of each satellite stand on their clock."""
    gpu_luck: tuple[Ints, Ints, Floats]
    """(satellite, unit, E) of the GPUs that can fail before the satellite's end."""
    bus_day: Floats
    """Mission day of the bus failure; infinite if beyond the satellite's end."""
    hit_day: Floats
    """Mission day on which debris ends it; infinite likewise."""
    planned_end: Cause = Cause.END_OF_LIFE
    """Why its life ends by plan: design life, or propellant."""
    generation: int = 0
    """Counts the schedules made; a process that walks an older one stops."""
    days: list[float] = field(default_factory=list)
    satellites: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    """The schedule: day, satellite, and GPU number or `BUS` or `END_OF_LIFE`, in order of time."""

    @classmethod
    def born(
        cls,
        built: list[Built],
        places: list[int],
        stored: NDArray[np.bool_],
        births: Births,
        plane: int,
        first_berth: int,
        birth_day: float,
        life_end_day: float,
        horizon_days: float,
        gpus: int,
        reliability: Reliability,
        collisions_per_year: float,
    ) -> Cohort:
        """Give these satellites their luck.  `stored` tells the dormant spares among them."""
        end = min(life_end_day, horizon_days)
        berths = np.array([b.berth for b in built]) - first_berth
        ordinals = np.array([b.ordinal for b in built])
        new = Life.born(np.full(len(built), birth_day))
        bus_bound = new.hazard_until(reliability.bus, end)
        # A dormant clock runs slower, but may carry a hazard that falls with age into dates of a higher factor.
        gpu_bound = np.where(
            stored, reliability.gpu.most_hazard(end - birth_day), new.hazard_until(reliability.gpu, end)
        )
        buses, _, bus_luck = births.units(Part.BUS, plane, berths, ordinals, bus_bound)
        bus_day = np.full(len(built), np.inf)
        bus_day[buses] = new.take(buses).failure_day(reliability.bus, bus_luck)
        hit_day = np.full(len(built), np.inf)
        if collisions_per_year > 0:
            debris = Exponential(rate_per_year=collisions_per_year)
            hit, _, luck = births.units(Part.DEBRIS, plane, berths, ordinals, new.hazard_until(debris, end))
            hit_day[hit] = new.take(hit).failure_day(debris, luck)
        pace = np.where(stored, reliability.dormancy_factor, 1.0)
        cohort = cls(
            built=built,
            birth_day=birth_day,
            life_end_day=life_end_day,
            berth=list(places),
            bound_for=[-1] * len(built),
            gone=[False] * len(built),
            alive=np.ones((len(built), gpus), bool),
            gpu_life=Life.born(np.full(len(built), birth_day), pace),
            gpu_luck=births.units(Part.GPU, plane, berths, ordinals, gpu_bound),
            bus_day=bus_day,
            hit_day=hit_day,
        )
        cohort.schedule(reliability, horizon_days)
        return cohort

    def schedule(self, reliability: Reliability, horizon_days: float) -> None:
        """Sort the ends of everything still alive; ends at or beyond the horizon are left out."""
        satellites, units, luck = self.gpu_luck
        gone = np.asarray(self.gone)
        up = self.alive[satellites, units] & ~gone[satellites]
        satellites, units, luck = satellites[up], units[up], luck[up]
        here = np.flatnonzero(~gone)
        days = np.concatenate(
            [
                self.gpu_life.take(satellites).failure_day(reliability.gpu, luck),
                self.bus_day[here],
                np.full(len(here), self.life_end_day),
                self.hit_day[here],
            ]
        )
        whose = np.concatenate([satellites, here, here, here])
        which = np.concatenate([units, np.repeat([BUS, END_OF_LIFE, DEBRIS], len(here))])
        soon = np.flatnonzero(days < horizon_days)
        order = soon[np.argsort(days[soon], kind="stable")]
        self.days, self.satellites, self.units = days[order].tolist(), whose[order].tolist(), which[order].tolist()
        self.generation += 1

    def wake(self, satellite: int, day: float, reliability: Reliability, horizon_days: float) -> None:
        """A dormant satellite begins to work: carry its GPUs' hazard forward and invert again at full pace."""
        pace = self.gpu_life.pace.copy()
        pace[satellite] = 1.0
        # Splitting the others' lives here as well changes nothing: hazard is additive.
        self.gpu_life = self.gpu_life.at(reliability.gpu, np.full(len(self.built), day), pace)
        self.schedule(reliability, horizon_days)
