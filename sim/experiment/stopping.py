"""When a study has replicates enough: a number, a precision, or a strategy that is shown to be the best.

A rule looks at the replicates that are there and says how many of each strategy there should be.  It knows nothing of
processes: the number of workers changes no result.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sim.errors import InputError
from sim.experiment.sample import Sample
from sim.experiment.selection import LEAST_FIRST_STAGE, Goal, Selection, screen
from sim.experiment.statistics import Estimate
from sim.metrics import metric_named

_log = logging.getLogger(__name__)

PRECISION_METRICS = ("compute_availability", "cost_per_useful_gpu_hour_usd")
"""The metrics whose means a precision without a metric is about: the one with the least noise, and the one that
decides."""
LEAST_FOR_PRECISION = 20
"""Replicates before a stopping rule may look at an interval's width: fewer too often look precise by chance."""
MOST_REPLICATES = 10_000
"""Where rules give up."""

Counts = dict[str, int]
"""Replicates by strategy."""
Rule = Callable[[Mapping[str, Sample]], Counts]
"""From the replicates that are there to those that there should be: no more when it is done."""
Precision = float | Mapping[str, float]
"""Half the 95 % interval over the mean: of `PRECISION_METRICS`, or by metric."""


def targets_of(precision: Precision) -> dict[str, float]:
    """By metric, how wide half the interval may be, as a share of the mean.

    Raises `InputError` for an unknown metric, and for a share that is not between 0 and 1.
    """
    given = precision if isinstance(precision, Mapping) else dict.fromkeys(PRECISION_METRICS, precision)
    for share in given.values():
        if not 0 < share < 1:
            raise InputError(f"precision {share}: must be above 0 and below 1, such as 0.01 for 1 %")
    return {metric_named(name).name: float(share) for name, share in given.items()}


def precision_of(texts: Sequence[str]) -> dict[str, float]:
    """The targets that a command line states: `0.01`, or `METRIC=0.01` for each of several metrics.

    Raises `InputError` as `targets_of`, and for what is no number.
    """
    found = dict[str, float]()
    for text in texts:
        name, of_a_metric, share = text.rpartition("=")
        try:
            size = float(share)
        except ValueError:
            raise InputError(f"precision {text}: must be a share, such as 0.01, or METRIC=0.01") from None
        found |= targets_of({name: size} if of_a_metric else size)
    return found


def until_precise(targets: Mapping[str, float], most: int) -> Rule:
    """Replicates until, of every strategy, all intervals are as narrow as asked for; undefined metrics do not count.

    Sequential: the study ends when an interval looks narrow enough, and more often than not that is when its spread is
    underestimated, so that the interval holds the mean a little less often than 95 % (Chow & Robbins 1965, doi
    10.1214/aoms/1177700156, show that this vanishes as the precision is refined).  The first look is after
    `LEAST_FOR_PRECISION` replicates, and there are few looks, which leaves 94.5 % (tests/unit/test_statistics.py).
    What is not reached with `most` replicates is logged as a warning, and so is a metric of which nothing can be said.
    """

    def rule(samples: Mapping[str, Sample]) -> Counts:
        wanted = max(
            replicates_for_precision([one.estimate(metric) for one in samples.values()], share, most)
            for metric, share in targets.items()
        )
        if wanted == most == min(map(len, samples.values())):
            for metric, share in targets.items():
                reached = max(relative_half_width(one.estimate(metric)) for one in samples.values())
                if reached > share:
                    _log.warning("%s: precision %.3g after %d replicates, not %g", metric, reached, most, share)
        if wanted == min(map(len, samples.values())):
            _tell_undefined(targets, samples)
        return dict.fromkeys(samples, wanted)

    return rule


def _tell_undefined(targets: Mapping[str, float], samples: Mapping[str, Sample]) -> None:
    """Log the metrics that decided nothing; of the two of a precision without a metric one may be undefined."""
    without = {metric: [name for name in samples if samples[name].estimate(metric).mean is None] for metric in targets}
    if targets.keys() == set(PRECISION_METRICS) and not all(without.values()):
        return
    for metric, names in without.items():
        if names:
            _log.warning("%s: undefined for %s, so its precision was not looked at", metric, ", ".join(names))


def until_selected(goal: Goal, first_stage: int, most: int) -> Rule:
    """Replicates until a strategy is selected (`sim.experiment.selection`), fewer of those that are eliminated."""

    def rule(samples: Mapping[str, Sample]) -> Counts:
        return selection_of(samples, goal, first_stage).more(most)

    return rule


def first_stage_of(replicates: int) -> int:
    """Replicates of every strategy before a selection begins, of those asked for."""
    return max(replicates, LEAST_FIRST_STAGE)


def selection_of(samples: Mapping[str, Sample], goal: Goal, first_stage: int) -> Selection:
    """How far the selection among some strategies has come."""
    return screen({name: sample.values(goal.metric) for name, sample in samples.items()}, goal, first_stage)


def replicates_for_precision(estimates: Sequence[Estimate], precision: float, most: int) -> int:
    """How many replicates to have next, for each estimate's half-width to be within `precision` of its mean.

    The present number when that is reached, or when it is `most`.  Otherwise what the present widths ask for, but at
    least a quarter more and at most double: so there are few looks, and an interval that is narrow by chance has few
    chances to end the study.  Never below `LEAST_FOR_PRECISION`.  Undefined estimates are ignored.
    """
    n = min(e.n for e in estimates)
    if n < LEAST_FOR_PRECISION:
        return min(LEAST_FOR_PRECISION, most)
    worst = max((relative_half_width(e) for e in estimates), default=0.0)
    if worst <= precision or n >= most:
        return n
    needed = n * (worst / precision) ** 2
    return min(most, int(np.ceil(np.clip(needed, 1.25 * n, 2 * n))))


def relative_half_width(e: Estimate) -> float:
    """Half the interval over the mean; 0 where either is undefined or the interval is a point."""
    if not e.half_width or e.mean is None:
        return 0.0
    return e.half_width / abs(e.mean) if e.mean else np.inf
