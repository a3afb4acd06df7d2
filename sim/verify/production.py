"""Training jobs through the engine beside what is published of large ones, on the ground and in orbit.

What is tested: that the counts by cause which reach a job are those of the rates that the scenario gives, which are
the paper's counts themselves; and that the share of effective time follows from checkpoints and restarts, by the same
rules as in every other scenario.  That the rates are right is not tested: they are the paper's.
"""

from __future__ import annotations

from itertools import groupby
from textwrap import wrap
from typing import Any

from sim.verify.field_jobs import gemini, llama, meta
from sim.verify.row import Row
from sim.verify.soft_errors import soft_errors

NAME = "production"
"""What `--case` calls all of them."""
FEWEST = 2
"""Replicates that an error can be estimated from."""
_SAID = (
    "Rates are the references' own.  Tested is what reaches the job by cause, and what checkpoints and restarts make "
    "of it, by the rules of every other scenario."
)


def verify_production(replicates: int, seed: int) -> dict[str, Any]:
    """Compare all rows; at least two replicates of each run."""
    replicates = max(replicates, FEWEST)
    rows: list[Row] = [
        *llama(replicates, seed),
        *meta(replicates, seed),
        *gemini(),
        *soft_errors(replicates, seed),
    ]
    return {"replicates": replicates, "seed": seed, "rows": [row.to_json() for row in rows]}


def shortcomings(found: dict[str, Any]) -> list[str]:
    """Say which rows are not good enough; nothing where all are."""
    return [
        f"{row['part']}: {row['name']}: {row['value']:.4g} +- {row['se']:.2g}, reference {_allowed(row)}"
        for row in found["rows"]
        if not row["passed"]
    ]


def table(found: dict[str, Any]) -> str:
    """The rows in columns, part by part, sources and notes below."""
    rows = found["rows"]
    wide = max(len(row["name"]) for row in rows)
    lines = [
        f"Jobs as published: {found['replicates']} replicates of each run, seed {found['seed']}",
        *wrap(_SAID, 110),
    ]
    for part, group in groupby(rows, key=lambda row: row["part"]):
        here = list(group)
        lines += ["", part, f"  {'':{wide}}{'simulated':>12}{'+-':>10}   reference"]
        for row in here:
            mark = "" if row["passed"] else "  FAILS"
            error = f"{row['se']:.2g}" if row["se"] else ""
            lines.append(f"  {row['name']:{wide}}{row['value']:>12.4g}{error:>10}   {_allowed(row)}{mark}")
        for text in dict.fromkeys(row["source"] for row in here):
            lines += wrap(f"Source: {text}", 110, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        for row in here:
            if row["note"]:
                text = f"{row['name']}: {row['note']}"
                lines += wrap(text, 110, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    bad = sum(not row["passed"] for row in rows)
    return "\n".join(
        [*lines, "", f"{len(rows)} rows; " + (f"{bad} outside" if bad else "all within") + " what is allowed"]
    )


def _allowed(row: dict[str, Any]) -> str:
    reference, tolerance = f"{row['reference']:.4g}", f"{row['tolerance']:.2g}"
    if row["bound"] is None:
        return f"{reference} +- {tolerance}"
    beyond = f" {'-' if row['bound'] == 'at least' else '+'} {tolerance}" if row["tolerance"] else ""
    return f"{row['bound']} {reference}{beyond}"
