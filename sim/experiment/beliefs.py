"""Draws of what is believed of a scenario's figures, and what a study keeps of the replicates under each.

A draw is common to all satellites and to all strategies, and replicate r has the same luck in every draw as it has at
the scenario's own figures: what the beliefs do is a paired difference, and few replicates show it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sim import engine
from sim.engine.expected import check_expected
from sim.environment import Environment
from sim.errors import InputError
from sim.experiment.draw_file import DrawFigures
from sim.experiment.prices import unpriced_differences
from sim.experiment.record import Task
from sim.metrics import METRICS, measure, money
from sim.result import Result
from sim.scenario.beliefs import Beliefs, Chosen, under_draw
from sim.scenario.models import Scenario
from sim.strategies import Valuing
from sim.streams import Streams

PER_DRAW = 4
"""Replicates of a draw where the study has more.  What is wanted of them is how draws differ, and for a given number of
runs many draws of a few replicates say most of that: Sun, Apley & Staum 2011, doi 10.1287/opre.1110.0932."""
FEWEST, MOST = 2, 9_999
"""Draws."""
TRIES = 20
"""Draws in a row that may not make a scenario, because their figures do not fit together, before that is an error."""


@dataclass(frozen=True)
class DrawPlan:
    """How many draws of what."""

    draws: int = 0
    """0: none."""
    chosen: Chosen | None = None
    """None: all figures with a range."""
    latin: bool = False
    """Latin hypercube: of each figure one value from each of so many parts of equal belief.  Means and ends are then
    surer, but more draws are other draws."""
    per_draw: int = PER_DRAW
    """Replicates of each draw, where the study has as many; all of them where nothing but prices is drawn."""

    def check(self) -> None:
        """Raises `InputError` for what cannot be drawn."""
        if self.draws and not FEWEST <= self.draws <= MOST:
            raise InputError(f"draws {self.draws}: must be 0, or {FEWEST} to {MOST}")
        if not self.draws and (self.chosen is not None or self.latin):
            raise InputError("beliefs are drawn only where draws are asked for: add --draws 40")


@dataclass(frozen=True)
class Draw:
    """One draw: a value for everything that is drawn."""

    number: int
    """From 1; 0 are the scenario's own figures."""
    values: Mapping[str, float]
    """By path."""
    tries: int
    """Draws that it took: those before did not make a scenario."""


def drawn(scenario: Scenario, beliefs: Beliefs, plan: DrawPlan, seed: int, strategies: Sequence[str]) -> list[Draw]:
    """The draws of a study: the same whatever the strategies, unless one of them refuses a scenario.

    Draws whose figures do not fit together are drawn anew, which conditions belief on those that do.  Raises
    `InputError` where `TRIES` in a row do not fit, or nothing is to be drawn.
    """
    if not beliefs.drawn:
        raise InputError(f"{scenario.name}: no figure to draw has a range: state low and high under sources:")
    ranks = {
        one.path: Streams(seed, 0).of(f"strata of belief in {one.path}", plan.draws).permutation(plan.draws)
        for one in beliefs.drawn
        if plan.latin
    }
    found = []
    for number in range(1, plan.draws + 1):
        streams, why = Streams(seed, number), ""
        for tries in range(1, TRIES + 1):
            values: dict[str, float] = {}
            for one in beliefs.drawn:
                share = float(streams.of(f"belief in {one.path}", tries).random())
                if plan.latin and tries == 1:
                    share = (int(ranks[one.path][number - 1]) + share) / plan.draws
                values |= dict.fromkeys(one.paths, one.at(share))
            try:
                check_expected(Environment.build(under_draw(scenario, values)), strategies)
            except InputError as error:
                why = str(error)
                continue
            found.append(Draw(number, values, tries))
            break
        else:
            raise InputError(f"draw {number}: {TRIES} draws of beliefs in a row make no scenario; the last: {why}")
    return found


def digest(beliefs: Beliefs, plan: DrawPlan) -> str:
    """SHA-256 of what is drawn and how: draws of another one must not stand beside these."""
    told = [[one.paths, one.value, *one.law, one.least, one.most, one.whole] for one in beliefs.drawn]
    text = json.dumps([told, plan.draws if plan.latin else None])
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class DrawJob:
    """Simulates replicates under draws: what `sim.experiment.executor.Job` is at the scenario's own figures."""

    scenario: Scenario
    draws: Mapping[int, Draw]
    """By number."""
    seed: int
    prices_only: bool = False
    """Whether all draws differ in prices alone: one run of a strategy that does not look at prices is priced anew."""
    _built: dict[int, tuple[Scenario, Environment]] = field(default_factory=dict, repr=False, compare=False)
    """The draw that was last worked on, in this process."""
    _ran: dict[Task, tuple[Result, dict[str, float]]] = field(default_factory=dict, repr=False, compare=False)
    """The run that was last priced anew, at the scenario's own prices, and its figures."""

    def __getstate__(self) -> dict[str, Any]:
        """What a worker is sent: not what this process has worked on."""
        return {**self.__dict__, "_built": {}, "_ran": {}}

    def do(self, task: Task) -> DrawFigures:
        """Simulate one replicate, or price it anew."""
        again = self.prices_only and not isinstance(self.scenario.strategy_named(task.strategy), Valuing)
        values = self._priced(task) if again else self._simulated(task)
        metrics = np.array([values[name] for name in METRICS], dtype=float)
        return DrawFigures(task, self.draws[task.draw].tries, metrics)

    def _simulated(self, task: Task) -> dict[str, float]:
        found = self._built.get(task.draw)
        if found is None:
            scenario = under_draw(self.scenario, self.draws[task.draw].values)
            found = scenario, Environment.build(scenario)
            self._built.clear()  # a worker of a cluster may have several threads: none relies on what it finds here
            self._built[task.draw] = found
        scenario, environment = found
        return measure(engine.simulate(scenario, environment, task.strategy, self.seed, task.replicate))

    def _priced(self, task: Task) -> dict[str, float]:
        own = Task(task.strategy, task.replicate)
        found = self._ran.get(own)
        if found is None:
            environment = Environment.build(self.scenario)
            result = engine.simulate(self.scenario, environment, task.strategy, self.seed, task.replicate)
            found = result, measure(result)
            self._ran.clear()
            self._ran[own] = found
        result, known = found
        drawn_ = replace(result, scenario=under_draw(self.scenario, self.draws[task.draw].values))
        return {**known, **money(drawn_, dict(known))}


def tasks_of(strategies: Sequence[str], draws: int, replicates: int, *, prices_only: bool) -> list[Task]:
    """All tasks, so that a worker's next one has the physics, or the run, of the one before."""
    if prices_only:
        return [Task(s, r, d) for s in strategies for r in range(replicates) for d in range(1, draws + 1)]
    return [Task(s, r, d) for d in range(1, draws + 1) for r in range(replicates) for s in strategies]


def are_prices(scenario: Scenario, beliefs: Beliefs) -> bool:
    """Whether nothing is drawn but prices."""
    for one in beliefs.drawn:
        for path in one.paths:
            for share in (0.05, 0.95):
                values = {path: one.at(share)}
                try:
                    moved = unpriced_differences(scenario, under_draw(scenario, values))
                except InputError:  # one end may not fit the other figures
                    continue
                if moved:
                    return False
    return True
