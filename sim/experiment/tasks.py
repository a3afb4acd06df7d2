"""The tasks of a study: those that are missing are simulated, here or elsewhere, and kept in its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sim.engine.block.supported import check_supported
from sim.engine.expected import check_expected
from sim.environment import Environment
from sim.errors import InputError
from sim.experiment import study_file
from sim.experiment.assembled import Asked, study_of_file
from sim.experiment.executor import Job, perform
from sim.experiment.folder import StudyFolder
from sim.experiment.provenance import provenance
from sim.experiment.record import Figures, Record, Save, Task, path_of
from sim.experiment.sample import Sample
from sim.experiment.stopping import Counts, Rule
from sim.experiment.study import Study
from sim.scenario.models import Scenario

Kept = TypeVar("Kept")
Progress = Callable[[int, int], None]
"""Called in this process with (replicates done, replicates in all), first with those that are there already."""


class StudyInterrupted(KeyboardInterrupt):
    """Ctrl-C in a study that has an output folder; the text says what is kept."""

    def __init__(self, done: int, total: int, folder: Path) -> None:
        self.done = done
        """Replicates of this study that the folder holds, of all its strategies."""
        self.total = total
        """Replicates asked for; with `precision`, as far as was known."""
        self.folder = folder
        super().__init__(f"interrupted; {done} of {total} replicates kept in {folder}; the same command resumes")

    def __reduce__(self) -> tuple[type[StudyInterrupted], tuple[int, int, Path]]:
        return StudyInterrupted, (self.done, self.total, self.folder)


@dataclass(frozen=True)
class Options:
    """How to compute a study; nothing here changes a result."""

    workers: int | None = None
    """Processes; 1: this one only; none: one a core where that saves time."""
    out: Path | None = None
    """Output folder; none: in memory only."""
    force: bool = False
    """Replace another study in the folder, or what other code computed."""
    progress: Progress | None = None
    command: Sequence[str] | None = None
    """Command line, for the provenance."""
    executor: Executor | None = None
    """Another executor than a pool of local processes; this process writes what its workers send."""


def check_numbers(seed: int, replicates: int) -> None:
    """Raises `InputError` for a seed or a number of replicates that cannot be."""
    if seed < 0:
        raise InputError(f"seed {seed}: must be 0 or more")
    if replicates < 1:
        raise InputError(f"replicates {replicates}: must be at least 1")


def begin(
    scenario: Scenario, strategies: Sequence[str], seed: int, options: Options
) -> tuple[Environment, dict[str, Any]]:
    """The environment of a study and what will have made it, when all is right with what was asked for."""
    check_numbers(seed, 1)
    if options.workers is not None and options.workers < 1:
        raise InputError(f"workers {options.workers}: must be at least 1")
    if len(set(strategies)) < len(strategies):
        raise InputError(f"strategies {', '.join(strategies)}: each may be named once")
    for name in strategies:
        strategy = scenario.strategy_named(name)
        if scenario.in_blocks:
            check_supported(scenario, strategy, name)
    made_by = provenance(scenario, strategies, seed, options.command)
    environment = Environment.build(scenario)
    check_expected(environment, strategies)
    return environment, made_by


def tasks_of(counts: Counts) -> list[Task]:
    """All tasks of a study, replicate by replicate: an interrupted one has nearly as many of each strategy."""
    return [Task(strategy, r) for r in range(max(counts.values())) for strategy, n in counts.items() if r < n]


def saving(
    scenario: Scenario, environment: Environment, seed: int, folder: Path, *, remote: bool
) -> tuple[Job[Any], Callable[[Any], Figures]]:
    """A job whose replicates end up in a folder, and what to do with what it returns.

    A worker writes what it has simulated, but for a remote one: that need not see our files.
    """
    save = Save(folder)
    if remote:
        return Job(scenario, environment, seed, Record.of), save.store
    return Job(scenario, environment, seed, save), _itself


def _itself(one: Kept) -> Kept:
    return one


def simulate_until(
    job: Job[Any],
    counts: Counts,
    rule: Rule | None,
    options: Options,
    done: dict[Task, Kept],
    figures_of: Callable[[Kept], Figures],
    *,
    receive: Callable[[Any], Kept] = _itself,
) -> Counts:
    """Simulate what is missing in `done`, until there are replicates enough; their numbers.

    `receive`: makes what is kept of what the job returns, in this process.
    """
    while True:
        simulate_missing(job, tasks_of(counts), options, done, figures_of, receive=receive)
        if rule is None:
            return counts
        samples = {s: Sample.of(figures_of(done[Task(s, r)]) for r in range(n)) for s, n in counts.items()}
        wanted = rule(samples)
        if wanted == counts:
            return counts
        counts = wanted


def simulate_missing(
    job: Job[Any],
    tasks: Sequence[Task],
    options: Options,
    done: dict[Task, Kept],
    figures_of: Callable[[Kept], Figures],
    *,
    receive: Callable[[Any], Kept],
) -> None:
    """Simulate those of some tasks that are missing in `done`."""
    progress = options.progress or (lambda *_: None)
    missing = [task for task in tasks if task not in done]
    count = len(tasks) - len(missing)
    with (
        telling_what_is_kept(tasks, done, options.out),
        closing(perform(job, missing, options.workers, options.executor)) as batches,
    ):
        progress(count, len(tasks))
        for batch in batches:
            done.update({figures_of(kept).task: kept for kept in map(receive, batch)})
            count += len(batch)
            progress(count, len(tasks))


@contextmanager
def telling_what_is_kept(tasks: Sequence[Task], done: Mapping[Task, object], folder: Path | None) -> Iterator[None]:
    """Make an interrupt say how many of the tasks are in the folder: known to be done, or just written by a worker."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if folder is None:
            raise
        kept = sum(task in done or path_of(folder, task).exists() for task in tasks)
        raise StudyInterrupted(kept, len(tasks), folder) from interrupt


def gathered(
    folder: StudyFolder,
    scenario: Scenario,
    counts: Counts,
    seed: int,
    made_by: Mapping[str, Any],
    *,
    selection: Asked | None = None,
) -> Study:
    """The study of a folder's replicates, which are gathered in its file."""
    folder.complete(scenario, list(counts), made_by)
    with study_file.Reader(folder.study) as reader:
        return study_of_file(folder.path, reader, scenario, counts, seed, made_by, selection=selection)
