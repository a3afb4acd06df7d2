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
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.scenario.models import Scenario

Tables = Mapping[str, npt.NDArray[np.floating[Any]]]

KEPT = 64
"""Entries kept; the ones used longest ago go first."""

_MAKERS = ("environment", "physics", "ephemeris", "data", "constants.py")
"""What the tables depend on beside the scenario: the code and data of these parts of the package."""


def folder() -> Path:
    """Where tables lie: `$ORBITFLEET_CACHE`, or `orbitfleet` in the user's cache folder."""
    if chosen := os.environ.get("ORBITFLEET_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orbitfleet"


def key_of(scenario: Scenario, what: str = "light") -> str:
    """Hash of all that decides some tables: the scenario's physics, the code that makes them, and NumPy's version."""
    parts = {"mission", "constellation", "satellite", "light", "power", "space"}
    content = scenario.model_dump(mode="json", include=parts)
    for shell in content["constellation"]["shells"]:
        if "file" in shell:
            shell["file"] = hashlib.sha256(Path(shell["file"]).read_bytes()).hexdigest()
    text = json.dumps([what, content, _code(), np.__version__], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def tables(key: str, make: Callable[[], Tables]) -> Tables:
    """The tables of a key: mapped from disk, or made and put there.  Where the disk says no they stay in memory."""
    place = folder() / key
    try:
        return _mapped(place)
    except (OSError, ValueError, EOFError):
        made = make()
    try:
        _store(place, made)
        return _mapped(place)
    except (OSError, ValueError, EOFError):
        return made


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
    for entry in entries[:-KEPT]:
        shutil.rmtree(entry, ignore_errors=True)


@cache
def _code() -> str:
    """Hash of the package's files that the tables come from."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for maker in _MAKERS:
        path = package / maker
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
