"""The search for good designs of one strategy, by Optuna, design by design.

Two objectives are searched by NSGA-II (Deb et al. 2002, doi 10.1109/4235.996017), one under service levels by
tree-structured Parzen estimators (Bergstra et al. 2011); Optuna handles the levels as constraints.  What is proposed
next depends on the seed and on the designs before it alone: the sampler is made anew for each, with a seed of its own.
So a search that is begun again proposes the same designs, and needs only what was found of each (`Evaluations`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import InputError
from sim.experiment.sample import Sample
from sim.exploration.candidate import Candidate, Refusal, Value
from sim.exploration.goal import Goal
from sim.exploration.inputs import Input

if TYPE_CHECKING:
    import optuna

POPULATION = 16
"""Designs of a generation of NSGA-II."""
FIRST_RANDOM = 12
"""Designs drawn at random before the Parzen estimators have anything to go by."""

Evaluate = Callable[[Candidate, range], Sample | Refusal]
"""What replicates of these numbers say of a design, or why it cannot be."""


@dataclass(frozen=True)
class Trial:
    """A design that was tried, and what came of it."""

    candidate: Candidate
    found: Sample | Refusal

    @property
    def sample(self) -> Sample | None:
        """Its figures; none where it cannot be."""
        return self.found if isinstance(self.found, Sample) else None


@dataclass(frozen=True)
class Effort:
    """How long is searched, and how closely is looked."""

    trials: int
    """Designs of each strategy."""
    search: range
    """Numbers of the replicates that each is tried on."""
    fresh: range
    """Numbers of the replicates on which the best are looked at again."""


def check_optuna() -> None:
    """Raises `InputError` where Optuna is not installed."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise InputError("optimise needs Optuna: pip install 'orbitfleet[optimise]'") from error


def search(
    strategy: str,
    inputs: Sequence[Input],
    goal: Goal,
    evaluate: Evaluate,
    effort: Effort,
    *,
    seed: int,
    tail: float,
) -> Iterator[Trial]:
    """Try designs of one strategy, first that of the scenario as given, if the ranges hold it.

    `tail`: the probability of error with which the service levels of fresh replicates are going to be judged.

    A design that cannot be, or of which a metric is undefined, is tried and failed: it breeds no other.
    """
    import optuna

    with _quiet():
        study = optuna.create_study(directions=["minimize"] * (1 if goal.slas else 2))
        if all(_holds(one) for one in inputs):
            study.enqueue_trial({one.path: one.base if one.is_range else one.values.index(one.base) for one in inputs})
        for number in range(effort.trials):
            study.sampler = _sampler(goal, _seed_of(seed, strategy, number))
            trial = study.ask()
            candidate = Candidate(strategy, {one.path: _draw(trial, one) for one in inputs})
            found = evaluate(candidate, effort.search)
            if isinstance(found, Sample):
                found = goal.undefined(found) or found
            if isinstance(found, Refusal):
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                for sla in goal.slas:
                    trial.set_constraint(str(sla), sla.expected_shortfall(found, len(effort.fresh), tail))
                study.tell(trial, goal.scores(found)[:1] if goal.slas else goal.scores(found))
            yield Trial(candidate, found)


def _sampler(goal: Goal, seed: int) -> optuna.samplers.BaseSampler:
    import optuna

    if goal.slas:
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=FIRST_RANDOM)
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=POPULATION)


def _seed_of(seed: int, strategy: str, number: int) -> int:
    sequence = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(b"optimise"), zlib.crc32(strategy.encode()), number))
    return int(sequence.generate_state(1)[0])


def _draw(trial: optuna.Trial, one: Input) -> Value:
    """A value of an input.  Numbers to choose from are drawn by their place: neighbours are alike."""
    if one.low is None or one.high is None:
        if _are_numbers(one.values):
            chosen: Value = one.values[trial.suggest_int(one.path, 0, len(one.values) - 1)]
        else:
            chosen = one.values[trial.suggest_categorical(one.path, list(range(len(one.values))))]
        return chosen
    log = one.law == "log_uniform"
    if one.whole:
        return trial.suggest_int(one.path, ceil(one.low), floor(one.high), log=log)
    return trial.suggest_float(one.path, one.low, one.high, log=log)


def _holds(one: Input) -> bool:
    """Whether the scenario's own value is one that may be drawn."""
    if one.low is None or one.high is None:
        return one.base in one.values
    return isinstance(one.base, (int, float)) and not isinstance(one.base, bool) and one.low <= one.base <= one.high


def _are_numbers(values: Sequence[Value]) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's log, which would speak of each trial."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
