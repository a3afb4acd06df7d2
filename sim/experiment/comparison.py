"""From a scenario to a study: run one strategy or compare several, in memory or in an output folder that resumes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sim import engine
from sim.engine.expected import check_expected
from sim.environment import Environment
from sim.errors import InputError
from sim.experiment import study_file
from sim.experiment.assembled import study_of_file, study_of_records
from sim.experiment.beliefs import DrawPlan
from sim.experiment.draws import DrawRequest, DrawsInterrupted, drawn_in, simulate_draws
from sim.experiment.executor import Job, perform
from sim.experiment.explored import other_result
from sim.experiment.folder import SCENARIO, last_request, last_summary, open_folder, read_provenance
from sim.experiment.record import Figures, Record, Task
from sim.experiment.sample import Sample
from sim.experiment.selection import CONFIDENCE, Goal
from sim.experiment.stopping import (
    MOST_REPLICATES,
    Precision,
    Rule,
    first_stage_of,
    targets_of,
    until_precise,
    until_selected,
)
from sim.experiment.study import Study
from sim.experiment.tasks import (
    Options,
    Progress,
    StudyInterrupted,
    begin,
    check_numbers,
    gathered,
    saving,
    simulate_until,
    tasks_of,
    telling_what_is_kept,
)
from sim.files import nearest_file
from sim.metrics import metric_named
from sim.result import Result
from sim.scenario.beliefs import Chosen
from sim.scenario.beliefs import beliefs as believed
from sim.scenario.load import load
from sim.scenario.models import Scenario

_UNFINISHED = "holds no finished study; run the command that began it again, and it resumes"


def replicate(scenario: Scenario, *, seed: int = 1, strategy: str | None = None, replicate: int = 0) -> Result:
    """One replicate, in this process: the scenario's own strategy, or another."""
    check_numbers(seed, 1)
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
    precision: Precision | None = None,
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
    plan = DrawPlan(draws, beliefs, latin)
    return _study(scenario, [name], replicates, seed, options, rule=_rule(replicates, precision), plan=plan)


def compare(
    scenario: Scenario,
    strategies: Sequence[str],
    replicates: int = 20,
    seed: int = 1,
    *,
    precision: Precision | None = None,
    select: str | None = None,
    indifference: str | float | None = None,
    confidence: float = CONFIDENCE,
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
    all `PRECISION_METRICS` that are defined, or of each metric by a share of its own (`until_precise` says what that
    costs); `replicates` is then the least number, and `MOST_REPLICATES` the greatest.
    `select`: a metric by which the best strategy is selected with this `confidence`, where it is better than each other
    one by at least the `indifference`: a number in the metric's unit, or "1%" of its mean.  `replicates` is then the
    first stage, at least `LEAST_FIRST_STAGE`; those that are worse get no more (`sim.experiment.selection`).
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
    goal = _goal(select, indifference, confidence, precision)
    if goal:
        replicates = first_stage_of(replicates)
    rule, plan = _rule(replicates, precision, goal), DrawPlan(draws, beliefs, latin)
    return _study(scenario, strategies, replicates, seed, options, rule=rule, goal=goal, plan=plan)


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
        if "shard" in made_by:
            which = f"shard {made_by['shard']['index']}/{made_by['shard']['of']}"
            raise InputError(f"{path}: is {which} of a study: first orbitfleet merge all of them, with --out DIR")
        raise other_result(path, made_by) or InputError(f"{path}: {_UNFINISHED}")
    scenario = load(path / SCENARIO, allow_code=allow_code)
    with study_file.Reader(path / study_file.NAME) as reader:
        counts, selection = last_request(path, reader.contents)
        if not counts or not all(counts.values()):
            raise InputError(f"{path}: {_UNFINISHED}")
        study = study_of_file(path, reader, scenario, counts, int(made_by["seed"]), made_by, selection=selection)
    return replace(study, over_beliefs=drawn_in(path, study.strategies, last_summary(path)))


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


def _goal(
    select: str | None, indifference: str | float | None, confidence: float, precision: Precision | None
) -> Goal | None:
    """What is to be selected, if anything."""
    if select is None:
        if indifference is not None:
            raise InputError(f"indifference {indifference}: say by which metric to select the best strategy (--select)")
        return None
    metric_named(select)  # a name that is wrong is told before a figure that is missing
    if indifference is None:
        raise InputError(f"select {select}: state the indifference, the smallest difference that matters, such as 1%")
    if precision is not None:
        raise InputError("select and precision each say when replicates are enough: give one of them")
    return Goal.of(select, indifference, confidence)


def _rule(replicates: int, precision: Precision | None, goal: Goal | None = None) -> Rule | None:
    """When replicates are enough, if not after so many; raises `InputError` for a precision out of range."""
    most = max(replicates, MOST_REPLICATES)
    if goal:
        return until_selected(goal, replicates, most)
    return None if precision is None else until_precise(targets_of(precision), most)


def _study(
    scenario: Scenario,
    strategies: Sequence[str],
    replicates: int,
    seed: int,
    options: Options,
    *,
    rule: Rule | None,
    goal: Goal | None = None,
    plan: DrawPlan,
) -> Study:
    """A study of at least one strategy: so many replicates, or at first so many and then what the rule says."""
    check_numbers(seed, replicates)
    plan.check()
    if plan.draws:
        believed(scenario, plan.chosen)  # what cannot be drawn is said before anything runs
    environment, made_by = begin(scenario, strategies, seed, options)
    counts = dict.fromkeys(strategies, replicates)
    selection = (goal, replicates) if goal else None

    if options.out is None:
        records: dict[Task, Record] = {}
        job = Job(scenario, environment, seed, Record.of)
        counts = simulate_until(job, counts, rule, options, records, lambda record: record.figures)
        return _with_draws(
            study_of_records(scenario, counts, seed, records, made_by, selection=selection), plan, options
        )

    with open_folder(options.out, scenario, made_by, force=options.force) as folder:
        figures = folder.figures()
        saving_job, receive = saving(scenario, environment, seed, options.out, remote=options.executor is not None)
        counts = simulate_until(saving_job, counts, rule, options, figures, lambda one: one, receive=receive)
        with telling_what_is_kept(tasks_of(counts), figures, options.out):
            study = gathered(folder, scenario, counts, seed, made_by, selection=selection)
        study = _with_draws(study, plan, options)
        with telling_what_is_kept(tasks_of(counts), figures, options.out):
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
        study.common_replicates,
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
        own = sum(map(len, study.samples.values()))
        raise StudyInterrupted(own + interrupt.done, own + interrupt.total, options.out) from interrupt
