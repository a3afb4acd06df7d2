"""What takes hosts of a hall out, and how often: the causes of the scenario that act on the ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.engine.hazards import hazards_of
from sim.engine.host_clocks import Wear
from sim.environment import Hall
from sim.scenario.models import Scenario
from sim.workloads import TrainingJob

_FOR_EVER_DAYS = 1e12
"""What takes no host out by this age never does."""


@dataclass(frozen=True)
class HallHazards:
    """The causes, and their mean rates over a host's design life."""

    wears: Sequence[Wear]
    host_per_day: float
    """Failures of a host and day at work, bad ones counted in."""
    job_mtbf_days: float
    """Mean time between interruptions of the job while it runs, those that break nothing counted in."""
    life_days: float

    @classmethod
    def of(cls, scenario: Scenario, hall: Hall, job: TrainingJob | None = None) -> HallHazards:
        """Those of a scenario with a campus; `job`: whose interruptions count; none: hosts serve, each on its own."""
        pace = float(np.diff(hall.stress_clock(0, 0.0).total)[0])
        wears = [Wear.of(one, pace) for one in hazards_of(scenario) if one.ages_on_ground]
        wears = [wear for wear in wears if wear.law.cumulative_hazard(_FOR_EVER_DAYS) > 0]
        life = scenario.satellite.design_life_years * DAYS_PER_YEAR
        bad = hall.campus.bad
        host = sum(
            share * sum(_per_day(wears, life, factor))
            for share, factor in ((1 - bad.share, 1.0), (bad.share, bad.rate_factor))
        )
        if job is None:
            return cls(wears, host, 1 / host if host > 0 else inf, life)
        stops = sum(one.per_day for one in hall.interruptions(job))
        per_day = host * (job.gpus // hall.gpus_per_host) + stops
        return cls(wears, host, 1 / per_day if per_day > 0 else inf, life)

    def per_day_by_cause(self, factor: float) -> list[float]:
        """Failures of a host and day at work by each cause, of one that ages `factor` times as fast as a good one."""
        return _per_day(self.wears, self.life_days, factor)


def _per_day(wears: Sequence[Wear], life_days: float, factor: float) -> list[float]:
    return [
        float(wear.law.cumulative_hazard(life_days * wear.pace * factor)) * wear.units / life_days for wear in wears
    ]
