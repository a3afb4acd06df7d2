"""A study's replicates under draws of beliefs: simulated, kept in its folder, and read from there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import InputError
from sim.experiment import draw_file
from sim.experiment.beliefs import Draw, DrawJob, DrawPlan, are_prices, digest, drawn, tasks_of
from sim.experiment.draw_file import DrawFigures
from sim.experiment.executor import perform
from sim.experiment.over_beliefs import OverBeliefs
from sim.experiment.record import Task
from sim.files import writing
from sim.scenario.beliefs import Beliefs, beliefs
from sim.scenario.models import Scenario


@dataclass(frozen=True)
class DrawRequest:
    """What is to be simulated under draws, and where."""

    scenario: Scenario
    strategies: Sequence[str]
    seed: int
    replicates: int
    """That all strategies have at the scenario's own figures."""
    plan: DrawPlan
    workers: int | None = None
    executor: Executor | None = None
    progress: Callable[[int, int], None] | None = None
    folder: Path | None = None
    force: bool = False
    """Replace draws of other beliefs in the folder."""


class DrawsInterrupted(KeyboardInterrupt):
    """Ctrl-C while draws were simulated."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__()
        self.done = done
        """Replicates under draws that are there."""
        self.total = total


def simulate_draws(request: DrawRequest) -> OverBeliefs:
    """All replicates under all draws; in a folder only those that it does not hold.

    Raises `InputError` for a folder that holds draws of other beliefs, unless `force`.
    """
    plan, folder = request.plan, request.folder
    believed = beliefs(request.scenario, plan.chosen)
    found = drawn(request.scenario, believed, plan, request.seed, request.strategies)
    prices_only = are_prices(request.scenario, believed)
    replicates = request.replicates if prices_only else min(request.replicates, plan.per_draw)
    tasks = tasks_of(request.strategies, plan.draws, replicates, prices_only=prices_only)
    name = digest(believed, plan)
    before = None if folder is None else _before(folder, name, force=request.force)
    by_number = {draw.number: draw for draw in found}
    done = {} if folder is None else {**(before.figures() if before else {}), **draw_file.read_loose(folder)}
    done = {
        task: one for task, one in done.items() if task.draw not in by_number or one.tries == by_number[task.draw].tries
    }
    job = DrawJob(request.scenario, by_number, request.seed, prices_only)
    _fill(job, tasks, done, request)
    if folder is not None:
        with writing(folder):
            order = dict.fromkeys((*(before.strategies if before else ()), *request.strategies))
            order |= dict.fromkeys(sorted(task.strategy for task in done))  # of a command that was interrupted
            _complete(folder, (name, list(order)), believed, found, before, done)
    return _over(believed, found, request.strategies, replicates, done, prices_only=prices_only)


def drawn_in(path: Path, strategies: Sequence[str], summary: Mapping[str, Any]) -> OverBeliefs | None:
    """The draws in a study's folder, as its last command asked for them; none where it asked for none.

    `summary`: the output of that command.
    """
    told = summary.get("beliefs")
    held = draw_file.read(path) if isinstance(told, dict) else None
    if held is None or not isinstance(told, dict):
        return None
    count, replicates = int(told["draws"]), int(told["replicates_per_draw"])
    rows = [held.strategies.index(strategy) for strategy in strategies if strategy in held.strategies]
    if len(rows) < len(strategies) or not held.finished[rows, :count, :replicates].all():
        raise InputError(f"{path / draw_file.NAME}: lacks draws that {path} had; run the command that made it again")
    draws = tuple(
        Draw(number + 1, dict(zip(held.paths, held.values[number].tolist(), strict=True)), int(held.tries[number]))
        for number in range(count)
    )
    metrics = {s: held.metrics[row, :count, :replicates] for s, row in zip(strategies, rows, strict=True)}
    return OverBeliefs(Beliefs.of_json(json.loads(held.beliefs)), draws, metrics, bool(told["prices_only"]))


def _before(folder: Path, name: str, *, force: bool) -> draw_file.Drawn | None:
    """What the folder holds of the same beliefs; what it holds of others goes with `force`."""
    (folder / draw_file.DRAWS).mkdir(exist_ok=True)
    mark = folder / draw_file.DRAWS / draw_file.MARK
    held = draw_file.read(folder)
    other = (held is not None and held.digest != name) or (mark.exists() and mark.read_text(encoding="utf-8") != name)
    if other:
        if not force:
            raise InputError(f"{folder}: holds draws of other beliefs: choose another --out, or --force to draw anew")
        draw_file.remove(folder, file_too=True)
        (folder / draw_file.DRAWS).mkdir(exist_ok=True)
        held = None
    mark.write_text(name, encoding="utf-8")
    return held


def _fill(job: DrawJob, tasks: Sequence[Task], done: dict[Task, DrawFigures], request: DrawRequest) -> None:
    """Simulate what is missing in `done`; this process writes it, as workers need not share the folder."""
    progress = request.progress or (lambda *_: None)
    missing = [task for task in tasks if task not in done]
    count = len(tasks) - len(missing)
    try:
        progress(count, len(tasks))
        with closing(perform(job, missing, request.workers, request.executor)) as batches:
            for batch in batches:
                for one in batch:
                    done[one.task] = one
                    if request.folder is not None:
                        draw_file.write_one(one, request.folder)
                count += len(batch)
                progress(count, len(tasks))
    except KeyboardInterrupt as interrupt:
        raise DrawsInterrupted(count, len(tasks)) from interrupt


def _complete(
    folder: Path,
    named: tuple[str, Sequence[str]],
    believed: Beliefs,
    found: Sequence[Draw],
    before: draw_file.Drawn | None,
    done: Mapping[Task, DrawFigures],
) -> None:
    """Gather all replicates in the file, beside what it held of other draws and strategies.

    `named`: the digest of what is drawn, and strategies in order.
    """
    name, strategies = named
    paths = [one.path for one in believed.drawn]
    numbers = {draw.number: ([draw.values[path] for path in paths], draw.tries) for draw in found}
    for number in range(len(found) + 1, 1 + (0 if before is None else len(before.tries))):
        assert before is not None
        numbers[number] = before.values[number - 1].tolist(), int(before.tries[number - 1])
    kept = [one for task, one in done.items() if task.draw in numbers and numbers[task.draw][1] == one.tries]
    draw_file.write(folder, (name, json.dumps(believed.to_json())), strategies, paths, numbers, kept)
    draw_file.remove(folder, file_too=False)


def _over(
    believed: Beliefs,
    found: Sequence[Draw],
    strategies: Sequence[str],
    replicates: int,
    done: Mapping[Task, DrawFigures],
    *,
    prices_only: bool,
) -> OverBeliefs:
    metrics = {
        s: np.array([[done[Task(s, r, draw.number)].metrics for r in range(replicates)] for draw in found])
        for s in strategies
    }
    return OverBeliefs(believed, tuple(found), metrics, prices_only)
