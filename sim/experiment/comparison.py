"""From a scenario to a study: run one strategy or compare several, in memory or in an output folder that resumes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sim import engine
from sim.engine.expected import check_expected
from sim.environment import Environment
from sim.errors import InputError
from sim.events import EventLog
from sim.experiment import study_file
from sim.experiment.beliefs import DrawPlan
from sim.experiment.draws import DrawRequest, DrawsInterrupted, drawn_in, simulate_draws
from sim.experiment.executor import Job, perform
from sim.experiment.folder import RESULTS, SCENARIO, last_request, last_summary, open_folder, read_provenance
from sim.experiment.in_memory import study_of_records
from sim.experiment.provenance import provenance
from sim.experiment.record import Figures, Record, Save, Task, path_of
from sim.experiment.sample import Sample
from sim.experiment.statistics import replicates_for_precision
from sim.experiment.study import Study
from sim.files import nearest_file
from sim.result import Result
from sim.scenario.beliefs import Chosen
from sim.scenario.beliefs import beliefs as believed
from sim.scenario.load import load, sha256_of
from sim.scenario.models import Scenario

Kept = TypeVar("Kept")
Progress = Callable[[int, int], None]
"""Called in this process with (replicates done, replicates in all), first with those that are there already."""

PRECISION_METRICS = ("compute_availability", "cost_per_useful_gpu_hour_usd")
"""The metrics whose means `precision` is about: the one with the least noise, and the one that decides."""
MOST_REPLICATES = 10_000
"""Where `precision` gives up."""


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
    """Another executor than a pool of local processes; it must share the output folder's file system."""


def default_folder(scenario: Scenario, seed: int) -> Path:
    """The output folder of a study that names none."""
    return RESULTS / f"{scenario.name}-{sha256_of(scenario)[:8]}-{seed}"


def replicate(scenario: Scenario, *, seed: int = 1, strategy: str | None = None, replicate: int = 0) -> Result:
    """One replicate, in this process: the scenario's own strategy, or another."""
    _check_numbers(seed, 1)
    name = scenario.strategy if strategy is None else strategy
    scenario.strategy_named(name)
    environment = Environment.build(scenario)
    check_expected(environment, [name])
    return engine.simulate(scenario, environment, name, seed, replicate)


def run(
    scenario: Scenario,
    *,
    strategy: str | None = None,
    seed: int = 1,
    replicates: int = 1,
    precision: float | None = None,
    draws: int = 0,
    beliefs: Chosen | None = None,
    latin: bool = False,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
    command: Sequence[str] | None = None,
    executor: Executor | None = None,
) -> Study:
    """Replicates of one strategy: the scenario's own, or another.  Arguments and errors as in `compare`."""
    options = Options(workers, Path(out) if out else None, force, progress, command, executor)
    name = scenario.strategy if strategy is None else strategy
    return _study(scenario, [name], replicates, seed, precision, options, DrawPlan(draws, beliefs, latin))


def compare(
    scenario: Scenario,
    strategies: Sequence[str],
    replicates: int = 20,
    seed: int = 1,
    *,
    precision: float | None = None,
    draws: int = 0,
    beliefs: Chosen | None = None,
    latin: bool = False,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
    command: Sequence[str] | None = None,
    executor: Executor | None = None,
) -> Study:
    """Compare strategies under common random numbers.

    `draws`: of the scenario's figures from the ranges in which they are believed to lie, 0 for none: estimates then
    have a total interval too.  `beliefs`: which figures; paths, or ranges by path; none: all that have a range in their
    source.  `latin`: Latin hypercube.
    `precision`: add replicates until, for every strategy, half the 95 % interval is within this share of the mean, of
    all `PRECISION_METRICS` that are defined; `replicates` is then the least number, and `MOST_REPLICATES` the greatest.
    `workers`, `executor`: where to compute; the results are the same.  `out`: output folder, resumed where it holds
    part of this study; none: in memory.  `force` replaces another study there.  `progress` is called with (done, in
    all).  Ctrl-C raises `KeyboardInterrupt`; finished replicates stay in the folder, and `StudyInterrupted`, a kind of
    it, says how many.

    Raises `ScenarioError` for a strategy that does not fit, and `InputError` for a folder that cannot be used.
    """
    if isinstance(strategies, str):
        raise InputError(f"strategies {strategies!r}: give a list of names, such as ['batch', 'run_to_failure']")
    if len(strategies) < 2:
        raise InputError("a comparison needs at least two strategies")
    options = Options(workers, Path(out) if out else None, force, progress, command, executor)
    return _study(scenario, strategies, replicates, seed, precision, options, DrawPlan(draws, beliefs, latin))


def load_study(folder: str | os.PathLike[str], *, allow_code: bool = False) -> Study:
    """The study in an output folder, as the last command there asked for it.

    `allow_code` as in `load`: a study of strategies of somebody's own is read with it alone.  Raises `InputError` where
    the folder is not ours, or holds no finished study.
    """
    path = Path(folder)
    made_by = read_provenance(path)
    if made_by is None:
        problem = "not an output folder of orbitfleet" if path.exists() else f"no such folder{nearest_file(path)}"
        raise InputError(f"{path}: {problem}")
    if not (path / study_file.NAME).exists():
        raise InputError(f"{path}: holds no finished study; run the command that began it again, and it resumes")
    scenario = load(path / SCENARIO, allow_code=allow_code)
    with study_file.Reader(path / study_file.NAME) as reader:
        strategies, replicates = last_request(path, reader.contents)
        if not strategies or not replicates:
            raise InputError(f"{path}: holds no finished study; run the command that began it again, and it resumes")
        study = _from_file(path, reader, scenario, strategies, replicates, int(made_by["seed"]), made_by)
    return replace(study, over_beliefs=drawn_in(path, strategies, last_summary(path)))


def simulate_many(
    scenario: Scenario,
    environment: Environment,
    strategy: str,
    seed: int,
    replicates: range,
    workers: int | None = None,
) -> Sample:
    """The figures of many replicates of one strategy, without logs and files."""
    figures: list[Figures] = []
    job = Job(scenario, environment, seed, Figures.of)
    with closing(perform(job, [Task(strategy, r) for r in replicates], workers)) as batches:
        for batch in batches:
            figures += batch
    return Sample.of(figures)


def _study(
    scenario: Scenario,
    strategies: Sequence[str],
    replicates: int,
    seed: int,
    precision: float | None,
    options: Options,
    plan: DrawPlan,
) -> Study:
    """A study of at least one strategy."""
    _check_numbers(seed, replicates)
    plan.check()
    if plan.draws:
        believed(scenario, plan.chosen)  # what cannot be drawn is said before anything runs
    if precision is not None and not 0 < precision < 1:
        raise InputError(f"precision {precision}: must be above 0 and below 1, such as 0.01 for 1 %")
    if options.workers is not None and options.workers < 1:
        raise InputError(f"workers {options.workers}: must be at least 1")
    if len(set(strategies)) < len(strategies):
        raise InputError(f"strategies {', '.join(strategies)}: each may be named once")
    for strategy in strategies:
        scenario.strategy_named(strategy)
    made_by = provenance(scenario, strategies, seed, options.command)
    environment = Environment.build(scenario)
    check_expected(environment, strategies)

    if options.out is None:
        records: dict[Task, Record] = {}
        job = Job(scenario, environment, seed, Record.of)
        _fill(job, strategies, replicates, precision, options, records, lambda record: record.figures)
        study = study_of_records(scenario, strategies, seed, records, made_by)
        return _with_draws(study, plan, options)

    with open_folder(options.out, scenario, made_by, force=options.force) as folder:
        figures = folder.figures()
        saving = Job(scenario, environment, seed, Save(options.out))
        total = _fill(saving, strategies, replicates, precision, options, figures, lambda one: one)
        with _telling_what_is_kept([Task(s, r) for s in strategies for r in range(total)], figures, options.out):
            folder.complete(scenario, strategies, made_by)
            with study_file.Reader(folder.study) as reader:
                study = _from_file(options.out, reader, scenario, strategies, total, seed, made_by)
        study = _with_draws(study, plan, options)
        folder.write_summary(study.to_json())
        return study


def _with_draws(study: Study, plan: DrawPlan, options: Options) -> Study:
    """The study with its replicates under draws of beliefs, where any are asked for."""
    if not plan.draws:
        return study
    request = DrawRequest(
        study.scenario,
        study.strategies,
        study.seed,
        study.replicates,
        plan,
        options.workers,
        options.executor,
        options.progress,
        options.out,
        options.force,
    )
    try:
        return replace(study, over_beliefs=simulate_draws(request))
    except DrawsInterrupted as interrupt:
        if options.out is None:
            raise
        own = study.replicates * len(study.strategies)
        raise StudyInterrupted(own + interrupt.done, own + interrupt.total, options.out) from interrupt


@contextmanager
def _telling_what_is_kept(tasks: Sequence[Task], done: Mapping[Task, object], folder: Path | None) -> Iterator[None]:
    """Make an interrupt say how many of the tasks are in the folder: known to be done, or just written by a worker."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if folder is None:
            raise
        kept = sum(task in done or path_of(folder, task).exists() for task in tasks)
        raise StudyInterrupted(kept, len(tasks), folder) from interrupt


def _fill(
    job: Job[Kept],
    strategies: Sequence[str],
    replicates: int,
    precision: float | None,
    options: Options,
    done: dict[Task, Kept],
    figures_of: Callable[[Kept], Figures],
) -> int:
    """Simulate what is missing in `done`, until there are replicates enough; their number."""
    most = max(replicates, MOST_REPLICATES)
    progress = options.progress or (lambda *_: None)
    while True:
        # Replicate by replicate: an interrupted study has nearly as many of each strategy.
        tasks = [Task(strategy, r) for r in range(replicates) for strategy in strategies]
        missing = [task for task in tasks if task not in done]
        count = len(tasks) - len(missing)
        with (
            _telling_what_is_kept(tasks, done, options.out),
            closing(perform(job, missing, options.workers, options.executor)) as batches,
        ):
            progress(count, len(tasks))
            for batch in batches:
                done.update({figures_of(kept).task: kept for kept in batch})
                count += len(batch)
                progress(count, len(tasks))
        if precision is None:
            return replicates
        samples = [Sample.of(figures_of(done[Task(s, r)]) for r in range(replicates)) for s in strategies]
        estimates = [sample.estimate(metric) for sample in samples for metric in PRECISION_METRICS]
        wanted = replicates_for_precision(estimates, precision, most)
        if wanted == replicates:
            return replicates
        replicates = wanted


def _from_file(
    path: Path,
    reader: study_file.Reader,
    scenario: Scenario,
    strategies: Sequence[str],
    replicates: int,
    seed: int,
    made_by: Mapping[str, object],
) -> Study:
    """The study of these strategies and so many replicates, of those that a file holds."""
    contents = reader.contents
    rows = [contents.strategies.index(strategy) for strategy in strategies]

    def events_of(task: Task) -> EventLog:
        with study_file.Reader(path / study_file.NAME) as again:
            return again.events(task)

    return Study(
        scenario=scenario,
        strategies=tuple(strategies),
        seed=seed,
        samples={
            strategy: Sample(
                contents.metrics[row, :replicates],
                contents.control_names,
                contents.controls[row, :replicates],
                contents.expected[row],
            )
            for strategy, row in zip(strategies, rows, strict=True)
        },
        series={name: values[rows, :replicates] for name, values in contents.series.items()},
        provenance=made_by,
        folder=path,
        events_of=events_of,
    )


def _check_numbers(seed: int, replicates: int) -> None:
    if seed < 0:
        raise InputError(f"seed {seed}: must be 0 or more")
    if replicates < 1:
        raise InputError(f"replicates {replicates}: must be at least 1")
