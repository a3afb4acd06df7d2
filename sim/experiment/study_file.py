"""The file of a study, `study.nc`: netCDF-4 with CF attributes, which xarray, MATLAB, R, Julia and ncdump open.

Dimensions: strategy, replicate, control, cause, day, event.  Each metric and daily series is a variable by its name,
what each cause took too, with `_by_cause` behind it; events are columns over all replicates, one replicate after
another, found by `event_start` and `event_count`.  All numbers carry checksums, so that damage to them is noticed when
they are read; HDF5's own index of them carries none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.events import COLUMNS, Cause, EventKind, EventLog
from sim.experiment.record import BUILT_IN_CAUSES, LOSSES, SERIES, Figures, Record, Task
from sim.files import TEMPORARY, failed_write
from sim.metrics import METRICS
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

NAME = "study.nc"
_FORMAT = 1
_BATCH = 128  # replicates written at a time
_BATCH_EVENTS = (
    1 << 16
)  # and rows of their logs, but for one replicate that has more: bounds memory, whatever the study
_EVENT_CHUNK = 1 << 16


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
    causes: tuple[str, ...]
    losses_by_cause: Floats
    """What each cause took, shape (strategies, replicates, causes, `LOSSES`), NaN where unfinished."""

    @property
    def tasks(self) -> set[Task]:
        """The replicates that are there."""
        return {Task(self.strategies[s], int(r)) for s, r in np.argwhere(self.finished)}


def write(
    path: Path,
    scenario: Scenario,
    attributes: Mapping[str, str],
    strategies: Sequence[str],
    tasks: Iterable[Task],
    record: Callable[[Task], Record],
) -> None:
    """Write a study's file, whole or not at all.

    `record` fetches a task; a batch of them is in memory at a time.  Raises `OSError` where it cannot be written.
    """
    ordered = sorted(tasks, key=lambda task: (strategies.index(task.strategy), task.replicate))
    replicates = 1 + max(task.replicate for task in ordered)
    partial = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        with netCDF4.Dataset(partial, "w") as file:
            _define(file, scenario, strategies, replicates, record(ordered[0]))
            file.setncatts(attributes)
            start = 0
            for batch in _batches(map(record, ordered)):
                start = _write_batch(file, strategies, batch, start)
        with partial.open("rb") as written:
            os.fsync(written.fileno())  # what it is made of is deleted next: it must be there after a power cut too
        os.replace(partial, path)
    except (RuntimeError, OSError) as error:  # how netCDF reports a failed write
        raise failed_write(partial, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Some records at a time, in their order."""
    batch: list[Record] = []
    rows = 0
    for one in records:
        if batch and (len(batch) == _BATCH or rows + len(one.events) > _BATCH_EVENTS):
            yield batch
            batch, rows = [], 0
        batch.append(one)
        rows += len(one.events)
    if batch:
        yield batch


def _define(file: Any, scenario: Scenario, strategies: Sequence[str], replicates: int, like: Record) -> None:
    """Dimensions, variables and their attributes."""
    epoch = f"days since {scenario.mission.start.isoformat()} 00:00:00"
    control_names = like.figures.control_names or ("",)  # a dimension of netCDF has no length 0
    days = len(next(iter(like.series.values())))
    file.setncatts({"Conventions": "CF-1.11", "title": f"orbitfleet study of {scenario.title}", "format": _FORMAT})
    for name, size in {
        "strategy": len(strategies),
        "replicate": replicates,
        "control": len(control_names),
        "cause": len(like.causes),
        "day": days,
        "event": None,
    }.items():
        file.createDimension(name, size)
    causes = np.array([*Cause, *scenario.cause_numbers.values()], np.uint8)
    flags: dict[str, Any] = {"flag_values": causes, "flag_meanings": " ".join(like.causes)}

    _labels(file, "strategy", strategies, "maintenance strategy")
    _labels(file, "control", control_names, "birth control")
    _variable(file, "replicate", "i4", ("replicate",), {"long_name": "replicate"})[:] = np.arange(replicates)
    _variable(file, "cause", "u1", ("cause",), {"long_name": "cause, as in event_cause", **flags})[:] = causes
    calendar = {"units": epoch, "standard_name": "time", "calendar": "standard"}
    _variable(file, "day", "i4", ("day",), calendar)[:] = np.arange(days)
    for name, meaning in {
        "finished": "whether the replicate has been simulated",
        "event_start": "first row of the replicate's events",
        "event_count": "rows of the replicate's events",
    }.items():
        _variable(file, name, "i8", _EACH, {"units": "1", "long_name": meaning})[:] = 0
    _define_figures(file, replicates, days)
    _define_events(file, like, epoch, flags)


_EACH = ("strategy", "replicate")


def _variable(
    file: Any, name: str, kind: Any, dimensions: tuple[str, ...], about: dict[str, Any], **options: Any
) -> Any:
    """One variable with its attributes."""
    packing = {} if kind is str else {"compression": "zlib", "complevel": 4, "shuffle": True, "fletcher32": True}
    made = file.createVariable(name, kind, dimensions, **packing, **options)
    made.setncatts(about)
    return made


def _labels(file: Any, name: str, values: Sequence[str], meaning: str) -> None:
    _variable(file, name, str, (name,), {"long_name": meaning})[:] = np.array(values, dtype=object)


def _define_figures(file: Any, replicates: int, days: int) -> None:
    """Metrics, controls, losses by cause and daily series of each replicate."""
    for metric in METRICS.values():
        about = {"units": metric.unit, "long_name": metric.definition, "better": metric.better}
        _variable(file, metric.name, "f8", _EACH, about, fill_value=np.nan)
    share = "share of the horizon that the first generation would live without actions"
    _variable(file, "controls", "f8", (*_EACH, "control"), {"units": "1", "long_name": share}, fill_value=np.nan)
    about = {"units": "1", "long_name": f"expected {share}"}
    _variable(file, "control_expected", "f8", ("strategy", "control"), about, fill_value=np.nan)
    for name, (unit, meaning) in LOSSES.items():
        about = {"units": unit, "long_name": meaning}
        _variable(file, _by_cause(name), "f8", (*_EACH, "cause"), about, fill_value=np.nan)
    for name, (unit, meaning) in SERIES.items():
        about = {"units": unit, "long_name": meaning, "cell_methods": "day: mean"}
        chunks = (1, min(replicates, 64), days)
        _variable(file, name, "f4", (*_EACH, "day"), about, fill_value=np.nan, chunksizes=chunks)


def _define_events(file: Any, like: Record, epoch: str, flags: dict[str, Any]) -> None:
    """The columns of the event log."""
    for name in COLUMNS:
        kind = getattr(like.events, name).dtype
        about: dict[str, Any] = {"units": epoch if name == "time_days" else "1"}
        if name == "cause":
            about = flags
        elif name == "kind":
            meanings = " ".join(member.name.lower() for member in EventKind)
            about = {"flag_values": np.array(EventKind, dtype=kind), "flag_meanings": meanings}
        elif name == "amount":
            about = {"long_name": "quantity of the kind of event: satellites, GPUs, days or GPU-hours"}
        made = _variable(file, f"event_{name}", kind, ("event",), about, chunksizes=(_EVENT_CHUNK,))
        # Rows are appended: of what HDF5 would keep, 16 MB a column, only the chunk that is being filled is used again.
        made.set_var_chunk_cache(size=_EVENT_CHUNK * np.dtype(kind).itemsize)


def _write_batch(file: Any, strategies: Sequence[str], batch: Sequence[Record], start: int) -> int:
    """Write some replicates, whose events begin in row `start`; the row after their last."""
    for strategy in dict.fromkeys(record.figures.task.strategy for record in batch):
        records = [record for record in batch if record.figures.task.strategy == strategy]
        s, r = strategies.index(strategy), np.array([record.figures.task.replicate for record in records])
        metrics = np.array([record.figures.metrics for record in records])
        for column, name in enumerate(METRICS):
            file[name][s, r] = metrics[:, column]
        if records[0].figures.control_names:
            file["controls"][s, r] = np.array([record.figures.controls for record in records])
            file["control_expected"][s] = records[0].figures.expected
        for column, name in enumerate(LOSSES):
            file[_by_cause(name)][s, r] = np.array([record.losses_by_cause[:, column] for record in records])
        for name in SERIES:
            file[name][s, r] = np.array([record.series[name] for record in records])
        counts = np.array([len(record.events) for record in records])
        file["event_start"][s, r] = start + np.cumsum(counts) - counts
        file["event_count"][s, r] = counts
        end = start + int(counts.sum())
        if end > start:
            for name in COLUMNS:
                file[f"event_{name}"][start:end] = np.concatenate([getattr(one.events, name) for one in records])
        file["finished"][s, r] = 1
        start = end
    return start


def _by_cause(loss: str) -> str:
    """The variable of a field of `LOSSES`: metrics have some of their names."""
    return f"{loss}_by_cause"


class Reader:
    """An open study file.  Every method raises `InputError` where the file cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._reading():
            self._file = netCDF4.Dataset(path)
            self._file.set_auto_mask(False)
            wanted = {*METRICS, "cause", *map(_by_cause, LOSSES)}
            known = self._file.getncattr("format") == _FORMAT and wanted <= self._file.variables.keys()
            known = known and self._causes()[: len(BUILT_IN_CAUSES)] == BUILT_IN_CAUSES
        if not known:
            self._file.close()
            raise InputError(f"{path}: written by another version; remove it and run the same command again")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn every way in which netCDF reports damage into one message."""
        try:
            yield
        except (OSError, RuntimeError, AttributeError, LookupError, ValueError) as error:
            raise InputError(f"{self.path}: damaged ({error}); remove it and run the same command again") from error

    @cached_property
    def strategies(self) -> tuple[str, ...]:
        """The strategies, in the order of the rows."""
        with self._reading():
            return tuple(self._file["strategy"][:].tolist())

    def losses_by_cause(self, strategies: Sequence[str], replicates: int) -> tuple[tuple[str, ...], Floats]:
        """Causes, and what each took in the first replicates, shape (strategies, replicates, causes, `LOSSES`)."""
        rows = [self.strategies.index(strategy) for strategy in strategies]
        with self._reading():
            return self._causes(), self._tolls()[rows, :replicates]

    def _causes(self) -> tuple[str, ...]:
        return tuple(self._file["cause"].getncattr("flag_meanings").split())

    def _tolls(self) -> Floats:
        return np.stack([self._file[_by_cause(name)][:] for name in LOSSES], axis=-1)

    @cached_property
    def contents(self) -> Contents:
        """All but the events."""
        file = self._file
        with self._reading():
            names = tuple(name for name in file["control"][:].tolist() if name)
            return Contents(
                self.strategies,
                file["finished"][:].astype(bool),
                np.stack([file[name][:] for name in METRICS], axis=-1),
                names,
                file["controls"][:][..., : len(names)],
                file["control_expected"][:][..., : len(names)],
                {name: file[name][:] for name in SERIES},
                self._causes(),
                self._tolls(),
            )

    def events(self, task: Task) -> EventLog:
        """The log of one replicate."""
        with self._reading():
            at = self.strategies.index(task.strategy), task.replicate
            start = int(self._file["event_start"][at])
            rows = slice(start, start + int(self._file["event_count"][at]))
            return EventLog(*(self._file[f"event_{name}"][rows] for name in COLUMNS))

    def figures(self, task: Task) -> Figures:
        """The figures of one replicate."""
        here = self.contents
        s, r = here.strategies.index(task.strategy), task.replicate
        return Figures(task, here.metrics[s, r], here.control_names, here.controls[s, r], here.expected[s])

    def record(self, task: Task) -> Record:
        """One replicate, whole."""
        at = self.contents.strategies.index(task.strategy), task.replicate
        series = {name: values[at] for name, values in self.contents.series.items()}
        return Record(
            self.figures(task), series, self.events(task), self.contents.causes, self.contents.losses_by_cause[at]
        )
