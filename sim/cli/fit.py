"""`orbitfleet fit`: lifetime laws from a failure log, and the overlays and the picture that come of it."""

from __future__ import annotations

import json
from bisect import bisect_right
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.output import SCHEMA_VERSION, print_json, write_picture
from sim.cli.screen import say, screen_width, table_text
from sim.errors import InputError
from sim.files import TEMPORARY, write_text, writing
from sim.text import many

MARKER, PICTURE = "fit.json", "survival.png"
"""The report, written first: it marks the folder as ours.  It is not a study's folder, nor is one of those ours."""
_PROGRAM = "orbitfleet"


def fit(
    failures: Annotated[
        Path,
        typer.Argument(metavar="FAILURES.csv", help="One row a unit: its age, whether it died, and cause if known."),
    ],
    *,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Age when observation ended; default: years or observed_years.")
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Whether it died then (1/0, dead/censored); default: dead or event."),
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Date when it began to work, YYYY-MM-DD, instead of --time.")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Date when it died or was last seen; blank: still at work.")
    ] = None,
    entry: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Age, or date, from which it was watched; default: entry.")
    ] = None,
    unit: Annotated[str, typer.Option(help="Of ages: years, months, weeks, days or hours.")] = "years",
    resolution: Annotated[
        float | None,
        typer.Option(min=0, help="To what ages are known, in the unit; 0: exactly; default: guessed from ties."),
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="COLUMN", help="Fit each value of this column by itself.")] = None,
    out: Annotated[Path | None, typer.Option(help="Output folder; default: results/fit-<name of the file>.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Fit lifetime laws to a failure log; writes overlays with the best laws for scenarios."""
    from sim.fit import UNITS, Columns, fit_file

    folder = out or Path("results") / f"fit-{failures.stem}"
    _refuse_foreign(folder)
    columns = Columns(time=time, event=event, entry=entry, start=start, end=end, unit=unit, by=by)
    rounded = None if resolution is None else resolution * UNITS.get(unit, 1.0)
    found = {**fit_file(failures, columns, rounded), "out": str(folder)}
    written = _write(folder, found)
    if as_json:
        print_json(found)
        return
    say("\n\n".join(_group_text(name, group) for name, group in found["groups"].items()))
    say(f"\nWritten to {folder}: {', '.join(written)}")
    if overlays := [name for name in written if name.endswith(".yaml")]:
        say(f"Use a law in a scenario: orbitfleet run baseline {folder / overlays[0]}")


def _group_text(name: str, group: dict[str, Any]) -> str:
    """What was found of one group, and of each cause within it, for people."""
    counts = f"{many(group['n'], 'unit')}, {many(group['deaths'], 'death')}"
    head = f"{name}: {counts}, {group['unit_years']:,.6g} unit-years"
    curve = group["kaplan_meier"]
    ages = [age for age in (1, 2, 3, 4, 5, 10, 15) if age <= group["reach_years"]]
    alive = [curve["survival"][bisect_right(curve["years"], age) - 1] for age in ages]
    lines = [head, *(f"  {text}" for text in _reading(group))]
    if ages:
        lines.append(
            "  survive " + "  ".join(f"{age} yr:\u00a0{100 * s:.2f} %" for age, s in zip(ages, alive, strict=True))
        )
    lines += _laws_text(group, group["reach_years"], 2)
    for cause, found in group.get("causes", {}).items():
        lines.append(f"  cause {cause}: {found['deaths']:,} deaths, all other deaths counted as censored")
        lines += _laws_text(found, group["reach_years"], 4)
    return "\n".join(lines)


def _reading(group: dict[str, Any]) -> list[str]:
    """How the log was read, where that is not plain."""
    said = []
    if group["skipped_rows"]:
        said.append(f"{many(group['skipped_rows'], 'row')} left out: age, date or event is blank")
    if group["at_work_until"] and group["deaths"] < group["n"]:
        said.append(
            f"units without an end count as at work until {group['at_work_until']}, the latest date of the file"
        )
    if group["delayed_entry"]:
        said.append("units that were watched from a later age on count from there (left truncation)")
    if step := group["resolution_years"]:
        shown = f"{step:.4g} years" if step >= 0.1 else f"{step * 365.25:.4g} days"
        why = "ages look rounded: a death" if group["resolution_guessed"] else "a death"
        said.append(f"{why} counts as one within the {shown} before its age (--resolution)")
    return said


def _laws_text(group: dict[str, Any], reach: float, indent: int) -> list[str]:
    candidates = group["candidates"]
    if not candidates:
        return [" " * indent + "no deaths: no law can be fitted"]
    ages = list(candidates[0]["hazard_per_year"])
    rows = []
    bounds = [f"{entry['law']}: {', '.join(entry['at_bound'])}" for entry in candidates if entry["at_bound"]]
    for entry in candidates:
        p = "-" if entry["p_value"] is None else f"{entry['p_value']:.2g}"
        fits = "-" if entry["p_value"] is None else "yes" if entry["fits"] else "no"
        hazards = (
            _short(hazard) if float(age) <= reach else f"({_short(hazard)})"
            for age, hazard in entry["hazard_per_year"].items()
        )
        errors = entry["standard_errors"]
        shown = ", ".join(
            f"{field}\u00a0{_with_error(value, errors.get(field))}" for field, value in entry["parameters"].items()
        )
        rows.append([entry["law"], f"{entry['aic']:.1f}", f"{entry['ks']:.4f}", p, fits, *hazards, shown])
    first, *later = (f"{age} yr" for age in ages)
    heads = ["law", "AIC", "KS", "p", "fits", f"hazard a year at {first}", *later, "parameters"]
    width = screen_width()
    left = "l" + (4 + len(ages)) * "r" + "l"
    text = table_text(heads, rows, left=left, width=None if width is None else width - indent)
    lines = text.splitlines()
    if bounds:
        lines.append(f"At an end of their range: {'; '.join(bounds)}.")
    if reach < 5:
        lines.append(
            f"In brackets: older than any unit observed ({reach:.3g} year{'' if reach == 1 else 's'}), a guess."
        )
    return [" " * indent + line if line else "" for line in (*lines, *_meaning(group))]


def _meaning(group: dict[str, Any]) -> list[str]:
    best, verdict = group["candidates"][0], group["verdict"]
    kind = best["law"].replace("_", " ")
    if verdict == "too few deaths to test":
        return [f"Verdict: too few deaths to test any law; {kind} has the lowest AIC, which says little."]
    if best["fits"]:
        text = f"Verdict: {kind} fits: the deaths are compatible with it (p = {best['p_value']:.2g})."
    elif verdict == "none fits":
        text = f"Verdict: no candidate fits: use the Kaplan-Meier curve with care; {kind} comes nearest by AIC"
        text += f" (its survival is off by at most {100 * best['ks']:.2g} points)."
    else:
        text = f"Verdict: {verdict.replace('_', ' ')}."
    constant = next(entry for entry in group["candidates"] if entry["law"] == "exponential")
    if best["law"] == "exponential":
        return [text]
    so = "which the deaths do not contradict" if constant["fits"] else "and does not fit"
    rate = constant["parameters"]["rate_per_year"]
    return [text, f"A constant rate would be {_short(rate)} a year at every age, {so}."]


def _with_error(value: Any, error: Any) -> str:
    """A parameter and, for a single one that has it, its standard error."""
    return f"{_short(value)}\u00a0±\u00a0{_short(error)}" if isinstance(error, float) else _short(value)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "[" + " ".join(map(_short, value)) + "]"
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(value).lower()


def _refuse_foreign(folder: Path) -> list[str]:
    """Names of what an earlier fit wrote there.  Raises `InputError` for a folder that is not ours."""
    with writing(folder):
        if not folder.exists():
            return []
        if not folder.is_dir():
            raise InputError(f"{folder}: is a file, not an output folder")
        if all(entry.name.startswith(TEMPORARY) for entry in folder.iterdir()):
            return []
        try:
            found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        if not (isinstance(found, dict) and found.get("program") == _PROGRAM and isinstance(found.get("files"), list)):
            state = "damaged" if (folder / MARKER).exists() else "missing"
            raise InputError(
                f"{folder}: not an output folder of {_PROGRAM} fit ({MARKER} {state}), so nothing in it is touched: "
                "choose another --out"
            )
        return [name for name in found["files"] if isinstance(name, str)]


def _write(folder: Path, found: dict[str, Any]) -> list[str]:
    """Write report, picture and overlays; overlays of an earlier fit go.  Returns the names of the files."""
    from sim.fit import file_names, overlay
    from sim.plots.style import save
    from sim.plots.survival import survival

    with writing(folder):
        before = _refuse_foreign(folder)
        folder.mkdir(parents=True, exist_ok=True)
        names = file_names(found["groups"])
        texts = {names[group]: overlay(group, part, found["file"]) for group, part in found["groups"].items()}
        texts = {name: text for name, text in texts.items() if text}
        files = [MARKER, PICTURE, *texts]
        marker = {"program": _PROGRAM, "files": files, "schema_version": SCHEMA_VERSION, **found}
        write_text(folder / MARKER, json.dumps(marker, indent=1, allow_nan=False) + "\n")
        for name in before:
            if name not in files and Path(name).name == name and name.startswith("overlay_"):
                (folder / name).unlink(missing_ok=True)
        for name, text in texts.items():
            write_text(folder / name, text)
    picture = folder / PICTURE
    write_picture(lambda: save(survival(found), picture), picture)
    return files
