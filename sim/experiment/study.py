"""A study: replicates of one or more strategies under common random numbers, and what they say."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.description import facts
from sim.description.radiation import dose_facts, most_exposed_plane
from sim.description.warnings import warnings_of_strategies
from sim.economics import discount_rate
from sim.environment import Environment
from sim.errors import InputError
from sim.events import EventLog
from sim.experiment import frames, statistics, study_file
from sim.experiment.accounts import accounts_text
from sim.experiment.controls import Regression
from sim.experiment.envelope import Envelope
from sim.experiment.losses import by_cause, in_a_year
from sim.experiment.record import Record, Task
from sim.experiment.sample import Sample, both_controls, paired_difference
from sim.experiment.spending import Spending, spending_text
from sim.experiment.statistics import Difference, Estimate
from sim.experiment.table import WIDTH, losses, table
from sim.experiment.verdict import Verdict, verdicts
from sim.metrics import METRICS, metric_named, waterfall
from sim.result import Controls, Result
from sim.scenario.models import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Floats = NDArray[np.float64]

SCHEMA_VERSION = 1
VARIANCE_METRIC = "compute_availability"
"""The metric whose variance reduction is reported."""


@dataclass(frozen=True, eq=False, repr=False)
class Study:
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
        """Replicates of each strategy."""
        return len(self.samples[self.strategies[0]])

    @cached_property
    def environment(self) -> Environment:
        """The physics of the mission, built anew when it is asked for."""
        return Environment.build(self.scenario)

    @cached_property
    def warnings(self) -> list[str]:
        """What the scenario allows but its author may not intend: as in `describe`, and of each strategy."""
        said = facts(self.scenario, self.environment)
        found: list[str] = list(said["warnings"])
        if self.scenario.campus is not None:
            return found
        sent = [[self.values(s, name).mean() for name in ("satellites_launched", "launches")] for s in self.strategies]
        room = said["launch"]["satellites_per_flight"]
        found += warnings_of_strategies(self.scenario, room, dict(zip(self.strategies, sent, strict=True)))
        return list(dict.fromkeys(found))

    def select(self, *strategies: str) -> Study:
        """The study of some of its strategies: the best one, say, if another were not to be had."""
        samples = {strategy: self._sample(strategy) for strategy in strategies}
        if not samples:
            raise InputError("select needs the name of a strategy")
        rows = [self.strategies.index(strategy) for strategy in samples]
        causes, took = self.losses
        return replace(
            self,
            strategies=tuple(samples),
            samples=samples,
            series={name: values[rows] for name, values in self.series.items()},
            losses_by_cause=(causes, took[rows]),
        )

    def values(self, strategy: str, metric: str) -> Floats:
        """One metric of each replicate, shape (replicates,), NaN where undefined."""
        return self._sample(strategy).values(metric_named(metric).name)

    def metrics(self, strategy: str) -> dict[str, Estimate]:
        """The mean of every metric of a strategy."""
        return {name: self._sample(strategy).estimate(name) for name in METRICS}

    def causes(self, strategy: str) -> dict[str, dict[str, Estimate]]:
        """Plain means over the mission of the losses by cause (`sim.metrics.LossByCause`): no control sharpens them.

        By name, those that took most GPUs and interrupted most first; causes that never occurred are left out.
        """
        return by_cause(*self._tolls_of(strategy))

    def dose(self) -> dict[str, float]:
        """Dose behind the shield in the most exposed plane, as of `sim.description`, and the planes.

        `rad_per_year`, rad(Si): mean over the mission without storms; `storms_rad_per_year`: expectation of storms;
        `krad_over_design_life`: of a satellite that begins work on day 0, expected storms included.
        """
        if self.scenario.campus is not None:
            return {"rad_per_year": 0.0, "storms_rad_per_year": 0.0, "krad_over_design_life": 0.0, "planes": 0}
        found = dose_facts(self.environment, most_exposed_plane(self.environment).id)
        return {
            "rad_per_year": found["dose_rad_per_year"]["mean"],
            "storms_rad_per_year": found["dose_rad_per_year"]["expected_storms"],
            "krad_over_design_life": found["dose_krad_end_of_life"],
            "planes": len(self.environment.shell_planes),
        }

    def differences(self) -> dict[str, dict[str, Difference]]:
        """For every metric the mean paired difference of every two strategies, named "a - b"."""
        return {
            name: {f"{a} - {b}": self._difference(name, a, b, regression) for (a, b), regression in self._pairs.items()}
            for name in METRICS
        }

    def _difference(self, metric: str, a: str, b: str, regression: Regression) -> Difference:
        return paired_difference(self.samples[a], self.samples[b], metric, regression)

    def verdicts(self) -> list[Verdict]:
        """Which strategy is best, by each metric that has a verdict; the last one is that of the study."""
        return verdicts({strategy: self.metrics(strategy) for strategy in self.strategies}, self.differences())

    def ranking(self) -> dict[str, list[dict[str, Any]]]:
        """For every metric in what share of the replicates each strategy is best: `[{"strategy", "p_best"}]`.

        Most often first.  Often best is not best in the mean: `verdicts` follow the means.
        """
        return {
            name: statistics.ranking({s: self.values(s, name) for s in self.strategies}, metric.better)
            for name, metric in METRICS.items()
        }

    def envelope(self) -> Envelope | None:
        """Which strategy has the lowest net cost at which value of a GPU-hour; none: nobody computes anything."""
        if not self.scenario.workload.uses_gpus:
            return None
        return Envelope.of(
            *(
                {s: self.values(s, name) for s in self.strategies}
                for name in ("total_cost_usd", "discounted_served_gpu_hours")
            )
        )

    def variance_reduction(self) -> dict[str, dict[str, Any]]:
        """For every two strategies, what pairing and controls gained in the difference of `VARIANCE_METRIC`."""
        return {
            f"{a} - {b}": statistics.variance_reduction(
                self.values(a, VARIANCE_METRIC), self.values(b, VARIANCE_METRIC), regression
            )
            for (a, b), regression in self._pairs.items()
        }

    def events(self, strategy: str, replicate: int = 0) -> EventLog:
        """The log of one replicate."""
        self._sample(strategy)
        if not 0 <= replicate < self.replicates:
            raise InputError(f"no replicate {replicate}: the study has {self.replicates}, numbered from 0")
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

    @property
    def _values(self) -> dict[str, Floats]:
        return {strategy: self.samples[strategy].metrics for strategy in self.strategies}

    def __repr__(self) -> str:
        count = f"{self.replicates} replicate{'s' if self.replicates > 1 else ''}"
        return f"<Study of {self.scenario.title}: {', '.join(self.strategies)}; {count}, seed {self.seed}>"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.table())}</pre>"

    def table(self, width: int = WIDTH) -> str:
        """The study in words and numbers, for people, in lines of at most `width` characters (and at most 110)."""
        count = f"{self.replicates} replicate{'s' if self.replicates > 1 else ''}"
        each = " of each strategy" if len(self.strategies) > 1 else ""
        years = self.scenario.mission.years
        span = "1 year" if years == 1 else f"{years:g} years"
        text = table(
            f"{self.scenario.title}: {span}, {count}{each}, seed {self.seed}",
            {strategy: self.metrics(strategy) for strategy in self.strategies},
            self.differences(),
            self.ranking(),
            self.replicates,
            width,
            (self.scenario.service, self.envelope()),
            accounts=(
                accounts_text(self.waterfall_shares(), self.samples, self.environment, width),
                spending_text(self.spending, width),
            ),
            on_ground=self.scenario.campus is not None,
            rate_per_year=discount_rate(self.scenario),
            currency_year=self.scenario.economics.currency_year,
        )
        # One block is read, one for each of several strategies is not: theirs is the picture, and the JSON.
        if len(self.strategies) > 1:
            return text
        return f"{text}\n\n{losses(self.yearly_losses(self.strategies[0]), self.dose(), width)}"

    def to_json(self) -> dict[str, Any]:
        """The output of `run` for one strategy, of `compare` for several."""
        return self.to_json_run() if len(self.strategies) == 1 else self.to_json_compare()

    def to_json_run(self) -> dict[str, Any]:
        """The output of `orbitfleet run --json`: numbers finite or `None`."""
        strategy = self.strategies[0]
        head = self._json_head()
        return {
            "schema_version": head.pop("schema_version"),
            "scenario": head.pop("scenario"),
            "strategy": strategy,
            **head,
            "metrics": {name: estimate.to_json() for name, estimate in self.metrics(strategy).items()},
            "waterfall": self.waterfall(strategy),
            "spending": self.spending[strategy].to_json(),
            "causes": self._json_causes(strategy),
            "dose": self.dose(),
        }

    def to_json_compare(self) -> dict[str, Any]:
        """The output of `orbitfleet compare --json`: numbers finite or `None`."""
        final = next(reversed(self.verdicts()), None)
        return {
            **self._json_head(),
            "strategies": {
                strategy: {name: estimate.to_json() for name, estimate in self.metrics(strategy).items()}
                for strategy in self.strategies
            },
            "differences": {
                name: {pair: estimate.to_json() for pair, estimate in pairs.items()}
                for name, pairs in self.differences().items()
            },
            "ranking": self.ranking(),
            "envelope": best.to_json() if (best := self.envelope()) else None,
            "verdict": final.text if final else "",
            "no_difference": list(final.no_difference) if final else [],
            "variance_reduction": self.variance_reduction(),
            "waterfall": {strategy: self.waterfall(strategy) for strategy in self.strategies},
            "spending": {strategy: spent.to_json() for strategy, spent in self.spending.items()},
            "causes": {strategy: self._json_causes(strategy) for strategy in self.strategies},
            "dose": self.dose(),
        }

    @cached_property
    def spending(self) -> dict[str, Spending]:
        """What the money of each strategy went for, by kind and year, means over replicates as they are."""
        return {
            strategy: Spending.of(
                [self.result(strategy, replicate) for replicate in range(self.replicates)],
                float(self.values(strategy, "discounted_useful_gpu_hours").mean()),
            )
            for strategy in self.strategies
        }

    def waterfall(self, strategy: str) -> dict[str, float]:
        """Where the GPU-hours went, by class (`sim.metrics.CLASSES`), means over replicates as they are."""
        return waterfall({name: one.raw_mean or 0.0 for name, one in self.metrics(strategy).items()})

    def waterfall_shares(self) -> dict[str, dict[str, float]]:
        """The same by strategy, as shares of what the planned GPUs could do over the mission."""
        all_ = self.environment.planned_gpu_hours
        return {s: {name: hours / all_ for name, hours in self.waterfall(s).items()} for s in self.strategies}

    def _json_causes(self, strategy: str) -> dict[str, Any]:
        causes = self.causes(strategy).items()
        return {cause: {loss: estimate.to_json() for loss, estimate in took.items()} for cause, took in causes}

    def yearly_losses(self, strategy: str) -> dict[str, dict[str, Estimate]]:
        """What each cause took of a strategy in a year, the smallest of many causes together."""
        return in_a_year(*self._tolls_of(strategy), self.scenario.mission.years)

    def _tolls_of(self, strategy: str) -> tuple[tuple[str, ...], Floats]:
        """Causes, and what each took of a strategy, shape (replicates, causes, `LOSSES`)."""
        self._sample(strategy)
        names, took = self.losses
        return names, took[self.strategies.index(strategy)]

    @cached_property
    def losses(self) -> tuple[tuple[str, ...], Floats]:
        """Causes, and what each took, shape (strategies, replicates, causes, `LOSSES`)."""
        if self.losses_by_cause is not None:
            return self.losses_by_cause
        assert self.folder is not None
        with study_file.Reader(self.folder / study_file.NAME) as reader:
            return reader.losses_by_cause(self.strategies, self.replicates)

    def _json_head(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario.name,
            "seed": self.seed,
            "replicates": self.replicates,
            "out": str(self.folder) if self.folder else None,
            "warnings": self.warnings,
            "provenance": dict(self.provenance),
        }

    @cached_property
    def _pairs(self) -> dict[tuple[str, str], Regression]:
        """Every two strategies, in the order given, and the controls of both: what is common to both drops out."""
        return {(a, b): both_controls(self.samples[a], self.samples[b]) for a, b in combinations(self.strategies, 2)}

    def _sample(self, strategy: str) -> Sample:
        if strategy not in self.samples:
            raise InputError(f"no strategy {strategy!r} in this study; it has {', '.join(self.strategies)}")
        return self.samples[strategy]


def study_of_records(
    scenario: Scenario, strategies: Sequence[str], seed: int, records: Mapping[Task, Record], provenance: dict[str, Any]
) -> Study:
    """A study in memory."""
    replicates = len(records) // len(strategies)
    table_ = [[records[Task(strategy, r)] for r in range(replicates)] for strategy in strategies]
    return Study(
        scenario=scenario,
        strategies=tuple(strategies),
        seed=seed,
        samples={s: Sample.of(one.figures for one in row) for s, row in zip(strategies, table_, strict=True)},
        series={name: np.array([[one.series[name] for one in row] for row in table_]) for name in table_[0][0].series},
        provenance=provenance,
        folder=None,
        events_of=lambda task: records[task].events,
        losses_by_cause=(table_[0][0].causes, np.array([[one.losses_by_cause for one in row] for row in table_])),
    )
