"""`orbitfleet claims`: what was said of data centres in orbit, answered with numbers."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.options import Json, Replicates, Seed, Workers, command_line
from sim.cli.output import json_text, print_json
from sim.cli.progress import progress
from sim.cli.screen import say, screen_width
from sim.errors import InputError
from sim.files import nearest_file, write_text, writing

if TYPE_CHECKING:
    from sim.claims import Claim

NAME, PAGE = "claims.json", "claims.html"
"""The answers as JSON, the folder's marker too; and as a page."""


def claims(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="C1 to C12, E1 to E4; none: all.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="WHERE:K=V",
            help="Change an input: spacex_ai1:satellite.mass_kg=2500, claims:pue=1.1.",
        ),
    ] = None,
    replicates: Replicates = 20,
    seed: Seed = 1,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the answers as JSON and as one page of HTML; none: nothing is written."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Answer what was said of data centres in orbit: numbers, verdicts, and what would turn them round."""
    from sim.claims import Evidence, answers, known_ids, settings_of
    from sim.claims.text import WIDTH, claims_text
    from sim.experiment.provenance import machine, program
    from sim.report import claims_page

    try:
        names = known_ids(ids or [])
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="ID") from None
    chosen = settings_of(settings or [])
    if out is not None:
        _refuse_foreign(out)
    found: list[Claim] = []
    with progress(as_json) as show:
        evidence = Evidence(seed=seed, replicates=replicates, workers=workers, settings=chosen, progress=show)
        begun = time.monotonic()
        for claim in answers(names, evidence):
            found.append(claim)
            print(f"orbitfleet: {claim.id} answered, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    given = {"seed": seed, "replicates": replicates, "settings": settings or []}
    made_by = {**program(), **given, **machine(), "command": command_line()}
    whole = {"provenance": made_by, "claims": {claim.id: claim.to_json() for claim in found}}
    if out is not None:
        _write(out, whole, claims_page(found, made_by))
    if as_json:
        print_json({**whole, "out": None if out is None else str(out)})
        return
    say(claims_text(found, min(screen_width() or WIDTH, WIDTH)))
    if out is not None:
        say(f"\nWritten to {out}: {NAME}, and {PAGE}, one page to open in a browser or to send")


def _refuse_foreign(folder: Path) -> None:
    """Raises `InputError` for a folder that holds something else."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / NAME).exists():
        raise InputError(f"{folder}: holds something else than answers to claims; name another folder")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is no folder{nearest_file(folder)}")


def _write(folder: Path, found: dict[str, Any], page: str) -> None:
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / NAME, json_text(found) + "\n")
        write_text(folder / PAGE, page)
