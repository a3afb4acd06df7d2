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
from sim.environment.design import Performance, birth_key
from sim.environment.gang_speed import communication_share, daily_speed
from sim.environment.hardware import SunTables
from sim.environment.interruption_rates import BirthMonth, InterruptionRates, UnitRates
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
from sim.environment.planes import Plane
from sim.environment.radiation import Radiation
from sim.environment.recent import Recent
from sim.environment.saa_passes import Passes, block_means
from sim.reliability import Ageing, Clock, Life
from sim.scenario.models import Scenario
from sim.workloads import Rhythm, TrainingJob, WorkTable

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

PHASES = 256
"""Satellites closer than this part of an orbit, 22 s of flight, meet a pass together."""
DOSES_KEPT_BYTES = 64e6
"""Memory for what satellites meet in passes, by phase and day: 87 planes of 50 satellites over five years."""
AHEAD_DAYS = 30.0
"""Checkpoints are set by the interruptions expected over so many days to come."""


@dataclass(frozen=True, eq=False)
class Gangs:
    """Jobs in one environment: the same for all replicates and strategies."""

    scenario: Scenario
    planes: tuple[Plane, ...]
    sun: SunTables
    radiation: Radiation
    performance: Callable[[int, float], Performance]
    """What satellites can do, by plane and day of birth."""

    # How fast they work

    def speed(self, plane: int, births: Sequence[float], slots: Ints) -> WorkTable:
        """Speed by day of a gang on these slots of a plane, its satellites born on these days, while it may run.

        See `daily_speed`; what communication and interruptions cost is left aside.
        """
        policy = self.scenario.power.eclipse_policy
        keys = tuple(sorted({birth_key(birth) for birth in births}))
        places = self.planes[plane].phases_rad[slots]
        phases = tuple(np.unique(places).tolist()) if policy in ("ride_through", "throttle") else ()
        satellites = len(slots) if policy == "migrate" else 1

        def make() -> WorkTable:
            performances = [self.performance(plane, key) for key in keys]
            return WorkTable(
                daily_speed(self.scenario, self.sun, self.planes[plane], performances, np.array(phases), satellites)
            )

        return self._speeds.get((plane, keys, phases, satellites), make)

    @cached_property
    def _speeds(self) -> Recent[tuple[int, tuple[int, ...], tuple[float, ...], int], WorkTable]:
        return Recent(512)

    def work(self, plane: int, births: Sequence[float], slots: Ints, efficiency: float) -> Floats:
        """Work a gang does from mission day 0 to the days of the tables while it may run, days at full speed, (n,)."""
        return self.speed(plane, births, slots).total[:-1] * efficiency

    def communication(self, job: TrainingJob, satellites: int) -> float:
        """Share of its time that a gang over so many satellites computes rather than talks, link outages included."""
        key = job.gradient_gb, job.step_compute_s, job.overlap, job.local_steps, job.gpus, satellites
        return self._talk.get(key, lambda: communication_share(self.scenario, job, satellites))

    @cached_property
    def _talk(self) -> Recent[tuple[float, ...], float]:
        return Recent(1024)

    def efficiency(self, plane: int, job: TrainingJob, units: Ints) -> float:
        """Share of its time that a gang computes: what communication, mitigation and retried steps leave.

        `units` of each kind in the gang, shape (kinds,).
        """
        exposure = int(self.radiation.exposure_index[plane])
        retries = self._retries.get(exposure, lambda: retries_per_day(self.scenario, self.radiation, plane))
        retried = min(1.0, float(retries @ units) * self.scenario.radiation.retry_s / 86400)
        return throughput(self.scenario) * (1 - retried) * self.communication(job, int(units[Per.SATELLITE]))

    @cached_property
    def _retries(self) -> Recent[int, Floats]:
        return Recent(1024)

    # What stops a gang without breaking anything

    def units(self, gpus: Ints) -> Ints:
        """Units of each kind that a gang has on satellites on which it holds so many GPUs, shape (kinds, satellites).

        The job itself counts with its first satellite.
        """
        hosts = -(-gpus // self.scenario.satellite.gpus_per_host)
        first = np.zeros_like(gpus)
        first[:1] = 1
        return np.stack([gpus, hosts, np.ones_like(gpus), first])

    def fresh_units(self, job: TrainingJob) -> Ints:
        """Units of each kind of a gang as it is formed: on whole satellites, and the rest on one; shape (kinds,)."""
        aboard = self.scenario.satellite.gpus
        gpus = np.full(ceil(job.gpus / aboard), aboard)
        gpus[-1] = job.gpus - gpus[:-1].sum()
        return np.asarray(self.units(gpus).sum(axis=1), np.intp)

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

    def daily_rates(self, plane: int, birth_day: float) -> DailyRates:
        """Interruptions of a unit and day, for satellites of a plane born in the month of a day; not kept."""
        rates = base_rates(self.scenario, self.radiation, self.causes, plane)
        key = float(birth_key(birth_day))
        growth = np.where(self._grow[:, None], self.radiation.memory_growth(plane, key), 1.0)
        steady = rates.steady * growth
        edges = np.append(self.radiation.days, self.radiation.days[-1] + 1)
        for position, cause in enumerate(self.causes):
            if cause.resets:
                steady[position] = resets_per_day(self.scenario, key, self.performance(plane, key).stress, edges)
        return DailyRates(rates.in_passes * growth, steady)

    def passes(self, plane: int) -> Passes:
        """When the satellites of a plane meet the Anomaly."""
        radiation = self.radiation
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

    def _unit_rates(self, plane: int) -> UnitRates:
        """Rates by block in a plane: planes of one geometry and period share them."""
        key = int(self.radiation.exposure_index[plane]), float(self.radiation.period_days[plane])

        def make() -> UnitRates:
            daily = base_rates(self.scenario, self.radiation, self.causes, plane)
            storms = storm_rates(self.radiation, self.causes, plane)
            return UnitRates.of(self.causes, daily, self.passes(plane).block_edges, self._grow, storms)

        return self._by_orbit.get(key, make)

    @cached_property
    def _by_orbit(self) -> Recent[tuple[int, float], UnitRates]:
        return Recent(64)

    def _growth(self, plane: int, birth: int) -> Floats | None:
        """Factor by block on the causes that grow, for chips born in a month; none where it is 1 throughout."""
        passes = self.passes(plane)

        def make() -> Floats | None:
            growth = self.radiation.memory_growth(plane, float(birth))
            return block_means(growth, passes.block_edges) if self._grow.any() and growth.max() > 1 else None

        return self._growths.get((int(self.radiation.exposure_index[plane]), passes.period_days, birth), make)

    @cached_property
    def _growths(self) -> Recent[tuple[int, float, int], Floats | None]:
        return Recent(512)

    def _resets(self, plane: int, birth: int) -> Floats | None:
        """Resets of a chip and day by block, for chips born in a month; none where there are none."""
        if self.scenario.reliability.resettable_fraction == 0:
            return None
        edges = self.passes(plane).block_edges

        def make() -> Floats:
            return resets_per_day(self.scenario, float(birth), self.performance(plane, birth).stress, edges)

        return self._reset_rates.get((plane, birth), make)

    @cached_property
    def _reset_rates(self) -> Recent[tuple[int, int], Floats]:
        return Recent(1024)

    def rates(
        self, plane: int, slots: Ints, births: Sequence[float], units: Ints, storm_fluence: Callable[[Floats], Floats]
    ) -> InterruptionRates:
        """What can interrupt a gang; its satellites in columns, `units` of shape (kinds, satellites).

        `storm_fluence`: of solar storms, mean a day over the spans between some days.
        """
        phases = np.round(self.planes[plane].phases_rad[slots] * (PHASES / (2 * np.pi))) * (2 * np.pi / PHASES)
        keys = [birth_key(birth) for birth in births]
        alike: dict[tuple[float, int], int] = {}
        group = [alike.setdefault(key, len(alike)) for key in zip(phases.tolist(), keys, strict=True)]
        counts = units.T.astype(float)
        if len(alike) < len(group):
            counts = np.zeros((len(alike), len(Per)))
            np.add.at(counts, group, units.T)
        born = np.array([key for _, key in alike])
        return InterruptionRates(
            units=self._unit_rates(plane),
            phases_rad=np.array([place for place, _ in alike]),
            counts=counts,
            months=[
                BirthMonth(np.flatnonzero(born == key), self._growth(plane, key), self._resets(plane, key))
                for key in sorted(set(born.tolist()))
            ],
            fluence_per_day=storm_fluence(self.passes(plane).block_edges),
        )

    # How often a gang is stopped

    def per_day(self, plane: int, job: TrainingJob) -> dict[int, float]:
        """Mean interruptions of a fresh gang a day over the mission by cause, storms apart."""
        units, found = self.fresh_units(job), dict[int, float]()
        daily = self.daily_rates(plane, 0.0)
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
        aged = float(self.performance(plane, 0.0).stress.at(known) / known) * life
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

    def rhythm(self, plane: int, job: TrainingJob, births: Sequence[float], units: Ints, day: float) -> Rhythm:
        """Checkpoint rhythm of a gang that begins to run in a plane on a day.

        By the interruptions expected there over the month to come, by cause, solar cycle and age of its satellites;
        storms are not known beforehand.  Satellites in columns, `units` of shape (kinds, satellites).
        """
        if job.checkpoint_interval_min != "optimum":
            return job.rhythm(inf)
        keys = np.array([birth_key(birth) for birth in births])
        rate = 0.0
        for key in sorted(set(keys.tolist())):
            rate += float(self._expected(plane, key, day) @ units[:, keys == key].sum(axis=1))
        return job.rhythm(max(1 / rate, 1e-9) if rate > 0 else inf)

    def first_rhythm(self, job: TrainingJob) -> Rhythm:
        """Rhythm by which a job's time is estimated before it has run: at the mean rate over the orbits it may get."""
        _, orbits = np.unique(self.radiation.exposure_index, return_index=True)
        rate = float(np.mean([1 / self.mtbf_days(job, int(plane)) for plane in orbits]))
        return job.rhythm(max(1 / rate, 1e-9) if rate > 0 else inf)

    def _expected(self, plane: int, birth: int, day: float) -> Floats:
        """Interruptions and losses of a unit of each kind a day, mean over the month after a day, shape (kinds,)."""
        total = self._losses.get((plane, birth), lambda: self._cumulative(plane, birth))
        place = day / AHEAD_DAYS
        low = min(int(place), total.shape[1] - 3)
        part = place - low
        begun, middle, end = total[:, low : low + 3].T
        return np.asarray(((1 - part) * (middle - begun) + part * (end - middle)) / AHEAD_DAYS)

    @cached_property
    def _losses(self) -> Recent[tuple[int, int], Floats]:
        return Recent(4096)

    def _cumulative(self, plane: int, birth: int) -> Floats:
        """Interruptions and losses of a unit of each kind from the mission's start to the edges of months.

        Shape (kinds, months + 1).
        """
        months = ceil(self.scenario.mission.days / AHEAD_DAYS) + 2
        edges = np.arange(months + 1, dtype=float) * AHEAD_DAYS
        daily, born = self.daily_rates(plane, float(birth)), float(birth)
        means = block_means(daily.in_passes + daily.steady, edges) * AHEAD_DAYS
        found = np.zeros((len(Per), months))
        for cause, row in zip(self.causes, means, strict=True):
            found[cause.per] += row
        reliability, stress = self.scenario.reliability, self.performance(plane, born).stress
        later = np.maximum(edges, born)

        def losses(law: Ageing, clock: Clock | None) -> Floats:
            return np.diff(Life.born(born, clock=clock).hazard_until(law, later))

        gpu = losses(reliability.gpu.after_burn_in(reliability.gpu_burn_in_days), stress)
        found[Per.GPU] += (1 - reliability.resettable_fraction) * gpu
        found[Per.SATELLITE] += losses(reliability.bus, None)
        for group in reliability.groups.values():
            if group.units == group.needed:  # with units in reserve a group outlives its mission or nearly
                law = group.law.after_burn_in(group.burn_in_days)
                hazard = group.units * losses(law, stress if group.stressed else None)
                if group.gpus == "all":
                    found[Per.SATELLITE] += hazard
                else:
                    found[Per.GPU] += hazard / group.gpus
        return np.concatenate([np.zeros((len(Per), 1)), np.cumsum(found, axis=1)], axis=1)
