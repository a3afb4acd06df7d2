"""`orbitfleet sweep`: strategies compared over a grid or Latin hypercube of a study file, or of `--vary`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import completion
from sim.cli.options import AllowCode, Json, Settings, Workers, Years, command_line, with_years
from sim.cli.output import draw_all, print_json
from sim.cli.progress import progress
from sim.cli.screen import say, screen_width, table_text
from sim.text import digits

if TYPE_CHECKING:
    from sim.experiment.statistics import Difference, Estimate
    from sim.exploration import Outcome, StudyFile, Sweep

WIDTH = 110

Studies = Annotated[
    list[str],
    typer.Argument(
        metavar="STUDY...",
        help="A study file, by path or shipped name, and overlays on its scenario; or a scenario and overlays.",
        autocompletion=completion.studies,
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATH=LOW:HIGH:STEPS",
        help="Vary a figure: path=1:10:5, path=1:10:5:log_uniform, path=1,2,5; path alone: its source's range.",
    ),
]
Strategies = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,C",
        help="Strategies to compare; default: the study's.",
        autocompletion=completion.strategies,
    ),
]
MetricName = Annotated[
    str | None, typer.Option("--metric", help="Metric to judge by; default: the study's.", metavar="NAME")
]
Few = Annotated[int | None, typer.Option("--replicates", min=1, max=1_000_000, help="Replicates at every point.")]
OwnSeed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of all random streams.")]


def sweep(
    studies: Studies,
    vary: Vary = None,
    settings: Settings = None,
    years: Years = None,
    strategies: Strategies = None,
    replicates: Few = None,
    metric: MetricName = None,
    points: Annotated[
        int | None,
        typer.Option(min=2, max=100_000, help="So many points of a Latin hypercube in place of a grid."),
    ] = None,
    seed: OwnSeed = None,
    workers: Workers = None,
    out: Annotated[
        Path | None, typer.Option(help="Output folder, which resumes; default: results/sweep-<study>-<sha8>-<seed>.")
    ] = None,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Compare strategies over ranges of what is uncertain or can be chosen, and say which is best where."""
    from sim import exploration, plots
    from sim.experiment.folder import RESULTS
    from sim.scenario import sha256_of

    study = study_of(studies, vary, with_years(settings, years), strategies, allow_code,
                     replicates=replicates, metric=metric, seed=seed, points=points,
                     design="latin_hypercube" if points else None)  # fmt: skip
    folder = out or RESULTS / f"sweep-{study.name}-{sha256_of(study.base)[:8]}-{study.plan.seed}"
    with progress(as_json) as show:
        found = exploration.sweep(study, workers=workers, out=folder, progress=show, command=command_line())
    written = draw_all(plots.pictures_of_sweep(found), folder)
    if as_json:
        print_json({**found.to_json(), "pictures": written})
        return
    say(*_head(found), "")
    print(_table(found, screen_width()))
    say("", *found.verdict())
    say(f"\nWritten to {folder}: {', '.join(['sweep.json', 'sweep.csv', *(Path(p).name for p in written)])}")


def study_of(
    studies: list[str],
    vary: list[str] | None,
    settings: list[str] | None,
    strategies: str | None,
    allow_code: bool,
    **changes: Any,
) -> StudyFile:
    """The study that a command asks for."""
    from sim.exploration import load_study_file

    names = [name.strip() for name in (strategies or "").split(",") if name.strip()]
    if len(set(names)) < len(names):
        raise typer.BadParameter("each strategy may be named once", param_hint="--strategies")
    return load_study_file(
        *studies,
        set_=settings or (),
        vary=vary or (),
        allow_code=allow_code or tuple(names),
        strategies=names or None,
        **changes,
    )


def _head(found: Sweep) -> list[str]:
    plan = found.study.plan
    many = f"{plan.replicates} replicates" if plan.replicates > 1 else "1 replicate"
    lines = [plan.description] if plan.description else []
    return [
        *lines,
        f"{found.study.base.title}: {found.metric.name} ({found.metric.better} is better) at {len(found.outcomes)} "
        f"points, {many} of each strategy, the same random draws at every point, seed {plan.seed}",
        *(f"  {one.path}: {one.title}" for one in found.inputs),
    ]


def _table(found: Sweep, width: int | None) -> str:
    """A line for each point: the values, each strategy's mean, by how much the best one is ahead of the next.

    Of a single strategy the interval of its mean.
    """
    from sim.exploration.inputs import shown

    scale, unit = scaled(found.metric.name)
    several = len(found.strategies) > 1
    rows = []
    for outcome in found.outcomes:
        row = [shown(outcome.values[one.path]) for one in found.inputs]
        for name in found.strategies:
            e = outcome.estimates[name]
            shown_mean = "undefined" if e.mean is None else digits(e.mean * scale)
            row.append(shown_mean if several else f"{shown_mean}{_interval(e, scale)}")
        rows.append(row + (_best(outcome, scale) if several else []))
    heads = [one.path.rpartition(".")[2] for one in found.inputs]
    heads = [head if heads.count(head) == 1 else one.path for head, one in zip(heads, found.inputs, strict=True)]
    heads += [f"{name}{unit.replace(' ', chr(10), 1)}" for name in found.strategies]
    heads += ["ahead of the next\n[95 % interval]", "best"] if several else []
    text = table_text(heads, rows, width=width or WIDTH, keys=len(found.inputs))
    mark = "\n? : not shown to be better than each other one with 95 % confidence"
    return text + (mark if any(row[-1].endswith("?") for row in rows) else "")


def _best(outcome: Outcome, scale: float) -> list[str]:
    """How far the best strategy is ahead of the next, and its name, with a mark where it may not be the best."""
    if len(outcome.order) < 2:
        return ["-", outcome.winner or "-"]
    ahead = outcome.differences[outcome.order[1]]
    side = -scale if outcome.metric.better == "lower" else scale
    mean = digits((ahead.mean or 0.0) * side + 0.0, 3)  # and no "-0"
    return [f"{mean}{_interval(ahead, side, 3)}", f"{outcome.winner}{'' if outcome.clear else '?'}"]


def _interval(e: Estimate | Difference, scale: float, count: int = 4) -> str:
    """The ends of an interval in brackets, the lower one first; nothing where there is none."""
    if e.ci_low is None or e.ci_high is None:
        return ""
    low, high = sorted((e.ci_low * scale, e.ci_high * scale))
    return f" [{digits(low, count)}, {digits(high, count)}]"


def scaled(metric: str) -> tuple[float, str]:
    """By what values of a metric are multiplied, and the unit of the product behind what they are."""
    from sim.metrics import METRICS

    one = METRICS[metric]
    if one.high == 1.0:
        return 100.0, ", %"
    if one.unit == "USD":
        return 1e-6, ", million USD"
    return 1.0, f", {one.unit_text}" if one.unit_text else ""
