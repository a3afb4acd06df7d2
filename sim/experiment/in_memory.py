"""A study of replicates that lie in no folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.experiment.record import Record, Task
from sim.experiment.sample import Sample
from sim.experiment.study import Study
from sim.scenario.models import Scenario


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
