"""Figures of this program beside published ones, by the error that those have of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from textwrap import wrap
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison."""

    name: str
    value: float
    reference: float
    tolerance: float
    """Largest |value / reference - 1| that the reference's own error allows."""
    source: str

    @property
    def relative_error(self) -> float:
        """(value - reference) / reference."""
        return self.value / self.reference - 1


def rows_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """[{"name", "value", "reference", "relative_error", "tolerance", "source"}], for JSON."""
    order = ("name", "value", "reference", "relative_error", "tolerance", "source")
    found = [asdict(row) | {"relative_error": row.relative_error} for row in rows]
    return [{key: row[key] for key in order} for row in found]


def shortcomings(found: dict[str, Any], digits: int = 4) -> list[str]:
    """Say which rows are not good enough; nothing where all are."""
    return [
        f"{row['name']}: {row['value']:.{digits}g} against {row['reference']:.{digits}g}, "
        f"{row['relative_error']:+.1{'%' if digits < 6 else 'e'}}, allowed {row['tolerance']:.2g}"
        for row in found["rows"]
        if not abs(row["relative_error"]) <= row["tolerance"]  # a value that is no number fails too
    ]


def table(found: dict[str, Any], digits: int = 4) -> str:
    """The rows in columns, each source above its own."""
    rows, column = found["rows"], digits + 7
    wide = max(len(row["name"]) for row in rows)
    blocks = [f"{'':{wide + 2}}{'value':>{column}}{'reference':>{column}}{'error %':>9}{'allowed %':>11}"]
    for source, group in groupby(rows, key=lambda row: row["source"]):
        lines = [
            f"  {row['name']:{wide}}{row['value']:>{column}.{digits}g}{row['reference']:>{column}.{digits}g}"
            f"{100 * row['relative_error']:>+9.2{'f' if digits < 6 else 'g'}}{100 * row['tolerance']:>11.3g}"
            for row in group
        ]
        blocks.append("\n".join([*wrap(source, 110, break_on_hyphens=False), *lines]))
    bad = len(shortcomings(found))
    blocks.append(f"{len(rows)} rows; " + (f"{bad} outside" if bad else "all within") + " what their references allow")
    return "\n\n".join(blocks)
