"""What commands print and draw: studies, checks, JSON, pictures."""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from sim.cli.screen import say, screen_width
from sim.errors import InputError
from sim.text import nearest

if TYPE_CHECKING:
    from sim.experiment import Study

SCHEMA_VERSION = 1
CHECK_FAILED = 4
WIDTH = 110  # of text without a terminal


def report_check(
    found: dict[str, Any], table: Callable[[dict[str, Any]], str], failures: list[str], as_json: bool
) -> None:
    """Print what a check found, as a table or as JSON; on stderr, with exit code 4, when it failed."""
    stream = sys.stderr if failures else sys.stdout
    if as_json:
        print_json(found, stream)
    else:
        print(table(found), file=stream)
    if failures:
        print("\n".join(f"orbitfleet: check failed: {failure}" for failure in failures), file=sys.stderr)
        raise typer.Exit(CHECK_FAILED)


def finish(
    study: Study,
    as_json: bool,
    more: Mapping[str, Any] | None = None,
    lines: Sequence[str] = (),
    *,
    quantiles: bool = False,
) -> None:
    """Draw a finished study's pictures and print what was found; the warnings of its scenario on stderr.

    `more` joins the JSON, and `lines` stand before the table, which is with `quantiles` or without.
    """
    assert study.folder is not None
    for warning in study.warnings:
        print(f"orbitfleet: warning: {warning}", file=sys.stderr)
    pictures = draw(study, study.folder, None)
    if as_json:
        print_json({**study.to_json(), **(more or {}), "out": str(study.folder)})
        return
    width = screen_width()
    for line in lines:
        print(textwrap.fill(line, width or WIDTH, subsequent_indent="  "))
    if lines:
        print()
    print(study.table(width or WIDTH, quantiles=quantiles))
    files = ["summary.json", "study.nc", *["beliefs.nc"] * bool(study.over_beliefs), *(Path(p).name for p in pictures)]
    say(f"\nWritten to {study.folder}: {', '.join(files)}")
    say(f"All of it on one page: orbitfleet report {study.folder}")


def study_in(folder: Path, *, allow_code: bool) -> Study:
    """The study of an output folder.  Of a folder that holds something else we say what, and which command shows it."""
    from sim.experiment import load_study
    from sim.experiment.explored import NotAStudy

    try:
        return load_study(folder, allow_code=allow_code)
    except NotAStudy as error:
        raise typer.BadParameter(str(error), param_hint="RESULT_DIR") from error


def draw(study: Study, folder: Path, kinds: list[str] | None) -> list[str]:
    """Write the pictures of a study into its folder; returns their paths."""
    from sim import plots

    drawings = plots.pictures_of(study)
    if unknown := sorted(set(kinds or []) - set(drawings)):
        near = nearest(unknown[0], list(drawings))
        raise typer.BadParameter(
            f"{', '.join(unknown)}{near}; this study has {', '.join(drawings)}", param_hint="--kind"
        )
    written = []
    for name, draw in drawings.items():
        if not kinds or name in kinds:
            path = folder / f"{name}.png"
            write_picture(lambda draw=draw, path=path: plots.save(draw(), path), path)  # type: ignore[misc]
            written.append(str(path))
    return written


def draw_all(drawings: Mapping[str, Callable[[], Any]], folder: Path) -> list[str]:
    """Write every picture as `NAME.png` into a folder; returns their paths."""
    from sim import plots

    paths = []
    for name, draw in drawings.items():
        path = folder / f"{name}.png"
        write_picture(lambda draw=draw, path=path: plots.save(draw(), path), path)  # type: ignore[misc]
        paths.append(str(path))
    return paths


def write_picture(write: Callable[[], None], path: Path) -> None:
    """Write a picture; raises `InputError` where the file cannot be written."""
    try:
        write()
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be written: {error}") from error


def print_json(found: dict[str, Any], stream: TextIO | None = None) -> None:
    """Print one object; numbers that are not finite become null."""
    print(json_text(found), file=stream or sys.stdout)


def json_text(found: dict[str, Any]) -> str:
    """One object as JSON; numbers that are not finite become null."""
    return json.dumps({"schema_version": SCHEMA_VERSION} | _finite(found), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (date, Path)):
        return str(value)
    return value
