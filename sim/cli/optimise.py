"""`orbitfleet optimise`: the best designs and strategy parameters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import completion
from sim.cli.options import AllowCode, Force, Json, Settings, Workers, Years, command_line, with_years
from sim.cli.output import print_json, write_picture
from sim.cli.progress import progress
from sim.cli.screen import say, screen_width
from sim.cli.strategy_names import ALL, expanded

if TYPE_CHECKING:
    from sim.exploration import Optimum, StudyFile

PICTURE = "pareto.png"

Studies = Annotated[
    list[str],
    typer.Argument(
        metavar="STUDY|SCENARIO...",
        help="A study file or a scenario, and overlays: paths or shipped names.",
        autocompletion=completion.studies,
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATH=LOW:HIGH",
        help="What may be changed, and between what: path=1:10, path=1:10::log_uniform, or one of path=1,2,5.",
    ),
]
Searched = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,C",
        help="Strategies to search, each on its own; default: the study's, or the scenario's.",
        autocompletion=completion.strategies,
    ),
]
Levels = Annotated[
    list[str] | None,
    typer.Option(
        metavar="METRIC>=X",
        help="Find the cheapest design that meets this with 95 % confidence: in the mean, or with ' in 0.8' in that "
        "share of missions; @0.99: another confidence.",
    ),
]
Cost = Annotated[str | None, typer.Option(metavar="METRIC", help="What should be low: total_cost_usd.")]
Output = Annotated[str | None, typer.Option(metavar="METRIC", help="What should be high: useful_gpu_hours.")]
Tune = Annotated[bool, typer.Option("--tune", help="Search each strategy's own parameters too.")]
Trials = Annotated[int | None, typer.Option(min=1, max=100_000, help="Designs of each strategy to try; default: 60.")]
Few = Annotated[
    int | None, typer.Option(min=2, max=100_000, help="Replicates that each design is tried on; default: 4.")
]
Fresh = Annotated[
    int | None,
    typer.Option(min=2, max=1_000_000, help="Other replicates that the best are judged by; default: the study's, 10."),
]
OwnSeed = Annotated[int | None, typer.Option(min=0, help="Seed of all random streams.")]
Folder = Annotated[
    Path | None, typer.Option(help="Output folder, which resumes; default: results/optimise-<study>-<sha8>-<seed>.")
]


def optimise(
    studies: Studies,
    vary: Vary = None,
    settings: Settings = None,
    strategies: Searched = None,
    sla: Levels = None,
    cost: Cost = None,
    output: Output = None,
    tuned: Tune = False,
    trials: Trials = None,
    search_replicates: Few = None,
    replicates: Fresh = None,
    seed: OwnSeed = None,
    years: Years = None,
    workers: Workers = None,
    out: Folder = None,
    force: Force = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Find the best designs: a front of cost and output, or the cheapest that meets a service level."""
    from sim import plots
    from sim.exploration.optimising import OPTIMUM, default_search_folder
    from sim.exploration.optimising import optimise as search
    from sim.exploration.optimum_text import optimum_json

    asked = {
        "cost": cost,
        "output": output,
        "sla": tuple(sla) if sla else None,
        "trials": trials,
        "search_replicates": search_replicates,
        "tune": tuned or None,
    }
    names = [name.strip() for name in (strategies or "").split(",") if name.strip()]
    given = {"replicates": replicates, "seed": seed}
    plan = _asked(studies, vary, with_years(settings, years), names, allow_code, given, asked)
    folder = out or default_search_folder(plan)
    command = command_line()
    with progress(as_json) as show:
        found = search(plan, workers=workers, out=folder, force=force, command=command, progress=show)
    picture = folder / PICTURE
    write_picture(lambda: plots.save(plots.pareto(found, plan.base), picture), picture)
    if as_json:
        of_study = {"study": plan.name, "scenario": plan.base.name, "strategies": plan.strategies}
        print_json({**of_study, "seed": plan.plan.seed, **optimum_json(found), "out": str(folder)})
        return
    _say(plan, found)
    say(f"\nWritten to {folder}: {OPTIMUM}, {PICTURE}.  The same command with more --trials goes on from here.")


def _asked(
    studies: list[str],
    vary: list[str] | None,
    settings: list[str],
    names: list[str],
    allow_code: bool,
    given: dict[str, Any],
    goals: dict[str, Any],
) -> StudyFile:
    """The study with what the command line changes of it."""
    from sim.exploration import load_study_file, with_goals

    allowed = allow_code or [name for name in names if name != ALL]
    found = load_study_file(*studies, set_=settings, vary=vary or [], allow_code=allowed, **given)
    if names:
        chosen = expanded(names, found.base)
        for name in chosen:
            found.base.strategy_named(name)
        found = replace(found, plan=found.plan.model_copy(update={"strategies": tuple(chosen)}))
    return with_goals(found, **goals)


def _say(plan: StudyFile, found: Optimum) -> None:
    """Print what was found."""
    from sim.experiment.table import WIDTH, aligned
    from sim.exploration.optimum_text import heading, optimum_grid, refusals_text, saving_text, verdict

    width = min(screen_width() or WIDTH, WIDTH)
    say(heading(plan.base, found), "")
    say("\n".join(aligned(optimum_grid(found).text, width)))
    say("", *filter(None, (verdict(found), saving_text(found), refusals_text(found))))
