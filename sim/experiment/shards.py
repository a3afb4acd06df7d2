"""A study in shards, for batch systems that only start commands: each has a share of the replicates and its own folder.

A shard's folder says in its provenance which share of which study it is.  Merged, they are the study that one command
would have made.
"""

from __future__ import annotations

import logging
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import InputError
from sim.events import COLUMNS
from sim.experiment import record as record_file
from sim.experiment import study_file
from sim.experiment.folder import SCENARIO, StudyFolder, default_folder, locked, open_folder, read_provenance
from sim.experiment.provenance import PROGRAM, conflict, provenance
from sim.experiment.record import FOLDER, Record, Task, path_of
from sim.experiment.study import Study
from sim.experiment.tasks import Options, Progress, begin, gathered, saving, simulate_missing, tasks_of
from sim.files import nearest_file
from sim.scenario.load import load
from sim.scenario.models import Scenario

_log = logging.getLogger(__name__)
_NAMED = 5  # missing replicates that a message names


@dataclass(frozen=True)
class Shard:
    """One of several shares of a study's replicates."""

    index: int
    """1 is the first."""
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.of:
            raise InputError(f"shard {self}: must be I/N, the I-th of N, such as 1/4 to 4/4")

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"

    @classmethod
    def named(cls, text: str) -> Shard:
        """The shard of a text such as `2/4`."""
        if found := re.fullmatch(r"(\d{1,9})/(\d{1,9})", text):
            return cls(int(found[1]), int(found[2]))
        raise InputError(f"shard {text}: must be I/N, the I-th of N, such as 2/4")

    def share(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks of this shard: each shard has as many, and of each strategy too, but for one.

        Dealt out in turn; where that would give a strategy to the same shards each time, the turn moves on by one.
        """
        strategies = len({task.strategy for task in tasks})
        again = math.lcm(strategies, self.of)
        return [task for k, task in enumerate(tasks) if (k + k // again) % self.of == self.index - 1]


@dataclass(frozen=True)
class ShardRun:
    """A shard that has been simulated."""

    shard: Shard
    strategies: tuple[str, ...]
    replicates: int
    """Replicates of the whole study, of each strategy."""
    done: int
    """Replicates in this shard, of all strategies."""
    folder: Path

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {**asdict(self), "folder": str(self.folder)}


def simulate_shard(
    scenario: Scenario,
    strategies: Sequence[str],
    replicates: int,
    seed: int,
    shard: Shard,
    *,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
    command: Sequence[str] | None = None,
    executor: Executor | None = None,
) -> ShardRun:
    """Simulate one share of a study into a folder of its own.

    Arguments and errors as in `sim.experiment.compare`; one strategy will do.  `out`: none: `shard_folder`.
    """
    if replicates < 1 or not strategies:
        raise InputError(f"{replicates} replicates of {len(strategies)} strategies: must be at least 1 of each")
    path = Path(out) if out else shard_folder(scenario, seed, shard)
    options = Options(workers, path, force, progress, command, executor)
    environment, made_by = begin(scenario, strategies, seed, options)
    tasks = shard.share(tasks_of(dict.fromkeys(strategies, replicates)))
    if not tasks:
        raise InputError(
            f"shard {shard}: has nothing to do: there are {len(strategies) * replicates} replicates in all"
        )
    asked = {**asdict(shard), "strategies": list(strategies), "replicates": replicates}
    with open_folder(path, scenario, {**made_by, "shard": asked}, force=force) as folder:
        job, receive = saving(scenario, environment, seed, path, remote=executor is not None)
        simulate_missing(job, tasks, options, folder.figures(), lambda one: one, receive=receive)
    return ShardRun(shard, tuple(strategies), replicates, len(tasks), path)


def shard_folder(scenario: Scenario, seed: int, shard: Shard) -> Path:
    """The folder of a shard that names none."""
    whole = default_folder(scenario, seed)
    return whole.with_name(f"{whole.name}-shard-{shard.index}-of-{shard.of}")


def merge(
    folders: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    force: bool = False,
    allow_code: bool = False,
    command: Sequence[str] | None = None,
) -> Study:
    """Make one study of its shards, with the same figures and bytes as if one command had simulated it.

    `force` and `allow_code` as in `sim.experiment.compare` and `load_study`.  Raises `InputError` where the folders are
    not shards of one study, made by this code; where two of them hold different results of one replicate; where
    replicates are missing; and where `out` cannot be used.  The shards stay as they are.
    """
    paths = list(dict.fromkeys(Path(folder) for folder in folders))
    if not paths:
        raise InputError("nothing to merge: name the folders of the shards")
    if Path(out).resolve() in {path.resolve() for path in paths}:
        raise InputError(f"{out}: is a shard: choose another --out")
    made_by = [_made_by(path) for path in paths]
    first = made_by[0]["shard"]
    scenario, seed = load(paths[0] / SCENARIO, allow_code=allow_code), int(made_by[0]["seed"])
    strategies, replicates = list(first["strategies"]), int(first["replicates"])
    merged = {**provenance(scenario, strategies, seed, command), "shards": len(paths)}
    for path, before in zip(paths, made_by, strict=True):
        if why := conflict(before, merged):
            raise InputError(f"{path}: {why}: not a shard of the same study as {paths[0]}, by this code")
        for name in ("strategies", "replicates"):
            if before["shard"][name] != first[name]:
                raise InputError(f"{path}: {name} {before['shard'][name]}, but {first[name]} in {paths[0]}")
    tasks = tasks_of(dict.fromkeys(strategies, replicates))
    with ExitStack() as stack:
        found: dict[Task, Callable[[], Record]] = {}
        for path in paths:
            stack.enter_context(locked(path))
            for task, fetch in _records(path, stack).items():
                if task in found and not _same(found[task](), fetch()):
                    raise InputError(f"{path}: another result of replicate {_name(task)} than in another shard")
                found[task] = fetch
        if missing := [task for task in tasks if task not in found]:
            raise InputError(_say_missing(missing, tasks, {entry["shard"]["of"] for entry in made_by}))
        with open_folder(Path(out), scenario, merged, force=force) as folder:
            _gather(folder, tasks, found)
            study = gathered(folder, scenario, dict.fromkeys(strategies, replicates), seed, merged)
            folder.write_summary(study.to_json())
            return study


def _made_by(path: Path) -> dict[str, Any]:
    """The provenance of a shard."""
    found = read_provenance(path)
    if found is None:
        problem = f"not an output folder of {PROGRAM}" if path.exists() else f"no such folder{nearest_file(path)}"
        raise InputError(f"{path}: {problem}")
    if "shard" not in found:
        raise InputError(f"{path}: holds no shard, but a whole study")
    return found


def _records(path: Path, stack: ExitStack) -> dict[Task, Callable[[], Record]]:
    """What reads each replicate of a shard, until the stack ends; damaged ones are left out."""
    found: dict[Task, Callable[[], Record]] = {}
    if (file := StudyFolder(path).study).exists():  # a whole study had been there before
        reader = stack.enter_context(study_file.Reader(file))
        found |= {task: partial(reader.record, task) for task in reader.contents.tasks}
    for one in sorted((path / FOLDER).glob("*.npz")):
        if (record := record_file.read(one)) is None:
            _log.warning("%s: damaged; it does not count", one)
        else:
            found[record.figures.task] = partial(_read, one)
    return found


def _read(path: Path) -> Record:
    if (record := record_file.read(path)) is None:
        raise InputError(f"{path}: has changed while it was being read; run the same command again")
    return record


def _gather(folder: StudyFolder, tasks: Sequence[Task], found: Mapping[Task, Callable[[], Record]]) -> None:
    """Copy the replicates that a folder does not hold yet."""
    there = folder.figures()
    for task in tasks:
        if task not in there:
            record_file.write(found[task](), folder.path)


def _same(one: Record, two: Record) -> bool:
    """Whether two records are equal to the last bit."""
    return one.causes == two.causes and all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(_arrays(one), _arrays(two), strict=True)
    )


def _arrays(record: Record) -> list[Any]:
    figures = record.figures
    columns = [getattr(record.events, name) for name in COLUMNS]
    series = [record.series[name] for name in sorted(record.series)]
    return [figures.metrics, figures.controls, figures.expected, record.losses_by_cause, *series, *columns]


def _name(task: Task) -> str:
    return path_of(Path(), task).stem


def _say_missing(missing: Sequence[Task], tasks: Sequence[Task], counts: set[int]) -> str:
    """Which replicates are missing, and of which shards where all were cut in the same way."""
    names = ", ".join(map(_name, missing[:_NAMED])) + (", ..." if len(missing) > _NAMED else "")
    said = f"{len(missing)} of {len(tasks)} replicates are missing: {names}"
    if len(counts) != 1:
        return f"{said}: simulate them, or name the folders that hold them"
    [of] = counts
    lacking = set(missing)
    which = [str(shard) for shard in (Shard(i, of) for i in range(1, of + 1)) if lacking & set(shard.share(tasks))]
    return f"{said}: run shard {', '.join(which)} again, or name the folder that holds it"
