"""What a search may change, and what it is for: variables by path, objectives, and service levels to be met."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from sim.errors import InputError, ScenarioError
from sim.experiment.intervals import mean_interval
from sim.experiment.sample import Sample
from sim.metrics import METRICS, metric_named
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]
Value = float | int | str | bool | None

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
class Variable:
    """A field of the scenario or of one strategy, and where its best value is looked for."""

    path: str
    """As in `--set`: `constellation.spare_berths_per_plane`, `strategies.batch.reorder_point`."""
    low: float = 0.0
    high: float = 0.0
    values: tuple[Value, ...] = ()
    """Instead of a range, the values to choose from."""
    integer: bool = False
    log: bool = False
    """Whether factors count rather than differences."""

    @property
    def strategy(self) -> str | None:
        """The strategy whose parameter it is; none: it is of the design, and so of every strategy."""
        first, _, rest = self.path.partition(".")
        return rest.rpartition(".")[0] if first == "strategies" else None

    def holds(self, value: object) -> bool:
        """Whether a value is one of those looked at."""
        if self.values:
            return value in self.values
        return isinstance(value, (int, float)) and not isinstance(value, bool) and self.low <= value <= self.high

    def to_json(self) -> dict[str, Any]:
        """As in the output of `optimise`."""
        if self.values:
            return {"path": self.path, "values": list(self.values)}
        return {"path": self.path, "low": self.low, "high": self.high, "integer": self.integer, "log": self.log}


@dataclass(frozen=True)
class Candidate:
    """A strategy, and the values of the variables that matter to it."""

    strategy: str
    values: Mapping[str, Value]
    """By path; empty: the scenario as given."""

    @property
    def settings(self) -> list[str]:
        """What makes it of the scenario: `--set` of each."""
        return [f"{path}={json.dumps(value)}" for path, value in self.values.items()]

    @property
    def key(self) -> str:
        """One text for one design."""
        return json.dumps([self.strategy, sorted(self.values.items())])


@dataclass(frozen=True)
class Refusal:
    """Why a design cannot be."""

    path: str
    problem: str

    @property
    def kind(self) -> str:
        """The reason without its numbers: what many designs may have in common."""
        return re.sub(r"(?<!\w)-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", "#", str(self))

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


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


def goal_of(cost: str, output: str, slas: Sequence[str]) -> Goal:
    """The goal of these names.  Raises `InputError` for what is no metric, or twice the same."""
    names = metric_named(cost).name, metric_named(output).name
    if names[0] == names[1]:
        raise InputError(f"{names[0]}: cost and output must be two metrics")
    return Goal(*names, tuple(Sla.of(text) for text in slas))


def value_at(scenario: Scenario, path: str) -> Any:
    """What stands at a path of the scenario as given, a strategy's defaults included; none: nothing does."""
    parts = path.split(".")
    part: Any
    if parts[0] == "strategies" and len(parts) > 2:
        try:
            part = scenario.strategy_named(".".join(parts[1:-1])).model_dump(mode="json")
        except ScenarioError:
            return None
        parts = parts[-1:]
    else:
        part = scenario.model_dump(mode="json")
    for key in parts:
        if isinstance(part, dict):
            part = part.get(key)
        elif isinstance(part, list) and key.isdecimal() and int(key) < len(part):
            part = part[int(key)]
        else:
            return None
    return part


def tuned_variables(scenario: Scenario, strategies: Sequence[str]) -> list[Variable]:
    """The parameters that each strategy's class says may be tuned, with the values that it lists."""
    found = []
    for name in strategies:
        own = scenario.strategy_named(name)
        for field, values in own.tuned_over.items():
            if field in type(own).model_fields:
                found.append(Variable(f"strategies.{name}.{field}", values=tuple(values)))
    return found
