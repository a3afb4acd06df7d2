"""What a search is for: low cost and much output, or the lowest cost at which service levels are met."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, isnan, sqrt
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator
from scipy.special import ndtri, stdtrit

from sim.errors import InputError
from sim.experiment.intervals import mean_interval
from sim.experiment.sample import Sample
from sim.exploration.candidate import Refusal
from sim.metrics import METRICS, metric_named
from sim.parameters import Parameters

Floats = NDArray[np.float64]
Read = TypeVar("Read")

CONFIDENCE = 0.95
"""With which a service level is to be met, where none is named."""
_SLA = re.compile(
    r"\s*(?:(?P<metric>\w+)\s*(?P<sign>>=|<=)\s*)?(?P<limit>[-+.\deE]+)(?:\s+in\s+(?P<share>[.\d]+))?"
    r"(?:\s*@\s*(?P<confidence>[.\d]+))?\s*"
)
_WRITE_SLA = (
    "write METRIC>=LIMIT or METRIC<=LIMIT, such as compute_availability>=0.9 for a mean, "
    "'compute_availability>=0.9 in 0.8' for a share of missions, and @0.99 behind it for another confidence than 0.95"
)


@dataclass(frozen=True)
class Sla:
    """A service level: the mean of a metric over missions, or a share of missions in which it is reached."""

    metric: str
    at_least: bool
    """Whether the metric must be at least, rather than at most, the limit."""
    limit: float
    share: float | None = None
    """Share of the missions, each by itself, that must reach the limit; none: their mean must."""
    confidence: float = CONFIDENCE

    @classmethod
    def of(cls, text: str) -> Sla:
        """From `compute_availability>=0.9`, `time_below_sla_fraction<=0.05 in 0.9`, or `0.9@0.99`, of availability.

        Raises `InputError` with what is to be written.
        """
        found = _SLA.fullmatch(text)
        try:
            if found is None:
                raise ValueError
            metric = metric_named(found["metric"] or "compute_availability")
            limit = float(found["limit"])
            share = None if found["share"] is None else float(found["share"])
            confidence = float(found["confidence"] or CONFIDENCE)
        except ValueError:
            raise InputError(f"service level {text!r}: {_WRITE_SLA}") from None
        if metric.ratio_of:
            raise InputError(f"service level {text!r}: {metric.name} is a ratio of means, not a figure of one mission")
        if not metric.low <= limit <= metric.high:
            raise InputError(f"service level {text!r}: {metric.name} lies between {metric.low:g} and {metric.high:g}")
        if not 0.5 <= confidence < 1 or not 0 < (share or 0.5) < 1:
            raise InputError(f"service level {text!r}: a confidence is from 0.5 to below 1, a share between 0 and 1")
        return cls(metric.name, found["sign"] != "<=", limit, share, confidence)

    def __str__(self) -> str:
        share = "" if self.share is None else f" in {self.share:.4g} of missions"
        return f"{self.metric} {'>=' if self.at_least else '<='} {self.limit:.10g}{share}"

    def bound(self, sample: Sample, tail: float) -> float:
        """The one-sided confidence bound, of the mean or of the share, towards the side on which the level is missed.

        `tail`: the probability of being wrong.
        """
        values = sample.values(self.metric)
        if self.share is None:
            metric = METRICS[self.metric]
            low, high = mean_interval(values, metric.low, metric.high, tail=tail)
            return low if self.at_least else high
        return mean_interval(self._reached(values), 0.0, 1.0, tail=tail)[0]

    def shortfall(self, sample: Sample, tail: float) -> float:
        """By how much the bound misses its limit, as a share of it; 0 or less: the level is met."""
        bound = self.bound(sample, tail)
        if self.share is not None:
            return self.share - bound
        return self._short(bound)

    def expected_shortfall(self, sample: Sample, replicates: int, tail: float) -> float:
        """By how much the bound of so many fresh replicates may be expected to miss its limit, from few of a search.

        By normal theory from mean and standard deviation; for a share of missions the tolerance limit of a normal law,
        whose standard error is s sqrt((1 + z^2 / 2) / n).
        """
        values = sample.values(self.metric)
        spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        margin = -float(stdtrit(max(1, replicates - 1), tail)) * spread / sqrt(replicates)
        if self.share is not None:
            z = float(ndtri(self.share))
            margin = margin * sqrt(1 + z * z / 2) + z * spread
        return self._short(float(values.mean()) - margin if self.at_least else float(values.mean()) + margin)

    def _short(self, reached: float) -> float:
        missing = self.limit - reached if self.at_least else reached - self.limit
        return missing / (abs(self.limit) or 1.0)

    def _reached(self, values: Floats) -> Floats:
        reached = values >= self.limit if self.at_least else values <= self.limit
        return reached.astype(float)

    def to_json(self) -> dict[str, Any]:
        """As in the output of `optimise`."""
        return {
            "metric": self.metric,
            "at_least": self.at_least,
            "limit": self.limit,
            "share_of_missions": self.share,
            "confidence": self.confidence,
        }


@dataclass(frozen=True)
class Goal:
    """What is best: low cost and much output, or the lowest cost at which service levels are met."""

    cost: str = "total_cost_usd"
    output: str = "useful_gpu_hours"
    slas: tuple[Sla, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Those that it looks at."""
        return tuple(dict.fromkeys([self.cost, self.output, *(sla.metric for sla in self.slas)]))

    def score(self, metric: str, sample: Sample) -> float:
        """The plain mean of a metric, so turned that lower is better; NaN where it is undefined."""
        mean = sample.estimate(metric).raw_mean
        if mean is None or isnan(mean):
            return float("nan")
        return mean if METRICS[metric].better == "lower" else -mean

    def scores(self, sample: Sample) -> tuple[float, float]:
        """Of cost and output."""
        return self.score(self.cost, sample), self.score(self.output, sample)

    def undefined(self, sample: Sample) -> Refusal | None:
        """Why a design cannot be judged."""
        for metric in self.metrics:
            if not isfinite(self.score(metric, sample)):
                return Refusal("", f"{metric} is undefined")
        return None


class Goals(Parameters):
    """The `optimise:` block of a study file: what `orbitfleet optimise` looks for, `vary` being what it may choose."""

    cost: str = "total_cost_usd"
    """Metric that should be low, or high where that is better."""
    output: str = "useful_gpu_hours"
    """Metric that should be high, or low where that is better."""
    sla: tuple[str, ...] = ()
    """Service levels to be met at the lowest cost: `compute_availability>=0.9`; none: a front of cost and output."""
    trials: int = Field(default=60, ge=1, le=100_000)
    """Designs of each strategy to try."""
    search_replicates: int = Field(default=4, ge=2, le=100_000)
    """Replicates that each is tried on; the best are looked at again on `replicates` others."""
    tune: bool = False
    """Whether each strategy's own parameters are looked for too, among the values that `compare --tune` tries."""

    @field_validator("cost", "output")
    @classmethod
    def _is_a_metric(cls, name: str) -> str:
        return _or_value_error(lambda: metric_named(name).name)

    @field_validator("sla")
    @classmethod
    def _are_service_levels(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            _or_value_error(lambda text=text: Sla.of(text))  # type: ignore[misc]
        return texts

    @model_validator(mode="after")
    def _are_two_metrics(self) -> Goals:
        if self.cost == self.output:
            raise ValueError(f"cost and output must be two metrics, not {self.cost} twice")
        return self

    @property
    def goal(self) -> Goal:
        """What is best."""
        return Goal(self.cost, self.output, tuple(Sla.of(text) for text in self.sla))


def _or_value_error(read: Callable[[], Read]) -> Read:
    """What is read, with the errors that pydantic expects."""
    try:
        return read()
    except InputError as error:
        raise ValueError(str(error)) from error
