"""From numbers to a verdict: intervals over the ranges of inputs, values at which an answer turns, and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import TypeVar

import numpy as np
from pydantic import BaseModel

from sim.claims.claim import Input
from sim.experiment.statistics import Estimate
from sim.scenario.beliefs import law_of

Model = TypeVar("Model", bound=BaseModel)
Values = Mapping[str, float]
"""Inputs by path."""

DRAWS = 400
"""Draws of the inputs from their ranges: the ends of an interval are good to a tenth of its width."""
BARE = ("1", "share")
"""Units that are not said."""
_PLACES = 60  # halvings of an interval: to the last digit


def exact(value: float, unit: str) -> Estimate:
    """An estimate that leaves nothing to chance."""
    return Estimate(value, value, value, value, value, value, 1, unit)


def over_ranges(
    answer: Callable[[Values], float],
    inputs: Sequence[Input],
    generator: np.random.Generator,
    unit: str,
    draws: int = DRAWS,
) -> Estimate:
    """The answer at the inputs' own values, and the central 95 % of it over their ranges, each drawn by itself.

    Inputs without a range stay.  Nothing is left to luck: the Monte Carlo interval is a point.  The total interval
    holds the answer at the inputs' own values.
    """
    best = answer({one.path: float(one.value) for one in inputs})
    spread = np.array([answer(values) for values in drawn(inputs, generator, draws)])
    return with_total(exact(best, unit), spread)


def with_total(estimate: Estimate, spread: np.ndarray) -> Estimate:
    """An estimate with the central 95 % of the answers over the ranges of inputs; it holds the Monte Carlo interval."""
    low, median, high = np.percentile(spread, [2.5, 50, 97.5]).tolist()
    ends = [end for end in (estimate.mean, estimate.ci_low, estimate.ci_high) if end is not None]
    return replace(estimate, total_low=min(low, *ends), total_median=median, total_high=max(high, *ends))


def interval_of(estimate: Estimate) -> tuple[float | None, float | None]:
    """The widest interval that is known: the total one, or that of luck where no input has a range."""
    if estimate.total_low is not None and estimate.total_high is not None:
        return estimate.total_low, estimate.total_high
    return estimate.ci_low, estimate.ci_high


def drawn(inputs: Sequence[Input], generator: np.random.Generator, draws: int) -> list[dict[str, float]]:
    """Values of the inputs by path, drawn from their ranges; those without a range stay."""
    columns = {one.path: _column(one, generator.random(draws)) for one in inputs}
    return [{path: float(column[row]) for path, column in columns.items()} for row in range(draws)]


def _column(one: Input, uniform: np.ndarray) -> np.ndarray:
    if one.low is None or one.high is None:
        return np.full(len(uniform), float(one.value))
    law = law_of(float(one.value), one.low, one.high, one.law)
    return np.array([law.quantile(share) for share in uniform.tolist()])


def crossing(answer: Callable[[float], float], target: float, low: float, high: float) -> float | None:
    """Where a monotonic answer meets a target between two values of an input; none: nowhere between them."""
    at_low, at_high = answer(low) - target, answer(high) - target
    if at_low == 0:
        return low
    if isnan(at_low) or isnan(at_high) or (at_low > 0) == (at_high > 0):
        return None
    for _ in range(_PLACES):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (middle, high) if (answer(middle) > target) == (at_low > 0) else (low, middle)
    return 0.5 * (low + high)


def first_where(holds: Callable[[float], bool], low: float, high: float, within: float) -> float | None:
    """The value from which on something holds, to a distance; none: not even at `high`."""
    if not holds(high):
        return None
    if holds(low):
        return low
    while high - low > within:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def judged(estimate: Estimate, target: float, claimed: str, *, at_least: bool, condition: str) -> str:
    """`holds: ...`, `fails: ...`, or `holds if ...` where the interval holds the target.

    `claimed`: what the target is, in words.  `at_least`: the claim is that the quantity is no less than the target;
    else that it is no more.
    """
    low, high = interval_of(estimate)
    if low is None or high is None:
        low = high = estimate.mean
    if low is None or high is None:
        return f"holds if {condition}"
    sure, never = (low >= target, high < target) if at_least else (high <= target, low > target)
    if not (sure or never):
        return f"holds if {condition}"
    shown = short(estimate.mean) if estimate.unit in BARE else f"{short(estimate.mean)} {estimate.unit}"
    return f"{'holds' if sure else 'fails'}: {shown}, against {claimed}"


def with_values(model: Model, values: Mapping[str, object]) -> Model:
    """A model with other values at some paths, such as `array.areal_mass_kg_m2`; nothing is checked."""
    own: dict[str, object] = {}
    inner: dict[str, dict[str, object]] = {}
    for path, value in values.items():
        name, _, rest = path.partition(".")
        if rest:
            inner.setdefault(name, {})[rest] = value
        else:
            own[name] = value
    for name, parts in inner.items():
        part = getattr(model, name)
        if not isinstance(part, BaseModel):
            raise TypeError(f"{name}: {', '.join(parts)} is no part of a model")
        own[name] = with_values(part, parts)
    return model.model_copy(update=own)


def short(value: float | None) -> str:
    """A number as one reads it: three digits."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    if 1e-3 <= abs(rounded) < 1e6:
        return f"{rounded:,.10g}"
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if abs(rounded) >= size:
            return f"{rounded / size:,.10g} {word}"
    return f"{value:.2g}"
