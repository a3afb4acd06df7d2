"""What a shell completes: names of scenarios, strategies and pictures.  Light to import: a key press waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PICTURES = ("availability", "losses", "timeline", "satellite", "waterfall", "cost", "differences", "net_cost")
"""Kinds of picture of a study."""


def scenarios(incomplete: str) -> list[str]:
    """Shipped scenarios, overlays and validation cases, and YAML files here; with none the shell completes paths as it
    always does."""
    from sim.shipped import shipped, shipped_overlays, validation_cases

    folder = Path(incomplete if incomplete.endswith("/") else Path(incomplete).parent)
    try:
        files = [str(path) for path in folder.iterdir() if path.suffix in (".yaml", ".yml")]
    except (OSError, ValueError):
        files = []
    return _beginning(incomplete, [*shipped(), *shipped_overlays(), *validation_cases(), *sorted(files)])


def studies(incomplete: str) -> list[str]:
    """Shipped study files, and whatever can be a scenario."""
    from sim.shipped import shipped_studies

    return [*_beginning(incomplete, shipped_studies()), *scenarios(incomplete)]


def strategies(incomplete: str) -> list[str]:
    """Built-in strategies; after a comma the next one, of those not named yet."""
    from sim.strategies import BUILT_IN

    *named, last = incomplete.split(",")
    before = "".join(f"{name}," for name in named)
    return [before + name for name in _beginning(last, BUILT_IN) if name not in named]


def pictures(incomplete: str) -> list[str]:
    """Kinds of picture."""
    return _beginning(incomplete, PICTURES)


def tags(incomplete: str) -> list[str]:
    """Tags of sources."""
    from sim.parameters import TAGS

    return _beginning(incomplete, [*TAGS, "none"])


def bench_items(incomplete: str) -> list[str]:
    """Items of the benchmark."""
    from sim.bench.report import names

    return _beginning(incomplete, names())


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
