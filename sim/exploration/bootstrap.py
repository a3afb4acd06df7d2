"""Intervals by resampling rows: of statistics that have no simple law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

RESAMPLES = 1000
"""Resamples of an interval: its ends are good to a twentieth of its width."""

ROUNDING = 1e-12
"""Share by which two figures may differ and yet be the same: sums of the same money in another order."""


@dataclass(frozen=True)
class Spread:
    """A figure with its 95 % interval; none where it is undefined."""

    value: float | None
    ci_low: float | None
    ci_high: float | None

    def to_json(self) -> dict[str, float | None]:
        """As in the output of `sensitivity`."""
        return asdict(self)


def bootstrapped(statistic: Callable[[Rows], Floats], rows: int, generator: np.random.Generator) -> list[Spread]:
    """Each figure of a statistic with the central 95 % of its values over resamples of the rows.

    `statistic`: from the numbers of rows, repeated ones counting again, to figures of shape (figures,).  The percentile
    interval of Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; with few rows it is too narrow.
    """
    value = statistic(np.arange(rows))
    if rows < 2:
        return [Spread(_finite(one), None, None) for one in value.tolist()]
    again = np.array([statistic(generator.integers(0, rows, rows)) for _ in range(RESAMPLES)])
    again[~np.isfinite(again)] = np.nan
    ends = [
        np.nanpercentile(column, [2.5, 97.5]) if np.isfinite(column).any() else (np.nan, np.nan) for column in again.T
    ]
    return [
        Spread(_finite(one), _finite(float(low)), _finite(float(high)))
        for one, (low, high) in zip(value.tolist(), ends, strict=True)
    ]


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
