"""From a study to its best designs, in memory or in a folder from which a search that was ended resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.errors import InputError
from sim.experiment.explored import FILES, JOURNAL
from sim.experiment.folder import RESULTS, open_folder
from sim.experiment.provenance import provenance
from sim.experiment.tuning import FIRST_TRAINING_REPLICATE
from sim.exploration.candidate import Candidate
from sim.exploration.evaluations import Evaluations, Memory
from sim.exploration.goal import Goals, Sla
from sim.exploration.inputs import Input, inputs_of
from sim.exploration.journal import Journal, SearchInterrupted
from sim.exploration.optimum import Optimum, best_designs, replicates_at_most
from sim.exploration.optimum_text import optimum_json
from sim.exploration.plan import StudyFile, load_study_file
from sim.exploration.search import Effort, check_optuna
from sim.metrics import metric_named
from sim.scenario import sha256_of

OPTIMUM = FILES["optimise"]
"""What was found, in the folder of a search."""
NEVER_ACTS = "run_to_failure"
"""The strategy for which every scenario has room."""


def with_goals(study: StudyFile, **changes: Any) -> StudyFile:
    """The study with other goals: fields of `Goals` to replace; those that are `None` stay.

    Raises `InputError` for what is no metric, or no service level.
    """
    block = study.plan.optimise or Goals()
    given = {key: value for key, value in changes.items() if value is not None}
    for name in ("cost", "output"):
        if name in given:
            metric_named(given[name])
    for text in given.get("sla", ()):
        Sla.of(text)
    if given.get("cost", block.cost) == given.get("output", block.output):
        raise InputError(f"{given.get('cost', block.cost)}: cost and output must be two metrics")
    plan = study.plan.model_copy(update={"optimise": Goals(**{**block.model_dump(), **given})})
    return replace(study, plan=plan)


def default_search_folder(study: StudyFile) -> Path:
    """The output folder of a search that names none."""
    return RESULTS / f"optimise-{study.name}-{sha256_of(study.base)[:8]}-{study.plan.seed}"


def optimise(
    study: StudyFile | str | Path,
    *,
    workers: int | None = None,
    out: Path | None = None,
    force: bool = False,
    command: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Optimum:
    """Search the study's strategies, and its `vary`, for what its `optimise` block asks.

    `study`: of `load_study_file`, or the name or path of a study file.  Every design has the study's seed: all have the
    same random numbers.  `out`: output folder, which keeps every finished replicate; the same search in it goes on
    where one was ended, by whatever, and ends with the same result.  More trials go on from fewer.  `progress` is
    called with (replicates done, those there may be).  Ctrl-C raises `SearchInterrupted`.

    Raises `InputError` where nothing can be varied, no design can be, or the folder cannot be used.
    """
    check_optuna()
    study = study if isinstance(study, StudyFile) else load_study_file(study)
    goals = study.plan.optimise or Goals()
    if study.plan.replicates < 2:
        raise InputError("optimise needs two replicates or more, to know how sure it is")
    inputs = searched_inputs(study, goals)
    effort = Effort(
        goals.trials,
        range(FIRST_TRAINING_REPLICATE, FIRST_TRAINING_REPLICATE + goals.search_replicates),
        range(study.plan.replicates),
    )
    strategies = list(study.strategies)
    total = replicates_at_most(goals.goal, effort, len(strategies))
    show = progress or (lambda *_: None)

    def found(folder: Path | None) -> Optimum:
        journal, given = Memory.of(folder), Candidate(study.base.strategy, {})
        evaluate = Evaluations(study, workers, journal, lambda done: show(done, max(total, done)))
        try:
            best = best_designs(strategies, inputs, goals.goal, evaluate, effort, seed=study.plan.seed, given=given)
        except KeyboardInterrupt as interrupt:
            if folder is None:
                raise
            raise SearchInterrupted(len(journal.known), folder) from interrupt
        show(total, total)
        return best

    if out is None:
        return found(None)
    made_by = provenance(study.base, strategies, study.plan.seed, command)
    with open_folder(out, study.base, made_by, force=force) as folder:
        best = found(out)
        Journal(out / JOURNAL).put_in_order()
        folder.write_explored("optimise", optimum_json(best))
        return best


def searched_inputs(study: StudyFile, goals: Goals) -> list[Input]:
    """What is varied: the entries of `vary`, and with `tune` the parameters that the strategies' classes list."""
    inputs = inputs_of(study.only(NEVER_ACTS), together=True) if study.plan.vary or not goals.tune else []
    if not goals.tune:
        return inputs
    known = {one.path for one in inputs}
    return [*inputs, *(one for one in tuned_inputs(study) if one.path not in known)]


def tuned_inputs(study: StudyFile) -> list[Input]:
    """The parameters of each strategy that its class says may be tuned, with the values that it lists."""
    found = []
    for name in study.strategies:
        own = study.base.strategy_named(name)
        for field, values in own.tuned_over.items():
            if field in type(own).model_fields:
                path, title = f"strategies.{name}.{field}", f"{field.replace('_', ' ')} ({name})"
                source = "the values that the strategy is tuned over"
                found.append(Input(path, title, getattr(own, field), tuple(values), None, False, "A", source, (path,)))
    return found
