"""Names of strategies as they are given on the command line: a list, or `all`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sim.scenario import Scenario

ALL = "all"
"""Stands for every built-in strategy that a scenario has room for."""
_OPTION = "--strategies"


def names_in(text: str) -> list[str]:
    """The names in a list with commas.  Ends with a usage error unless they are several, or `all`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(set(names)) < len(names) or (len(names) < 2 and names != [ALL]):
        raise typer.BadParameter(f"name at least two different strategies, or {ALL}", param_hint=_OPTION)
    return names


def expanded(names: list[str], scenario: Scenario) -> list[str]:
    """The names with all built-in strategies in the place of `all`; says which of them the scenario has no room for.

    Ends with a usage error where a name beside `all` is that of no strategy.
    """
    from sim.errors import ScenarioError
    from sim.strategies import BUILT_IN
    from sim.text import nearest

    if ALL not in names:
        return names
    known = list(dict.fromkeys([*BUILT_IN, *scenario.strategies]))
    unknown = [name for name in names if name not in {ALL, *known} and ":" not in name]
    if unknown:
        problem = f"no strategy {unknown[0]!r} to compare with {ALL}{nearest(unknown[0], known)}"
        raise typer.BadParameter(problem, param_hint=_OPTION)
    fitting = []
    for name in BUILT_IN:
        try:
            scenario.strategy_named(name)
        except ScenarioError as error:
            print(f"orbitfleet: left out: {name}: it {error.faults[0].problem}", file=sys.stderr)
        else:
            fitting.append(name)
    before, after = names[: names.index(ALL)], names[names.index(ALL) + 1 :]
    return list(dict.fromkeys([*before, *fitting, *after]))
