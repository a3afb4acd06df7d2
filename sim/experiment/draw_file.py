"""The replicates under draws of beliefs, in a study's folder: one by one as they are done, then in `beliefs.nc`.

Dimensions of the file: strategy, draw, replicate, input.  Each metric is a variable by its name, `value` what was
drawn.  Logs and daily series of draws are not kept: the seed and the values make them again.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.experiment.record import FOLDER, Task, path_of
from sim.files import TEMPORARY, failed_write
from sim.metrics import METRICS

Floats = NDArray[np.float64]

NAME = "beliefs.nc"
"""The file of a study's draws, in its folder."""
DRAWS = "draws"
"""The folder, in a study's folder, of replicates under draws that are not yet in the file."""
MARK = "beliefs.sha256"
"""In that folder: the digest of what these are draws of."""
_EACH = ("strategy", "draw", "replicate")


@dataclass(frozen=True)
class DrawFigures:
    """What is kept of one replicate under a draw."""

    task: Task
    tries: int
    """Of the draw: another number means other values."""
    metrics: Floats
    """In the order of `METRICS`, NaN where undefined."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a file holds."""

    digest: str
    """Of what is drawn and how (`sim.experiment.beliefs.digest`)."""
    beliefs: str
    """What is drawn, as JSON."""
    strategies: tuple[str, ...]
    paths: tuple[str, ...]
    """What was drawn; of figures that go together the first."""
    values: Floats
    """Shape (draws, paths)."""
    tries: NDArray[np.int64]
    """Shape (draws,)."""
    metrics: Floats
    """Shape (strategies, draws, replicates, metrics), NaN where undefined or not simulated."""
    finished: NDArray[np.bool_]
    """Shape (strategies, draws, replicates)."""

    def figures(self) -> dict[Task, DrawFigures]:
        """All replicates that it holds."""
        found = {}
        for s, d, r in np.argwhere(self.finished).tolist():
            task = Task(self.strategies[s], r, d + 1)
            found[task] = DrawFigures(task, int(self.tries[d]), self.metrics[s, d, r])
        return found


def _path_of(folder: Path, task: Task) -> Path:
    return folder / DRAWS / path_of(folder, task).relative_to(folder / FOLDER)


def write_one(figures: DrawFigures, folder: Path) -> None:
    """Write the file of one replicate, whole or not at all."""
    path = _path_of(folder, figures.task)
    partial = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    task = figures.task
    try:
        with partial.open("wb") as file:
            np.savez(
                file,
                strategy=np.array(task.strategy),
                replicate=np.array(task.replicate),
                draw=np.array(task.draw),
                tries=np.array(figures.tries),
                metric_names=np.array(list(METRICS)),
                metrics=figures.metrics,
            )
        os.replace(partial, path)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def read_loose(folder: Path) -> dict[Task, DrawFigures]:
    """The replicates that are not yet in the file; damaged ones are left out, and simulated again."""
    found = {}
    for path in sorted((folder / DRAWS).glob("*.npz")):
        try:
            with path.open("rb") as bytes_, np.load(bytes_, allow_pickle=False) as file:
                if tuple(file["metric_names"].tolist()) != tuple(METRICS):
                    continue
                task = Task(str(file["strategy"]), int(file["replicate"]), int(file["draw"]))
                found[task] = DrawFigures(task, int(file["tries"]), file["metrics"])
        except (OSError, EOFError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error):
            continue
    return found


def remove(folder: Path, *, file_too: bool) -> None:
    """Delete replicates that are not in the file, and their folder; and the file."""
    inside = folder / DRAWS
    for path in [*inside.glob("*.npz"), *inside.glob(f"{TEMPORARY}*"), inside / MARK]:
        path.unlink(missing_ok=True)
    if inside.is_dir() and not any(inside.iterdir()):
        inside.rmdir()
    if file_too:
        (folder / NAME).unlink(missing_ok=True)


def write(
    folder: Path,
    drawn_of: tuple[str, str],
    strategies: Sequence[str],
    paths: Sequence[str],
    draws: Mapping[int, tuple[Sequence[float], int]],
    figures: Iterable[DrawFigures],
) -> None:
    """Write the file of all draws, whole or not at all.

    `drawn_of`: digest and JSON of what is drawn.  `strategies`: in the order of the rows.  `draws`: by number, values
    of the paths and tries.
    """
    known = list(figures)
    count, replicates = max(draws), 1 + max(one.task.replicate for one in known)
    shape = len(strategies), count, replicates
    metrics, finished = np.full((*shape, len(METRICS)), np.nan), np.zeros(shape, np.int8)
    for one in known:
        at = strategies.index(one.task.strategy), one.task.draw - 1, one.task.replicate
        metrics[at], finished[at] = one.metrics, 1
    partial = folder / f"{TEMPORARY}{os.getpid()}-{NAME}"
    try:
        with netCDF4.Dataset(partial, "w") as file:
            about = {"beliefs_sha256": drawn_of[0], "beliefs": drawn_of[1]}
            file.setncatts({"Conventions": "CF-1.11", "title": "orbitfleet draws of beliefs", **about})
            for name, size in zip((*_EACH, "input"), (*shape, len(paths)), strict=True):
                file.createDimension(name, size)
            for name, labels in (("strategy", strategies), ("input", paths)):
                file.createVariable(name, str, (name,))[:] = np.array(labels, dtype=object)
            packed: dict[str, Any] = {"compression": "zlib", "fletcher32": True}
            numbers = [draws[number] for number in range(1, count + 1)]
            file.createVariable("value", "f8", ("draw", "input"), **packed)[:] = np.array([one[0] for one in numbers])
            file.createVariable("tries", "i8", ("draw",), **packed)[:] = np.array([one[1] for one in numbers])
            file.createVariable("finished", "i1", _EACH, **packed)[:] = finished
            for column, metric in enumerate(METRICS.values()):
                made = file.createVariable(metric.name, "f8", _EACH, fill_value=np.nan, **packed)
                made.setncatts({"units": metric.unit, "long_name": metric.definition})
                made[:] = metrics[..., column]
        with partial.open("rb") as written:
            os.fsync(written.fileno())  # what it is made of is deleted next: it must be there after a power cut too
        os.replace(partial, folder / NAME)
    except (RuntimeError, OSError) as error:  # how netCDF reports a failed write
        raise failed_write(partial, error) from error
    finally:
        partial.unlink(missing_ok=True)


def read(folder: Path) -> Drawn | None:
    """What the file of draws holds; none where there is no file.

    Raises `InputError` for a damaged file, or for one that was written when the metrics were others.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            return Drawn(
                file.getncattr("beliefs_sha256"),
                file.getncattr("beliefs"),
                tuple(file["strategy"][:].tolist()),
                tuple(file["input"][:].tolist()),
                file["value"][:],
                file["tries"][:],
                np.stack([file[name][:] for name in METRICS], axis=-1),
                file["finished"][:].astype(bool),
            )
    except (OSError, RuntimeError, AttributeError, LookupError, ValueError) as error:
        raise InputError(f"{path}: damaged ({error}); remove it and run the same command again") from error
