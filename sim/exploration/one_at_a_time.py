"""Each input moved alone: to the ends of its range for a tornado, and a little for its elasticity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import ScenarioError
from sim.experiment.intervals import mean_interval
from sim.experiment.sample import Sample
from sim.exploration.bootstrap import Spread
from sim.exploration.inputs import Input
from sim.exploration.outputs import Outputs
from sim.exploration.plan import StudyFile

Floats = NDArray[np.float64]

NUDGE = 0.05
"""By what share of its value an input is moved up and down for its elasticity: within 1 % of a power law's exponent of
3, and far enough that what is counted in whole flights moves."""
LOW, HIGH, DOWN, UP = range(4)


@dataclass(frozen=True)
class Swing:
    """What one input does alone."""

    low: Mapping[str, Spread]
    """By figure: its change from the base when the input is at the low end of its range."""
    high: Mapping[str, Spread]
    """Likewise at the high end."""
    elasticity: Mapping[str, Spread]
    """By figure: per cent of change for 1 % more of the input, at the base; none: the input or the figure is not above
    0 there."""

    def width(self, output: str) -> float:
        """The length of its bar in a tornado."""
        ends = [one.value or 0.0 for one in (self.low[output], self.high[output])]
        return max(*ends, 0.0) - min(*ends, 0.0)


def places_of(study: StudyFile, inputs: Sequence[Input]) -> list[dict[int, Any]]:
    """Values of each input to look at: ends, and a little below and above the base, where these make a scenario."""
    return [{LOW: one.at(np.zeros(1))[0], HIGH: one.at(np.ones(1))[0], **_nudged(study, one)} for one in inputs]


def swings(
    inputs: Sequence[Input],
    places: Sequence[Mapping[int, Any]],
    base: Mapping[str, Sample],
    found: Sequence[Mapping[int, Mapping[str, Sample]]],
    outputs: Outputs,
) -> list[Swing]:
    """What each input does; `found`: the samples at its places."""
    own = outputs.of(base)
    result = []
    for one, place, samples in zip(inputs, places, found, strict=True):
        there = {which: outputs.of(sample) for which, sample in samples.items()}
        low, high = ({name: _mean(there[end][name] - own[name]) for name in outputs.names} for end in (LOW, HIGH))
        around = [(place[which], there[which]) for which in (DOWN, UP) if which in place]
        if len(around) == 1:
            around.append((one.base, own))
        elastic = {name: _elasticity([(x, y[name]) for x, y in around]) for name in outputs.names}
        result.append(Swing(low, high, elastic))
    return result


def _nudged(study: StudyFile, one: Input) -> dict[int, Any]:
    base = one.base
    if not isinstance(base, (int, float)) or isinstance(base, bool) or base <= 0:
        return {}
    found: dict[int, Any] = {}
    for which, factor in ((DOWN, 1 - NUDGE), (UP, 1 + NUDGE)):
        value = base * factor
        if one.whole:
            value = min(round(value), base - 1) if which == DOWN else max(round(value), base + 1)
        try:
            study.at(one.settings(value))
        except ScenarioError:
            continue
        found[which] = value
    return found


def _elasticity(ends: Sequence[tuple[float, Floats]]) -> Spread:
    """Of two (input, figure of each replicate)."""
    if not ends or any(values.mean() <= 0 or value <= 0 for value, values in ends):
        return Spread(None, None, None)
    (x0, y0), (x1, y1) = ends
    run = log(x1 / x0)
    value = float(np.log(y1.mean() / y0.mean())) / run
    # By the delta method: what each replicate moves the logarithm of the ratio of means by.
    moved = (y1 / y1.mean() - y0 / y0.mean()) / run
    if len(moved) < 2:
        return Spread(value, None, None)
    low, high = mean_interval(value + moved)
    return Spread(value, min(low, value), max(high, value))


def _mean(values: Floats) -> Spread:
    mean = float(values.mean())
    return Spread(mean, *mean_interval(values)) if len(values) > 1 else Spread(mean, None, None)
