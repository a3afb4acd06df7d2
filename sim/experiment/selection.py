"""Ranking and selection: which strategy is best, with a stated probability, in as few replicates as that takes.

Procedure KN of Kim & Nelson (2001, ACM TOMACS 11, 251, doi 10.1145/502109.502111), fully sequential: after a first
stage of all strategies, whose paired differences tell the variances, they are compared after every further replicate,
and one that lies behind another by more than chance explains gets no more.  The mean that it looks for is that of
replicates as they are: no control adjusts it.  Where the best strategy is better than each other one by at least the
*indifference*, it is selected with at least the confidence asked for, exactly so for values of a normal law, under
common random numbers too, which make the differences less variable and the selection shorter.  Where the best ones are
closer together than that, one of them is selected, and which one is of no consequence by the caller's own word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor, inf, isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.metrics import METRICS, metric_named
from sim.text import digits

Floats = NDArray[np.float64]

LEAST_FIRST_STAGE = 10
"""Replicates of every strategy before the first comparison: of fewer the variances are so uncertain that
`variance_factor` is several times what it is of many."""
CONFIDENCE = 0.95
_AT_LEAST, _SHARE = 5, 0.25  # replicates simulated between two looks at what is there: so many, or this share more


@dataclass(frozen=True)
class Goal:
    """What is to be selected, and how sure that has to be."""

    metric: str
    indifference: float
    """The smallest difference that matters: in the metric's unit, or a share of the best mean."""
    relative: bool
    """Whether it is a share: of the mean, after the first stage, of the strategy that is then the best."""
    confidence: float = CONFIDENCE
    """Least probability of selecting the best one, where it is better by the indifference."""

    @classmethod
    def of(cls, metric: str, indifference: str | float, confidence: float = CONFIDENCE) -> Goal:
        """The goal that a caller states: an indifference of `2e6` or `"2e6"` in the unit, or of `"1%"` of the mean.

        Raises `InputError` for a metric of which a replicate has no value of its own, and for numbers out of range.
        """
        name = metric_named(metric).name
        if METRICS[name].ratio_of:
            parts = " over ".join(METRICS[name].ratio_of or ())
            raise InputError(
                f"select {name}: a ratio of means ({parts}), of which a replicate has no value; select by net_cost_usd"
            )
        found = re.fullmatch(r"([^%]+?)\s*(%?)", str(indifference).strip())
        try:
            size = float(found[1]) if found else 0.0
        except ValueError:
            size = 0.0
        if not (isfinite(size) and size > 0):
            unit = METRICS[name].unit
            raise InputError(
                f"indifference {indifference}: must be a number above 0, in the unit of {name}"
                f"{'' if unit == '1' else f' ({unit})'}, or a percentage of its mean, such as 1%"
            )
        if not 0.5 <= confidence < 1:
            raise InputError(f"confidence {confidence}: must be at least 0.5 and below 1")
        relative = bool(found and found[2])
        return cls(name, size / 100 if relative else size, relative, confidence)

    @property
    def options(self) -> list[str]:
        """The options of a command that asks for it."""
        size = f"{100 * self.indifference:.12g}%" if self.relative else repr(self.indifference)
        return ["--select", self.metric, "--indifference", size, "--confidence", repr(self.confidence)]

    def in_units(self, mean: float) -> float:
        """The indifference in the metric's unit, at this mean of the best strategy."""
        if self.relative and mean == 0:
            unit = METRICS[self.metric].unit
            in_what = "as a number" if unit == "1" else f"in {unit}"
            raise InputError(
                f"indifference {100 * self.indifference:g}%: the mean of {self.metric} is 0, of which there is no "
                f"share; state it {in_what}"
            )
        return self.indifference * abs(mean) if self.relative else self.indifference


@dataclass(frozen=True)
class Elimination:
    """A strategy that gets no more replicates."""

    after: int
    """Replicates of it that were looked at."""
    by: str
    """The strategy that is better."""


@dataclass(frozen=True)
class Selection:
    """How far a selection has come."""

    goal: Goal
    indifference: float
    """In the metric's unit."""
    first_stage: int
    """Replicates of every strategy before the first comparison."""
    best: str
    """The strategy with the best mean of those that are left."""
    left: tuple[str, ...]
    """Strategies not eliminated."""
    eliminated: Mapping[str, Elimination]
    """In the order in which they were."""
    decided: bool
    """Whether it has ended: one strategy is left, or those that are left have the same mean to the last digit."""
    looked: int
    """Replicates of those left that have been compared."""
    at_most: int
    """Replicates after which it ends, whatever they say."""
    replicates: Mapping[str, int] = field(compare=False)
    """Of each strategy, those simulated: a few more than were looked at, as they are simulated some at a time."""

    def more(self, most: int) -> dict[str, int]:
        """Replicates that each strategy should have before the next look: the present numbers at the end.

        Depends on what has been looked at alone, not on how many processes simulate.
        """
        if self.decided or self.looked >= most:
            return dict(self.replicates)
        further = self.looked + max(_AT_LEAST, int(_SHARE * self.looked))
        return {**self.replicates, **dict.fromkeys(self.left, min(further, self.at_most, most))}

    def to_json(self) -> dict[str, Any]:
        """As in the output of `compare --select`."""
        return {
            "procedure": "Kim & Nelson 2001",
            "metric": self.goal.metric,
            "unit": METRICS[self.goal.metric].unit,
            "indifference": self.indifference,
            "relative_indifference": self.goal.indifference if self.goal.relative else None,
            "confidence": self.goal.confidence,
            "best": self.best,
            "decided": self.decided,
            "left": list(self.left),
            "eliminated": [
                {"strategy": name, "after": one.after, "by": one.by} for name, one in self.eliminated.items()
            ],
            "first_stage": self.first_stage,
            "looked": self.looked,
            "at_most": self.at_most,
            "replicates": dict(self.replicates),
        }

    def text(self) -> str:
        """What was selected, how sure that is, and what each strategy took, in a few sentences."""
        metric, share = self.goal.metric, f"{100 * self.goal.confidence:g} %"
        zone = _text(self.indifference, METRICS[metric].unit)
        zone += f", {100 * self.goal.indifference:g} % of its mean" if self.goal.relative else ""
        used = ", ".join(
            f"{name} {count:,}" + (f" (out after {self.eliminated[name].after:,})" if name in self.eliminated else "")
            for name, count in self.replicates.items()
        )
        if not self.decided:
            head = (
                f"Selection by {metric} not decided after {self.looked:,} replicates; left are {', '.join(self.left)}, "
                f"and at most {self.at_most:,} would decide"
            )
        elif len(self.left) > 1:
            head = f"Selected by {metric}: {self.best}; the same to the last digit: {', '.join(self.left)}"
        else:
            head = (
                f"Selected by {metric}: {self.best}.  Where the best strategy is better than each other one by "
                f"{zone} (the indifference), it is selected with at least {share} probability"
            )
        return f"{head}.  Replicates: {used}."


def _text(value: float, unit: str) -> str:
    """A value with its unit; much money in millions."""
    if unit == "USD" and value >= 1e5:
        return f"{digits(value / 1e6)} million USD"
    return f"{digits(value)} {unit}".removesuffix(" 1")


def variance_factor(strategies: int, first_stage: int, confidence: float) -> float:
    """The h squared of KN with c = 1: how many variances of a difference, over the indifference squared, it may take.

    The constant eta of its continuation region solves (1 + 2 eta)^(-(n0 - 1) / 2) / 2 = (1 - confidence) / (k - 1).
    """
    degrees = first_stage - 1
    eta: float = 0.5 * ((2 * (1 - confidence) / (strategies - 1)) ** (-2 / degrees) - 1)
    return 2 * eta * degrees


def screen(
    values: Mapping[str, Floats], goal: Goal, first_stage: int, better: Literal["higher", "lower"] | None = None
) -> Selection:
    """Compare strategies replicate by replicate, as far as there are values of all that are left.

    `values`: of each of two or more strategies the metric in replicates 0, 1, ..., at least those of the first stage;
    replicate r of all strategies has the same random draws, or all have their own.  `better`: which way is better; by
    default that of the goal's metric.  Raises `InputError` for a value that is not finite.
    """
    names = list(values)
    for name, own in values.items():
        if not np.isfinite(own).all():
            raise InputError(f"select {goal.metric}: undefined in some replicates of {name}; select by another metric")
    sign = 1.0 if (better or METRICS[goal.metric].better) == "higher" else -1.0
    first = np.stack([sign * values[name][:first_stage] for name in names])
    indifference = goal.in_units(float(first.mean(axis=1).max()))
    # Of every two strategies the variance of their difference, in units that make the bounds of the region simple.
    squared = ((first[:, None] - first[None]).var(axis=2, ddof=1)) / indifference**2
    ends = variance_factor(len(names), first_stage, goal.confidence) * squared
    totals = {name: np.cumsum(sign * values[name]) for name in names}

    left, eliminated, looked = list(range(len(names))), dict[str, Elimination](), first_stage
    while True:
        means = np.array([totals[names[i]][looked - 1] / looked for i in left])
        own = ends[np.ix_(left, left)]
        ahead = means[None] - means[:, None] - np.maximum(0.0, indifference / (2 * looked) * (own - looked))
        np.fill_diagonal(ahead, -inf)
        behind = ahead.max(axis=1) > 0
        for i, ahead_of_it in zip(np.flatnonzero(behind), ahead[behind], strict=True):
            eliminated[names[left[i]]] = Elimination(looked, names[left[int(np.argmax(ahead_of_it))]])
        best = names[left[int(np.argmax(means))]]
        left = [one for one, out in zip(left, behind, strict=True) if not out]
        at_most = 1 + floor(ends[np.ix_(left, left)].max())
        decided = len(left) == 1 or looked >= at_most
        if decided or looked >= min(len(values[names[i]]) for i in left):
            return Selection(
                goal,
                indifference,
                first_stage,
                best,
                tuple(names[i] for i in left),
                eliminated,
                decided,
                looked,
                max(looked, at_most),
                {name: len(own) for name, own in values.items()},
            )
        looked += 1
