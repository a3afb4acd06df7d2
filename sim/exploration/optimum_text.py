"""An optimum as JSON and as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.experiment.controls import no_controls
from sim.experiment.grid import Cell, Grid, cell
from sim.experiment.sample import QUANTITIES, Sample
from sim.experiment.statistics import Difference, difference
from sim.exploration.optimum import Look, Optimum
from sim.exploration.search_space import Refusal, Sla, Variable
from sim.metrics import METRICS

_MORE = ("cost_per_useful_gpu_hour_usd", "compute_availability", "satellites_launched")
"""Metrics told of every design beside those of the goal."""
_MILLION = 1e6


def optimum_json(found: Optimum) -> dict[str, Any]:
    """As in the output of `optimise`."""
    goal, effort = found.goal, found.effort
    winner = found.winner
    told = list(dict.fromkeys([*goal.metrics, *_MORE]))
    refused = {kind: {"count": len(ones), "example": str(ones[0])} for kind, ones in found.refusals.items()}
    given = found.as_given
    return {
        "cost": goal.cost,
        "output": goal.output,
        "sla": [sla.to_json() for sla in goal.slas],
        "variables": [one.to_json() for one in found.variables],
        "trials": len(found.trials),
        "designs": found.designs,
        "infeasible": {"count": sum(one["count"] for one in refused.values()), "reasons": refused},
        "search_replicates": len(effort.search),
        "replicates": len(effort.fresh),
        "pareto": [_look_json(look, told) for look in found.pareto],
        "dominated": [_look_json(look, told) for look in found.looks if look not in found.pareto],
        "winner": None if winner is None else _look_json(winner, told),
        "looks": [
            {"parameters": dict(look.candidate.values), "strategy": look.candidate.strategy, "meets": look.meets}
            for look in found.looks
            if goal.slas
        ],
        "saving": None if (saved := saving(found)) is None else saved.to_json(),
        "as_given": {"strategy": found.own.strategy, "problem": str(given), "metrics": None}
        if isinstance(given, Refusal)
        else {"strategy": found.own.strategy, "problem": None, "metrics": _metrics_json(given, told)},
        "verdict": verdict(found),
    }


def _look_json(look: Look, told: Sequence[str]) -> dict[str, Any]:
    levels = {} if look.tail is None else {"meets": look.meets, "confidence": 1 - look.tail}
    return {
        "strategy": look.candidate.strategy,
        "parameters": dict(look.candidate.values),
        "set": look.candidate.settings,
        **levels,
        "metrics": _metrics_json(look.sample, told),
        "search_means": {name: look.tried.estimate(name).raw_mean for name in told},
    }


def _metrics_json(sample: Sample, told: Sequence[str]) -> dict[str, Any]:
    return {name: sample.estimate(name).to_json() for name in told}


def saving(found: Optimum) -> Difference | None:
    """What the winner costs less than the scenario as given, paired; none where there is nothing to compare."""
    winner, given = found.winner, found.as_given
    if winner is None or isinstance(given, Refusal) or METRICS[found.goal.cost].ratio_of:
        return None
    cost = found.goal.cost
    controls = no_controls(len(given))
    return difference(given.values(cost), winner.sample.values(cost), controls, QUANTITIES[cost])


def verdict(found: Optimum) -> str:
    """What was found, in a sentence or two."""
    goal, again = found.goal, len(found.effort.fresh)
    tried = f"of {found.designs:,} designs tried"
    if not goal.slas:
        count = len(found.pareto)
        some = "one design is" if count == 1 else f"{count} designs are"
        lost = len(found.looks) - count
        fell = f"; {lost} more looked so in the search, and not on fresh replicates" if lost else ""
        return f"{some} not beaten in both {goal.cost} and {goal.output}, {tried}{fell}."
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
    values = ", ".join(f"{path}={_short(value)}" for path, value in look.candidate.values.items())
    return f"{look.candidate.strategy} with {values}" if values else look.candidate.strategy


def _bound_text(sla: Sla, look: Look) -> str:
    assert look.tail is not None
    side = "lower" if sla.at_least or sla.share is not None else "upper"
    what = sla.metric if sla.share is None else "share of missions"
    return f"{side} bound of {what} {sla.bound(look.sample, look.tail):.4g} at {1 - look.tail:.5g} confidence"


def labels(variables: Sequence[Variable]) -> dict[str, str]:
    """A short name of each variable by path: the last parts of it that no other shares."""
    found = {}
    for one in variables:
        parts = one.path.split(".")
        others = [other.path for other in variables if other.path != one.path]
        size = 1
        while size < len(parts) and any(f".{other}".endswith(f".{'.'.join(parts[-size:])}") for other in others):
            size += 1
        found[one.path] = ".".join(parts[-size:])
    return found


def optimum_grid(found: Optimum) -> Grid:
    """The designs that were looked at again and are on the front, or all of them where there are service levels."""
    names = labels(found.variables)
    metrics = [*found.goal.metrics, *(m for m in _MORE[:1] if m not in found.goal.metrics)]
    heads = ("strategy", *names.values(), *metrics, *(["meets"] if found.goal.slas else []))
    looks = list(found.looks) if found.goal.slas else found.pareto
    rows: list[tuple[str | Cell, ...]] = []
    for look in looks:
        values = [_short(look.candidate.values[path]) if path in look.candidate.values else "-" for path in names]
        met = ["yes" if look.meets else "no"] if found.goal.slas else []
        rows.append((look.candidate.strategy, *values, *_cells(look.sample, metrics), *met))
    if isinstance(found.as_given, Sample):
        own = [""] * len(names)
        met = ["-"] if found.goal.slas else []
        rows.append((f"as given: {found.own.strategy}", *own, *_cells(found.as_given, metrics), *met))
    return Grid(heads, tuple(rows))


def _cells(sample: Sample, metrics: Sequence[str]) -> list[Cell]:
    return [_cell(sample, name) for name in metrics]


def _cell(sample: Sample, name: str) -> Cell:
    metric, estimate = METRICS[name], sample.estimate(name)
    big = estimate.mean is not None and abs(estimate.mean) >= _MILLION
    unit = "" if metric.unit == "1" else f" {'M' if big and metric.unit == 'USD' else ''}{metric.unit}"
    if big and metric.unit != "USD":
        unit = f" M {metric.unit}"
    return cell(estimate, 1 / _MILLION if big else 1.0, unit)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def refusals_text(found: Optimum) -> str:
    """How many designs cannot be, and why the most frequent ones; empty: all can."""
    if not found.refusals:
        return ""
    count = sum(len(ones) for ones in found.refusals.values())
    most = next(iter(found.refusals.values()))
    return f"{count} of {len(found.trials)} trials cannot be; {len(most)} of them such as: {most[0]}"
