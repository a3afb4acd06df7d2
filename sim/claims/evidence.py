"""What claims are answered from: shipped scenarios and their physics, studies run once, figures with sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from sim.claims.claim import Input
from sim.claims.figures import Figures
from sim.description import facts
from sim.environment import Environment
from sim.errors import InputError
from sim.experiment import Study, compare, run
from sim.experiment.beliefs import DrawPlan
from sim.experiment.draws import DrawRequest, simulate_draws
from sim.experiment.over_beliefs import OverBeliefs
from sim.scenario import Figure, Scenario, load, sha256_of, shipped, sources
from sim.streams import Streams
from sim.text import nearest

OWN = "claims"
"""What stands before the name of a figure of this package, as a scenario's name before its path."""
ENOUGH = 20
"""Replicates beyond which such runs have half of those asked for."""
DRAWS, PER_DRAW = 39, 2
"""Draws of what a study's answer depends on, whose outermost hold 95 % of what is believed, and replicates of each:
they have the luck of the study's, so that two show what a draw changes."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything is computed when it is first asked for, and once."""

    seed: int = 1
    replicates: int = 20
    workers: int | None = None
    draws: int = DRAWS
    """Draws of inputs of what is simulated."""
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`path=value` by the scenario that it changes; `claims` stands for the figures of this package."""
    progress: Progress | None = None
    """Called with replicates done, and in all, of the study that runs."""
    _scenarios: dict[tuple[tuple[str, ...], tuple[str, ...]], Scenario] = field(default_factory=dict, repr=False)
    _environments: dict[str, Environment] = field(default_factory=dict, repr=False)
    _facts: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    _studies: dict[tuple[str, tuple[str, ...]], Study] = field(default_factory=dict, repr=False)
    _sources: dict[str, dict[str, Figure]] = field(default_factory=dict, repr=False)

    @cached_property
    def figures(self) -> Figures:
        """Published figures and assumptions that belong to no scenario."""
        return Figures.with_settings(self.settings.get(OWN, ()))

    @property
    def fewer(self) -> int:
        """Replicates of runs that need not as many: whose answer is paired, or has wider doubts than chance."""
        return max(self.replicates // 2, min(ENOUGH, self.replicates))

    def scenario(self, *names: str, set_: Sequence[str] = ()) -> Scenario:
        """A shipped scenario under overlays and the user's settings of it; what a claim varies, `set_`, comes last."""
        key = names, tuple(set_)
        if key not in self._scenarios:
            self._scenarios[key] = load(*names, set_=[*self.settings.get(names[0], ()), *set_])
        return self._scenarios[key]

    def environment(self, scenario: Scenario) -> Environment:
        """Its physics."""
        key = sha256_of(scenario)
        if key not in self._environments:
            self._environments[key] = Environment.build(scenario)
        return self._environments[key]

    def facts(self, scenario: Scenario) -> dict[str, Any]:
        """What `describe` says of it, in numbers."""
        key = sha256_of(scenario)
        if key not in self._facts:
            self._facts[key] = facts(scenario, self.environment(scenario))
        return self._facts[key]

    def study(self, scenario: Scenario, *strategies: str, replicates: int | None = None) -> Study:
        """Replicates of these strategies, paired by the seed with every other study."""
        count = replicates or self.replicates
        key = f"{sha256_of(scenario)} {count}", strategies
        if key not in self._studies:
            if len(strategies) > 1:
                self._studies[key] = compare(
                    scenario, strategies, count, self.seed, workers=self.workers, progress=self.progress
                )
            else:
                self._studies[key] = run(
                    scenario,
                    strategy=strategies[0],
                    seed=self.seed,
                    replicates=count,
                    workers=self.workers,
                    progress=self.progress,
                )
        return self._studies[key]

    def drawn(self, study: Study, strategies: Sequence[str], inputs: Sequence[Input]) -> OverBeliefs:
        """The first replicates of a study again, under draws of those inputs of its scenario that have a range."""
        paths = [one.path.partition(":")[2] for one in inputs if one.low is not None and one.high is not None]
        plan = DrawPlan(self.draws, paths, latin=True, per_draw=PER_DRAW)
        return simulate_draws(
            DrawRequest(
                study.scenario, strategies, self.seed, study.replicates, plan, self.workers, progress=self.progress
            )
        )

    def given(self, scenario: Scenario, *paths: str) -> list[Input]:
        """Figures of a scenario with their sources; a figure inside a part with one source has that."""
        key = sha256_of(scenario)
        if key not in self._sources:
            self._sources[key] = {figure.path: figure for figure in sources(scenario)}
        return [_input(scenario, path, self._sources[key]) for path in paths]

    def own(self, *names: str) -> list[Input]:
        """Figures of this package with their sources."""
        return [self.figures.input(name) for name in names]

    def generator(self, claim: str) -> np.random.Generator:
        """Random numbers of a claim's ranges: the same whatever other claims are answered."""
        return Streams(self.seed, 0).of(f"ranges of claim {claim}")


def _input(scenario: Scenario, path: str, known: Mapping[str, Figure]) -> Input:
    names = path.split(".")
    value: Any = scenario
    try:
        for name in names:
            value = _part(value, name)
    except (AttributeError, LookupError):
        raise InputError(f"{scenario.name}: an answer needs {path}, which these settings leave out") from None
    above = (".".join(names[:count]) for count in range(len(names), 0, -1))
    figure = next((known[one] for one in above if one in known), None)
    where = f"{scenario.name.split(' ')[0]}:{path}"
    plain = value if isinstance(value, (bool, int, float, str)) or value is None else str(value)
    if figure is None:
        return Input(where, plain, None, "no source given")
    same = figure.path == path
    return Input(
        where,
        plain,
        figure.tag,
        figure.source,
        figure.low if same else None,
        figure.high if same else None,
        figure.law if same else None,
    )


def _part(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value[name]
    return value[int(name)] if isinstance(value, (list, tuple)) else getattr(value, name)


def settings_of(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """`NAME:path=value` by the scenario named; raises `InputError` for what is no such setting."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, colon, setting = text.partition(":")
        if not colon or "=" not in setting or "=" in name:
            raise InputError(f"--set {text}: write SCENARIO:path=value, or {OWN}:figure=value")
        known = [OWN, *shipped()]
        if name not in known:
            raise InputError(f"--set {text}: no shipped scenario {name!r}{nearest(name, known)}")
        found[name] = (*found.get(name, ()), setting)
    Figures.with_settings(found.get(OWN, ()))
    return found
