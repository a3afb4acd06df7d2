"""Block mode beside the exact engine, on fleets that both can run: every metric within what chance allows.

Births have the same luck in both, flights do not.  Errors are taken as if nothing was shared, so |z| is too small
rather than too large where most of the luck is; a bias of block mode shows all the same, since it does not average out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.environment import Environment
from sim.errors import InputError
from sim.experiment import simulate_many
from sim.metrics import METRICS
from sim.scenario import load

ACCEPTED = 3.0
"""Standard errors within which a metric passes: most luck is the same in both, so hardly any comes near by chance."""
NO_ERROR = 1e9
"""Standard errors of a difference between what does not vary."""
NEGLIGIBLE = 1e-6
"""Of the GPU-hours online: hours of some kind that differ by less, such as those of a rare bad month, are alike."""
SAME = 1e-9
"""Relative difference that is rounding."""


@dataclass(frozen=True)
class Fleet:
    """A fleet that both can run."""

    scenarios: tuple[str, ...]
    strategy: str
    settings: tuple[str, ...] = ()


_SHELL = (
    "constellation.shells.0.planes=4",
    "constellation.shells.0.satellites_per_plane=60",
    "constellation.spare_berths_per_plane=6",
    "satellite.gpus=32",
    "satellite.mass_kg=740",
    "launch.vehicle.success_probability=0.9",
    "launch.flights_per_opportunity=20",
    "workload.jobs=[]",
    "mission.years=6",
)
_JOBS = (
    "mission.years=3",
    "workload.jobs=[{name: short, gpus: 64, count: 200, work_gpu_hours: 2e4, arrives_every_days: 4}, "
    "{name: long, gpus: 256, count: 4, checkpoint_to: local, checkpoint_gb: 500, hot_spares: 4}]",
)
FLEETS: Mapping[str, Fleet] = {
    "no maintenance": Fleet(("baseline",), "run_to_failure", _SHELL),
    "orders at fixed dates": Fleet(("baseline",), "scheduled_batch", _SHELL),
    "orders one for one": Fleet(("baseline",), "replace_on_failure", _SHELL),
    "spares in the planes": Fleet(("baseline",), "on_orbit_spares", (*_SHELL, "deployment={kind: in_place}")),
    "common causes and racks": Fleet(("baseline", "overlays/rack", "overlays/common_causes"), "batch", _SHELL),
    "dawn-dusk, serving": Fleet(
        ("spacex_ai1",), "scheduled_batch", ("workload.jobs=[]", "constellation.shells.0.satellites_per_plane=120")
    ),
    "cluster, training": Fleet(("suncatcher_81",), "scheduled_batch"),
    "planes of small gangs": Fleet(("baseline",), "scheduled_batch"),
    "training inside satellites, and inference": Fleet(("spacex_ai1",), "on_orbit_spares", ("mission.years=3",)),
    "jobs that end, paused in eclipses": Fleet(("baseline", "overlays/pause"), "replace_on_failure", _JOBS),
}


def verify_modes(names: Sequence[str] = (), *, replicates: int = 24, seed: int = 1) -> dict[str, Any]:
    """Run the fleets in both modes: `{"replicates", "fleets": {NAME: {METRIC: {"exact", "block", "se", "z"}}}}`.

    Raises `InputError` for a fleet that is not known, and for fewer than two replicates, which have no spread.
    """
    if replicates < 2:
        raise InputError(f"replicates {replicates}: must be at least 2: one has no standard error")
    if unknown := [name for name in names if name not in FLEETS]:
        raise InputError(f"no fleet {unknown[0]!r}: they are {', '.join(map(repr, FLEETS))}")
    chosen = {name: FLEETS[name] for name in names or FLEETS}
    return {
        "replicates": replicates,
        "fleets": {name: compare_modes(fleet, replicates, seed) for name, fleet in chosen.items()},
    }


def compare_modes(fleet: Fleet, replicates: int, seed: int) -> dict[str, dict[str, float]]:
    """Means of one fleet in both modes, by metric; what neither defines is left out."""
    values = []
    for mode in ("exact", "block"):
        scenario = load(*fleet.scenarios, set_=[*fleet.settings, f"simulation.mode={mode}"])
        environment = Environment.build(scenario)
        sample = simulate_many(scenario, environment, fleet.strategy, seed, range(replicates), workers=1)
        values.append({name: sample.values(name) for name in METRICS})
    exact, block = values
    negligible = NEGLIGIBLE * float(np.nanmean(exact["online_gpu_hours"]))
    return {
        name: compared(exact[name], block[name], negligible if METRICS[name].unit == "GPU h" else 0.0)
        for name in METRICS
        if (np.isfinite(exact[name]).any() or np.isfinite(block[name]).any())
    }


def compared(exact: NDArray[np.float64], block: NDArray[np.float64], negligible: float = 0.0) -> dict[str, float]:
    """Means, standard error of their difference, and the difference in terms of it beyond what is negligible."""
    first, second = (one[np.isfinite(one)] for one in (exact, block))
    a, b = (float(one.mean()) if len(one) else np.nan for one in (first, second))
    defined = _defined(len(first) / len(exact), len(second) / len(block), len(exact))
    if min(len(first), len(second)) < 2:  # where hardly any replicate has a value, as many must have one
        return {"exact": a, "block": b, "se": 0.0, "z": defined}
    error = hypot(*(float(one.std(ddof=1)) / sqrt(len(one)) for one in (first, second)))
    off = max(abs(b - a) - negligible, 0.0)
    z = 0.0
    if off > SAME * max(abs(a), abs(b)):
        z = float(np.sign(b - a)) * (off / error if error > 0 else NO_ERROR)
    return {"exact": a, "block": b, "se": error, "z": max(z, defined, key=abs)}


def _defined(exact: float, block: float, replicates: int) -> float:
    """Difference of the shares of replicates that define a metric, in terms of its standard error."""
    both = 0.5 * (exact + block)
    error = sqrt(2 * both * (1 - both) / replicates)
    return (block - exact) / error if error > 0 else 0.0


def shortcomings(found: Mapping[str, Any]) -> list[str]:
    """What is beyond the accepted."""
    return [
        f"{fleet}: {metric}: exact {one['exact']:.6g}, block {one['block']:.6g}, {_distance(one['z'])}"
        for fleet, metrics in found["fleets"].items()
        for metric, one in metrics.items()
        if not abs(one["z"]) < ACCEPTED
    ]


def _distance(z: float) -> str:
    return "though neither varies" if abs(z) >= NO_ERROR else f"{z:+.1f} standard errors"


def table(found: Mapping[str, Any]) -> str:
    """For people: the metrics of each fleet that differ most."""
    lines = [f"Block mode beside the exact engine, {found['replicates']} replicates each"]
    for fleet, metrics in found["fleets"].items():
        worst = sorted(metrics, key=lambda name: -abs(metrics[name]["z"]))
        beyond = sum(not abs(one["z"]) < ACCEPTED for one in metrics.values())
        lines += ["", f"{fleet}: {len(metrics)} metrics, {beyond or 'none'} beyond {ACCEPTED:g} standard errors"]
        lines += [f"  {'metric':<36}{'exact':>14}{'block':>14}{'z':>8}"]
        shown = list(dict.fromkeys(["compute_availability", *worst[:4]]))
        lines += [
            f"  {name:<36}{metrics[name]['exact']:>14.6g}{metrics[name]['block']:>14.6g}{metrics[name]['z']:>+8.2f}"
            for name in shown
            if name in metrics
        ]
    return "\n".join(lines)
