"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion

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
Out = Annotated[Path | None, typer.Option(help="Output folder; default: results/<scenario>-<sha8>-<seed>.")]
Force = Annotated[bool, typer.Option("--force", help="Start anew in a folder of another study, or of other code.")]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Let scenario files name strategies of their own, which is code that runs.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
