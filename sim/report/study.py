"""The page of a study: what was asked, what was found, how sure that is, and from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sim.economics import discount_rate
from sim.experiment.accounts import accounts_grid, never_started
from sim.experiment.grid import Cell, Grid, cell
from sim.experiment.over_beliefs import BESIDE
from sim.experiment.spending import spending_grid
from sim.experiment.statistics import Difference, Estimate
from sim.experiment.table import (
    BEST,
    TERMS,
    credit_text,
    difference_grids,
    dose_text,
    estimate_grids,
    loss_grid,
    net_text,
    shown_pairs,
)
from sim.experiment.verdict import SUBJECTS, Verdict, reversed_difference, verdicts
from sim.metrics import CLASSES, METRICS
from sim.report.inputs import how_known, input_groups, tag_counts
from sim.report.page import page, without_folders
from sim.report.pictures import Picture, pictures
from sim.report.provenance import provenance_rows, rerun_commands
from sim.report.words import ASKED, answer, how_sure, question
from sim.scenario import sources

if TYPE_CHECKING:
    from sim.experiment import Study

Metrics = Mapping[str, Mapping[str, Estimate]]
Differences = Mapping[str, Mapping[str, Difference]]


@dataclass(frozen=True)
class Section:
    """A table of the page."""

    title: str
    grid: Grid
    folded: bool = False
    """Whether it is closed until somebody opens it: the page has the like of it above."""


@dataclass(frozen=True)
class Report:
    """A study as its page has it."""

    verdict: str
    pictures: tuple[Picture, ...]
    html: str


def study_page(study: Study) -> str:
    """The page of a study: one HTML text, whole in itself."""
    return report_parts(study).html


def report_parts(study: Study) -> Report:
    """The page of a study, and what stands out in it."""
    metrics = {strategy: study.metrics(strategy) for strategy in study.strategies}
    differences = study.differences()
    found = verdicts(metrics, differences) if len(study.strategies) > 1 else []
    verdict = found[-1] if found else None
    figures, drawn = sources(study.scenario), pictures(study)
    verdict_text = answer(study, metrics, verdict)
    html = page(
        "study.html.j2",
        title=study.scenario.title,
        description=study.scenario.description,
        notes=without_folders(study.scenario.notes or ""),
        question=question(study, verdict),
        verdict=verdict_text,
        standing=_standing(study, verdict, metrics, differences) if verdict else None,
        meanings={strategy: _meaning(study, strategy) for strategy in study.strategies},
        sure=how_sure(study, metrics, differences, verdict, figures),
        warnings=[without_folders(warning) for warning in study.warnings],
        tables=_tables(study, metrics, differences),
        other_verdicts=[one.text for one in found[:-1]],
        best_by_value=_best_by_value(study),
        best_heading=BEST,
        terms=_terms(study, verdict),
        accounts=_accounts(study),
        spending=spending_grid(study.spending),
        losses=_losses(study),
        pictures=drawn,
        inputs=input_groups(figures),
        tags=tag_counts(figures),
        known=how_known(figures),
        provenance=provenance_rows(study.provenance, study),
        commands=rerun_commands(study),
    )
    return Report(verdict_text, tuple(drawn), html)


def _standing(study: Study, verdict: Verdict, metrics: Metrics, differences: Differences) -> Grid:
    """All strategies by the metric of the verdict, the best first, each with its distance from the best."""
    drawn = study.over_beliefs
    shares = {row["strategy"]: row for row in study.best_over_beliefs.get(verdict.metric, ())}
    _, factor, _ = SUBJECTS[verdict.metric]
    sign = 1.0 if METRICS[verdict.metric].better == "higher" else -1.0
    means = {name: estimates[verdict.metric].mean for name, estimates in metrics.items()}
    order = sorted(means, key=lambda name: (name != verdict.best, means[name] is None, -sign * (means[name] or 0.0)))
    rows = []
    for name in order:
        away: str | Cell = "-"
        if name != verdict.best:
            pairs = differences[verdict.metric]
            pair = f"{name} - {verdict.best}"
            between = pairs[pair] if pair in pairs else reversed_difference(pairs[f"{verdict.best} - {name}"])
            away = cell(between, factor, "", "+")
        standing = "best" if name == verdict.best else "not told apart" if name in verdict.alike else "worse"
        standing = standing if means[name] is not None else "undefined"
        over = drawn.beside(metrics[name][verdict.metric], factor, shares[name]) if drawn else ()
        rows.append((name, cell(metrics[name][verdict.metric], factor, ""), *over, away, standing))
    what = ASKED[verdict.metric][1] + (" [95 % by luck]" if drawn else "")
    heads = ("strategy", what, *(BESIDE if drawn else ()), f"against {verdict.best}", "standing")
    return Grid(heads, tuple(rows))


def _meaning(study: Study, strategy: str) -> str:
    """What a strategy does, as its class says."""
    return (type(study.scenario.strategy_named(strategy)).__doc__ or "").strip().partition("\n")[0]


def _tables(study: Study, metrics: Metrics, differences: Differences) -> list[tuple[str, list[Grid]]]:
    """(title, tables) of what each strategy did, and of how they differ."""
    estimates = estimate_grids(metrics, on_ground=study.scenario.campus is not None)
    between = difference_grids(shown_pairs(study.strategies), differences)
    title = "The strategies" if between else "What was delivered, and what it cost"
    more = [("How they differ, under the same random failures", between)] if between else []
    if study.over_beliefs:
        more.append(("What luck and beliefs leave open", study.over_beliefs.grids(metrics, study.best_over_beliefs)))
    return [(title, estimates), *more]


def _best_by_value(study: Study) -> Sequence[str]:
    """Which strategy has the lowest net cost at which value of a GPU-hour, a line each; empty where nobody asks."""
    best = study.envelope() if len(study.strategies) > 1 else None
    return best.text() if best else ()


def _terms(study: Study, verdict: Verdict | None) -> list[str]:
    """What the words of the tables mean, that of the verdict first."""
    rate, year = discount_rate(study.scenario), study.scenario.economics.currency_year
    texts = [TERMS, credit_text(study.scenario.campus is not None, rate, year)]
    net = net_text(study.scenario.service)
    return [net, *texts] if verdict and verdict.metric == "net_cost_usd" else [*texts, net]


def _accounts(study: Study) -> dict[str, Any] | None:
    """Where the GPU-hours went, and the jobs that never started; none where nobody computes."""
    if not study.scenario.workload.uses_gpus:
        return None
    grid = accounts_grid(study.waterfall_shares(), on_ground=study.scenario.campus is not None)
    return {
        "title": grid.heads[0],
        "grid": replace(grid, heads=("class", *grid.heads[1:])),
        "meanings": {name: one.meaning for name, one in CLASSES.items()},
        "notes": list(never_started(study.samples, study.environment)),
    }


def _losses(study: Study) -> dict[str, Any]:
    """What each cause took of each strategy in a year, and the dose."""
    on_ground = study.scenario.campus is not None
    taken = {strategy: study.yearly_losses(strategy) for strategy in study.strategies}
    sections = [
        Section(f"With {strategy}", replace(grid, heads=("cause", *grid.heads[1:])), folded=number > 0)
        for number, (strategy, causes) in enumerate(taken.items())
        for grid in [loss_grid(causes, on_ground=on_ground)]
        if causes
    ]
    return {"sections": sections, "dose": "" if on_ground else dose_text(study.dose())}
