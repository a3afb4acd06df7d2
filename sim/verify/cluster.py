"""Terrestrial clusters: the engine beside another simulator's results for the same cases, `AIReSim`, and beside jobs
as published.

Each case is laid over the scenario `validation/cluster.yaml` and run as any other scenario of a campus; the figures are
read from its log.  For laws with a memory the scenario takes over that program's error of drawing all lives anew at
each restart (`campus.restart_renews_hosts`); our own clocks keep their age.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from sim.constants import HOURS_PER_DAY
from sim.engine import simulate
from sim.environment import Environment
from sim.errors import InputError
from sim.events import EventKind
from sim.result import Result
from sim.scenario import Scenario, load
from sim.shipped import validation_case
from sim.verify import production
from sim.verify.cluster_case import FIGURES, case_of, cases_in, reference_of, retirement_of

REPLICATES = 40
SEED = 1
ACCEPTED = 3.5
"""Largest |z| that passes."""
CERTAIN = 1e9
"""z of two figures that are both free of chance and differ."""
YEARS = 25
"""Horizon of a run: the longest that a mission may have."""
_GPUS = 8
_SAME = 1e-9
"""Relative difference of figures free of chance that is a rounding error."""
_LABELS = {
    "training_time_hours": "training time, h",
    "total_failures": "failures",
    "effective_training_ratio": "effective training ratio",
}


def shipped_cases() -> Path:
    """The cases that come with the program."""
    return validation_case("cluster").with_name("cluster_cases.json")


def scenario_of(path: Path, name: str, case: Mapping[str, Any]) -> Scenario:
    """The scenario of a case.  Raises `InputError` for one that is none."""
    given = case_of(path, name, case)
    removal = case.get("removal", "never")
    if not isinstance(removal, str):
        raise InputError(f"{path}: cases.{name}.removal: must be a text")
    settings = given.settings(_GPUS) | {
        "mission.years": YEARS,
        "satellite.gpus": _GPUS,
    }
    try:
        settings["campus.retirement"] = retirement_of(removal)
        said = [f"{where}={json.dumps(value)}" for where, value in settings.items()]
        return load(validation_case("cluster"), set_=said)
    except InputError as error:
        raise InputError(f"{path}: cases.{name}: {str(error).replace('--set: ', '')}") from None


def measured(result: Result) -> dict[str, float]:
    """The figures of one run, from its log.  Raises `InputError` where its job does not end."""
    log = result.events
    ended = log.where(EventKind.JOB_FINISHED, EventKind.JOB_ABANDONED)
    if len(ended) != 1:
        raise InputError(f"the job does not end within {result.horizon_days / 365.25:g} years: nothing to compare")
    hours = float(ended.time_days[0]) * HOURS_PER_DAY
    computed = log.total(EventKind.COMMITTED) / result.scenario.workload.jobs[0].gpus
    return {
        "training_time_hours": hours,
        "total_failures": float(log.count(EventKind.JOB_INTERRUPTED)),
        "effective_training_ratio": computed / hours if hours > 0 else 0.0,
    }


def verify_cluster(
    path: Path, *, case: str | None = None, replicates: int = REPLICATES, seed: int = SEED
) -> dict[str, Any]:
    """Run all cases of a file beside the results that it gives for them, and jobs beside what is published of them.

    `case`: one of the cases alone, or `production` for the jobs alone.  Raises `InputError` for a file, case or
    parameter that cannot be used.
    """
    cases = cases_in(path)
    if case is not None and case not in (*cases, production.NAME):
        raise InputError(f"{path}: no case {case!r}; it has {', '.join(cases)}; {production.NAME} is jobs as published")
    chosen = {name: one for name, one in cases.items() if case in (None, name)}
    # All are read before any is run.
    made = {name: (scenario_of(path, name, one), reference_of(path, name, one)) for name, one in chosen.items()}
    found: dict[str, Any] = {}
    for name, (scenario, reference) in made.items():
        environment = Environment.build(scenario)
        begin = process_time()
        try:
            rows = [
                measured(simulate(scenario, environment, scenario.strategy, seed, replicate))
                for replicate in range(replicates)
            ]
        except InputError as error:
            raise InputError(f"{path}: cases.{name}: {error}") from None
        seconds = (process_time() - begin) / replicates
        figures = {figure: _compared([row[figure] for row in rows], *reference[figure]) for figure in FIGURES}
        found[name] = {**figures, "seconds_per_replicate": seconds}
    jobs = production.verify_production(replicates, seed) if case in (None, production.NAME) else None
    return {"replicates": replicates, "seed": seed, "cases": found, "production": jobs}


def _compared(values: list[float], mean_there: float, error_there: float) -> dict[str, float]:
    """A figure of ours beside the reference's."""
    mean = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    if spread <= _SAME * abs(mean):
        spread = 0.0
    error = spread / sqrt(len(values))
    both = sqrt(error**2 + (error_there if error_there > _SAME * abs(mean_there) else 0.0) ** 2)
    if both > 0:
        z = (mean - mean_there) / both
    else:
        z = (
            0.0
            if abs(mean - mean_there) <= _SAME * max(abs(mean_there), 1.0)
            else float(np.sign(mean - mean_there)) * CERTAIN
        )
    return {"mean": mean, "se": error, "reference_mean": mean_there, "reference_se": error_there, "z": z}


def shortcomings(found: dict[str, Any]) -> list[str]:
    """Figures further from the reference than chance explains."""
    jobs = found["production"]
    return [
        f"{name}: {figure} {one['mean']:.6g} +- {one['se']:.2g}, reference {one['reference_mean']:.6g} +- "
        f"{one['reference_se']:.2g}: |z| is {abs(one['z']):.3g}, at most {ACCEPTED:g} is accepted"
        for name, case in found["cases"].items()
        for figure, one in ((figure, case[figure]) for figure in FIGURES)
        if not abs(one["z"]) < ACCEPTED
    ] + (production.shortcomings(jobs) if jobs else [])


def table(found: dict[str, Any]) -> str:
    """The comparison as text."""
    lines = list[str]()
    if found["cases"]:
        lines = [
            f"{found['replicates']} replicates of each case, seed {found['seed']}, beside AIReSim (arXiv 2603.07041)",
            f"mean +- its standard error; z: the difference in standard errors, within +-{ACCEPTED:g} it passes",
        ]
    for name, case in found["cases"].items():
        lines += ["", f"{name}: {1000 * case['seconds_per_replicate']:.1f} ms CPU a replicate"]
        lines.append(f"  {'':<26}{'simulated':>22}{'reference':>22}{'z':>8}")
        for figure in FIGURES:
            one = case[figure]
            ours, theirs = (
                f"{one[m]:.6g} +- {one[s]:.2g}" for m, s in (("mean", "se"), ("reference_mean", "reference_se"))
            )
            lines.append(f"  {_LABELS[figure]:<26}{ours:>22}{theirs:>22}{one['z']:>+8.2f}")
    if found["production"]:
        lines += [*([""] if lines else []), production.table(found["production"])]
    return "\n".join(lines)
