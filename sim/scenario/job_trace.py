"""Jobs from a trace of a cluster: a file with a row for each job, in place of descriptions under `workload.jobs`."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from sim.errors import Fault, ScenarioError
from sim.files import nearest_file
from sim.parameters import Label, Parameters, Text
from sim.text import nearest

MOST_ROWS = 20_000
"""Jobs of a trace: each is a description of its own."""
DAYS = {"seconds": 1 / 86400, "minutes": 1 / 1440, "hours": 1 / 24, "days": 1.0}
"""Length of each unit of time."""
_Column = Literal["arrival", "gpus", "work_gpu_hours", "duration", "end", "priority", "deadline", "name"]
COLUMNS: tuple[_Column, ...] = get_args(_Column)
"""What a row may say; `arrival` and `gpus` it must."""


class Trace(Parameters):
    """A trace of jobs: CSV with a heading, or lines of JSON (`.jsonl`).

    Columns: `arrival` and `gpus` of each job; its work as `work_gpu_hours`, or the `duration` for which it ran or its
    `end`, both on all its GPUs; `priority`, `deadline` and `name` if there are any.  Other columns are passed over.
    """

    file: Text
    """The file, from the folder of the scenario file that names it."""
    unit: Literal["seconds", "minutes", "hours", "days"] = "hours"
    """Of arrival, duration, end and deadline; arrivals count from the mission's start."""
    columns: dict[_Column, Label] = Field(default_factory=dict)
    """What the file calls a column, where it calls it otherwise."""
    job: dict[Label, Any] = Field(default_factory=dict)
    """What all jobs have in common, as under `workload.jobs`."""


@dataclass(frozen=True)
class Row:
    """A job of a trace."""

    line: int
    job: dict[str, Any]
    """As under `workload.jobs`."""


def rows_of(trace: Trace, path: Path) -> list[Row]:
    """The jobs of a trace.  Raises `ScenarioError` with what is wrong in its file, by line and column."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise _error(path, "", None, f"no such file{nearest_file(path)}") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise _error(path, "", None, f"cannot be read: {error}") from None
    lines = list(_json_lines(text, path) if path.suffix in (".jsonl", ".ndjson") else _csv_lines(text, path))
    if not lines:
        raise _error(path, "", None, "has no jobs")
    if len(lines) > MOST_ROWS:
        raise _error(path, "", len(lines), f"jobs are too many: a trace may have {MOST_ROWS:,}")
    names: dict[str, str] = {what: trace.columns.get(what, what) for what in COLUMNS}
    _check_columns(names, trace, lines[0][1], path)
    return [Row(line, _job(trace, names, given, path, line)) for line, given in lines]


def _csv_lines(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True, strict=True)
    try:
        for given in reader:
            if None in given:
                raise _error(path, f"line {reader.line_num}", None, "has more cells than the heading")
            yield reader.line_num, {key.strip(): (value or "").strip() for key, value in given.items()}
    except csv.Error as error:
        raise _error(path, f"line {reader.line_num}", None, f"is no CSV: {error}") from None


def _json_lines(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except ValueError as error:
            raise _error(path, f"line {number}", None, f"is no JSON: {error}") from None
        if not isinstance(given, dict):
            raise _error(path, f"line {number}", line.strip()[:40], "must be an object with a job's columns")
        yield number, given


def _check_columns(names: Mapping[str, str], trace: Trace, there: Mapping[str, Any], path: Path) -> None:
    """Raises `ScenarioError` where a column is missing that a job needs, or that the scenario names."""
    for what, name in names.items():
        needed = what in ("arrival", "gpus") or what in trace.columns
        if needed and name not in there:
            known = f"it has {', '.join(map(repr, there))}"
            raise _error(path, f"column {name!r}", None, f"is missing{nearest(name, list(there))}; {known}")


def _job(trace: Trace, names: Mapping[str, str], given: Mapping[str, Any], path: Path, line: int) -> dict[str, Any]:
    """A job's description."""

    def number(what: str, least: float = 0.0) -> float | None:
        value = given.get(names[what])
        if value is None or value == "":
            return None
        where = f"line {line}, column {names[what]!r}"
        try:
            found = float(value)
        except (TypeError, ValueError):
            raise _error(path, where, value, "must be a number") from None
        if not (isfinite(found) and found >= least):
            raise _error(path, where, value, f"must be a number of at least {least:g}")
        return found

    unit = DAYS[trace.unit]
    arrival, gpus = number("arrival"), number("gpus", 1)
    for what, value in (("arrival", arrival), ("gpus", gpus)):
        if value is None:
            raise _error(path, f"line {line}, column {names[what]!r}", None, "is missing")
    assert arrival is not None
    assert gpus is not None
    if gpus != int(gpus):
        raise _error(path, f"line {line}, column {names['gpus']!r}", gpus, "must be a whole number")
    job = {**trace.job, "arrival_day": arrival * unit, "gpus": int(gpus)}
    work, duration, end = number("work_gpu_hours"), number("duration"), number("end")
    if end is not None and duration is None:
        if end < arrival:
            raise _error(path, f"line {line}, column {names['end']!r}", end, f"is before its arrival, {arrival:g}")
        duration = end - arrival
    if work is None and duration is not None:
        work = duration * unit * 24 * gpus
    if work is not None:
        job["work_gpu_hours"] = work
    if (deadline := number("deadline")) is not None:
        if deadline < arrival:
            where = f"line {line}, column {names['deadline']!r}"
            raise _error(path, where, deadline, f"is before its arrival, {arrival:g}")
        job["deadline_days"] = (deadline - arrival) * unit
    if (priority := number("priority", -1000)) is not None:
        job["priority"] = int(priority)
    if name := given.get(names["name"]):
        job["name"] = str(name)
    return job


def _error(path: Path, where: str, value: object, problem: str) -> ScenarioError:
    return ScenarioError([Fault(str(path), where, value, problem)])
