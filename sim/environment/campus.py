"""A hall of hosts on the ground as a site: one place, without orbit, eclipse, radiation or debris."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.berths import PlaneLayout
from sim.constants import DAYS_PER_YEAR
from sim.environment.interruptions import Per, interruption_causes
from sim.environment.parts import Parts
from sim.environment.site import Capacity
from sim.environment.sun_tables import SunTables
from sim.reliability import Clock
from sim.scenario.campus import Campus
from sim.scenario.models import Scenario
from sim.workloads import Hardware, JobFigures, TrainingJob, job_figures

Floats = NDArray[np.float64]

_FULL = Capacity(np.zeros(1), np.ones(1))
_HALL = 1 << 30
"""What random numbers know the hall by; planes are known by smaller numbers."""


@dataclass(frozen=True)
class HallInterruption:
    """What stops the job of a hall and breaks nothing."""

    cause: int
    """Its number in the log."""
    per_day: float
    """Rate of the whole job while it runs."""
    restart_days: float
    """What its recovery adds to the restart."""


@dataclass(frozen=True)
class HallPart:
    """The hosts of a hall that work for one job, or for services: nobody else has any of them."""

    number: int
    job: TrainingJob | None
    """None: services."""
    first: int
    """Number of the first host."""
    campus: Campus
    """The campus, with these hosts alone."""


class Hall:
    """The hall of a scenario with a campus."""

    def __init__(self, scenario: Scenario, campus: Campus) -> None:
        self.scenario = scenario
        self.campus = campus
        self.layout = PlaneLayout(0, 0, campus.hosts, campus.spare_hosts, _HALL)
        """Its berths: a slot for each host of the working pool, a spare berth for each spare one."""

    @property
    def gpus_per_host(self) -> int:
        """Accelerators of a host."""
        return self.scenario.satellite.gpus

    @property
    def parts(self) -> Parts:
        """A host: priced as a whole, and nobody launches it."""
        return Parts(0.0, 0.0, 0.0, self.gpus_per_host, 0.0, {}, 0.0)

    @cached_property
    def parts_of_it(self) -> tuple[HallPart, ...]:
        """The hosts of each job, in the order of jobs, and last those of services, if there are any."""
        scenario, campus = self.scenario, self.campus
        jobs = [job for job in scenario.workload.jobs for _ in range(int(job.count))]
        if len(jobs) == 1 and not scenario.workload.inference:
            return (HallPart(0, jobs[0], 0, campus),)
        wanted = [job.gpus // self.gpus_per_host + campus.warm_standbys for job in jobs]
        left = campus.hosts - sum(wanted)
        ends = np.cumsum(wanted)
        if not scenario.workload.inference:  # what is left goes to the jobs by their size
            ends = ends + (left * ends) // max(int(ends[-1]), 1)
        bounds = [0, *ends.tolist(), *([campus.hosts] if scenario.workload.inference else [])]
        return tuple(
            HallPart(number, job, first, campus.model_copy(update={"hosts": end - first}))
            for number, (job, first, end) in enumerate(zip([*jobs, None], bounds, bounds[1:], strict=False))
        )

    def stress_clock(self, design: int, birth_day: float) -> Clock:
        """Effective age of electronics at work, by day at work: constant heat, and the cycles for which the laws hold.

        There is one kind of host, and the hall is as warm on every day.
        """
        stress = self.scenario.reliability.stress
        junction = self.campus.junction_c
        pace = float(stress.pace(junction, stress.reference_swing_k, stress.reference_cycles_per_day))
        return Clock(np.array([birth_day, birth_day + 1]), np.array([0.0, pace]))

    def capacity(self, design: int, birth_day: float) -> Capacity:
        """The share of their GPUs that hosts can run: all, always."""
        return _FULL

    def figures(self, job: TrainingJob) -> JobFigures:
        """What a job is, given or by its model, on hosts of this hall; its network is what `satellite.links` says."""
        satellite = self.scenario.satellite
        links = satellite.links
        hardware = Hardware(
            peak_pflops=satellite.gpu.peak_pflops,
            gpus_per_satellite=satellite.gpus,
            own_gb_s=links.storage_rate_gb_s,
            peer_gb_s=links.rate_gb_s * links.efficiency,
            ground_gb_s=links.ground_rate_gb_s,
        )
        return job_figures(job, hardware)

    def interruptions(self, job: TrainingJob) -> tuple[HallInterruption, ...]:
        """What stops a job there and breaks nothing."""
        hosts = job.gpus // self.gpus_per_host
        units = {Per.GPU: job.gpus, Per.HOST: hosts, Per.SATELLITE: hosts, Per.JOB: 1}
        given = {
            self.scenario.cause_numbers[name]: one for name, one in self.scenario.reliability.interruptions.items()
        }
        return tuple(
            HallInterruption(
                one.cause, given[one.cause].rate_per_year / DAYS_PER_YEAR * units[one.per], one.restart_days
            )
            for one in interruption_causes(self.scenario)
            if one.effect is None and given[one.cause].rate_per_year > 0
        )


def no_sun(days: Floats) -> SunTables:
    """Tables of light of no plane."""
    none = np.zeros((0, len(days)), np.float32)
    column = np.zeros((0, 1))
    return SunTables(days, none, none, none, np.ones(len(days)), column, column)
