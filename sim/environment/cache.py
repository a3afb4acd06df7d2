"""Tables on disk, by the hash of what they were computed from: made once, then mapped into memory read-only.

Processes that map one file share its pages, so workers neither compute nor copy what their parent has computed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.code_digest import closure_digest
from sim.scenario.models import Scenario

Tables = Mapping[str, npt.NDArray[np.floating[Any]]]

KEPT = 256
"""Entries kept; the ones used longest ago go first."""

NOT_IN_TABLES = frozenset(
    {"name", "description", "notes", "changes", "radiation", "reliability", "launch", "deployment", "workload"}
    | {"service", "economics", "servicing", "strategy", "strategies", "sources", "factory", "ground", "campus"}
    | {"simulation"}
)
"""Parts of a scenario that no table depends on but by their step.  All others are in the key, those that a later
version adds too."""


PRICES = ("bus_usd", "gpu_usd")
"""Fields of a design that no table depends on either."""


def folder() -> Path:
    """Where tables lie: `$ORBITFLEET_CACHE`, or `orbitfleet` in the user's cache folder."""
    if chosen := os.environ.get("ORBITFLEET_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orbitfleet"


def key_of(scenario: Scenario, what: str = "light") -> str:
    """Hash of what decides some tables in a scenario: all but `NOT_IN_TABLES` and `PRICES`, and the tables' step.

    Of files it takes the content, not the place.

    `what`: which tables.
    """
    content = scenario.model_dump(mode="json", exclude=set(NOT_IN_TABLES))
    for design in content["designs"].values():
        for price in PRICES:
            design.pop(price)
    for shell in content["constellation"]["shells"]:
        if "file" in shell:
            shell["file"] = hashlib.sha256(Path(shell["file"]).read_bytes()).hexdigest()
    return _hash([what, content, scenario.table_step_days])


def entry(key: str, make: Callable[[], Tables]) -> Path:
    """Where the tables of a key lie that a function makes: those of other code, data or libraries lie elsewhere."""
    return folder() / _hash([key, closure_digest(make.__module__)])


def tables(key: str, make: Callable[[], Tables]) -> Tables:
    """The tables of a key: mapped from disk, or made and put there.  Where the disk cannot be used they stay in memory.

    `make`: makes them; the code that decides them is that of its module and of all that this one imports.
    """
    place = entry(key, make)
    try:
        return _mapped(place)
    except (OSError, ValueError, EOFError):
        made = make()
    try:
        _store(place, made)
        return _mapped(place)
    except (OSError, ValueError, EOFError):
        return made


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _mapped(place: Path) -> Tables:
    names = json.loads((place / "names.json").read_text())
    found = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in names}
    os.utime(place)
    return found


def _store(place: Path, made: Tables) -> None:
    """Write beside and rename, so that nobody ever sees half an entry."""
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=place.parent))
    try:
        for name, table in made.items():
            np.save(unfinished / f"{name}.npy", table)
        (unfinished / "names.json").write_text(json.dumps(sorted(made)))
        if place.exists():  # a damaged entry, or another process was faster
            shutil.rmtree(place, ignore_errors=True)
        unfinished.rename(place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    entries = sorted((e for e in place.parent.iterdir() if len(e.name) == 32), key=lambda e: e.stat().st_mtime)
    for old in entries[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
