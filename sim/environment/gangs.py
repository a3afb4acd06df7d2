"""What gangs can do in an environment: their work day by day, what talking costs, and what stops them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.environment.hardware import SunTables as Sky
from sim.environment.operation import Operation
from sim.environment.passes import Passes
from sim.environment.planes import Plane
from sim.environment.radiation import Radiation
from sim.environment.soft import (
    SoftCause,
    SoftRates,
    retried_share,
    soft_causes,
    soft_rates,
    storm_rates,
    throughput,
)
from sim.physics.link import all_reduce_s, communication_efficiency, gang_availability
from sim.reliability import Clock
from sim.scenario.models import Scenario
from sim.workloads import TrainingJob

Floats = NDArray[np.float64]

PHASES = 256
"""Satellites closer than this part of an orbit, 22 s of flight, meet a pass together."""


class Surroundings(Protocol):
    """What gangs need to know of their environment."""

    @property
    def scenario(self) -> Scenario:
        """What the environment was built for."""

    @property
    def planes(self) -> tuple[Plane, ...]:
        """Every plane, in order of id."""

    @property
    def sky(self) -> Sky:
        """Light and geometry, day by day."""

    @property
    def radiation(self) -> Radiation:
        """Radiation of all planes, storms apart."""

    @property
    def days(self) -> Floats:
        """Mission days of the daily tables."""

    @property
    def horizon_days(self) -> float:
        """Length of the study, days."""

    @property
    def policy(self) -> str:
        """The eclipse policy."""

    @property
    def pauses(self) -> bool:
        """Whether GPUs stop from edge to edge."""

    def birth_key(self, birth_day: float) -> int:
        """First day of the birth's month."""

    def operation(self, birth_day: float) -> Operation:
        """What satellites born on a day can do."""

    def stress_clock(self, plane: int, birth_day: float) -> Clock:
        """Effective age of electronics at work."""


@dataclass(frozen=True, eq=False)
class Threat:
    """What can interrupt a gang in its present composition."""

    phases_rad: Floats
    """Where along the orbit the gang's satellites are on mission day 0, a group each, shape (groups,)."""
    soft: list[SoftRates]
    """Rates of satellites by month of birth."""
    members: list[NDArray[np.intp]]
    """Which groups were born in each of these months."""
    counts: Floats
    """Units of each kind in each group, shape (groups, kinds)."""
    in_storms: Floats
    """Interruptions of a unit in a storm of unit fluence, shape (causes,)."""
    per: NDArray[np.intp]
    """Kind of unit of each cause, shape (causes,)."""
    fluence_per_day: Floats
    """Of storms, shape (n,)."""
    fluence: Floats
    """Its running total, shape (n + 1,)."""

    def mean(self, edges: Floats) -> tuple[Floats, Floats]:
        """Mean interruptions a day over the spans between some days: in passes, (groups, spans), and at any time."""
        low = np.minimum(edges.astype(np.intp), len(self.fluence) - 2)
        part, length = edges - low, np.diff(edges)

        def rate(total: Floats) -> Floats:
            begun = total[..., low]
            reached = begun + part * (total[..., low + 1] - begun)
            return np.asarray((reached[..., 1:] - reached[..., :-1]) / length)

        every = self.counts.sum(axis=0)
        steady = float((self.in_storms * every[self.per]).sum()) * rate(self.fluence)
        passing = np.empty((len(self.counts), len(length)))
        for one, groups in zip(self.soft, self.members, strict=True):
            counts = self.counts[groups]
            passing[groups] = (rate(one.passes_total) * counts[:, :, None]).sum(axis=1)
            steady = steady + (rate(one.steady_total) * counts.sum(axis=0)[:, None]).sum(axis=0)
        return passing, steady

    def causes(self, days: Floats, in_pass: NDArray[np.bool_], marks: Floats) -> NDArray[np.intp]:
        """What interruptions on these days were, in proportion to the rates of the day; `marks` uniform luck."""
        day = np.minimum(days.astype(np.intp), len(self.fluence_per_day) - 1)
        every = self.counts.sum(axis=0)[self.per]
        steady = (self.in_storms * every)[:, None] * self.fluence_per_day[day]
        passing = np.zeros_like(steady)
        for one, groups in zip(self.soft, self.members, strict=True):
            count = self.counts[groups].sum(axis=0)[self.per][:, None]
            steady = steady + one.steady[:, day] * count
            passing = passing + one.in_passes[:, day] * count
        tower = np.cumsum(np.where(in_pass, passing, steady), axis=0)
        return np.asarray((marks * tower[-1] >= tower).sum(axis=0).clip(max=len(self.per) - 1), np.intp)


class Gangs:
    """Jobs in one environment: the same for all replicates and strategies."""

    def __init__(self, environment: Surroundings) -> None:
        self.environment = environment

    def work(self, plane: int, births: Sequence[float], slots: NDArray[np.intp], efficiency: float) -> Floats:
        """Work a gang does from mission day 0 to the days of the tables while it may run, in days at full speed, (n,).

        The slowest satellite sets the pace of all.  Under `ride_through` and `throttle` it is the orbit's mean, dark
        while any of the gang's satellites is.  Under `migrate` gangs share the satellites in light: a gang gets the
        share of the orbit that is lit, less its hand-overs, as if it were spread over the plane; in a co-located plane
        there is nobody to hand over to.  `efficiency` is the share that communication leaves.
        """
        keys = tuple(sorted({self.environment.birth_key(birth) for birth in births}))
        places = self.environment.planes[plane].phases_rad[slots]
        phases = tuple(np.unique(places).tolist()) if self.environment.policy in ("ride_through", "throttle") else ()
        key = plane, keys, phases, efficiency, len(slots)
        if key not in self._speeds:
            speed = self._speed(plane, keys, np.array(phases), efficiency, len(slots))
            self._speeds[key] = np.concatenate([[0.0], np.cumsum(speed[:-1])])
        return self._speeds[key]

    @cached_property
    def _speeds(self) -> dict[tuple[object, ...], Floats]:
        return {}

    def _speed(self, plane: int, keys: tuple[int, ...], phases: Floats, efficiency: float, satellites: int) -> Floats:
        n = len(self.environment.days)
        light, dark = np.ones(n), np.ones(n)
        in_dark = self.environment.sky.dark[plane]
        for key in keys:
            operation = self.environment.sites[plane].performance(0, key)
            first = key
            light[first:] = np.minimum(light[first:], operation.light_speed[first:])
            dark[first:] = np.minimum(dark[first:], operation.dark_speed[first:])
        if self.environment.pauses:
            return np.asarray(light * efficiency)
        if self.environment.policy == "migrate":
            if self.environment.planes[plane].colocated:
                return np.asarray(light * (1 - in_dark) * efficiency)
            power, links = self.environment.scenario.power, self.environment.scenario.satellite.links
            state_gbit = power.migration_gb_per_gpu * self.environment.scenario.satellite.gpus * 8
            pause_s = power.migration_pause_s + state_gbit / (links.rate_gb_s * links.efficiency)
            handing = np.where(
                self.environment.sky.dark[plane] > 0,
                satellites * pause_s / self.environment.sky.period_s[plane, 0],
                0.0,
            )
            return np.asarray(
                light * (1 - self.environment.sky.dark[plane]) * np.maximum(1 - handing, 0.0) * efficiency
            )
        shaded = _union_of_arcs(phases, self.environment.sky.dark[plane])
        return np.asarray(((1 - shaded) * light + shaded * dark) * efficiency)

    def communication(self, job: TrainingJob, satellites: int) -> float:
        """Share of its time that a gang over so many satellites computes rather than talks, link outages included."""
        if satellites < 2:
            return 1.0
        key = job.gradient_gb, job.step_compute_s, job.overlap, job.local_steps, job.gpus, satellites
        if key not in self._talk:
            self._talk[key] = self._communication(job, satellites)
        return self._talk[key]

    @cached_property
    def _talk(self) -> dict[tuple[float, ...], float]:
        return {}

    def _communication(self, job: TrainingJob, satellites: int) -> float:
        links, gpus = self.environment.scenario.satellite.links, self.environment.scenario.satellite.gpus
        up = float(gang_availability(satellites, links.links_per_satellite, links.mtbf_h, links.reacquisition_s))
        if job.gradient_gb == 0:
            return up
        talk = all_reduce_s(
            job.gradient_gb * 1e9,
            satellites,
            links.rate_gb_s * 1e9,
            links.range_km,
            efficiency=links.efficiency,
            hop_latency_s=links.hop_latency_us * 1e-6,
            chips_per_satellite=min(gpus, job.gpus),
            intra_rate_bps=links.intra_rate_gb_s * 1e9,
        )
        return up * float(communication_efficiency(job.step_compute_s, talk, job.overlap, job.local_steps))

    def efficiency(self, plane: int, job: TrainingJob, satellites: int) -> float:
        """Share of its time that a gang computes: what communication, mitigation and retried steps leave."""
        key = plane, job.gpus, satellites
        if key not in self._left:
            scenario = self.environment.scenario
            hosts = ceil(job.gpus / scenario.satellite.gpus_per_host)
            retried = retried_share(scenario, self.environment.radiation, plane, job.gpus, hosts)
            self._left[key] = throughput(scenario) * (1 - retried)
        return self._left[key] * self.communication(job, satellites)

    @cached_property
    def _left(self) -> dict[tuple[int, int, int], float]:
        return {}

    # What stops a gang without breaking anything

    @cached_property
    def causes(self) -> tuple[SoftCause, ...]:
        """All kinds of interruption, in the order of the tables."""
        return soft_causes(self.environment.scenario)

    @cached_property
    def _soft(self) -> dict[tuple[int, int], SoftRates]:
        return {}

    def soft(self, plane: int, birth_day: float) -> SoftRates:
        """Interruptions of a unit and day, for satellites of a plane born in the month of a day."""
        key = plane, self.environment.birth_key(birth_day)
        if key not in self._soft:
            environment = self.environment
            clock = environment.stress_clock(plane, birth_day)
            radiation = environment.radiation
            self._soft[key] = soft_rates(environment.scenario, radiation, self.causes, plane, float(key[1]), clock)
        return self._soft[key]

    @cached_property
    def _passes(self) -> dict[int, Passes]:
        return {}

    def passes(self, plane: int) -> Passes:
        """When the satellites of a plane meet the Anomaly."""
        if plane not in self._passes:
            radiation = self.environment.radiation
            self._passes[plane] = Passes(
                radiation.exposure(plane).profile,
                float(radiation.period_days[plane]),
                float(radiation.node_rad[plane]),
                float(radiation.turn_rad[plane]),
                self.environment.horizon_days,
            )
        return self._passes[plane]

    def units(self, berths: NDArray[np.intp], gpus: NDArray[np.intp]) -> NDArray[np.intp]:
        """Units of each kind that a gang has on satellites on which it holds so many GPUs, shape (kinds, satellites).

        The job itself counts with its first satellite.
        """
        hosts = -(-gpus // self.environment.scenario.satellite.gpus_per_host)
        ones = np.ones_like(gpus)
        first = (np.arange(len(berths)) == 0).astype(np.intp)
        return np.stack([gpus, hosts, ones, first])

    def threat(
        self,
        plane: int,
        slots: NDArray[np.intp],
        births: Sequence[float],
        units: NDArray[np.intp],
        fluence_per_day: Floats,
        fluence: Floats,
    ) -> Threat:
        """What can interrupt a gang; its satellites in columns, `units` of shape (kinds, satellites).

        `fluence_per_day` of storms, shape (n,), and its running total from 0 on, shape (n + 1,).
        """
        environment = self.environment
        phases = np.round(environment.planes[plane].phases_rad[slots] * (PHASES / (2 * np.pi))) * (2 * np.pi / PHASES)
        alike: dict[tuple[float, int], Floats] = {}
        for place, birth, column in zip(phases.tolist(), births, units.T, strict=True):
            key = place, environment.birth_key(birth)
            alike[key] = alike[key] + column if key in alike else column.astype(float)
        born = np.array([key for _, key in alike])
        months = sorted(set(born.tolist()))
        return Threat(
            phases_rad=np.array([place for place, _ in alike]),
            soft=[self.soft(plane, float(key)) for key in months],
            members=[np.flatnonzero(born == key) for key in months],
            counts=np.array(list(alike.values())),
            in_storms=storm_rates(environment.radiation, self.causes, plane),
            per=self._per,
            fluence_per_day=fluence_per_day,
            fluence=fluence,
        )

    @cached_property
    def late(self) -> NDArray[np.bool_]:
        """Which kinds of interruption are noticed late, shape (causes,)."""
        return np.array([cause.late for cause in self.causes], bool)

    @cached_property
    def restart_days(self) -> Floats:
        """What the recovery of each kind adds to a restart, shape (causes,)."""
        return np.array([cause.restart_days for cause in self.causes])

    @cached_property
    def _per(self) -> NDArray[np.intp]:
        return np.array([cause.per for cause in self.causes], np.intp)

    def per_day(self, plane: int, job: TrainingJob) -> dict[int, float]:
        """Mean interruptions of a fresh gang a day over the mission by cause, storms apart."""
        satellites = ceil(job.gpus / self.environment.scenario.satellite.gpus)
        gpus = np.full(satellites, self.environment.scenario.satellite.gpus)
        gpus[-1] = job.gpus - gpus[:-1].sum()  # as gangs take them: whole satellites, and the rest on one
        units = self.units(np.arange(satellites), gpus).sum(axis=1)
        soft, found = self.soft(plane, 0.0), dict[int, float]()
        for cause, rate in zip(self.causes, (soft.in_passes + soft.steady).mean(axis=1).tolist(), strict=True):
            found[cause.cause] = found.get(cause.cause, 0.0) + rate * int(units[cause.per])
        return found

    def mtbf_days(self, job: TrainingJob, plane: int = 0) -> float:
        """Mean time between a gang's interruptions, days; infinite where nothing stops it.

        Losses at the mean hazard over the design life of its GPUs, of the fewest satellites that carry them, and of the
        groups aboard; interruptions at their mean over the mission, in one plane.
        """
        scenario = self.environment.scenario
        satellite, reliability = scenario.satellite, scenario.reliability
        life = satellite.design_life_years * DAYS_PER_YEAR
        satellites = ceil(job.gpus / satellite.gpus)
        clock = self.environment.stress_clock(plane, 0.0)
        aged = (
            float(clock.at(min(life, self.environment.horizon_days)) / min(life, self.environment.horizon_days)) * life
        )
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


def _union_of_arcs(phases_rad: Floats, share: Floats) -> Floats:
    """Share of an orbit in which any of several points, apart by these phases, is on an arc of this share of it."""
    if len(phases_rad) == 1:
        return share
    gaps = np.diff(phases_rad, append=phases_rad[0] + 2 * np.pi) / (2 * np.pi)
    return np.asarray(np.minimum(gaps[:, None], share[None, :]).sum(axis=0))
