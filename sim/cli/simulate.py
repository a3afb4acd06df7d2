"""`orbitfleet run` and `orbitfleet compare`: studies of one strategy or of several."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sim.cli import completion
from sim.cli.options import (
    AllowCode,
    Cluster,
    Confidence,
    Force,
    Indifference,
    Json,
    Out,
    Precision,
    Quantiles,
    Replicates,
    Seed,
    Select,
    Settings,
    Shard,
    Sources,
    Workers,
    Years,
    command_line,
    load_scenario,
    precision_of,
)
from sim.cli.output import finish
from sim.cli.progress import progress
from sim.cli.shards import executor_at, run_shard, shard_named
from sim.cli.strategy_names import expanded, names_in


def run(
    sources: Sources,
    settings: Settings = None,
    strategy: Annotated[
        str | None,
        typer.Option(help="Maintenance strategy; default: the scenario's.", autocompletion=completion.strategies),
    ] = None,
    seed: Seed = 1,
    replicates: Replicates = 1,
    precision: Precision = None,
    years: Years = None,
    workers: Workers = None,
    cluster: Cluster = None,
    shard: Shard = None,
    out: Out = None,
    force: Force = False,
    allow_code: AllowCode = False,
    quantiles: Quantiles = False,
    as_json: Json = False,
) -> None:
    """Simulate one strategy over the mission."""
    from sim import experiment

    part = shard_named(shard, precision=precision, quantiles=quantiles)
    targets = precision_of(precision)
    scenario = load_scenario(sources, settings, years, allow_code or [strategy or ""])
    with executor_at(cluster, workers) as executor:
        options: dict[str, Any] = {"workers": workers, "executor": executor, "force": force, "command": command_line()}
        if part:
            names = [strategy or scenario.strategy]
            run_shard(scenario, names, replicates, seed, part, out=out, as_json=as_json, **options)
            return
        options["out"] = out or experiment.default_folder(scenario, seed)
        with progress(as_json) as show:
            study = experiment.run(
                scenario,
                strategy=strategy,
                seed=seed,
                replicates=replicates,
                precision=targets,
                progress=show,
                **options,
            )
    finish(study, as_json, quantiles=quantiles)


def compare(
    sources: Sources,
    strategies: Annotated[
        str,
        typer.Option(
            metavar="A,B,C",
            help="Strategies to compare, by name or module:Class; all: every built-in one.",
            autocompletion=completion.strategies,
        ),
    ],
    settings: Settings = None,
    replicates: Replicates = 20,
    precision: Precision = None,
    select: Select = None,
    indifference: Indifference = None,
    confidence: Confidence = 0.95,
    tuned: Annotated[
        bool, typer.Option("--tune", help="Find each strategy's best parameters first, on replicates of their own.")
    ] = False,
    seed: Seed = 1,
    years: Years = None,
    workers: Workers = None,
    cluster: Cluster = None,
    shard: Shard = None,
    out: Out = None,
    force: Force = False,
    allow_code: AllowCode = False,
    quantiles: Quantiles = False,
    as_json: Json = False,
) -> None:
    """Compare strategies with common random numbers, replicate by replicate."""
    from sim import experiment
    from sim.experiment import tuning

    part = shard_named(shard, tune=tuned, precision=precision, select=select, quantiles=quantiles)
    enough = {"precision": precision_of(precision), "select": select, "indifference": indifference}
    names = names_in(strategies)
    scenario = given = load_scenario(sources, settings, years, allow_code or names)
    names, found = expanded(names, scenario), {}
    if tuned:
        with progress(as_json) as show:
            found = tuning.tune(given, names, seed=seed, workers=workers, progress=show)
        scenario = tuning.with_tuned(given, found)
    with executor_at(cluster, workers) as executor:
        options: dict[str, Any] = {"workers": workers, "executor": executor, "force": force, "command": command_line()}
        if part:
            run_shard(scenario, names, replicates, seed, part, out=out, as_json=as_json, **options)
            return
        options |= {**enough, "confidence": confidence, "out": out or experiment.default_folder(scenario, seed)}
        with progress(as_json) as show:
            study = experiment.compare(scenario, names, replicates, seed, progress=show, **options)
    more, lines = tuning.told(given, found, study) if tuned else ({}, [])
    finish(study, as_json, more=more, lines=lines, quantiles=quantiles)
