"""Each strategy's best parameters by a small search, so that a ranking compares strategies and not their parameters.

Candidates are drawn from the values that a strategy's class lists (`Strategy.tuned_over`), its present parameters
among them.  All are simulated on the same few training replicates; the better half goes on to twice as many, until one
is left (successive halving: Karnin, Koren & Somekh 2013, ICML 28(3), 1238).  Training replicates never rank.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from math import ceil, prod
from typing import Any

import numpy as np
from pydantic import ValidationError

from sim.description.format import money
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.experiment.comparison import simulate_many
from sim.experiment.controls import no_controls
from sim.experiment.executor import Job, perform
from sim.experiment.record import Figures, Task
from sim.experiment.sample import QUANTITIES
from sim.experiment.statistics import Difference, difference
from sim.experiment.study import Study
from sim.metrics import METRICS
from sim.scenario.models import Scenario
from sim.strategies import Strategy

FIRST_TRAINING_REPLICATE = 1_000_000_000
"""Training replicates are numbered from here: studies have fewer."""
CANDIDATES = 8
"""Sets of parameters of each strategy that are tried."""
REPLICATES = 3
"""Training replicates of the first round; each round doubles them."""
OBJECTIVE = "net_cost_usd"
_NEVER = ", with which nothing was ever launched after the deployment"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Tuned:
    """What the search found for one strategy."""

    strategy: Strategy
    """With the best parameters found."""
    changed: Mapping[str, Any]
    """Those that differ from the scenario's."""
    candidates: int
    """Sets of parameters tried, the scenario's own included."""


def tune(
    scenario: Scenario,
    strategies: Sequence[str],
    *,
    seed: int = 1,
    candidates: int = CANDIDATES,
    replicates: int = REPLICATES,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Tuned]:
    """Search each strategy's parameters for the lowest mean net cost (`service.value_usd_per_gpu_hour`).

    Raises `InputError` for a scenario without jobs: there is no service, and doing nothing would always win.
    """
    if not scenario.workload.uses_gpus:
        raise InputError(
            "there is nothing to tune for: the scenario has no workload.jobs or inference, and so no useful GPU-hours"
        )
    rivals = {name: candidates_of(scenario, name, candidates, seed) for name in strategies}
    tried = {name: len(found) for name, found in rivals.items()}
    show = progress or (lambda *_: None)
    done = 0
    while any(len(found) > 1 for found in rivals.values()):
        contest = {
            f"{name} {i}": one for name, found in rivals.items() if len(found) > 1 for i, one in enumerate(found)
        }
        total = done + len(contest) * replicates * ceil(np.log2(max(map(len, rivals.values()))))
        score = _mean_objective(scenario, contest, seed, replicates, workers, _from(done, total, show))
        done += len(contest) * replicates
        for name, found in rivals.items():
            if len(found) > 1:
                order = np.argsort([score[f"{name} {i}"] for i in range(len(found))], kind="stable")
                # In the order in which they came: of equals the scenario's own parameters stay, which are first.
                rivals[name] = [found[i] for i in sorted(order[: ceil(len(found) / 2)].tolist())]
        replicates *= 2
    return {name: _found(scenario, name, rivals[name][0], tried[name]) for name in strategies}


def with_tuned(scenario: Scenario, tuned: Mapping[str, Tuned]) -> Scenario:
    """The scenario with the parameters found."""
    own = {**scenario.strategies, **{name: one.strategy for name, one in tuned.items()}}
    return scenario.model_copy(update={"strategies": own})


def candidates_of(scenario: Scenario, name: str, most: int, seed: int) -> list[Strategy]:
    """Sets of parameters of a strategy to try, its own in the scenario first, without any that it refuses."""
    own = scenario.strategy_named(name)
    lattice = {field: values for field, values in own.tuned_over.items() if field in type(own).model_fields}
    found, size = [own], prod(len(values) for values in lattice.values())
    if not lattice:
        return found
    order = np.random.default_rng(seed).permutation(size) if size > most else np.arange(size)
    points = list(product(*lattice.values()))
    for number in order.tolist():
        if len(found) >= most:
            break
        given = {**own.model_dump(), **dict(zip(lattice, points[number], strict=True))}
        try:
            one = type(own).model_validate(given)
            scenario.model_copy(update={"strategies": {**scenario.strategies, name: one}}).strategy_named(name)
        except (ValidationError, ScenarioError):
            continue
        if one not in found:
            found.append(one)
    return found


def _mean_objective(
    scenario: Scenario,
    contest: Mapping[str, Strategy],
    seed: int,
    replicates: int,
    workers: int | None,
    show: Callable[[int], None],
) -> dict[str, float]:
    """The mean objective of each contestant over the training replicates; `show` hears how many are done."""
    tried = scenario.model_copy(update={"strategies": {**scenario.strategies, **contest}})
    job = Job(tried, Environment.build(tried), seed, Figures.of)
    tasks = [Task(name, FIRST_TRAINING_REPLICATE + r) for r in range(replicates) for name in contest]
    column, total = list(METRICS).index(OBJECTIVE), dict.fromkeys(contest, 0.0)
    done = 0
    with closing(perform(job, tasks, workers)) as batches:
        for batch in batches:
            done += len(batch)
            show(done)
            for figures in batch:
                total[figures.task.strategy] += float(figures.metrics[column]) / replicates
    return total


def _from(done: int, total: int, show: Progress) -> Callable[[int], None]:
    """Tells how many are done of all, where so many were before."""
    return lambda new: show(done + new, total)


def _found(scenario: Scenario, name: str, best: Strategy, candidates: int) -> Tuned:
    own = scenario.strategy_named(name)
    changed = {field: getattr(best, field) for field in own.tuned_over if getattr(best, field) != getattr(own, field)}
    return Tuned(best, changed, candidates)


def opportunity_losses(scenario: Scenario, tuned: Mapping[str, Tuned], study: Study) -> dict[str, Difference]:
    """What the scenario's own parameters cost: their net cost less that of the tuned ones, by strategy that changed.

    On the replicates of `study`, in which strategies have the parameters found: they were not trained on.
    """
    environment, losses = Environment.build(scenario), {}
    for name in (name for name, one in tuned.items() if one.changed):
        count = len(study.samples[name])
        sample = simulate_many(scenario, environment, name, study.seed, range(count))
        losses[name] = difference(
            sample.values(OBJECTIVE),
            study.values(name, OBJECTIVE),
            no_controls(count),
            QUANTITIES[OBJECTIVE],
        )
    return losses


def never_launched(tuned: Mapping[str, Tuned], study: Study) -> list[str]:
    """Strategies that launched nothing, no supplies either, after the deployment, in any replicate of `study`."""
    return [
        name
        for name in tuned
        if not any(study.values(name, metric).any() for metric in ("launches", "supply_launches"))
    ]


def told(scenario: Scenario, tuned: Mapping[str, Tuned], study: Study) -> tuple[dict[str, Any], list[str]]:
    """What the output of `compare --tune` says of it beyond that of `compare`: as JSON and as lines."""
    losses, idle = opportunity_losses(scenario, tuned, study), never_launched(tuned, study)
    lines = ["Parameters found on other replicates:", *tuning_text(tuned, losses, idle)]
    return {"tuning": tuning_json(tuned, losses, idle)}, lines


def tuning_json(tuned: Mapping[str, Tuned], losses: Mapping[str, Difference], idle: Collection[str]) -> dict[str, Any]:
    """As in the output of `compare --tune`; `idle`: those of `never_launched`."""
    return {
        name: {
            "parameters": {field: getattr(one.strategy, field) for field in one.strategy.tuned_over},
            "changed": dict(one.changed),
            "candidates": one.candidates,
            "opportunity_loss_usd": losses[name].to_json() if name in losses else None,
            "never_launched": name in idle,
        }
        for name, one in tuned.items()
    }


def tuning_text(tuned: Mapping[str, Tuned], losses: Mapping[str, Difference], idle: Collection[str]) -> list[str]:
    """One line a strategy: what was found, whether it ever launches, and what the scenario's own parameters would cost.

    `idle`: those of `never_launched`.
    """
    lines = []
    for name, one in tuned.items():
        if one.candidates == 1:
            lines.append(f"{name}: has nothing to tune")
            continue
        never = _NEVER if name in idle else ""
        if not one.changed:
            lines.append(f"{name}: its parameters are the best of {one.candidates} sets{never}")
            continue
        found = ", ".join(f"{field} {value}" for field, value in one.changed.items())
        loss = losses[name]
        interval = (
            "" if loss.ci_low is None or loss.ci_high is None else f" [{money(loss.ci_low)}, {money(loss.ci_high)}]"
        )
        own = f"its own would add {money(loss.mean or 0.0)}{interval} to the net cost"
        lines.append(f"{name}: {found}, of {one.candidates} sets{never}; {own}")
    return lines
