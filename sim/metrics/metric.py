"""What a metric is."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One figure of a run."""

    name: str
    """Its name in results, tables and JSON."""
    unit: str
    """Unit; "1" for a fraction or a count."""
    definition: str
    """What it means, in one sentence."""
    better: Literal["higher", "lower"]
    """Which way is better, all else equal."""
    low: float = 0.0
    """Smallest value that can occur."""
    high: float = inf
    """Largest value that can occur."""
    ratio_of: tuple[str, str] | None = None
    """Metrics whose quotient it is, where over replicates the quotient of their means counts, not the mean quotient."""
