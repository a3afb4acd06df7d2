"""`orbitfleet bench`: how long this program takes, as ratios to bare SimPy timeouts and to Skyfield."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import Json
from sim.cli.output import json_text, report_check
from sim.cli.screen import say
from sim.errors import InputError
from sim.files import nearest_file, write_text
from sim.text import nearest


def bench(
    items: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ITEM...]",
            help="Items, or patterns such as 'thousand_*'; none: all, which take some minutes.",
            autocompletion=completion.bench_items,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also keep the results there, in a file named after the processor."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure how long work takes, in T: the CPU time of a million bare SimPy timeouts in the same run."""
    from sim.bench.machine import file_name
    from sim.bench.report import bench as measure
    from sim.bench.report import names, shortcomings, table

    known = names()
    wanted = [name for name in known if any(fnmatchcase(name, pattern) for pattern in items or ["*"])]
    for pattern in items or []:
        if not any(fnmatchcase(name, pattern) for name in known):
            which = nearest(pattern, known) or f"; they are {', '.join(known)}"
            raise typer.BadParameter(f"no item {pattern!r}{which}", param_hint="ITEM")
    if out is not None and not out.is_dir():
        raise InputError(f"{out}: no such folder{nearest_file(out)}")
    found = measure(wanted, say=lambda line: print(line, file=sys.stderr, flush=True))
    if out is not None:
        path = out / file_name(found["machine"])
        write_text(path, json_text(found) + "\n")
        if not as_json:
            say(f"Written to {path}")
    report_check(found, table, shortcomings(found), as_json)
