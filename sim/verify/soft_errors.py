"""What soft errors take of a large training job: on the ground, at a flat rate in orbit, and as they come in passes.

That memory errors alone sink training in orbit is an objection made with the mean time between them.  Here the same job
runs through the engine, first with errors at any time, then with as many in passes of the South Atlantic Anomaly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY, MINUTES_PER_DAY, SECONDS_PER_DAY
from sim.engine import simulate
from sim.environment import Environment
from sim.events import EventKind
from sim.scenario import Scenario, load
from sim.shipped import validation_case
from sim.verify.row import Bound, Row, allowed, mean_and_error

PART = "Soft errors of 16,384 chips, share of time wasted"

_RAW_MIN = 9.4
"""Between raw memory errors of the job, minutes."""
_FLAT = (
    # Name, minutes between errors, days of a run, wasted with checkpoints of 5 and 30 s.
    ("on the ground", 3.09 * 60, 240.0, (0.035, 0.077)),
    ("raw errors in orbit, at a flat rate", _RAW_MIN, 30.0, (0.215, 0.363)),
    ("a tenth of them, at a flat rate", 10 * _RAW_MIN, 120.0, (0.052, 0.109)),
)
_BUNCHED_DAYS, _BUNCHED = 30.0, (0.11, 0.15)
_BLOCK_S = (5, 30)
_FLAT_SOURCE = (
    "Young and Daly, exact optimum, restart 60 s [C]; tolerance: half of the last digit and 3.5 standard errors"
)
_BUNCHED_SOURCE = (
    "11 to 15 % [C], for an interval that is not stated, so it is a bound from either side: the best one for passes "
    "wastes at most that, the best one for the mean rate at least; tolerance: half of the last digit and 3.5 standard "
    "errors"
)
_RULES: tuple[tuple[str, Bound, str], ...] = (
    ("optimum", "at most", "passes"),
    ("exact", "at least", "the mean rate"),
)
"""Choices of the interval, which bound 11 to 15 % is for each, and what each is best for."""
_LOOKED_AT_DAYS, _STEP_S = 10.0, 20.0
"""Of the passes, how many days, and in what steps."""


def soft_errors(replicates: int, seed: int) -> Iterator[Row]:
    """Waste at both ends of the range of checkpoints."""
    yield from at_a_flat_rate(replicates, seed)
    yield from _in_passes(replicates, seed)


def at_a_flat_rate(replicates: int, seed: int) -> Iterator[Row]:
    """The part of it where errors come at any time; at least two replicates."""
    for name, minutes, days, references in _FLAT:
        for block_s, reference in zip(_BLOCK_S, references, strict=True):
            given = {
                "radiation.effects.memory_error": "null",
                "reliability.interruptions.memory_errors.rate_per_year": _per_year(minutes),
                "reliability.interruptions.memory_errors.per": "gpu",
            }
            scenario = _scenario(days, block_s, given)
            value, error, _ = _wasted(scenario, Environment.build(scenario), replicates, seed)
            tolerance = 0.0005 + allowed(error, replicates)
            yield Row(PART, f"{name}, {block_s} s", value, error, reference, tolerance, _FLAT_SOURCE)


def _in_passes(replicates: int, seed: int) -> Iterator[Row]:
    """The same errors as the orbit brings them, with the same mean rate."""
    unscaled = _scenario(_BUNCHED_DAYS, 5, {})
    environment = Environment.build(unscaled)
    between = _minutes_between(unscaled, environment)
    effect = unscaled.radiation.effects["memory_error"]
    assert effect is not None
    assert effect.rad_per_event is not None
    rad = effect.rad_per_event * _RAW_MIN / between
    source = f"{_BUNCHED_SOURCE}.  {_crowding(environment)}; unscaled, {effect.rad_per_event:g} rad an error, one in "
    source += f"{between:.1f} min"
    for rule, bound, text in _RULES:
        for block_s, reference in zip(_BLOCK_S, _BUNCHED, strict=True):
            given = {
                "radiation.effects.memory_error.rad_per_event": rad,
                "workload.jobs.0.checkpoint_interval_min": rule,
            }
            scenario = _scenario(_BUNCHED_DAYS, block_s, given)
            here = Environment.build(scenario)
            value, error, spent = _wasted(scenario, here, replicates, seed)
            rhythm, useful = here.rhythms.over_the_mission(scenario.workload.jobs[0])
            note = (
                f"a checkpoint every {rhythm.interval * MINUTES_PER_DAY:.1f} min: writing {spent['writing']:.1%}, "
                f"restarts {spent['restarts']:.1%}, lost work {spent['lost']:.1%}; "
                f"{1 - useful:.1%} by the formula of the gaps between errors, docs/checkpoints.md"
            )
            yield Row(
                PART, f"raw errors in passes, best interval for {text}, {block_s} s", value, error, reference,
                0.005 + allowed(error, replicates), source, bound, note,
            )  # fmt: skip


def _scenario(days: float, block_s: float, given: dict[str, Any]) -> Scenario:
    settings = {
        "mission.years": days / DAYS_PER_YEAR,
        "workload.jobs.0.checkpoint_block_s": block_s,
        "workload.jobs.0.checkpoint_durable_s": block_s,
        **given,
    }
    return load(
        validation_case("maintenance_objection"), set_=[f"{where}={value}" for where, value in settings.items()]
    )


def _per_year(minutes: float) -> float:
    """Errors of a chip and year where the job has one in so many minutes."""
    gpus = load(validation_case("maintenance_objection")).workload.jobs[0].gpus
    return MINUTES_PER_DAY * DAYS_PER_YEAR / minutes / gpus


def _minutes_between(scenario: Scenario, environment: Environment) -> float:
    """Mean time between the interruptions of the job, minutes."""
    return MINUTES_PER_DAY / sum(environment.gangs.per_day(0, scenario.workload.jobs[0]).values())


def _wasted(
    scenario: Scenario, environment: Environment, replicates: int, seed: int
) -> tuple[float, float, dict[str, float]]:
    """(share of the time that commits nothing, its standard error, where that went).

    What is under way in the end is neither.
    """
    gpus = scenario.workload.jobs[0].gpus
    wasted, spent = [], {"writing": 0.0, "restarts": 0.0, "lost": 0.0}
    kinds = (EventKind.CHECKPOINTED, EventKind.RESTARTED, EventKind.LOST)
    for replicate in range(replicates):
        log = simulate(scenario, environment, scenario.strategy, seed, replicate).events
        hours = gpus * HOURS_PER_DAY * scenario.mission.days - log.total(EventKind.UNCOMMITTED)
        wasted.append(1 - log.total(EventKind.COMMITTED) / hours)
        for name, kind in zip(spent, kinds, strict=True):
            spent[name] += log.total(kind) / hours / replicates
    return *mean_and_error(wasted), spent


def _crowding(environment: Environment) -> str:
    """How many of the errors come in how little of the time."""
    passes = environment.gangs.passes(0)
    days = np.arange(0.0, _LOOKED_AT_DAYS, _STEP_S / SECONDS_PER_DAY)
    dose = np.sort(np.diff(passes.dose(np.zeros(1), days)[0]))[::-1]
    reached = np.cumsum(dose) / dose.sum()
    half, most = (float(np.searchsorted(reached, share)) / len(dose) for share in (0.5, 0.95))
    return f"Half of the errors come in {half:.1%} of the time, 95 % in {most:.1%}"
