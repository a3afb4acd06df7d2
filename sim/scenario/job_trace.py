"""Jobs from a trace of a cluster: a file with a row for each job, in place of descriptions under `workload.jobs`."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, nan
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
_WORK: tuple[_Column, ...] = ("work_gpu_hours", "duration", "end")
"""Columns any of which says how much work a job has."""


class Trace(Parameters):
    """A trace of jobs: CSV with a heading, or lines of JSON (`.jsonl`).

    Columns: `arrival` and `gpus` of each job; its work as `work_gpu_hours`, or the `duration` for which it ran or its
    `end`, both on all its GPUs; `priority`, `deadline` and `name` if there are any.  Other columns are passed over.  A
    job without any of the three goes on to the end of the mission, where no job of the trace has one, or works as its
    model says.
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
    if {"model", "work_gpu_hours"} & trace.job.keys():
        ends = False
    else:
        ends = any(names[what] in given for what in _WORK for _, given in lines)
    return [Row(line, _Line(trace, names, given, path, line).job(ends=ends)) for line, given in lines]


def _csv_lines(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True, strict=True)
    try:
        heading = [name.strip() for name in reader.fieldnames or ()]
        if twice := sorted(name for name, times in Counter(heading).items() if times > 1):
            raise _error(path, f"line {reader.line_num}, column {twice[0]!r}", None, "stands in the heading twice")
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
            given = json.loads(line, object_pairs_hook=_object)
        except (ValueError, RecursionError) as error:
            raise _error(path, f"line {number}", None, f"is no JSON: {error}") from None
        if not isinstance(given, dict):
            raise _error(path, f"line {number}", line.strip()[:40], "must be an object with a job's columns")
        yield number, given


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON.  Raises `ValueError` where a name stands in it twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"{twice!r} stands in it twice")
    return found


def _check_columns(names: Mapping[str, str], trace: Trace, there: Mapping[str, Any], path: Path) -> None:
    """Raises `ScenarioError` where a column is missing that a job needs, or that the scenario names."""
    for name, times in Counter(trace.columns.values()).items():
        if times > 1:
            both = ", ".join(what for what, one in trace.columns.items() if one == name)
            raise _error(
                path, f"column {name!r}", None, f"is named as {both} under workload.trace.columns: as one only"
            )
    for what, name in names.items():
        needed = what in ("arrival", "gpus") or what in trace.columns
        if needed and name not in there:
            known = f"it has {', '.join(map(repr, there))}"
            raise _error(path, f"column {name!r}", None, f"is missing{nearest(name, list(there))}; {known}")


@dataclass(frozen=True)
class _Line:
    """What a line of a trace says of its job."""

    trace: Trace
    names: Mapping[str, str]
    given: Mapping[str, Any]
    path: Path
    line: int

    def job(self, *, ends: bool) -> dict[str, Any]:
        """The job's description; `ends`: it must say how much work it has."""
        unit = DAYS[self.trace.unit]
        arrival, gpus = self.needed("arrival", 0), self.whole("gpus", self.needed("gpus", 1))
        job = {**self.trace.job, "arrival_day": arrival * unit, "gpus": gpus}
        work, days = self.number("work_gpu_hours"), self._duration(arrival)
        if work is None and days is not None:
            work = days * unit * 24 * gpus
        if work is not None:
            job["work_gpu_hours"] = work
        elif ends:
            columns = " or ".join(repr(self.names[what]) for what in _WORK if self.names[what] in self.given)
            problem = f"has nothing under {columns or 'its work'}: other jobs of the trace say how much work they have"
            raise _error(self.path, f"line {self.line}", None, problem)
        if (deadline := self.number("deadline")) is not None:
            if deadline < arrival:
                raise self.error("deadline", deadline, f"is before its arrival, {arrival:g}")
            job["deadline_days"] = (deadline - arrival) * unit
        if (priority := self.number("priority", -1000)) is not None:
            job["priority"] = self.whole("priority", priority)
        if name := self.given.get(self.names["name"]):
            job["name"] = str(name)
        return job

    def _duration(self, arrival: float) -> float | None:
        """For how long it ran, or had until its end; none: it does not say."""
        duration, end = self.number("duration"), self.number("end")
        if end is None:
            return duration
        if end < arrival:
            raise self.error("end", end, f"is before its arrival, {arrival:g}")
        if duration is None:
            return end - arrival
        if arrival + duration > end * (1 + 1e-9):
            raise self.error("end", end, f"is before it can have run for {duration:g}: it arrived at {arrival:g}")
        return duration

    def needed(self, what: str, least: float) -> float:
        """A number that must be there."""
        found = self.number(what, least)
        if found is None:
            raise self.error(what, None, "is missing")
        return found

    def number(self, what: str, least: float = 0.0) -> float | None:
        """A number; none: there is nothing."""
        value = self.given.get(self.names[what])
        if value is None or value == "":
            return None
        try:
            found = nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            raise self.error(what, value, "must be a number") from None
        if not (isfinite(found) and found >= least):
            raise self.error(what, value, f"must be a number of at least {least:g}")
        return found

    def whole(self, what: str, value: float) -> int:
        """A number that must be whole."""
        if value != int(value):
            raise self.error(what, value, "must be a whole number")
        return int(value)

    def error(self, what: str, value: object, problem: str) -> ScenarioError:
        """What to raise of a column."""
        return _error(self.path, f"line {self.line}, column {self.names[what]!r}", value, problem)


def _error(path: Path, where: str, value: object, problem: str) -> ScenarioError:
    return ScenarioError([Fault(str(path), where, value, problem)])
