"""`orbitfleet sensitivity`: what a figure depends on, and what is worth knowing better."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.options import AllowCode, Json, Settings, Workers, Years, command_line, with_years
from sim.cli.output import draw_all, print_json
from sim.cli.progress import progress
from sim.cli.screen import say, screen_width, table_text
from sim.cli.sweep import WIDTH, MetricName, OwnSeed, Strategies, Studies, Vary, scaled, study_of
from sim.text import digits

if TYPE_CHECKING:
    from sim.exploration import Sensitivity
    from sim.exploration.bootstrap import Spread

MOST = 20
"""Inputs that the table shows; the JSON and the CSV have all."""


class Method(StrEnum):
    """How to analyse."""

    morris = "morris"
    sobol = "sobol"


def sensitivity(
    studies: Studies,
    method: Annotated[
        Method,
        typer.Option(help="morris screens many inputs; sobol shares out the variance and says what is worth knowing."),
    ] = Method.morris,
    vary: Vary = None,
    settings: Settings = None,
    years: Years = None,
    strategies: Strategies = None,
    metric: MetricName = None,
    points: Annotated[
        int | None,
        typer.Option(min=2, max=100_000, help="Trajectories of morris (default 10), rows of sobol (default 64)."),
    ] = None,
    replicates: Annotated[
        int,
        typer.Option(min=1, max=10_000, help="Replicates at every point of the design; base and tornado: the study's."),
    ] = 2,
    seed: OwnSeed = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Output folder, which resumes; default: results/sensitivity-<study>-<sha8>-<seed>."),
    ] = None,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Say which inputs a metric depends on, and which is worth knowing better; without --vary all that have a range."""
    from sim import exploration, plots
    from sim.experiment.folder import RESULTS
    from sim.scenario import sha256_of

    study = study_of(studies, vary, with_years(settings, years), strategies, allow_code, metric=metric, seed=seed)
    folder = out or RESULTS / f"sensitivity-{study.name}-{sha256_of(study.base)[:8]}-{study.plan.seed}"
    with progress(as_json) as show:
        found = exploration.sensitivity(
            study,
            method=method.value,
            points=points,
            replicates=replicates,
            workers=workers,
            out=folder,
            progress=show,
            command=command_line(),
        )
    written = draw_all(plots.pictures_of_sensitivity(found), folder)
    if as_json:
        print_json({**found.to_json(), "pictures": written})
        return
    output = found.outputs.names[0]
    say(
        *([study.plan.description] if study.plan.description else []), f"{study.base.title}: {_what(found, output)}", ""
    )
    print(_table(found, output, screen_width() or WIDTH))
    say("", *found.verdict())
    files = ["sensitivity.json", "sensitivity.csv", *(Path(path).name for path in written)]
    say(f"\nWritten to {folder}: {', '.join(files)}")


def _what(found: Sensitivity, output: str) -> str:
    factor, unit = scaled(found.study.metric)
    base = factor * float(found.outputs.of(found.base)[output].mean())
    how = f"{found.points} {'rows' if found.method == 'sobol' else 'trajectories'} of {found.replicates} replicates"
    return f"{found.outputs.said(output)}, {digits(base)}{unit} in the scenario; {found.method}, {how}"


def _table(found: Sensitivity, output: str, width: int) -> str:
    """A line for each input, the one first that matters most."""
    factor, unit = scaled(found.study.metric)
    sobol, rows = found.method == "sobol", []
    for one in found.order(output)[:MOST]:
        swing, given = found.swings[one], found.inputs[one]
        row = [given.title, f"{digits(given.range.low)} to {digits(given.range.high)}"]
        row += [_with_interval(swing.low[output], factor), _with_interval(swing.high[output], factor)]
        row.append(_with_interval(swing.elasticity[output], 1.0))
        if sobol:
            indices = found.decomposed[output].indices[one]
            row += [_with_interval(indices.first, 100.0), _with_interval(indices.total, 100.0)]
            if found.information is not None:
                row.append(_with_interval(found.information.each[one].value, factor))
        else:
            screened = found.screened[output][one]
            row += [_with_interval(screened.mu_star, factor), _with_interval(screened.sigma, factor)]
            row.append({True: "yes", False: "no", None: "unknown"}[screened.matters])
        rows.append(row)
    heads = ["input", "range", f"change at low end{unit}", f"change at high end{unit}", "elasticity"]
    if sobol:
        heads += ["first order, %", "total, %", *([f"worth knowing{unit}"] if found.information else [])]
    else:
        heads += [f"mu*{unit}", f"sigma{unit}", "beyond chance"]
    return table_text(heads, rows, left="l", width=width)


def _with_interval(spread: Spread, factor: float) -> str:
    if spread.value is None:
        return "-"
    if spread.ci_low is None or spread.ci_high is None:
        return digits(factor * spread.value, 3)
    low, high = digits(factor * spread.ci_low, 3), digits(factor * spread.ci_high, 3)
    return f"{digits(factor * spread.value, 3)} [{low}, {high}]"
