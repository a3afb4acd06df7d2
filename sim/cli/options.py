"""Arguments and options that several commands take."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import completion
from sim.errors import InputError

if TYPE_CHECKING:
    from sim.scenario import Scenario

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SCENARIO...",
        help="A scenario and overlays on it: paths or shipped names.",
        autocompletion=completion.scenarios,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="K=V", help="Change a field: constellation.shells.0.altitude_km=800."),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all random streams.")]
Replicates = Annotated[int, typer.Option(min=1, max=1_000_000, help="Replicates to simulate.")]
Draws = Annotated[
    int,
    typer.Option(
        min=0, max=9_999, help="Draws of figures from their believed ranges: what is not known, beside luck; 0: none."
    ),
]
Beliefs = Annotated[
    str | None,
    typer.Option(
        metavar="PATHS",
        help="What --draws draws: economics,reliability.gpu, or a YAML file; default: all ranges.",
    ),
]
Latin = Annotated[bool, typer.Option("--latin", help="Draw by Latin hypercube: surer, but cannot be added to later.")]
Years = Annotated[float | None, typer.Option(help="Horizon in years: short for --set mission.years=Y.")]
Workers = Annotated[int | None, typer.Option(min=1, max=1024, help="Processes; default: one per core.")]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Simulate on a Dask cluster: tcp://host:port of its scheduler.")
]
Shard = Annotated[
    str | None, typer.Option(metavar="I/N", help="Simulate the I-th of N shares only, for `orbitfleet merge`.")
]
Out = Annotated[Path | None, typer.Option(help="Output folder; default: results/<scenario>-<sha8>-<seed>.")]
Force = Annotated[bool, typer.Option("--force", help="Start anew in a folder of another study, or of other code.")]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Let scenario files name strategies of their own, which is code that runs.")
]
Precision = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[METRIC=]REL",
        help="Add replicates until half-widths are this share of the mean; of availability and cost, or of a metric.",
    ),
]
Select = Annotated[
    str | None,
    typer.Option(
        metavar="METRIC", help="Select the best strategy by this metric; those that are worse get no more replicates."
    ),
]
Indifference = Annotated[
    str | None, typer.Option(metavar="DELTA", help="With --select: the smallest difference that matters: 2e6, or 1%.")
]
Confidence = Annotated[float, typer.Option(help="With --select: least probability that the best one is selected.")]
Quantiles = Annotated[
    bool, typer.Option("--quantiles", help="Show what single histories do, and the service level that is kept.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def precision_of(texts: list[str] | None) -> dict[str, float] | None:
    """By metric, the precision that stands on the command line."""
    from sim.experiment import stopping

    try:
        return stopping.precision_of(texts) if texts else None
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--precision") from error


def load_scenario(
    sources: list[str], settings: list[str] | None, years: float | None, allow_code: bool | list[str]
) -> Scenario:
    """The scenario that arguments and options name."""
    from sim.scenario import load

    return load(*sources, set_=with_years(settings, years), allow_code=allow_code)


def with_years(settings: list[str] | None, years: float | None) -> list[str]:
    """The settings, with that of `--years` behind them."""
    extra = [] if years is None else [f"mission.years={int(years) if years.is_integer() else years}"]
    return [*(settings or []), *extra]


def command_line() -> list[str]:
    """This command, for the provenance of what it makes."""
    return ["orbitfleet", *sys.argv[1:]]
