"""Simulates strategies in many scenarios, and prices runs anew for those that differ in prices alone.

A point is a scenario that differs from the study's base in some values.  Replicate r has the same random draws at every
point and for every strategy, so differences between them are paired.  What no run depends on is not simulated twice:
points that differ in prices, or in parameters of other strategies, share a run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import engine
from sim.engine.expected import check_expected
from sim.environment import Environment, Parts
from sim.errors import InputError, ScenarioError
from sim.experiment.executor import perform
from sim.experiment.prices import without_prices
from sim.experiment.provenance import provenance
from sim.experiment.record import Figures, Task
from sim.experiment.sample import Sample
from sim.exploration.journal import Journal, Key
from sim.exploration.plan import StudyFile
from sim.metrics import METRICS, money
from sim.result import Result
from sim.scenario import Scenario, sha256_of
from sim.strategies import Valuing

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Called with (replicates done, in all), over all strategies and points."""

BLOCK = 4
"""Replicates of all strategies of a scenario that a worker does at a time: what an interrupt may cost each of them."""


@dataclass(frozen=True)
class Point:
    """A scenario to simulate, and which replicates of it."""

    values: Mapping[str, Any]
    """What differs from the base, by path."""
    replicates: range


@dataclass(frozen=True)
class Options:
    """How to compute; nothing here changes a result."""

    workers: int | None = None
    """Processes; 1: this one only; none: one a core where that saves time."""
    journal: Journal | None = None
    """Where finished replicates are kept; none: in memory."""
    progress: Progress | None = None


class Run(NamedTuple):
    """Simulations of a strategy, each of which gives the figures of some points."""

    strategy: str
    points: Mapping[int, tuple[int, ...]]
    """By replicate; the first is the one to simulate, the others have other prices."""


def simulated(study: StudyFile, points: Sequence[Point], options: Options) -> list[dict[str, Sample]]:
    """The figures of every point's replicates, by strategy.

    Raises `ScenarioError` where the values of a point make no scenario, before anything is simulated.
    """
    scenarios = [study.at(point.values) for point in points]
    digests = _Digests(study)
    wanted = {
        Key(digest, strategy, replicate): None
        for point, scenario in zip(points, scenarios, strict=True)
        for strategy, digest in digests.of(scenario).items()
        for replicate in point.replicates
    }
    known = options.journal.read(wanted) if options.journal else {}
    units = _units(study, points, scenarios, digests, known)
    batch = Batch(study, [point.values for point in points], units, study.plan.seed)
    tasks = [
        Task(str(number), block)
        for number, unit in enumerate(units)
        for block in range(-(-len(_replicates(unit)) // BLOCK))
    ]
    show = options.progress or (lambda *_: None)
    done, total = len(known), len(wanted)
    show(done, total)
    with closing(perform(batch, tasks, options.workers)) as batches:
        for blocks in batches:
            for block in blocks:
                kept = {
                    Key(digests.of(scenarios[number])[one.task.strategy], one.task.strategy, one.task.replicate): one
                    for number, one in block
                }
                if options.journal:
                    options.journal.write(kept)
                known.update(kept)
                done += len(kept)
            show(done, total)
    return [
        {
            strategy: Sample.of(known[Key(digest, strategy, replicate)] for replicate in point.replicates)
            for strategy, digest in digests.of(scenario).items()
        }
        for point, scenario in zip(points, scenarios, strict=True)
    ]


@dataclass(frozen=True)
class Batch:
    """What all tasks share: units of work, of one physics each.  A task names a unit and a block of its replicates."""

    study: StudyFile
    values: Sequence[Mapping[str, Any]]
    """Of all points."""
    units: tuple[tuple[Run, ...], ...]
    seed: int
    _built: dict[int, Environment] = field(default_factory=dict, repr=False, compare=False)
    """The environment of the point that was last simulated in this process."""

    @property
    def scenario(self) -> Scenario:
        """Whose strategies workers must be able to import."""
        return self.study.base

    def do(self, task: Task) -> list[tuple[int, Figures]]:
        """(point, figures) of each replicate of a block, of all strategies."""
        found = list[tuple[int, Figures]]()
        unit = self.units[int(task.strategy)]
        block = _replicates(unit)[task.replicate * BLOCK : (task.replicate + 1) * BLOCK]
        for run in sorted(unit, key=lambda run: min(points[0] for points in run.points.values())):
            for replicate in block:
                if points := run.points.get(replicate):
                    found += self._figures(run.strategy, replicate, points)
        return found

    def _figures(self, strategy: str, replicate: int, points: Sequence[int]) -> Iterator[tuple[int, Figures]]:
        first, *others = points
        if first not in self._built:
            scenario = self.study.at(self.values[first])
            try:
                environment = Environment.build(scenario)
                check_expected(environment, self.study.strategies)
            except ScenarioError as error:  # what its parts add up to is known only now
                raise self.study.at_point(error, self.values[first]) from None
            self._built.clear()
            self._built[first] = environment
        environment = self._built[first]
        result = engine.simulate(environment.scenario, environment, strategy, self.seed, replicate)
        figures = Figures.of(result)
        yield first, figures
        for point in others:
            yield point, _repriced(figures, result, environment.parts, self.study.at(self.values[point]))


def _repriced(figures: Figures, result: Result, parts: Sequence[Parts], scenario: Scenario) -> Figures:
    """The figures of a run under the prices of another scenario.  Raises `InputError` where a vehicle refuses."""
    for service in scenario.launch.services:
        for one in parts:
            if problem := service.vehicle.refuses(one.launch_mass_kg):
                raise InputError(f"{service.vehicle.name}: {problem}")
    known = dict(zip(METRICS, figures.metrics.tolist(), strict=True))
    moved = known | money(replace(result, scenario=scenario), known)
    return replace(figures, metrics=np.array([moved[name] for name in METRICS], dtype=float))


class _Digests:
    """What the figures of a strategy at a point depend on, as text; and what its run does, prices apart."""

    def __init__(self, study: StudyFile) -> None:
        self._strategies = study.strategies
        made_by = provenance(study.base, study.strategies, study.plan.seed, None)
        # Results of other code, of another NumPy's random numbers or of another seed are not these.
        self._code = [made_by[key] for key in ("code_sha256", "seed", "own_strategies")] + [
            made_by["packages"]["numpy"]
        ]
        self._known: dict[int, tuple[Scenario, dict[str, str]]] = {}

    def of(self, scenario: Scenario) -> dict[str, str]:
        """By strategy: all that its figures depend on."""
        if id(scenario) not in self._known:
            found = {}
            for name in self._strategies:
                own = scenario.strategy_named(name)
                alone = scenario.model_copy(update={"strategies": {name: own}, "strategy": name})
                found[name] = _digest([sha256_of(alone), self._code])
            self._known[id(scenario)] = scenario, found
        return self._known[id(scenario)][1]

    def of_run(self, scenario: Scenario, strategy: str) -> str:
        """All that decides what happens in a run of a strategy: prices only where it looks at them."""
        own = scenario.strategy_named(strategy)
        if isinstance(own, Valuing):
            return self.of(scenario)[strategy]
        return _digest([self.of_physics(scenario), own.model_dump(mode="json")])

    def of_physics(self, scenario: Scenario) -> str:
        """All but prices and strategies."""
        tree = without_prices(scenario)
        return _digest({key: value for key, value in tree.items() if key not in ("strategy", "strategies")})


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _units(
    study: StudyFile,
    points: Sequence[Point],
    scenarios: Sequence[Scenario],
    digests: _Digests,
    known: Mapping[Key, Figures],
) -> tuple[tuple[Run, ...], ...]:
    """The runs that are missing, those of one environment together."""
    physics: dict[str, dict[tuple[str, str], dict[int, dict[str, int]]]] = {}
    for number, (point, scenario) in enumerate(zip(points, scenarios, strict=True)):
        runs = physics.setdefault(digests.of_physics(scenario), {})
        for strategy, digest in digests.of(scenario).items():
            by_replicate = runs.setdefault((strategy, digests.of_run(scenario, strategy)), {})
            for replicate in point.replicates:
                if Key(digest, strategy, replicate) not in known:
                    by_replicate.setdefault(replicate, {}).setdefault(digest, number)
    found = []
    for of_run in physics.values():
        unit = tuple(
            Run(strategy, {replicate: tuple(numbers.values()) for replicate, numbers in wanted.items()})
            for (strategy, _), wanted in of_run.items()
            if wanted
        )
        if unit:
            found.append(unit)
    return tuple(found)


def _replicates(unit: Sequence[Run]) -> list[int]:
    return sorted({replicate for run in unit for replicate in run.points})
