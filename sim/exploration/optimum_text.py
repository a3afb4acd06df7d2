"""An optimum as JSON and as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.description.format import money
from sim.experiment.grid import Cell, Grid, cell
from sim.experiment.statistics import Estimate
from sim.exploration.candidate import Refusal
from sim.exploration.goal import Sla
from sim.exploration.inputs import shown
from sim.exploration.optimum import Look, Optimum, strategy_of
from sim.metrics import METRICS
from sim.scenario import Scenario

_MORE = ("cost_per_useful_gpu_hour_usd", "compute_availability", "satellites_launched")
"""Metrics told of every design beside those of the goal."""
_MILLION = 1e6


def optimum_json(found: Optimum) -> dict[str, Any]:
    """As in the output of `optimise`."""
    goal, effort = found.goal, found.effort
    winner, front = found.winner, found.pareto
    told = list(dict.fromkeys([*goal.metrics, *_MORE]))
    refused = {kind: {"count": len(ones), "example": str(ones[0])} for kind, ones in found.refusals.items()}
    given = found.as_given
    return {
        "cost": goal.cost,
        "output": goal.output,
        "sla": [sla.to_json() for sla in goal.slas],
        "variables": [one.to_json() for one in found.inputs],
        "trials": len(found.trials),
        "designs": found.designs,
        "infeasible": {"count": sum(one["count"] for one in refused.values()), "reasons": refused},
        "search_replicates": len(effort.search),
        "replicates": len(effort.fresh),
        "pareto": [_look_json(look, told, found) for look in front],
        "dominated": [_look_json(look, told, found) for look in found.looks if look not in front],
        "winner": None if winner is None else _look_json(winner, told, found),
        "looks": [
            {"parameters": dict(look.candidate.values), "strategy": look.candidate.strategy, "meets": look.meets}
            for look in found.looks
            if goal.slas
        ],
        "as_given": {"strategy": found.given.strategy, "problem": str(given)}
        if isinstance(given, Refusal)
        else {**_look_json(given, told, found), "problem": None},
        "verdict": verdict(found),
    }


def _look_json(look: Look, told: Sequence[str], found: Optimum) -> dict[str, Any]:
    levels = {} if look.tail is None else {"meets": look.meets, "confidence": 1 - look.tail}
    return {
        "strategy": look.candidate.strategy,
        "parameters": dict(look.candidate.values),
        "set": look.candidate.settings,
        **levels,
        "metrics": {name: look.sample.estimate(name).to_json() for name in told},
        "above_reference": {name: found.above_reference(look, name).to_json() for name in found.goal.metrics},
        "search_means": {name: look.tried.estimate(name).raw_mean for name in told},
    }


def verdict(found: Optimum) -> str:
    """What was found, in a sentence or two."""
    goal, again = found.goal, len(found.effort.fresh)
    tried = f"of {found.designs:,} designs tried"
    if not goal.slas:
        count = len(found.pareto)
        some = "one design is" if count == 1 else f"{count} designs are"
        lost = len(found.looks) - count
        fell = f"; {lost} more looked so in the search, and not on fresh replicates" if lost else ""
        return f"{some} not beaten in both {plain(goal.cost)} and {plain(goal.output)}, {tried}{fell}."
    levels = " and ".join(str(sla) for sla in goal.slas)
    winner = found.winner
    if winner is None:
        nearest = min(found.looks, key=lambda look: max(look.shortfalls), default=None)
        if nearest is None:
            return f"No design meets {levels}, {tried}."
        bounds = ", ".join(_bound_text(sla, nearest) for sla in goal.slas)
        return f"No design that was looked at again meets {levels}, {tried}; the nearest, {_name(nearest)}: {bounds}."
    failed = found.looks.index(winner)
    before = (
        f"  {'The one' if failed == 1 else f'The {failed}'} looked at before it, cheaper in the search, did not on "
        "fresh replicates."
        if failed
        else ""
    )
    bounds = ", ".join(_bound_text(sla, winner) for sla in goal.slas)
    confidence = min(sla.confidence for sla in goal.slas)
    return (
        f"The cheapest design that meets {levels} with {confidence:.4g} confidence, {tried}: {_name(winner)}; "
        f"on {again} fresh replicates {bounds}.{before}"
    )


def _name(look: Look) -> str:
    values = ", ".join(f"{path}={shown(value)}" for path, value in look.candidate.values.items())
    return f"{look.candidate.strategy} with {values}" if values else look.candidate.strategy


def _bound_text(sla: Sla, look: Look) -> str:
    assert look.tail is not None
    side = "lower" if sla.at_least or sla.share is not None else "upper"
    what = sla.metric if sla.share is None else "share of missions"
    return f"{side} bound of {what} {sla.bound(look.sample, look.tail):.4g} at {1 - look.tail:.5g} confidence"


def optimum_grid(found: Optimum) -> Grid:
    """The designs on the front, or with service levels all that were looked at again; last the scenario as given."""
    goal = found.goal
    paired = [name for name in goal.metrics if name in (goal.cost, goal.output)]
    heads = ["strategy", *(one.title for one in found.inputs)]
    for name in goal.metrics:
        above = f"{plain(name)} above {_reference(found)}"
        heads += [plain(name), above] if name in paired else [plain(name)]
    rows = [_row(look, found, paired, number) for number, look in enumerate(listed(found), start=1)]
    if not isinstance(found.as_given, Refusal):
        rows.append(_row(found.as_given, found, paired))
    met = ["meets"] if goal.slas else []
    return Grid((*heads, *met), tuple(rows))


def listed(found: Optimum) -> Sequence[Look]:
    """The designs that are told of, in the order of their numbers from 1 on."""
    return found.looks if found.goal.slas else found.pareto


def _row(look: Look, found: Optimum, paired: Sequence[str], number: int = 0) -> tuple[str | Cell, ...]:
    as_given = look is found.as_given
    name = f"as given: {look.candidate.strategy}" if as_given else f"{number:>2} {look.candidate.strategy}"
    values = []
    for one in found.inputs:
        own = shown(one.base) if strategy_of(one) in (None, look.candidate.strategy) and one.base is not None else "-"
        values.append(own if as_given else shown(look.candidate.values.get(one.path, "-")))
    cells: list[str | Cell] = []
    for metric in found.goal.metrics:
        cells.append(_cell(look.sample.estimate(metric), metric, found))
        if metric in paired:
            cells.append(
                "" if look is found.reference else _cell(found.above_reference(look, metric), metric, found, "+")
            )
    met = ["yes" if look.meets else "no"] if found.goal.slas else []
    return (name, *values, *cells, *met)


def _cell(estimate: Estimate, name: str, found: Optimum, sign: str = "") -> Cell:
    """A figure, in millions where that of the reference is."""
    unit = METRICS[name].unit_text
    if abs(found.reference.sample.estimate(name).mean or 0.0) < _MILLION:
        return cell(estimate, 1.0, f" {unit}".rstrip(), sign)
    return cell(estimate, 1 / _MILLION, f" million {unit}".rstrip(), sign)


def _reference(found: Optimum) -> str:
    return "the cheapest" if isinstance(found.as_given, Refusal) else "as given"


def plain(metric: str) -> str:
    """A metric as one reads it, without a unit that stands elsewhere."""
    return metric.removesuffix("_usd").replace("_", " ").replace("gpu hour", "GPU-hour").replace("gpu", "GPU")


def heading(scenario: Scenario, found: Optimum) -> str:
    """What was searched, and how."""
    effort, strategies = found.effort, len({trial.candidate.strategy for trial in found.trials})
    each = " of each strategy" if strategies > 1 else ""
    return (
        f"{scenario.title}: {effort.trials:,} designs{each} on {len(effort.search)} replicates, the best again on "
        f"{len(effort.fresh)} fresh ones; {scenario.mission.years:g} years"
    )


def saving_text(found: Optimum) -> str:
    """What the winner saves against the scenario as given; empty: there is nothing to compare."""
    winner, given = found.winner, found.as_given
    if winner is None or isinstance(given, Refusal):
        return ""
    more = found.above_reference(winner, found.goal.cost)
    if more.mean is None or more.ci_low is None or more.ci_high is None:
        return ""
    sign, word = (1, "more") if more.mean >= 0 else (-1, "less")
    low, high = sorted((sign * more.ci_low, sign * more.ci_high))
    unit = METRICS[found.goal.cost].unit_text
    mean, interval = _amount(sign * more.mean, unit), f"{_amount(low, unit)} to {_amount(high, unit)}"
    which = "which meets the levels too" if given.meets else "which does not meet the levels"
    return f"It costs {mean} {word} ({interval}) than the scenario as given, {which}."


def _amount(value: float, unit: str) -> str:
    return money(value) if unit == "USD" else f"{value:,.4g} {unit}"


def refusals_text(found: Optimum) -> str:
    """How many designs cannot be, and why the most frequent ones; empty: all can."""
    if not found.refusals:
        return ""
    count = sum(len(ones) for ones in found.refusals.values())
    most = next(iter(found.refusals.values()))
    kinds = f"; {len(most)} of them such" if len(found.refusals) > 1 else ", such"
    return f"{count} of {len(found.trials)} trials cannot be{kinds} as: {most[0]}"
