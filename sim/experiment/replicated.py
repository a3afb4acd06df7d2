"""What a study has: replicates of strategies, their metrics, series and logs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.environment import Environment
from sim.errors import InputError
from sim.events import EventLog
from sim.experiment import frames, study_file
from sim.experiment.losses import dose
from sim.experiment.record import Task
from sim.experiment.sample import Sample
from sim.metrics import metric_named
from sim.result import Controls, Result
from sim.scenario.models import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Replicated:
    """Replicates of strategies in one scenario; replicate r of every strategy has the same random draws."""

    scenario: Scenario
    strategies: tuple[str, ...]
    seed: int
    samples: Mapping[str, Sample]
    """By strategy."""
    series: Mapping[str, NDArray[np.float32]]
    """Daily series by name (`sim.experiment.record.SERIES`), each of shape (strategies, replicates, days)."""
    provenance: Mapping[str, Any]
    folder: Path | None
    """Where its files are; none: in memory only."""
    events_of: Callable[[Task], EventLog] = field(repr=False)
    """Fetches the log of one replicate."""
    losses_by_cause: tuple[tuple[str, ...], Floats] | None = field(default=None, repr=False)
    """Causes, and what each took, shape (strategies, replicates, causes, `LOSSES`); none: they are in the folder."""

    @property
    def replicates(self) -> int:
        """Replicates of each strategy; after a selection, of that with most."""
        return max(map(len, self.samples.values()))

    @property
    def common_replicates(self) -> int:
        """Replicates that all strategies have; fewer than `replicates` after a selection alone."""
        return min(map(len, self.samples.values()))

    @cached_property
    def environment(self) -> Environment:
        """The physics of the mission, built anew when it is asked for."""
        return Environment.build(self.scenario)

    def daily(self, strategy: str, name: str) -> NDArray[np.float32]:
        """A daily series of each replicate of a strategy, shape (replicates, days)."""
        count = len(self._sample(strategy))
        return self.series[name][self.strategies.index(strategy), :count]

    def values(self, strategy: str, metric: str) -> Floats:
        """One metric of each replicate, shape (replicates,), NaN where undefined."""
        return self._sample(strategy).values(metric_named(metric).name)

    def events(self, strategy: str, replicate: int = 0) -> EventLog:
        """The log of one replicate."""
        if not 0 <= replicate < (count := len(self._sample(strategy))):
            raise InputError(f"no replicate {replicate}: the study has {count}, numbered from 0")
        return self.events_of(Task(strategy, replicate))

    def result(self, strategy: str, replicate: int = 0) -> Result:
        """One replicate, as `sim.run` would give it."""
        events, sample = self.events(strategy, replicate), self._sample(strategy)
        controls = Controls(sample.control_names, sample.controls[replicate], sample.expected)
        return Result.of(self.scenario, self.environment, (strategy, self.seed, replicate), events, controls)

    def to_dataframe(self) -> pd.DataFrame:
        """Every metric of every replicate as a pandas data frame, indexed by strategy and replicate."""
        return frames.dataframe(self._values)

    def to_xarray(self) -> xr.Dataset:
        """The same, and the daily series, as an xarray data set."""
        return frames.dataset(self.scenario, self._values, self.series)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the data frame as CSV.  Raises `InputError` where the file cannot be written."""
        frames.csv_file(self._values, path)

    def dose(self) -> dict[str, float]:
        """Dose behind the shield in the most exposed plane, as of `sim.description`, and the planes.

        `rad_per_year`, rad(Si): mean over the mission without storms; `storms_rad_per_year`: expectation of storms;
        `krad_over_design_life`: of a satellite that begins work on day 0, expected storms included.
        """
        return dose(self.environment)

    @cached_property
    def losses(self) -> tuple[tuple[str, ...], Floats]:
        """Causes, and what each took, shape (strategies, replicates, causes, `LOSSES`)."""
        if self.losses_by_cause is not None:
            return self.losses_by_cause
        assert self.folder is not None
        with study_file.Reader(self.folder / study_file.NAME) as reader:
            return reader.losses_by_cause(self.strategies, self.replicates)

    def _tolls_of(self, strategy: str) -> tuple[tuple[str, ...], Floats]:
        """Causes, and what each took of a strategy, shape (replicates, causes, `LOSSES`)."""
        count, (names, took) = len(self._sample(strategy)), self.losses
        return names, took[self.strategies.index(strategy), :count]

    @property
    def _values(self) -> dict[str, Floats]:
        return {strategy: self.samples[strategy].metrics for strategy in self.strategies}

    def _in_common(self, strategy: str, metric: str) -> Floats:
        """One metric of the replicates that all strategies have."""
        return self.values(strategy, metric)[: self.common_replicates]

    def _sample(self, strategy: str) -> Sample:
        if strategy not in self.samples:
            raise InputError(f"no strategy {strategy!r} in this study; it has {', '.join(self.strategies)}")
        return self.samples[strategy]
