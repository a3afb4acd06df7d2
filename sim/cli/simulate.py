"""`orbitfleet run` and `orbitfleet compare`: studies of one strategy or of several."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sim.cli import completion
from sim.cli.beliefs import asked
from sim.cli.options import (
    AllowCode,
    Beliefs,
    Cluster,
    Confidence,
    Draws,
    Force,
    Indifference,
    Json,
    Latin,
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

Several = Annotated[
    str,
    typer.Option(
        metavar="A,B,C",
        help="Strategies to compare, by name or module:Class; all: every built-in one.",
        autocompletion=completion.strategies,
    ),
]
Tune = Annotated[
    bool, typer.Option("--tune", help="Find each strategy's best parameters first, on replicates of their own.")
]


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
    draws: Draws = 0,
    beliefs: Beliefs = None,
    latin: Latin = False,
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

    part = shard_named(shard, precision=precision, draws=draws, quantiles=quantiles)
    targets, drawn = precision_of(precision), asked(draws, beliefs, latin=latin)
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
                **drawn,
            )
    finish(study, as_json, quantiles=quantiles)


def compare(
    sources: Sources,
    strategies: Several,
    settings: Settings = None,
    replicates: Replicates = 20,
    precision: Precision = None,
    select: Select = None,
    indifference: Indifference = None,
    confidence: Confidence = 0.95,
    tuned: Tune = False,
    draws: Draws = 0,
    beliefs: Beliefs = None,
    latin: Latin = False,
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

    part = shard_named(shard, tune=tuned, precision=precision, select=select, draws=draws, quantiles=quantiles)
    whole: dict[str, Any] = {"precision": precision_of(precision), "select": select, "indifference": indifference}
    whole |= {"confidence": confidence, **asked(draws, beliefs, latin=latin)}
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
        options |= {**whole, "out": out or experiment.default_folder(scenario, seed)}
        with progress(as_json) as show:
            study = experiment.compare(scenario, names, replicates, seed, progress=show, **options)
    more, lines = tuning.told(given, found, study) if tuned else ({}, [])
    finish(study, as_json, more=more, lines=lines, quantiles=quantiles)
