"""Figures as cells of a table: what the text of a study and its page show alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from sim.experiment.statistics import Estimate

ADJUSTED = "*"
"""Marks means adjusted by the controls."""


@dataclass(frozen=True)
class Cell:
    """A figure as it is read: `71.24 [70.90, 71.58]* %`."""

    mean: str
    interval: str = ""
    """In brackets, or the half-width behind a plus-minus sign; empty: there is none."""
    adjusted: bool = False
    unit: str = ""
    """Behind the number, its space included."""

    def __str__(self) -> str:
        interval = f" {self.interval}" if self.interval else ""
        return f"{self.mean}{interval}{ADJUSTED * self.adjusted}{self.unit}"


Row = tuple[str | Cell, ...]
"""A name and its figures."""


@dataclass(frozen=True)
class Grid:
    """A table: what stands over each column, and the rows."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def text(self) -> list[list[str]]:
        """All rows as text, that of the heads first."""
        return [list(self.heads), *([str(cell) for cell in row] for row in self.rows)]


def cell(e: Estimate, factor: float, unit: str, sign: str = "") -> Cell:
    """A mean and its interval: as many decimals as the interval gives meaning to."""
    if e.mean is None:
        return Cell("undefined")
    mean = e.mean * factor
    if e.ci_low is None or e.ci_high is None:
        return Cell(f"{mean:{sign},.{decimals(mean, 4)}f}", unit=unit)
    low, high = e.ci_low * factor, e.ci_high * factor
    # An interval of no width is a figure without noise; it and the mean are shown to four digits.
    places = decimals(0.5 * (high - low), 2) if high - low > 1e-9 * abs(mean) else decimals(mean, 4)
    form = f"{sign},.{places}f"
    return Cell(f"{mean:{form}}", f"[{low:{form}}, {high:{form}}]", adjusted=e.adjusted, unit=unit)


def with_half_width(e: Estimate) -> Cell:
    """`1,234 ± 56`: as many decimals as the interval gives meaning to, at least one of a small number."""
    if not e.mean:
        return Cell("-")
    if not e.half_width:
        return Cell(f"{e.mean:,.{decimals(e.mean, 2) if e.mean < 100 else 0}f}")
    places = decimals(e.half_width, 2) if e.half_width < 100 else 0
    return Cell(f"{e.mean:,.{places}f}", f"± {e.half_width:,.{places}f}")


def decimals(value: float, digits: int) -> int:
    """Decimals that show so many significant digits of a value, between 0 and 6."""
    return 0 if value == 0 else min(6, max(0, digits - 1 - floor(log10(abs(value)))))


def list_of(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
