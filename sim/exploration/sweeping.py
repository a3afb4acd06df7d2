"""A sweep: strategies compared at every point of a grid or Latin hypercube, on the same random draws."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from sim.errors import ScenarioError
from sim.experiment.folder import open_folder
from sim.experiment.grid import list_of
from sim.experiment.pairs import Pair
from sim.experiment.provenance import provenance
from sim.experiment.sample import Sample
from sim.experiment.statistics import Difference, Estimate
from sim.exploration.inputs import Input, inputs_of, latin_hypercube, shown
from sim.exploration.journal import NAME as JOURNAL
from sim.exploration.journal import Journal
from sim.exploration.plan import StudyFile, load_study_file
from sim.exploration.points import Options, Point, Progress, simulated
from sim.metrics import METRICS, Metric
from sim.streams import Streams

MOST_CELLS = 10_000
"""Of a grid: two inputs of 100 values each.  More is a slip as a rule, and every scenario is checked before a run."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the strategies do at one point."""

    values: Mapping[str, Any]
    """Of the inputs, by path."""
    samples: Mapping[str, Sample]
    """By strategy."""
    metric: Metric

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """The mean of the metric, by strategy."""
        return {strategy: sample.estimate(self.metric.name) for strategy, sample in self.samples.items()}

    @cached_property
    def order(self) -> list[str]:
        """Strategies that have a value, the best mean first."""
        means = {name: e.mean for name, e in self.estimates.items() if e.mean is not None}
        return sorted(means, key=means.__getitem__, reverse=self.metric.better == "higher")

    @property
    def winner(self) -> str | None:
        """The strategy with the best mean; none: no one has a value."""
        return self.order[0] if self.order else None

    @cached_property
    def differences(self) -> dict[str, Difference]:
        """Of the winner less each other one, paired."""
        best, *others = self.order or [""]
        return {
            other: Pair.of(self.samples[best], self.samples[other]).difference(self.metric.name) for other in others
        }

    @cached_property
    def alike(self) -> tuple[str, ...]:
        """Strategies that the winner is not shown to be better than, with 95 % confidence each."""
        return tuple(name for name, e in self.differences.items() if not _excludes_0(e))

    @property
    def same(self) -> tuple[str, ...]:
        """Strategies that do in every replicate what the winner does."""
        return tuple(name for name, e in self.differences.items() if e.mean == 0 and not e.half_width)

    @property
    def clear(self) -> bool:
        """Whether each other strategy is shown to be worse than the winner."""
        return bool(self.order) and not self.alike

    def to_json(self) -> dict[str, Any]:
        """As in the output of `sweep`."""
        return {
            "values": dict(self.values),
            "estimates": {name: e.to_json() for name, e in self.estimates.items()},
            "winner": self.winner,
            "clear": self.clear,
            "alike": list(self.alike),
            "ahead_of": {name: e.to_json() for name, e in self.differences.items()},
        }


@dataclass(frozen=True, eq=False)
class Sweep:
    """The outcomes of all points."""

    study: StudyFile
    inputs: tuple[Input, ...]
    outcomes: tuple[Outcome, ...]
    provenance: Mapping[str, Any]
    folder: Path | None
    """Where its files are; none: in memory only."""

    @property
    def strategies(self) -> tuple[str, ...]:
        """Strategies compared."""
        return self.study.strategies

    @property
    def metric(self) -> Metric:
        """By what they are judged."""
        return METRICS[self.study.metric]

    @property
    def is_grid(self) -> bool:
        """Whether the points are all combinations of the inputs' values."""
        return self.study.plan.design == "grid"

    def verdict(self) -> list[str]:
        """Which strategy is best at how many points, a sentence each; where one input is varied, from where on."""
        if len(self.strategies) == 1:
            return [self._extreme()]
        count, lines = Counter(outcome.winner for outcome in self.outcomes), []
        clear = Counter(outcome.winner for outcome in self.outcomes if outcome.clear)
        for name, often in count.most_common():
            if name is not None:
                lines.append(
                    f"{name} is best at {often} of {len(self.outcomes)} points, with 95 % confidence at {clear[name]}."
                )
        lines += [self._nowhere(name) for name in self.strategies if name not in count and set(count) != {None}]
        if None in count:
            where = "every point" if len(count) == 1 else f"{count[None]} of {len(self.outcomes)} points"
            lines.append(f"{self.metric.name} is undefined at {where}.")
        if len(self.inputs) == 1 and self.is_grid:
            lines += self._changes()
        return lines

    def _nowhere(self, name: str) -> str:
        """Of a strategy that wins nowhere: whether it is as good somewhere."""
        same = sum(name in outcome.same for outcome in self.outcomes)
        if not same:
            return f"{name} is best nowhere."
        return f"{name} is at {same} of {len(self.outcomes)} points the same as the best in every replicate."

    def _extreme(self) -> str:
        """Where the only strategy does best."""
        pick = max if self.metric.better == "higher" else min
        known = [(o.estimates[self.strategies[0]].mean, o) for o in self.outcomes]
        defined = [(mean, outcome) for mean, outcome in known if mean is not None]
        if not defined:
            return f"{self.metric.name} is undefined at every point."
        mean, best = pick(defined, key=lambda one: one[0])
        where = list_of([f"{one.path} = {shown(best.values[one.path])}" for one in self.inputs])
        most = "Highest" if self.metric.better == "higher" else "Lowest"
        return f"{most} {self.metric.name}: {mean:,.5g} at {where}."

    def _changes(self) -> list[str]:
        """Between which values of the only input the best strategy changes."""
        (one,) = self.inputs
        return [
            f"Between {one.path} = {shown(before.values[one.path])} and {shown(after.values[one.path])} "
            f"{after.winner} takes over from {before.winner}."
            for before, after in zip(self.outcomes, self.outcomes[1:], strict=False)
            if before.winner != after.winner
        ]

    def to_json(self) -> dict[str, Any]:
        """The output of `orbitfleet sweep --json`."""
        plan = self.study.plan
        return {
            "study": self.study.name,
            "question": plan.description,
            "scenario": self.study.base.name,
            "metric": self.metric.name,
            "unit": self.metric.unit,
            "better": self.metric.better,
            "strategies": list(self.strategies),
            "replicates": plan.replicates,
            "seed": plan.seed,
            "design": plan.design,
            "inputs": [one.to_json() for one in self.inputs],
            "points": [outcome.to_json() for outcome in self.outcomes],
            "verdict": self.verdict(),
            "provenance": dict(self.provenance),
            "out": str(self.folder) if self.folder else None,
        }

    def to_csv(self) -> str:
        """A line for each point: values, each strategy's mean and interval, the winner and whether it is clear."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        ends = ("mean", "ci_low", "ci_high")
        heads = [f"{name} {end}" for name in self.strategies for end in ends]
        writer.writerow([*(one.path for one in self.inputs), *heads, "winner", "clear"])
        for outcome in self.outcomes:
            figures = [getattr(outcome.estimates[name], end) for name in self.strategies for end in ends]
            values = [outcome.values[one.path] for one in self.inputs]
            writer.writerow([*values, *figures, outcome.winner, str(outcome.clear).lower()])
        return text.getvalue()


def sweep(
    study: StudyFile | str | Path,
    *,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    command: Sequence[str] | None = None,
) -> Sweep:
    """Compare the strategies of a study at every point of its design.

    `study`: of `load_study_file`, or the name or path of a study file.  `workers`: processes; the results are the same.
    `out`: output folder, which keeps every finished replicate; a sweep that finds some of its own there goes on from
    them.  Raises `ScenarioError` where something that is varied leads nowhere, and `InputError` for a folder that
    cannot be used.  Ctrl-C with a folder raises `SearchInterrupted`, which says what is kept.
    """
    study = study if isinstance(study, StudyFile) else load_study_file(study)
    inputs = tuple(inputs_of(study))
    points = points_of(study, inputs)
    made_by = provenance(study.base, study.strategies, study.plan.seed, command)
    if out is None:
        return _swept(study, inputs, points, Options(workers, None, progress), made_by, None)
    with open_folder(Path(out), study.base, made_by) as folder:
        journal = Journal(folder.path / JOURNAL)
        with journal.interruptible():
            found = _swept(study, inputs, points, Options(workers, journal, progress), made_by, folder.path)
        journal.put_in_order()
        folder.write_explored("sweep", found.to_json(), found.to_csv())
        return found


def points_of(study: StudyFile, inputs: Sequence[Input]) -> list[dict[str, Any]]:
    """The values of every point: the last input changes fastest."""
    if study.plan.design == "grid":
        sizes = [len(one.values) for one in inputs]
        if prod(sizes) > MOST_CELLS:
            many = f"{' x '.join(map(str, sizes))} = {prod(sizes):,} points, more than {MOST_CELLS:,}"
            raise ScenarioError([study.fault("", None, f"{many}: give fewer steps, or --points of a Latin hypercube")])
        return [
            dict(zip((one.path for one in inputs), values, strict=True))
            for values in product(*(one.values for one in inputs))
        ]
    shares = latin_hypercube(study.plan.points, len(inputs), Streams(study.plan.seed, 0).of("points of a sweep"))
    columns = [one.at(shares[:, column]) for column, one in enumerate(inputs)]
    return [dict(zip((one.path for one in inputs), row, strict=True)) for row in zip(*columns, strict=True)]


def _swept(
    study: StudyFile,
    inputs: tuple[Input, ...],
    points: Sequence[Mapping[str, Any]],
    options: Options,
    made_by: Mapping[str, Any],
    folder: Path | None,
) -> Sweep:
    wanted = [
        Point(
            {path: value for one in inputs for path, value in one.settings(values[one.path]).items()},
            range(study.plan.replicates),
        )
        for values in points
    ]
    found = simulated(study, wanted, options)
    metric = METRICS[study.metric]
    outcomes = tuple(Outcome(values, samples, metric) for values, samples in zip(points, found, strict=True))
    return Sweep(study, inputs, outcomes, made_by, folder)


def _excludes_0(e: Difference) -> bool:
    return e.ci_low is not None and e.ci_high is not None and (e.ci_low > 0 or e.ci_high < 0)
