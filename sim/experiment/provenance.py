"""What made a study: enough to make it again, and to tell whether two runs may share a folder."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from sim.code_digest import package_digest
from sim.scenario.load import sha256_of
from sim.scenario.models import Scenario

PROGRAM = "orbitfleet"
"""The marker: a folder whose provenance names this program is ours."""
_PACKAGES = ("numpy", "scipy", "simpy", "skyfield", "skyfield-data", "sgp4", "pydantic", "netCDF4", "xarray")


def provenance(
    scenario: Scenario, strategies: Sequence[str], seed: int, command: Sequence[str] | None
) -> dict[str, Any]:
    """Versions, seed, the digests of scenario and code, and the command; nothing else that depends on the machine."""
    of_scenario = {"scenario": scenario.name, "scenario_sha256": sha256_of(scenario)}
    own = {"own_strategies": _code(scenario, strategies)}
    return {**program(), **of_scenario, "seed": seed, **machine(), **own, "command": list(command) if command else None}


def program() -> dict[str, Any]:
    """This program, its version and the digest of its code."""
    return {"program": PROGRAM, "version": _version(PROGRAM), "code_sha256": package_digest()}


def machine() -> dict[str, Any]:
    """The versions of Python and of the packages that results may depend on."""
    return {"python": platform.python_version(), "packages": {name: _version(name) for name in _PACKAGES}}


def conflict(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Why results of these two provenances must not stand side by side, as a predicate; empty: they may.

    NumPy keeps the draws of a seed within a version, not across versions, and other code of this program may compute
    other results; the other packages are not in the way of a random number.
    """
    study = [
        ("scenario sha256", _short(before.get("scenario_sha256")), _short(now["scenario_sha256"])),
        ("seed", before.get("seed"), now["seed"]),
    ]
    code = [
        ("numpy", _of(before, "packages").get("numpy"), now["packages"]["numpy"]),
        (PROGRAM, before.get("version"), now["version"]),
        (f"the code of {PROGRAM}", _short(before.get("code_sha256")), _short(now["code_sha256"])),
    ]
    own = _of(before, "own_strategies")
    code += [
        (f"the code of {name}", _short(own[name]), _short(digest))
        for name, digest in now["own_strategies"].items()
        if name in own
    ]
    reasons = [f"{what} {old} there, {new} now" for what, old, new in study + code if old != new]
    if not reasons:
        return ""
    another = any(old != new for _, old, new in study)
    return f"{'holds another study' if another else 'holds results of other code'} ({'; '.join(reasons)})"


def _code(scenario: Scenario, strategies: Sequence[str]) -> dict[str, str]:
    """The digest of the source file of each strategy that is the user's own: its results change with it."""
    digests = {}
    for name in strategies:
        module = type(scenario.strategy_named(name)).__module__
        file = getattr(sys.modules.get(module), "__file__", None)
        if file and module.partition(".")[0] != "sim":
            digests[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return digests


def _of(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = mapping.get(key)
    return inner if isinstance(inner, dict) else {}


def _short(digest: Any) -> str:
    return str(digest)[:8] if digest else "unknown"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"
