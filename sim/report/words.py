"""What a page of a study says in sentences: the question, the answer, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sim.experiment.envelope import Envelope
from sim.experiment.grid import cell, list_of
from sim.experiment.over_beliefs import HOW_TO_DRAW
from sim.experiment.statistics import Difference, Estimate
from sim.experiment.table import intervals_text, shares_text
from sim.experiment.verdict import Verdict
from sim.report.inputs import how_known
from sim.scenario import Figure
from sim.text import many

if TYPE_CHECKING:
    from sim.experiment import Study

_NOT_IN_LUCK = "Not in any interval: errors of the model itself, and of the prices, failure rates and sizes put into it"
ASKED = {
    "compute_availability": ("keeps the most GPUs at work", "compute availability, %"),
    "cost_per_useful_gpu_hour_usd": ("gives the cheapest useful GPU-hour", "a useful GPU-hour, USD"),
    "net_cost_usd": ("has the lowest net cost at equal service", "net cost, million USD"),
}
"""What the metric of a verdict asks of a strategy, and its name in a table, in the unit of the verdict."""


def question(study: Study, verdict: Verdict | None) -> str:
    """What the study was made to find out."""
    years = study.scenario.mission.years
    fleet = f"{study.scenario.title} ({_size(study)}) over {many_years(years)}"
    if len(study.strategies) == 1:
        return f"What does {fleet} deliver when it is maintained by {study.strategies[0]}, and what does it cost?"
    asked = ASKED[verdict.metric][0] if verdict else "is best"
    return f"Which of these {len(study.strategies)} maintenance strategies {asked} for {fleet}?"


def answer(study: Study, metrics: Mapping[str, Mapping[str, Estimate]], verdict: Verdict | None) -> str:
    """The verdict of a comparison; of one strategy what it delivers and at what cost."""
    if verdict:
        return verdict.text + _over_beliefs(study, verdict)
    (strategy,) = study.strategies
    available, cost = metrics[strategy]["compute_availability"], metrics[strategy]["cost_per_useful_gpu_hour_usd"]
    text = f"With {strategy} {cell(available, 100, ' %')} of the planned GPUs could work"
    if cost.mean is None:
        return f"{text}; no job committed any work, so no GPU-hour has a cost."
    return f"{text}, and a useful GPU-hour cost {cell(cost, 1, ' USD')}."


def _over_beliefs(study: Study, verdict: Verdict) -> str:
    """In how many draws of what is believed the best strategy is so: the verdict itself is by luck alone."""
    if not (study.over_beliefs and verdict.best):
        return ""
    share = study.over_beliefs.share_of(verdict.metric, verdict.best, study.best_over_beliefs)
    return f" Over what is believed of the inputs {verdict.best} is best in {share}." if share else ""


def how_sure(
    study: Study,
    metrics: Mapping[str, Mapping[str, Estimate]],
    differences: Mapping[str, Mapping[str, Difference]],
    verdict: Verdict | None,
    figures: Sequence[Figure],
) -> list[str]:
    """Replicates, intervals, adjustment, where the verdict turns, and what no interval contains."""
    on_ground = study.scenario.campus is not None
    return [
        text
        for text in (
            _replicates(study),
            intervals_text(metrics, differences, study.replicates, on_ground=on_ground),
            shares_text(study.ranking()[verdict.metric], verdict.metric) if verdict else "",
            *study.decision_texts(),
            *_beliefs(study),
            turning_point(verdict, study.envelope(), study.scenario.service.value_usd_per_gpu_hour),
            ("Not in any interval: errors of the model itself" if study.over_beliefs else _NOT_IN_LUCK)
            + f". Here {how_known(figures)}: the list is below."
            + (" With other prices another strategy may be best." if verdict else ""),
        )
        if text
    ]


def _beliefs(study: Study) -> list[str]:
    """What is drawn of the figures of the scenario and what that says; without draws, how to have them."""
    drawn = study.over_beliefs
    return [drawn.line, drawn.verdict(study.best_over_beliefs)] if drawn else [HOW_TO_DRAW]


def _replicates(study: Study) -> str:
    if study.replicates == 1:
        return ""  # what the intervals say of one replicate says it all
    few, most = study.common_replicates, study.replicates
    times = str(most) if few == most else f"{few} to {most}"
    if len(study.strategies) == 1:
        return f"{study.replicates} replicates were simulated, each with other random failures."
    return (
        f"Each strategy was simulated {times} times. Replicate by replicate all strategies met the same "
        "random failures, so the differences between them are surer than the figures themselves."
    )


def turning_point(verdict: Verdict | None, envelope: Envelope | None, value_usd: float) -> str:
    """At which values of a GPU-hour others than the best take over; empty where the verdict is not of net cost."""
    if not (verdict and envelope and verdict.metric == "net_cost_usd" and envelope.at(value_usd) == verdict.best):
        return ""
    if not envelope.flips:
        return f"{verdict.best} has the lowest net cost at every value of a GPU-hour."
    turns = [
        f"{'below' if flip.after == verdict.best else 'above'} ${flip.value_usd:,.2f} {other} is best"
        for flip in envelope.flips
        if verdict.best in (flip.before, flip.after)
        for other in [flip.before if flip.after == verdict.best else flip.after]
    ]
    return f"The verdict is for a useful GPU-hour worth ${value_usd:,.2f}: {list_of(turns)}."


def _size(study: Study) -> str:
    """`81 satellites with 2,916 GPUs`."""
    slots = sum(layout.slots for layout in study.environment.layouts)
    units = many(slots, "satellite" if study.scenario.campus is None else "host")
    return f"{units} with {many(slots * study.scenario.satellite.gpus, 'GPU')}"


def many_years(years: float) -> str:
    """`5 years`, `1 year`."""
    return "1 year" if years == 1 else f"{years:g} years"
