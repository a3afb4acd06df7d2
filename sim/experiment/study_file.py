"""The file of a study, `study.nc`: netCDF-4 with CF attributes, which xarray, MATLAB, R, Julia and ncdump open.

Dimensions: strategy, replicate, control, day, event.  Each metric and daily series is a variable by its name; events are
columns over all replicates, one replicate after another, found by `event_start` and `event_count`.  Every chunk carries
a checksum, so that a damaged file is noticed when it is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.events import COLUMNS, Cause, EventKind, EventLog
from sim.experiment.record import SERIES, TEMPORARY, Figures, Record, Task
from sim.metrics import METRICS
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

_FORMAT = 1
_BATCH = 128  # replicates written at a time: bounds memory, whatever the study
_EVENT_CHUNK = 1 << 16
_EVENT_UNITS = {"time_days": "days since {start} 00:00:00", "amount": "quantity of the kind of event"}


@dataclass(frozen=True)
class Contents:
    """What a study's file holds, but for the events."""

    strategies: tuple[str, ...]
    finished: NDArray[np.bool_]
    """Shape (strategies, replicates)."""
    metrics: Floats
    """Shape (strategies, replicates, metrics), in the order of `METRICS`, NaN where unfinished or undefined."""
    control_names: tuple[str, ...]
    controls: Floats
    """Shape (strategies, replicates, controls)."""
    expected: Floats
    """Shape (strategies, controls)."""
    series: dict[str, NDArray[np.float32]]
    """Each of shape (strategies, replicates, days)."""

    @property
    def tasks(self) -> set[Task]:
        """The replicates that are there."""
        return {Task(self.strategies[s], int(r)) for s, r in np.argwhere(self.finished)}


def write(
    path: Path,
    scenario: Scenario,
    attributes: dict[str, str],
    tasks: Iterable[Task],
    rows: Callable[[Task], int],
    record: Callable[[Task], Record],
) -> None:
    """Write a study's file, whole or not at all.

    `rows` gives the number of events of a task and `record` the task itself; a batch of them is in memory at a time.
    """
    tasks = sorted(tasks, key=lambda task: task.replicate)
    strategies = list(dict.fromkeys(task.strategy for task in tasks))
    tasks = sorted(tasks, key=lambda task: (strategies.index(task.strategy), task.replicate))
    first = record(tasks[0])
    partial = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        with netCDF4.Dataset(partial, "w") as file:
            counts = [rows(task) for task in tasks]
            _define(file, scenario, attributes, strategies, tasks[0:], first, sum(counts))
            for strategy in range(len(strategies)):
                file["control_expected"][strategy] = first.figures.expected
            start = 0
            for i in range(0, len(tasks), _BATCH):
                batch = [record(task) for task in tasks[i : i + _BATCH]]
                _write_batch(file, strategies, batch, start)
                start += sum(counts[i : i + _BATCH])
        os.replace(partial, path)
    except RuntimeError as error:  # how netCDF reports a failed write
        raise OSError(str(error)) from error
    finally:
        partial.unlink(missing_ok=True)


def _define(
    file: Any,
    scenario: Scenario,
    attributes: dict[str, str],
    strategies: Sequence[str],
    tasks: Sequence[Task],
    like: Record,
    events: int,
) -> None:
    """Dimensions, variables and attributes."""
    epoch = f"{scenario.mission.start.isoformat()} 00:00:00"
    replicates = max(task.replicate for task in tasks) + 1
    days = len(next(iter(like.series.values())))
    file.setncatts({"Conventions": "CF-1.11", "title": f"orbitfleet study of {scenario.name}", "format": _FORMAT})
    file.setncatts(attributes)
    sizes = {"strategy": len(strategies), "replicate": replicates, "control": len(like.figures.controls), "day": days}
    for name, size in {**sizes, "event": events}.items():
        file.createDimension(name, max(size, 1) if name in ("control", "event") else size)

    def variable(name: str, kind: Any, dimensions: tuple[str, ...], **more: Any) -> Any:
        text = {key: more.pop(key) for key in tuple(more) if key not in ("chunksizes", "fill_value")}
        packing = {} if kind is str else {"compression": "zlib", "complevel": 4, "shuffle": True, "fletcher32": True}
        made = file.createVariable(name, kind, dimensions, **packing, **more)
        made.setncatts(text)
        return made

    variable("strategy", str, ("strategy",), long_name="maintenance strategy")[:] = np.array(strategies, dtype=object)
    variable("replicate", "i4", ("replicate",), units="1", long_name="replicate")[:] = np.arange(replicates)
    day = variable("day", "i4", ("day",), units=f"days since {epoch}", standard_name="time", calendar="standard")
    day[:] = np.arange(days)
    names = np.array(like.figures.control_names or [""], dtype=object)
    variable("control", str, ("control",), long_name="birth control")[:] = names
    each = ("strategy", "replicate")
    variable("finished", "i1", each, units="1", long_name="whether the replicate has been simulated")[:] = 0
    for metric in METRICS.values():
        variable(
            metric.name, "f8", each, fill_value=np.nan, units=metric.unit, long_name=metric.definition,
            better=metric.better,
        )  # fmt: skip
    text = "share of the horizon that the first generation's luck alone would live"
    variable("controls", "f8", (*each, "control"), fill_value=np.nan, units="1", long_name=text)
    variable("control_expected", "f8", ("strategy", "control"), units="1", long_name=f"expected {text}")
    for name, (unit, meaning) in SERIES.items():
        chunks = (1, min(replicates, 64), days)
        variable(name, "f4", (*each, "day"), fill_value=np.nan, chunksizes=chunks, units=unit, long_name=meaning)
    variable("event_start", "i8", each, units="1", long_name="first row of the replicate's events")[:] = 0
    variable("event_count", "i8", each, units="1", long_name="rows of the replicate's events")[:] = 0
    for name in COLUMNS:
        column = getattr(like.events, name)
        text = {"units": _EVENT_UNITS.get(name, "1").format(start=scenario.mission.start.isoformat())}
        if name in ("kind", "cause"):
            members = EventKind if name == "kind" else Cause
            text["flag_meanings"] = " ".join(member.name.lower() for member in members)
            text["flag_values"] = np.array(list(members), dtype=column.dtype)
        variable(f"event_{name}", column.dtype, ("event",), chunksizes=(min(max(events, 1), _EVENT_CHUNK),), **text)


def _write_batch(file: Any, strategies: Sequence[str], batch: Sequence[Record], start: int) -> None:
    """Write some replicates, whose events begin in row `start`."""
    for strategy, records in _runs(batch):
        s, r = strategies.index(strategy), np.array([record.figures.task.replicate for record in records])
        metrics = np.array([record.figures.metrics for record in records])
        for column, name in enumerate(METRICS):
            file[name][s, r] = metrics[:, column]
        if len(records[0].figures.controls):
            file["controls"][s, r] = np.array([record.figures.controls for record in records])
            file["control_expected"][s] = records[0].figures.expected
        for name in SERIES:
            file[name][s, r] = np.array([record.series[name] for record in records])
        counts = np.array([len(record.events) for record in records])
        file["event_start"][s, r] = start + np.cumsum(counts) - counts
        file["event_count"][s, r] = counts
        end = start + int(counts.sum())
        for name in COLUMNS:
            if end > start:
                file[f"event_{name}"][start:end] = np.concatenate([getattr(rec.events, name) for rec in records])
        file["finished"][s, r] = 1
        start = end


def _runs(batch: Sequence[Record]) -> Iterator[tuple[str, list[Record]]]:
    """The records of each strategy in a batch, in order."""
    for strategy in dict.fromkeys(record.figures.task.strategy for record in batch):
        yield strategy, [record for record in batch if record.figures.task.strategy == strategy]


def read(path: Path) -> Contents | None:
    """What a study's file holds; none where it is missing, damaged, or of other metrics."""
    if not path.is_file():
        return None
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            if file.getncattr("format") != _FORMAT or any(name not in file.variables for name in METRICS):
                return None
            names = tuple(name for name in file["control"][:].tolist() if name)
            return Contents(
                tuple(file["strategy"][:].tolist()),
                file["finished"][:].astype(bool),
                np.stack([file[name][:] for name in METRICS], axis=-1),
                names,
                file["controls"][:][..., : len(names)],
                file["control_expected"][:][..., : len(names)],
                {name: file[name][:] for name in SERIES},
            )
    except (OSError, RuntimeError, AttributeError, IndexError, KeyError, ValueError):
        return None


def event_counts(path: Path) -> NDArray[np.int64]:
    """Number of events of each replicate, shape (strategies, replicates)."""
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        counts: NDArray[np.int64] = file["event_count"][:]
        return counts


def read_events(path: Path, strategy: int, replicate: int) -> EventLog:
    """The log of one replicate.  Raises `InputError` where the file cannot be read."""
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            start = int(file["event_start"][strategy, replicate])
            rows = slice(start, start + int(file["event_count"][strategy, replicate]))
            return EventLog(*(file[f"event_{name}"][rows] for name in COLUMNS))
    except (OSError, RuntimeError, IndexError) as error:
        raise InputError(f"{path}: damaged ({error}); remove it and run the same command again") from error


def record_of(path: Path, contents: Contents, task: Task) -> Record:
    """One replicate of a study's file, whole."""
    s, r = contents.strategies.index(task.strategy), task.replicate
    figures = Figures(
        task, contents.metrics[s, r], contents.control_names, contents.controls[s, r], contents.expected[s]
    )
    series = {name: values[s, r] for name, values in contents.series.items()}
    return Record(figures, series, read_events(path, s, r))
