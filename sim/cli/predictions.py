"""`orbitfleet predictions`: what flights to come will show, on record before they fly."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json, Replicates, Seed, Workers
from sim.cli.output import print_json
from sim.cli.progress import progress
from sim.cli.screen import say
from sim.files import write_text, writing


def predictions(
    replicates: Replicates = 100,
    seed: Seed = 1,
    workers: Workers = None,
    out: Annotated[Path | None, typer.Option(help="Markdown file to write; none: the page is printed.")] = None,
    as_json: Json = False,
) -> None:
    """Say what flights to come will show, so that their data can prove it wrong."""
    from importlib.metadata import version

    from sim.claims import Evidence
    from sim.claims.predictions import predictions, predictions_text

    with progress(as_json) as show:
        evidence = Evidence(seed=seed, replicates=replicates, workers=workers, progress=show)
        found = predictions(evidence)
    if as_json:
        print_json({"seed": seed, "replicates": replicates, "predictions": [asdict(one) for one in found]})
        return
    text = predictions_text(found, evidence, datetime.date.today(), version("orbitfleet"))
    if out is None:
        say(text)
        return
    with writing(out):
        write_text(out, text)
    say(f"Written to {out}")
