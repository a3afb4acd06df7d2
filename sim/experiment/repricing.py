"""A study under other prices, and the price at which two strategies cost the same.

Nothing that has a price moves a satellite, so the logs of a study give its money under any price list.  Only strategies
that look at prices are simulated anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.events import EventLog
from sim.experiment.comparison import run
from sim.experiment.envelope import quotient_interval
from sim.experiment.prices import unpriced_differences
from sim.experiment.provenance import provenance
from sim.experiment.record import Task
from sim.experiment.sample import Sample
from sim.experiment.study import Study
from sim.metrics import METRICS, money
from sim.scenario.models import Scenario
from sim.strategies import Valuing

Floats = NDArray[np.float64]

NET = "net_cost_usd"


def reprice(study: Study, scenario: Scenario, *, workers: int | None = None) -> Study:
    """The same replicates under the prices of another scenario, in memory.

    `scenario`: that of the study but for its name and prices: `economics`, `service.value_usd_per_gpu_hour`, the
    `price` of launch vehicles, and under `servicing` `usd`, `usd_per_hour`, `resupply_price` and `cartridge.usd`.
    Strategies that look at prices (`sim.strategies.Valuing`) are simulated anew, by so many `workers`; one of a user's
    own must be derived from that class, or it keeps to what it did at the old prices.

    Raises `InputError` where something else differs, or where a rideshare does not take the satellite.
    """
    if differing := unpriced_differences(study.scenario, scenario):
        raise InputError(f"{', '.join(differing)}: not among the prices that a study can be given anew: use compare")
    for service in scenario.launch.services:
        for parts in study.environment.parts:
            if problem := service.vehicle.refuses(parts.launch_mass_kg):
                raise InputError(f"{service.vehicle.name}: {problem}")
    names = [name for name in study.strategies if isinstance(scenario.strategy_named(name), Valuing)]
    anew = {
        name: run(scenario, strategy=name, seed=study.seed, replicates=study.replicates, workers=workers)
        for name in names
    }
    samples = {
        name: anew[name].samples[name] if name in anew else _repriced(study, name, scenario)
        for name in study.strategies
    }
    causes, took = study.losses

    def series_of(name: str) -> NDArray[np.float32]:
        rows = [anew[s].series[name][0] if s in anew else study.series[name][i] for i, s in enumerate(study.strategies)]
        return np.array(rows)

    def events_of(task: Task) -> EventLog:
        return anew.get(task.strategy, study).events_of(task)

    return replace(
        study,
        scenario=scenario,
        samples=samples,
        series={name: series_of(name) for name in study.series},
        provenance=provenance(scenario, study.strategies, study.seed, None),
        folder=None,
        over_beliefs=None,
        events_of=events_of,
        losses_by_cause=(
            causes,
            np.array([anew[s].losses[1][0] if s in anew else took[i] for i, s in enumerate(study.strategies)]),
        ),
    )


class Parity(NamedTuple):
    """Where two strategies have the same net cost, on the way from one price list (0) to another (1) and beyond."""

    share: float
    """Of the way; infinite where the difference does not depend on it."""
    low: float
    """Of the 95 % interval; minus infinity where there is no bound, NaN in one replicate."""
    high: float
    """Likewise; infinite where there is no bound."""


def parity(cheap: Study, dear: Study, first: str, second: str) -> Parity:
    """How far prices may go from those of one study to those of another until `first` costs as much as `second`, net.

    `cheap`, `dear`: one study at two price lists (`reprice`), between which and beyond which net costs are straight
    lines, as they are in the price of servicers, of parts, of an hour, of a kilogram.  Paired, with Fieller's interval.
    With prices of 0 in `cheap` the share times the price in `dear` is the price; below 0 it is never the same.

    Raises `InputError` for studies of other replicates, or of scenarios that differ in more than names and prices.
    """
    if differing := unpriced_differences(cheap.scenario, dear.scenario):
        raise InputError(f"parity needs one study at two price lists, and these differ in {', '.join(differing)}")
    if (cheap.seed, cheap.replicates) != (dear.seed, dear.replicates):
        raise InputError("parity needs one study at two price lists: use reprice")

    def ahead(study: Study) -> Floats:
        return study.values(first, NET) - study.values(second, NET)

    at_cheap = ahead(cheap)
    rise = ahead(dear) - at_cheap
    if rise.mean() == 0:
        return Parity(np.inf, -np.inf, np.inf)
    return Parity(-float(at_cheap.mean()) / float(rise.mean()), *quotient_interval(-at_cheap, rise))


def _repriced(study: Study, strategy: str, scenario: Scenario) -> Sample:
    """The figures of a strategy under other prices."""
    sample, columns = study.samples[strategy], list(METRICS)
    metrics = sample.metrics.copy()
    for replicate, row in enumerate(metrics):
        known = dict(zip(columns, row.tolist(), strict=True))
        result = replace(study.result(strategy, replicate), scenario=scenario)
        for name, value in money(result, known).items():
            row[columns.index(name)] = value
    return replace(sample, metrics=metrics)
