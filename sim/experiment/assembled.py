"""Studies put together from their replicates: in memory, or in a file.

Strategies may have different numbers of them, where one was eliminated by a selection; arrays over all strategies are
as long as the most, and NaN behind the last replicate of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.events import EventLog
from sim.experiment import study_file
from sim.experiment.record import Record, Task
from sim.experiment.sample import Sample
from sim.experiment.selection import Goal, Selection
from sim.experiment.stopping import Counts, selection_of
from sim.experiment.study import Study
from sim.scenario.models import Scenario

Asked = tuple[Goal, int]
"""What a selection was for, and its first stage."""


def study_of_records(
    scenario: Scenario,
    counts: Counts,
    seed: int,
    records: Mapping[Task, Record],
    provenance: dict[str, Any],
    *,
    selection: Asked | None = None,
) -> Study:
    """A study in memory, of so many replicates of each strategy."""
    table = {strategy: [records[Task(strategy, r)] for r in range(count)] for strategy, count in counts.items()}
    first = next(iter(table.values()))[0]
    samples = {strategy: Sample.of(one.figures for one in row) for strategy, row in table.items()}
    return Study(
        scenario=scenario,
        strategies=tuple(counts),
        seed=seed,
        samples=samples,
        series={
            name: _rectangle([np.array([one.series[name] for one in row]) for row in table.values()])
            for name in first.series
        },
        provenance=provenance,
        folder=None,
        events_of=lambda task: records[task].events,
        losses_by_cause=(
            first.causes,
            _rectangle([np.array([one.losses_by_cause for one in row]) for row in table.values()]),
        ),
        selection=_selection(samples, selection),
    )


def study_of_file(
    path: Path,
    reader: study_file.Reader,
    scenario: Scenario,
    counts: Counts,
    seed: int,
    made_by: Mapping[str, object],
    *,
    selection: Asked | None = None,
) -> Study:
    """The study of these strategies and so many replicates of each, of those that a file holds."""
    contents = reader.contents
    rows = {strategy: contents.strategies.index(strategy) for strategy in counts}
    most = max(counts.values())

    def events_of(task: Task) -> EventLog:
        with study_file.Reader(path / study_file.NAME) as again:
            return again.events(task)

    samples = {
        strategy: Sample(
            contents.metrics[row, : counts[strategy]],
            contents.control_names,
            contents.controls[row, : counts[strategy]],
            contents.expected[row],
        )
        for strategy, row in rows.items()
    }
    return Study(
        scenario=scenario,
        strategies=tuple(counts),
        seed=seed,
        samples=samples,
        series={name: values[list(rows.values()), :most] for name, values in contents.series.items()},
        provenance=made_by,
        folder=path,
        events_of=events_of,
        selection=_selection(samples, selection),
    )


def _rectangle(rows: list[NDArray[Any]]) -> NDArray[Any]:
    """Arrays of different lengths as one, NaN where a row has ended."""
    most = max(map(len, rows))
    if all(len(row) == most for row in rows):
        return np.array(rows)
    filled = np.full((len(rows), most, *rows[0].shape[1:]), np.nan, rows[0].dtype)
    for row, values in zip(filled, rows, strict=True):
        row[: len(values)] = values
    return filled


def _selection(samples: Mapping[str, Sample], asked: Asked | None) -> Selection | None:
    return None if asked is None else selection_of(samples, *asked)
