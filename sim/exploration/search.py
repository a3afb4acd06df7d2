"""The search for good designs of one strategy, by Optuna, design by design.

Two objectives are searched by NSGA-II (Deb et al. 2002, doi 10.1109/4235.996017), one under service levels by
tree-structured Parzen estimators (Bergstra et al. 2011); Optuna handles the levels as constraints.  What is proposed
next depends on the seed and on the designs before it alone: the sampler is made anew for each, with a seed of its own.
So a search that is begun again proposes the same designs, and takes from the journal what it knows of each.
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
AT_ONCE = 8
"""Designs that are proposed before any of them is simulated, so that workers share them: half a generation."""
FIRST_RANDOM = 12
"""Designs drawn at random before the Parzen estimators have anything to go by."""

Evaluate = Callable[[Sequence[Candidate], range], list[Sample | Refusal]]
"""What replicates of these numbers say of designs of one strategy, or why they cannot be."""


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
        raise InputError("optimise needs Optuna: pip install optuna") from error


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
            study.enqueue_trial({one.path: one.base if one.law else one.values.index(one.base) for one in inputs})
        for first in range(0, effort.trials, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, effort.trials))
            asked = [_asked(study, strategy, inputs, goal, (seed, number)) for number in numbers]
            answers = evaluate([candidate for _, candidate in asked], effort.search)
            for (trial, candidate), answer in zip(asked, answers, strict=True):
                found = (goal.undefined(answer) or answer) if isinstance(answer, Sample) else answer
                if isinstance(found, Refusal):
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                else:
                    for sla in goal.slas:
                        trial.set_constraint(str(sla), sla.expected_shortfall(found, len(effort.fresh), tail))
                    study.tell(trial, goal.scores(found)[:1] if goal.slas else goal.scores(found))
                yield Trial(candidate, found)


def _asked(
    study: optuna.Study, strategy: str, inputs: Sequence[Input], goal: Goal, number: tuple[int, int]
) -> tuple[optuna.Trial, Candidate]:
    """The next design; `number`: the seed of the search, and that of the trial."""
    study.sampler = _sampler(goal, _seed_of(number[0], strategy, number[1]))
    trial = study.ask()
    return trial, Candidate(strategy, {one.path: _draw(trial, one) for one in inputs})


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
    if one.law is None:
        if _are_numbers(one.values):
            chosen: Value = one.values[trial.suggest_int(one.path, 0, len(one.values) - 1)]
        else:
            chosen = one.values[trial.suggest_categorical(one.path, list(range(len(one.values))))]
        return chosen
    low, high, log = one.law.low, one.law.high, one.law.law == "log_uniform"
    if one.whole:
        return trial.suggest_int(one.path, ceil(low), floor(high), log=log)
    return trial.suggest_float(one.path, low, high, log=log)


def _holds(one: Input) -> bool:
    """Whether the scenario's own value is one that may be drawn."""
    if one.law is None:
        return one.base in one.values
    number = isinstance(one.base, (int, float)) and not isinstance(one.base, bool)
    return number and one.law.low <= one.base <= one.law.high


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
