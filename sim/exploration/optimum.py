"""The best designs: a Pareto front with intervals, or the cheapest that meets service levels with confidence.

Two stages on disjoint replicates.  A search tries many designs on a few; what looks best there owes part of that to its
luck, so the best go on to fresh replicates, more of them, and only what they say counts.  All designs have the same
random numbers.  Fresh replicates are numbered from 0, as in `run` and `compare`: these give the same figures again.

Service levels: the designs are looked at again by rising cost, until one meets them all.  The k-th look may be wrong
with probability (1 - confidence) / 2^k, so that all looks together keep the confidence, however many fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sim.errors import InputError
from sim.experiment.pairs import Pair
from sim.experiment.sample import Sample
from sim.experiment.statistics import Difference
from sim.exploration.candidate import Candidate, Refusal
from sim.exploration.front import front, spread
from sim.exploration.goal import Goal
from sim.exploration.inputs import Input
from sim.exploration.search import Effort, Evaluate, Trial, check_optuna, search

MOST_ON_FRONT = 24
"""Designs of a search's front that are looked at again."""
MOST_LOOKS = 10
"""Designs that are looked at again for service levels."""


@dataclass(frozen=True)
class Look:
    """A design on fresh replicates."""

    candidate: Candidate
    sample: Sample
    tried: Sample
    """The same on those of the search."""
    tail: float | None = None
    """Probability of error that its service levels were judged with; none: there are none."""
    shortfalls: tuple[float, ...] = ()
    """By how much each misses its limit, as a share of it; 0 or less: it is met."""

    @property
    def meets(self) -> bool:
        """Whether all service levels are met."""
        return all(short <= 0 for short in self.shortfalls)


@dataclass(frozen=True)
class Optimum:
    """What was tried and what is best."""

    goal: Goal
    inputs: tuple[Input, ...]
    effort: Effort
    trials: tuple[Trial, ...]
    looks: tuple[Look, ...]
    """The designs that were looked at again, in that order."""
    given: Candidate
    """The scenario as given, with its own strategy."""
    as_given: Look | Refusal
    """The same on both kinds of replicates."""

    @property
    def pareto(self) -> list[Look]:
        """Designs that none looked at beats in both cost and output, on fresh replicates, by rising cost."""
        return [self.looks[i] for i in front([self.goal.scores(look.sample) for look in self.looks])]

    @property
    def winner(self) -> Look | None:
        """The cheapest design found that meets all service levels; none: no design does, or there are no levels."""
        return next((look for look in self.looks if look.meets), None) if self.goal.slas else None

    @property
    def reference(self) -> Look:
        """What designs are compared with: the scenario as given, or where that cannot be, the cheapest on the front."""
        return self.pareto[0] if isinstance(self.as_given, Refusal) else self.as_given

    def above_reference(self, look: Look, metric: str) -> Difference:
        """The paired difference of a design's metric on fresh replicates to that of the reference."""
        return Pair.of(look.sample, self.reference.sample).difference(metric)

    @property
    def designs(self) -> int:
        """Different designs tried."""
        return len({trial.candidate.key for trial in self.trials})

    @property
    def refusals(self) -> dict[str, list[Refusal]]:
        """Reasons for which designs cannot be, the most frequent first, each with those of its kind."""
        return _by_kind(self.trials)


def best_designs(
    strategies: Sequence[str],
    inputs: Sequence[Input],
    goal: Goal,
    evaluate: Evaluate,
    effort: Effort,
    *,
    seed: int,
    given: Candidate,
) -> Optimum:
    """Search every strategy with the inputs that matter to it, and look at the best again.

    `given`: the scenario as given.

    Raises `InputError` where nothing is varied for a strategy, where no design can be, and without Optuna.
    """
    check_optuna()
    searched = {name: [one for one in inputs if strategy_of(one) in (None, name)] for name in strategies}
    if bare := [name for name, found in searched.items() if not found]:
        raise InputError(f"nothing to vary for {', '.join(bare)}: give --vary path=low:high, or --tune")
    trials: list[Trial] = []
    for name, found in searched.items():
        trials += search(name, found, goal, evaluate, effort, seed=seed, tail=_tail(goal, 0))
    if all(trial.sample is None for trial in trials):
        raise InputError(_none_can_be(trials))
    best = {trial.candidate.key: trial for trial in trials if trial.sample is not None}
    look_at = _looks_at_levels if goal.slas else _looks_at_front
    looks = look_at(list(best.values()), goal, evaluate, effort)
    as_given = _given(given, goal, evaluate, effort)
    if not looks:
        raise InputError("none of the designs that looked best can be judged by fresh replicates: try more of them")
    return Optimum(goal, tuple(inputs), effort, tuple(trials), tuple(looks), given, as_given)


def _given(given: Candidate, goal: Goal, evaluate: Evaluate, effort: Effort) -> Look | Refusal:
    """The scenario as given, on both kinds of replicates."""
    tried, again = (evaluate([given], replicates)[0] for replicates in (effort.search, effort.fresh))
    if isinstance(tried, Refusal):
        return tried
    if isinstance(again, Refusal):
        return again
    return goal.undefined(tried) or goal.undefined(again) or _judged(Look(given, again, tried), goal)


def strategy_of(one: Input) -> str | None:
    """The strategy whose parameter an input is; none: it is of the design, and so of every strategy."""
    first, _, rest = one.path.partition(".")
    return rest.rpartition(".")[0] if first == "strategies" else None


def replicates_at_most(goal: Goal, effort: Effort, strategies: int) -> int:
    """Replicates that a search may take."""
    looks = MOST_LOOKS if goal.slas else min(MOST_ON_FRONT, strategies * effort.trials)
    return (strategies * effort.trials + 1) * len(effort.search) + (looks + 1) * len(effort.fresh)


def _looks_at_front(trials: Sequence[Trial], goal: Goal, evaluate: Evaluate, effort: Effort) -> list[Look]:
    """The designs on the front of a search, on fresh replicates."""
    scores = [goal.scores(trial.sample) for trial in trials if trial.sample is not None]
    chosen = [trials[i] for i in spread(front(scores), MOST_ON_FRONT)]
    looks = []
    for strategy in dict.fromkeys(trial.candidate.strategy for trial in chosen):
        ones = [trial for trial in chosen if trial.candidate.strategy == strategy]
        answers = evaluate([trial.candidate for trial in ones], effort.fresh)
        looks += [_look(trial, answer, goal) for trial, answer in zip(ones, answers, strict=True)]
    return [look for look in looks if look is not None]


def _looks_at_levels(trials: Sequence[Trial], goal: Goal, evaluate: Evaluate, effort: Effort) -> list[Look]:
    """Designs by rising cost on fresh replicates, until one meets all service levels.

    After one that fails comes the cheapest of which the search expects a margin as large as that one fell short of what
    the search had expected of it; where there is none, the one that the search expects most of.
    """
    left = [
        (goal.score(goal.cost, trial.sample), _expected(trial.sample, goal, effort), trial)
        for trial in trials
        if trial.sample is not None
    ]
    left.sort(key=lambda one: one[0])
    looks: list[Look] = []
    disappointment = 0.0
    while left and len(looks) < MOST_LOOKS:
        fitting = [one for one in left if one[1] + disappointment <= 0]
        chosen = fitting[0] if fitting else min(left, key=lambda one: one[1])
        left.remove(chosen)
        look = _look(chosen[2], evaluate([chosen[2].candidate], effort.fresh)[0], goal, number=len(looks))
        if look is None:
            continue
        looks.append(look)
        if look.meets:
            break
        disappointment = max(disappointment, max(look.shortfalls) - chosen[1])
    return looks


def _look(trial: Trial, again: Sample | Refusal, goal: Goal, number: int = 0) -> Look | None:
    """A design on fresh replicates, the look of this number; none where it cannot be judged by them."""
    if isinstance(again, Refusal) or goal.undefined(again) is not None or trial.sample is None:
        return None
    return _judged(Look(trial.candidate, again, trial.sample), goal, number)


def _judged(look: Look, goal: Goal, number: int = 0) -> Look:
    """A look, and whether it meets the service levels."""
    if not goal.slas:
        return look
    tail = _tail(goal, number)
    return replace(look, tail=tail, shortfalls=tuple(sla.shortfall(look.sample, tail) for sla in goal.slas))


def _expected(sample: Sample, goal: Goal, effort: Effort) -> float:
    """By how much the search expects a design to miss the service level that it misses most, at its first look."""
    return max(sla.expected_shortfall(sample, len(effort.fresh), _tail(goal, 0)) for sla in goal.slas)


def _tail(goal: Goal, number: int) -> float:
    """Probability with which the look of this number, from 0, may be wrong: half of that before."""
    wrong = min((1 - sla.confidence for sla in goal.slas), default=0.05)
    return wrong / 2.0 ** (number + 1)


def _by_kind(trials: Sequence[Trial]) -> dict[str, list[Refusal]]:
    kinds: dict[str, list[Refusal]] = {}
    for trial in trials:
        if isinstance(trial.found, Refusal):
            kinds.setdefault(trial.found.kind, []).append(trial.found)
    return dict(sorted(kinds.items(), key=lambda item: -len(item[1])))


def _none_can_be(trials: Sequence[Trial]) -> str:
    """What is said where no design can be: the most frequent reason."""
    most = next(iter(_by_kind(trials).values()))
    others = len(trials) - len(most)
    more = f"; {others} others fail for other reasons" if others else ""
    return f"none of the {len(trials)} designs tried can be: in {len(most)}, such as the first, {most[0]}{more}"
