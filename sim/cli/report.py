"""The command that writes the page of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import AllowCode, Json
from sim.cli.output import print_json, study_in
from sim.cli.screen import say
from sim.errors import InputError
from sim.files import nearest_file, write_text, writing


def report(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RESULT_DIR]", help="Output folder of a run or comparison; default: the newest in results/."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page; default: report.html in the folder.")
    ] = None,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Write one HTML page of a study: verdict, how sure, tables, pictures, sources, and how to do it again."""
    from sim.experiment import newest_folder
    from sim.experiment.folder import REPORT, RESULTS
    from sim.report import report_parts

    folder = folder or newest_folder()
    if folder is None:
        raise InputError(f"{RESULTS}: holds no results; name the folder of a run or comparison")
    path = out or folder / REPORT
    if out is not None and (path.is_dir() or not path.parent.is_dir()):
        problem = "is a folder" if path.is_dir() else f"no such folder{nearest_file(path.parent)}"
        raise InputError(f"{path if path.is_dir() else path.parent}: {problem}: --out names the file of the page")
    found = report_parts(study_in(folder, allow_code=allow_code))
    with writing(path):
        write_text(path, found.html)
    if as_json:
        pictures = {picture.name: "found" if picture.found else "drawn" for picture in found.pictures}
        print_json({"report": path, "verdict": found.verdict, "pictures": pictures})
        return
    say(f"Written to {path}: one page, to open in a browser or to send; it holds all that it shows")
