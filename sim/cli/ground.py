"""`orbitfleet ground`: a fleet beside the campus that does its work with its chips."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import AllowCode, Json, Replicates, Seed, Settings, Sources, Workers, Years, with_years
from sim.cli.output import print_json
from sim.cli.progress import progress
from sim.cli.screen import say, screen_width


def ground(
    sources: Sources,
    settings: Settings = None,
    template: Annotated[
        list[str] | None,
        typer.Option(
            help="A campus for it to stand on, and overlays of it, each after a --template of its own; default: "
            "ground_stargate.",
            autocompletion=completion.scenarios,
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            help="Maintenance strategy in orbit; default: the scenario's.", autocompletion=completion.strategies
        ),
    ] = None,
    seed: Seed = 1,
    replicates: Replicates = 20,
    years: Years = None,
    workers: Workers = None,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Compare a fleet with the same chips at the same work on the ground."""
    from sim.experiment.beside_ground import beside_ground
    from sim.experiment.table import WIDTH, aligned
    from sim.scenario import load

    scenario = load(*sources, set_=with_years(settings, years), allow_code=allow_code or [strategy or ""])
    campus = load(*template) if template else None
    with progress(as_json) as show:
        found = beside_ground(
            scenario, campus, strategy=strategy, replicates=replicates, seed=seed, workers=workers, progress=show
        )
    for one in found.left_out:
        print(f"orbitfleet: warning: the campus does not follow: {one}", file=sys.stderr)
    if as_json:
        print_json(found.to_json())
        return
    count = f"{replicates} replicate{'s' if replicates > 1 else ''}"
    span = f"{scenario.mission.years:g} years, {count}, seed {seed}"
    say(f"{scenario.title} with {found.orbit.strategies[0]}, and its twin on the ground: {span}\n")
    say("\n".join(aligned(found.grid().text, min(screen_width() or WIDTH, WIDTH))))
    say(f"\n{found.verdict()}")
    if timing := found.timing():
        say(timing)
