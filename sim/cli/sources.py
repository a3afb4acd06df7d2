"""`orbitfleet sources`: where the figures of a scenario are from, and what is drawn of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.beliefs import beliefs_table
from sim.cli.options import AllowCode, Json, Settings, Sources, Years, load_scenario
from sim.cli.output import print_json


def sources(
    scenario_files: Sources,
    settings: Settings = None,
    years: Years = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(help="Only figures of this tag; none: those without.", autocompletion=completion.tags),
    ] = None,
    drawn: Annotated[
        bool, typer.Option("--drawn", help="List what --draws draws, by what law, and what it leaves as it is.")
    ] = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """List every figure of a scenario with where it is from and the range in which it is believed to lie."""
    from sim.cli.sources_table import count, sources_table
    from sim.parameters import TAGS
    from sim.scenario import sources as sources_of
    from sim.scenario import tally
    from sim.scenario.beliefs import beliefs

    if unknown := set(tag or ()) - {*TAGS, "none"}:
        allowed = f"one of {', '.join(TAGS)}, none"
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: must be {allowed}", param_hint="--tag")
    if drawn and tag:
        raise typer.BadParameter("what is drawn does not depend on tags: leave one out", param_hint="--drawn")
    scenario = load_scenario(scenario_files, settings, years, allow_code)
    if drawn:
        believed = beliefs(scenario)
        if as_json:
            print_json({"scenario": scenario.name, **believed.to_json()})
        else:
            print(beliefs_table(believed))
        return
    figures = [figure for figure in sources_of(scenario) if not tag or (figure.tag or "none") in tag]
    if as_json:
        found = {"scenario": scenario.name, "sources": [asdict(figure) for figure in figures]}
        print_json({**found, "count": tally(figures), "tags": dict(TAGS)})
    else:
        print(sources_table(figures) if figures else count(figures))
