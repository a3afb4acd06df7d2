"""What a run leaves behind: frozen, self-contained, and enough to derive every figure without running again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.environment import Capacity, Environment, Parts
from sim.events import COLUMNS, EventLog
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Controls:
    """Birth controls: what the first generation's thresholds alone would give, and its exact expectation.

    The share of the horizon that the buses of the first generation, its GPUs, and its GPUs together with their buses
    would live under the reference hazard: born on the planned date, no action by anybody.  `values - expected` has mean
    zero and is shared by all strategies of a replicate: regression on it takes shared chance out of means.
    """

    names: tuple[str, ...]
    values: Floats
    """Drawn in this replicate, shape (controls,)."""
    expected: Floats
    """Exact expectations, shape (controls,)."""


@dataclass(frozen=True, repr=False)
class Result:
    """One replicate of one strategy in one scenario."""

    scenario: Scenario
    strategy: str
    seed: int
    replicate: int
    slots_per_plane: tuple[int, ...]
    capacity: tuple[Capacity, ...]
    """Shares of their GPUs that satellites can run, one for each plane and month of birth that occurs."""
    capacity_of: NDArray[np.intp]
    """Which of them is whose, by serial number; -1: never arrived."""
    events: EventLog
    controls: Controls
    parts: tuple[Parts, ...]
    """Of each design's satellite, in the order of `Scenario.design_names`."""
    rooms: NDArray[np.int64]
    """Satellites that a flight carries, shape (vehicles, designs, planes)."""
    job_counts: tuple[int, ...]
    """Jobs of each description of the workload, which are numbered one description after the other."""

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        environment: Environment,
        run: tuple[str, int, int],
        events: EventLog,
        controls: Controls,
    ) -> Result:
        """A run of a scenario in its environment; `run`: strategy, seed, replicate."""
        strategy, seed, replicate = run
        capacity, capacity_of = environment.capacities(events)
        return cls(
            scenario=scenario,
            strategy=strategy,
            seed=seed,
            replicate=replicate,
            slots_per_plane=tuple(plane.slots for plane in environment.layouts),
            capacity=capacity,
            capacity_of=capacity_of,
            events=events,
            controls=controls,
            parts=environment.parts,
            rooms=environment.rooms,
            job_counts=environment.job_counts,
        )

    def __repr__(self) -> str:
        run = f"{self.strategy}, seed {self.seed}, replicate {self.replicate}"
        return f"<Result of {self.scenario.name}: {run}; {len(self.events):,} events>"

    def _repr_html_(self) -> str:
        return f"{escape(repr(self))}<br><i>sim.measure(...) gives its metrics</i>"

    def until(self, day: float) -> Result:
        """The same run as it stood on a mission day."""
        scenario, log = self.scenario, self.events
        mission = scenario.mission.model_copy(update={"years": day / DAYS_PER_YEAR, "wind_down_years": 0.0})
        rows = slice(0, int(np.searchsorted(log.time_days, day)))
        return replace(
            self,
            scenario=scenario.model_copy(update={"mission": mission}),
            events=EventLog(*(getattr(log, column)[rows] for column in COLUMNS)),
        )

    @property
    def steady(self) -> Result:
        """The run up to its wind-down."""
        mission = self.scenario.mission
        return self.until(mission.orders_until_day) if mission.wind_down_years else self

    @property
    def horizon_days(self) -> float:
        """Length of the study, days."""
        return self.scenario.mission.days

    @property
    def slots(self) -> int:
        """Operational places."""
        return sum(self.slots_per_plane)

    @property
    def nameplate_gpus(self) -> int:
        """Operational slots x GPUs per satellite: constant over the horizon, spares excluded."""
        return self.slots * self.scenario.satellite.gpus
