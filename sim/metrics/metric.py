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

    @property
    def unit_text(self) -> str:
        """The unit as people say it, `USD per GPU-hour`; empty for a fraction or a count."""
        words = {
            "1": "",
            "1e6": "million",
            "GPU h": "GPU-hours",
            "PFLOP/s h": "PFLOP/s-hours",
            "d": "days",
            "h": "hours",
        }
        money, slash, per = self.unit.partition("/")
        if slash and money in ("USD", "kg"):
            each = per.strip("()").replace("GPU h", "GPU-hour").replace("PFLOP/s h", "PFLOP/s-hour")
            return f"{money} per {each.replace('1e6', 'million').replace('yr', 'year')}"
        return words.get(self.unit, self.unit)
