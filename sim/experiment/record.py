"""What a study keeps of one finished replicate, and the file that holds it until the study is complete."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.events import COLUMNS, Cause, EventLog
from sim.files import TEMPORARY, reason
from sim.metrics import METRICS, daily_series, loss_by_cause, measure
from sim.result import Result
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

SERIES = {
    "online_fraction": ("1", "mean over the day of online GPU capacity over nameplate"),
    "satellites_working": ("1", "mean over the day of satellites at work in slots"),
}
"""Unit and meaning of the daily series of `sim.metrics.daily_series`."""
LOSSES = {
    "interruptions": ("1", "interruptions of running gangs, planned ones apart"),
    "lost_gpu_hours": ("GPU h", "work rolled back after them"),
    "gpu_failures": ("1", "GPUs that failed singly"),
    "gpus_lost": ("1", "GPUs at work that were lost, singly, with what they sat on, or with their satellite"),
    "satellites_lost": ("1", "satellites lost, not by plan"),
}
"""Unit and meaning of the fields of `sim.metrics.LossByCause`, over the mission and by cause."""
BUILT_IN_CAUSES = tuple(cause.name.lower() for cause in Cause)
"""Causes of every scenario, by name: files written when they were others are not read."""
FOLDER = "replicates"
"""The folder, in a study's folder, of replicates that are not yet in the study's file."""


def causes_of(scenario: Scenario) -> tuple[str, ...]:
    """All causes that a log of this scenario may name, in the order of `Record.losses_by_cause`."""
    return (*BUILT_IN_CAUSES, *scenario.cause_numbers)


@dataclass(frozen=True)
class Task:
    """One replicate of one strategy, under the scenario's own figures or under a draw of what is believed of them."""

    strategy: str
    replicate: int
    draw: int = 0
    """0: the scenario's own figures; 1, 2, ...: draws of beliefs (`sim.experiment.beliefs`)."""


@dataclass(frozen=True)
class Figures:
    """The numbers of one replicate that the statistics need."""

    task: Task
    metrics: Floats
    """In the order of `METRICS`, NaN where undefined."""
    control_names: tuple[str, ...]
    controls: Floats
    expected: Floats

    @classmethod
    def of(cls, result: Result) -> Figures:
        """Measure a result."""
        values = measure(result)
        controls = result.controls
        return cls(
            Task(result.strategy, result.replicate),
            np.array([values[name] for name in METRICS], dtype=float),
            tuple(controls.names),
            np.asarray(controls.values, dtype=float),
            np.asarray(controls.expected, dtype=float),
        )


@dataclass(frozen=True)
class Record:
    """All that a study keeps of one replicate."""

    figures: Figures
    series: dict[str, NDArray[np.float32]]
    """Daily series, each of shape (days,)."""
    events: EventLog
    causes: tuple[str, ...]
    losses_by_cause: Floats
    """What each of the causes took, shape (causes, `LOSSES`)."""

    @classmethod
    def of(cls, result: Result) -> Record:
        """Measure a result and keep its log."""
        series = {name: values.astype(np.float32) for name, values in daily_series(result).items()}
        causes, took = causes_of(result.scenario), loss_by_cause(result)
        table = np.array([[getattr(took[c], name) if c in took else 0.0 for name in LOSSES] for c in causes])
        return cls(Figures.of(result), series, result.events, causes, table)


@dataclass(frozen=True)
class Save:
    """Writes each replicate into a study's folder where it is simulated, and passes on its figures."""

    folder: Path

    def __call__(self, result: Result) -> Figures:
        return self.store(Record.of(result))

    def store(self, record: Record) -> Figures:
        """Write what was kept of a replicate that was simulated elsewhere."""
        try:
            write(record, self.folder)
        except OSError as error:
            raise InputError(f"cannot write to {self.folder}: {reason(error)}") from error
        return record.figures


def path_of(folder: Path, task: Task) -> Path:
    """The file of a replicate: begins with the strategy's name, or a digest where that may not be a file's name."""
    plain = re.fullmatch(r"[a-z0-9_]{1,60}", task.strategy)
    name = task.strategy if plain else hashlib.sha256(task.strategy.encode()).hexdigest()[:16]
    draw = f"-draw{task.draw:04d}" if task.draw else ""
    return folder / FOLDER / f"{name}{draw}-{task.replicate:06d}.npz"


def write(record: Record, folder: Path) -> None:
    """Write a replicate's file, whole or not at all."""
    figures = record.figures
    path = path_of(folder, figures.task)
    partial = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    columns: dict[str, Any] = {f"series_{name}": values for name, values in record.series.items()}
    columns |= {f"event_{name}": getattr(record.events, name) for name in COLUMNS}
    try:
        with partial.open("wb") as file:
            np.savez(
                file,
                strategy=np.array(figures.task.strategy),
                replicate=np.array(figures.task.replicate),
                metric_names=np.array(list(METRICS)),
                metrics=figures.metrics,
                control_names=np.array(figures.control_names, dtype=np.str_),
                controls=figures.controls,
                expected=figures.expected,
                causes=np.array(record.causes),
                losses_by_cause=record.losses_by_cause,
                **columns,
            )
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path) -> Record | None:
    """The replicate in a file; none where the file is damaged, or written when the metrics or causes were others."""
    try:
        with path.open("rb") as bytes_, np.load(bytes_, allow_pickle=False) as file:
            if tuple(file["metric_names"].tolist()) != tuple(METRICS):
                return None
            task = Task(str(file["strategy"]), int(file["replicate"]))
            names = tuple(file["control_names"].tolist())
            causes = tuple(file["causes"].tolist())
            if causes[: len(BUILT_IN_CAUSES)] != BUILT_IN_CAUSES or file["losses_by_cause"].shape != (
                len(causes),
                len(LOSSES),
            ):
                return None
            return Record(
                Figures(task, file["metrics"], names, file["controls"], file["expected"]),
                {name: file[f"series_{name}"] for name in SERIES},
                EventLog(*(file[f"event_{name}"] for name in COLUMNS)),
                causes,
                file["losses_by_cause"],
            )
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        return None
