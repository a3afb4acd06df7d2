"""orbitfleet: simulate fleets of orbital AI data centres over years and compare maintenance strategies.

    import sim

    scenario = sim.load("suncatcher_81", "overlays/launched")
    print(sim.describe(scenario))
    result = sim.run(scenario, seed=1)
    print(sim.measure(result)["compute_availability"])
    study = sim.compare(scenario, strategies=["run_to_failure", "scheduled_batch"], replicates=100, seed=1)
    print(study.table())
    sim.plots.save(sim.plots.compute_availability(study), "availability.png")

The names below are the public ones; each is loaded when it is first used.  No package inside has one of these names,
or its import would put it in the place of what the name stands for; `plots` and `strategies` are the packages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim import plots, strategies
    from sim.description import describe
    from sim.environment import Environment
    from sim.errors import InputError, ScenarioError
    from sim.experiment import Study, compare, load_study, parity, reprice
    from sim.experiment import replicate as run
    from sim.exploration import optimise, sensitivity, sweep
    from sim.metrics import METRICS, measure
    from sim.result import Result
    from sim.scenario import Scenario, ground_twin, load, sources
    from sim.strategies import BUILT_IN, Strategy

__all__ = [
    "BUILT_IN",
    "METRICS",
    "Environment",
    "InputError",
    "Result",
    "Scenario",
    "ScenarioError",
    "Strategy",
    "Study",
    "compare",
    "describe",
    "ground_twin",
    "load",
    "load_study",
    "measure",
    "optimise",
    "parity",
    "plots",
    "reprice",
    "run",
    "sensitivity",
    "sources",
    "strategies",
    "sweep",
]

_HOMES = {
    "BUILT_IN": "sim.strategies:BUILT_IN",
    "METRICS": "sim.metrics:METRICS",
    "Environment": "sim.environment:Environment",
    "InputError": "sim.errors:InputError",
    "Result": "sim.result:Result",
    "Scenario": "sim.scenario:Scenario",
    "ScenarioError": "sim.errors:ScenarioError",
    "Strategy": "sim.strategies:Strategy",
    "Study": "sim.experiment:Study",
    "compare": "sim.experiment:compare",
    "describe": "sim.description:describe",
    "ground_twin": "sim.scenario:ground_twin",
    "load": "sim.scenario:load",
    "load_study": "sim.experiment:load_study",
    "measure": "sim.metrics:measure",
    "optimise": "sim.exploration:optimise",
    "parity": "sim.experiment:parity",
    "plots": "sim.plots",
    "reprice": "sim.experiment:reprice",
    "run": "sim.experiment:replicate",
    "sensitivity": "sim.exploration:sensitivity",
    "sources": "sim.scenario:sources",
    "strategies": "sim.strategies",
    "sweep": "sim.exploration:sweep",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: the command line's `--help` need not wait for NumPy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    from pkgutil import resolve_name

    globals()[name] = value = resolve_name(_HOMES[name])
    return value


def __dir__() -> list[str]:
    """The public names, whether they have been asked for or not, and nothing else."""
    return sorted(__all__)
