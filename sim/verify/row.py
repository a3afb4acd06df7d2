"""A figure of a simulation beside one from elsewhere, with what chance and the other's rounding allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any, Literal

import numpy as np
from scipy.stats import norm, t

Bound = Literal["at least", "at most"]

ACCEPTED = 3.5
"""Standard errors within which a figure passes."""


@dataclass(frozen=True)
class Row:
    """One comparison."""

    part: str
    """What it belongs to: the heading of its table."""
    name: str
    value: float
    se: float
    """Standard error of the value, of the chance in the replicates alone."""
    reference: float
    tolerance: float
    """Distance from the reference that is allowed; on the wrong side of it, where it is a bound."""
    source: str
    """Where the reference is from, and what the tolerance is."""
    bound: Bound | None = None
    """Whether the reference is a bound."""
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the value is good enough; what is no number is not."""
        above = self.value - self.reference
        off = {"at least": -above, "at most": above, None: abs(above)}[self.bound]
        return off <= self.tolerance

    def to_json(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self) | {"passed": self.passed}


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean of some replicates and its standard error, which takes two."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) / sqrt(len(values))


def allowed(error: float, replicates: int) -> float:
    """What chance allows a mean: 3.5 standard errors, more by Student's t where few replicates estimate the error."""
    return float(t.isf(norm.sf(ACCEPTED), replicates - 1)) * error


def counted(reference: float, mean: float, replicates: int) -> float:
    """What chance allows the difference between one count and the mean of others: Poisson, 3.5 standard errors."""
    return ACCEPTED * sqrt(reference + mean / replicates)
