"""What gangs can do in an environment: how fast they work, and what stops them.

Everything here is computed on demand for the composition of a gang, and what is kept is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.environment.design import Design
from sim.environment.gang_speed import communication_share, daily_speed
from sim.environment.interruption_rates import InterruptionRates, RatesOfMake, UnitRates
from sim.environment.interruptions import (
    DailyRates,
    InterruptionCause,
    Per,
    base_rates,
    grows,
    interruption_causes,
    resets_per_day,
    retries_per_day,
    storm_rates,
    throughput,
)
from sim.environment.joined import JoinedPlanes
from sim.environment.places import Places
from sim.environment.planes import Plane
from sim.environment.radiation import Radiation
from sim.environment.recent import Recent
from sim.environment.saa_passes import Passes, PassesOfPlanes, block_means
from sim.environment.sun_tables import SunTables
from sim.scenario.models import Scenario
from sim.workloads import Hardware, JobFigures, TrainingJob, WorkTable, job_figures

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

Make = tuple[int, int]
"""Of a satellite: its design, and the first day of the month of its birth."""
FIRST_NEW: Make = (0, 0)
"""A satellite of the first design, new on mission day 0."""
PHASES = 256
"""Satellites closer than this part of an orbit, 22 s of flight, meet a pass together."""
DOSES_KEPT_BYTES = 64e6
"""Memory for what satellites meet in passes, by phase and day: 87 planes of 50 satellites over five years."""


@dataclass(frozen=True, eq=False)
class Gangs:
    """Jobs in one environment: the same for all replicates and strategies.  Where they lie is a place: see `Places`."""

    scenario: Scenario
    planes: tuple[Plane, ...]
    sun: SunTables
    designs: tuple[Design, ...]
    """Kinds of satellite; figures of a job that does not run yet are of the first."""
    joined: tuple[JoinedPlanes, ...] = ()
    """Planes over which a gang may lie, that no plane holds."""

    @property
    def radiation(self) -> Radiation:
        """What the first design takes up of radiation, storms apart."""
        return self.designs[0].radiation

    # How fast they work

    @cached_property
    def places(self) -> Places:
        """Where gangs may lie."""
        return Places(self.planes, self.joined, self.scenario.satellite.gpus)

    def speed(self, place: int, makes: Sequence[Make], slots: Ints) -> WorkTable:
        """Speed by day of a gang on satellites of these makes, in these slots of a place, while it may run.

        See `daily_speed`; what communication and interruptions cost is left aside.
        """
        policy = self.scenario.power.eclipse_policy
        parts = []
        for plane, there, which in self.places.parts(place, slots):
            keys = tuple(sorted({makes[one] for one in which.tolist()}))
            at = self.planes[plane].phases_rad[there]
            phases = tuple(np.unique(at).tolist()) if policy in ("ride_through", "throttle") else ()
            parts.append((plane, keys, phases))
        satellites = len(slots) if policy == "migrate" else 1

        def make() -> WorkTable:
            made = []
            for plane, keys, phases in parts:
                performances = [self.designs[design].performance(plane, birth) for design, birth in keys]
                made.append((self.planes[plane], performances, np.array(phases)))
            speed = daily_speed(self.scenario, self.sun, made, satellites)
            return WorkTable(self.radiation.day_by_day(speed))

        return self._speeds.get((tuple(parts), satellites), make)

    @cached_property
    def _speeds(self) -> Recent[tuple[tuple[tuple[int, tuple[Make, ...], tuple[float, ...]], ...], int], WorkTable]:
        return Recent(512)

    def communication(self, job: TrainingJob, satellites: int, place: int = 0, planes: int = 1) -> float:
        """Share of its time that a gang over so many satellites computes rather than talks, link outages included.

        `planes`: over how many of a place's planes it lies.
        """
        own = self.figures(job)

        def make() -> float:
            crossing = self.places.at(place).crossing(planes) if planes > 1 else None
            return communication_share(self.scenario, job, own, satellites, crossing)

        return self._talk.get((job, satellites, place if planes > 1 else 0, planes), make)

    def communication_afresh(self, job: TrainingJob) -> float:
        """The same of a gang that is formed of whole satellites, in as few planes as hold it."""
        satellites = ceil(job.gpus / self.scenario.satellite.gpus)
        if not self.places.spans(job.gpus):
            return self.communication(job, satellites)
        return max(self.communication(job, satellites, one.place, one.planes_for(satellites)) for one in self.joined)

    def figures(self, job: TrainingJob) -> JobFigures:
        """What a job is, given or by its model, on satellites of the first design."""
        return self._figures.get(job, lambda: job_figures(job, self._hardware))

    @cached_property
    def _figures(self) -> Recent[TrainingJob, JobFigures]:
        return Recent(1024)

    @cached_property
    def _hardware(self) -> Hardware:
        satellite = self.scenario.satellite
        links = satellite.links
        return Hardware(
            peak_pflops=satellite.gpu.peak_pflops,
            gpus_per_satellite=satellite.gpus,
            own_gb_s=links.storage_rate_gb_s,
            peer_gb_s=links.rate_gb_s * links.efficiency,
            ground_gb_s=links.ground_rate_gb_s,
        )

    @cached_property
    def _talk(self) -> Recent[tuple[TrainingJob, int, int, int], float]:
        return Recent(1024)

    def undisturbed(self, place: int, makes: Sequence[Make], units: Ints) -> float:
        """Share of its computing that counts: what mitigation of soft errors and retried steps leave.

        Satellites in columns, `units` of shape (kinds, satellites).  Planes that are joined are alike in this.
        """
        plane = self.places.first_plane(place)
        per_day = 0.0
        for design in sorted({design for design, _ in makes}):
            steps = self._retries(plane, design)
            if steps.any():
                of = np.array([one == design for one, _ in makes])
                per_day += float(steps @ units[:, of].sum(axis=1))
        retried = min(1.0, per_day * self.scenario.radiation.retry_s / 86400)
        return self._throughput * (1 - retried)

    @cached_property
    def _throughput(self) -> float:
        return throughput(self.scenario)

    def _retries(self, plane: int, design: int) -> Floats:
        """Steps that a unit of each kind makes its gang try again, a day, shape (kinds,)."""
        radiation, scenario = self.designs[design].radiation, self.designs[design].scenario
        key = design, int(radiation.exposure_index[plane])
        return self._kept_retries.get(key, lambda: retries_per_day(scenario, radiation, plane))

    @cached_property
    def _kept_retries(self) -> Recent[tuple[int, int], Floats]:
        return Recent(1024)

    # What stops a gang without breaking anything

    def units(self, gpus: Ints, makes: Sequence[Make]) -> Ints:
        """Units of each kind that a gang has on satellites on which it holds so many GPUs, shape (kinds, satellites).

        The job itself counts with its first satellite.
        """
        hosts = -(-gpus // np.array([self._per_host[design] for design, _ in makes]))
        found = np.zeros((len(Per), len(gpus)), np.intp)
        found[Per.GPU], found[Per.HOST], found[Per.SATELLITE] = gpus, hosts, 1
        found[Per.JOB, :1] = 1
        return found

    @cached_property
    def _per_host(self) -> list[int]:
        return [design.satellite.gpus_per_host for design in self.designs]

    def fresh_units(self, job: TrainingJob) -> Ints:
        """Units of each kind of a gang as it is formed: on whole satellites, and the rest on one; shape (kinds,)."""
        aboard = self.scenario.satellite.gpus
        whole, rest = divmod(job.gpus, aboard)
        one, last = (self.units(np.array([gpus]), [FIRST_NEW])[:, 0] for gpus in (aboard, rest))
        found = whole * one + (last if rest else 0)
        found[Per.JOB] = 1
        return np.asarray(found, np.intp)

    @cached_property
    def causes(self) -> tuple[InterruptionCause, ...]:
        """All kinds of interruption, in the order of the tables."""
        return interruption_causes(self.scenario)

    @cached_property
    def late(self) -> NDArray[np.bool_]:
        """Which kinds of interruption are noticed late, shape (causes,)."""
        return np.array([cause.late for cause in self.causes], bool)

    @cached_property
    def restart_days(self) -> Floats:
        """What the recovery of each kind adds to a restart, shape (causes,)."""
        return np.array([cause.restart_days for cause in self.causes])

    @cached_property
    def _grow(self) -> NDArray[np.bool_]:
        return grows(self.radiation, self.causes)

    def daily_rates(self, plane: int, make: Make = FIRST_NEW) -> DailyRates:
        """Interruptions of a unit and day, for satellites of a make in a plane; not kept."""
        design, key = self.designs[make[0]], float(make[1])
        rates = base_rates(design.scenario, design.radiation, self.causes, plane)
        growth = design.radiation.day_by_day(design.radiation.memory_growth(plane, key))
        growth = np.where(self._grow[:, None], growth, 1.0)
        steady = rates.steady * growth
        edges = np.arange(steady.shape[-1] + 1.0)
        for position, cause in enumerate(self.causes):
            if cause.resets:
                steady[position] = resets_per_day(self.scenario, key, design.performance(plane, key).stress, edges)
        return DailyRates(rates.in_passes * growth, steady)

    def passes(self, place: int) -> Passes:
        """When the satellites of a place meet the Anomaly."""
        if place >= len(self.planes):
            one = self.places.at(place)
            nodes = self.radiation.node_rad[list(one.ids)]
            return self._passes.get(place, lambda: PassesOfPlanes.of(self.passes(one.ids[0]), nodes))
        radiation, plane = self.radiation, place
        return self._passes.get(
            plane,
            lambda: Passes(
                radiation.exposure(plane).profile,
                float(radiation.period_days[plane]),
                float(radiation.node_rad[plane]),
                float(radiation.turn_rad[plane]),
                self.scenario.mission.days,
            ),
        )

    @cached_property
    def _passes(self) -> Recent[int, Passes]:
        phases = min(PHASES, max(plane.slots for plane in self.planes))
        return Recent(max(4, int(DOSES_KEPT_BYTES / (8 * phases * self.scenario.mission.days))))

    def _unit_rates(self, plane: int, design: int) -> UnitRates:
        """Rates by block of a design in a plane: planes of one geometry and period share them."""
        radiation, scenario = self.designs[design].radiation, self.designs[design].scenario
        key = design, int(radiation.exposure_index[plane]), float(radiation.period_days[plane])

        def make() -> UnitRates:
            daily = base_rates(scenario, radiation, self.causes, plane)
            storms = storm_rates(radiation, self.causes, plane)
            return UnitRates.of(self.causes, daily, self.passes(plane).block_edges, self._grow, storms)

        return self._by_orbit.get(key, make)

    @cached_property
    def _by_orbit(self) -> Recent[tuple[int, int, float], UnitRates]:
        return Recent(64)

    def _growth(self, plane: int, design: int, birth: int) -> Floats | None:
        """Factor by block on the causes that grow, for chips born in a month; none where it is 1 throughout."""
        passes, radiation = self.passes(plane), self.designs[design].radiation

        def make() -> Floats | None:
            growth = radiation.day_by_day(radiation.memory_growth(plane, float(birth)))
            return block_means(growth, passes.block_edges) if self._grow.any() and growth.max() > 1 else None

        key = design, int(radiation.exposure_index[plane]), passes.period_days, birth
        return self._growths.get(key, make)

    @cached_property
    def _growths(self) -> Recent[tuple[int, int, float, int], Floats | None]:
        return Recent(512)

    def _resets(self, plane: int, design: int, birth: int) -> Floats | None:
        """Resets of a chip and day by block, for chips born in a month; none where there are none."""
        if self.scenario.reliability.resettable_fraction == 0:
            return None
        edges = self.passes(plane).block_edges

        def make() -> Floats:
            stress = self.designs[design].performance(plane, birth).stress
            return resets_per_day(self.scenario, float(birth), stress, edges)

        return self._reset_rates.get((plane, design, birth), make)

    @cached_property
    def _reset_rates(self) -> Recent[tuple[int, int, int], Floats]:
        return Recent(1024)

    def rates(
        self, place: int, slots: Ints, makes: Sequence[Make], units: Ints, storm_fluence: Callable[[Floats], Floats]
    ) -> InterruptionRates:
        """What can interrupt a gang; its satellites in columns, `units` of shape (kinds, satellites).

        `storm_fluence`: of solar storms, mean a day over the spans between some days.
        """
        phases, planes = np.empty(len(slots)), np.empty(len(slots), np.intp)
        for plane, there, which in self.places.parts(place, slots):
            phases[which] = np.round(self.planes[plane].phases_rad[there] * (PHASES / (2 * np.pi)))
            planes[which] = plane
        phases *= 2 * np.pi / PHASES
        if place >= len(self.planes):
            phases = PassesOfPlanes.place_rad(phases, planes - self.places.first_plane(place))
        alike: dict[tuple[float, int, Make], int] = {}
        keys = zip(phases.tolist(), planes.tolist(), makes, strict=True)
        group = [alike.setdefault(key, len(alike)) for key in keys]
        counts = units.T.astype(float)
        if len(alike) < len(group):
            counts = np.zeros((len(alike), len(Per)))
            np.add.at(counts, group, units.T)
        made = [(plane, make) for _, plane, make in alike]
        return InterruptionRates(
            phases_rad=np.array([at for at, _, _ in alike]),
            counts=counts,
            makes=[
                RatesOfMake(
                    np.array([number for number, one in enumerate(made) if one == (plane, make)], np.intp),
                    self._unit_rates(plane, make[0]),
                    self._growth(plane, *make),
                    self._resets(plane, *make),
                )
                for plane, make in sorted(set(made))
            ],
            fluence_per_day=storm_fluence(self.passes(place).block_edges),
        )

    # How often a gang is stopped

    def per_day(self, plane: int, job: TrainingJob) -> dict[int, float]:
        """Mean interruptions of a fresh gang a day over the mission by cause, storms apart."""
        units, found = self.fresh_units(job), dict[int, float]()
        daily = self.daily_rates(plane)
        for cause, rate in zip(self.causes, (daily.in_passes + daily.steady).mean(axis=1).tolist(), strict=True):
            found[cause.cause] = found.get(cause.cause, 0.0) + rate * int(units[cause.per])
        return found

    def mtbf_days(self, job: TrainingJob, plane: int = 0) -> float:
        """Mean time between a gang's interruptions, days; infinite where nothing stops it.

        Losses at the mean hazard over the design life of its GPUs, of the fewest satellites that carry them, and of the
        groups aboard; interruptions at their mean over the mission, in one plane.
        """
        satellite, reliability = self.scenario.satellite, self.scenario.reliability
        life = satellite.design_life_years * DAYS_PER_YEAR
        satellites = ceil(job.gpus / satellite.gpus)
        known = min(life, self.scenario.mission.days)
        aged = float(self.designs[0].performance(plane, 0.0).stress.at(known) / known) * life
        gpu = reliability.gpu.after_burn_in(reliability.gpu_burn_in_days)
        rate = job.gpus * (1 - reliability.resettable_fraction) * float(gpu.cumulative_hazard(aged)) / life
        rate += satellites * reliability.bus.mean_rate_per_day(life)
        for group in reliability.groups.values():
            spans = satellites if group.gpus == "all" else ceil(job.gpus / group.gpus)
            if group.units == group.needed:  # with units in reserve a group outlives its mission or nearly
                law = group.law.after_burn_in(group.burn_in_days)
                rate += spans * group.units * float(law.cumulative_hazard(aged if group.stressed else life)) / life
        rate += sum(self.per_day(plane, job).values())
        return max(1 / rate, 1e-9) if rate > 0 else inf  # the floor keeps absurd laws from dividing by zero
