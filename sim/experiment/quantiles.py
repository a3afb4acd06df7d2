"""What single histories of a fleet do, rather than their mean: quantiles over replicates, with intervals.

The figure is Harrell & Davis's (1982, doi 10.1093/biomet/69.3.635), a weighted mean of all order statistics, which
varies less than a single one.  The interval is that of two order statistics (David & Nagaraja, Order Statistics, 3rd
ed., section 7.1): it holds the quantile with at least 95 % confidence whatever the law of the metric, 2.5 % on each
side; an end that no replicate is far enough out for is `None`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import ceil, log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betainc

from sim.experiment.sample import Sample
from sim.metrics import METRICS

Floats = NDArray[np.float64]

BANDS = {"p5": 0.05, "p50": 0.5, "p95": 0.95}
"""Quantiles of every metric."""
EXCEEDED = {"p90": 0.90, "p95": 0.95, "p99": 0.99}
"""Probabilities with which a service level is kept."""
SERVICE = ("time_below_sla_fraction", "compute_availability", "worst_month_availability")
"""Metrics of the service level."""
_TAIL = 0.025  # on each side


@dataclass(frozen=True)
class Quantile:
    """A quantile over replicates with its 95 % interval.  `None`: undefined, or more replicates are needed."""

    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    """Replicates."""
    n_needed: int
    """Replicates from which both ends of the interval exist."""

    def to_json(self) -> dict[str, Any]:
        """As in the output of `run` and `compare`."""
        return asdict(self)


def quantile(values: Floats, probability: float) -> Quantile:
    """The quantile of a metric of which `values`, shape (replicates,), are known; undefined where one of them is."""
    n, needed = len(values), replicates_needed(probability)
    if n == 0 or not np.isfinite(values).all():
        return Quantile(None, None, None, n, needed)
    ordered = np.sort(values)
    low, high = interval_ranks(n, probability)
    return Quantile(
        float((_weights(n, probability) * ordered).sum()) if ordered[0] < ordered[-1] else float(ordered[0]),
        float(ordered[low - 1]) if low >= 1 else None,
        float(ordered[high - 1]) if high <= n else None,
        n,
        needed,
    )


@lru_cache(maxsize=64)
def interval_ranks(n: int, probability: float) -> tuple[int, int]:
    """Ranks, from 1, of the order statistics of n values between which a quantile lies with 95 % confidence.

    0 and n + 1: beyond all of them.
    """
    below = bdtr(np.arange(n), n, probability)  # probability that at most 0 ... n - 1 values lie below the quantile
    return int(np.count_nonzero(below <= _TAIL)), n + 1 - int(np.count_nonzero(1 - below <= _TAIL))


def replicates_needed(probability: float) -> int:
    """Replicates from which the interval of a quantile has both ends: the outermost values lie beyond it often enough.

    Raises `ValueError` for a probability that is not between 0 and 1.
    """
    if not 0 < probability < 1:
        raise ValueError(f"probability {probability}: must be above 0 and below 1")
    return ceil(log(_TAIL) / log(max(probability, 1 - probability)) - 1e-9)


@lru_cache(maxsize=64)
def _weights(n: int, probability: float) -> Floats:
    """Harrell & Davis's weights of the order statistics, shape (n,)."""
    steps = betainc((n + 1) * probability, (n + 1) * (1 - probability), np.arange(n + 1) / n)
    weights: Floats = np.diff(steps)
    return weights


def bands(sample: Sample) -> dict[str, dict[str, Quantile]]:
    """The quantiles of `BANDS` of every metric of a strategy."""
    return {name: {label: quantile(sample.values(name), p) for label, p in BANDS.items()} for name in METRICS}


def service_level(sample: Sample) -> dict[str, dict[str, Quantile]]:
    """What is kept with the probabilities of `EXCEEDED`, by metric of `SERVICE`.

    Where lower is better the value is not exceeded with that probability, else it is at least reached.
    """
    return {
        name: {
            label: quantile(sample.values(name), p if METRICS[name].better == "lower" else 1 - p)
            for label, p in EXCEEDED.items()
        }
        for name in SERVICE
    }


def quantiles_json(sample: Sample) -> dict[str, Any]:
    """The quantiles of every metric of a strategy, as in the output of `run` and `compare`."""
    return _json(bands(sample))


def service_level_json(sample: Sample) -> dict[str, Any]:
    """The service level of a strategy, likewise."""
    return _json(service_level(sample))


def _json(found: Mapping[str, Mapping[str, Quantile]]) -> dict[str, Any]:
    return {metric: {label: one.to_json() for label, one in row.items()} for metric, row in found.items()}
