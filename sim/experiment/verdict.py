"""Which strategy is best, by means and the intervals of paired differences, and which cannot be told apart from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.experiment.grid import list_of
from sim.experiment.statistics import Difference, Estimate
from sim.metrics import METRICS
from sim.text import digits

SUBJECTS = {
    "compute_availability": ("Highest compute availability", 100.0, " %"),
    "cost_per_useful_gpu_hour_usd": ("Cheapest useful GPU-hour", 1.0, " USD"),
    "net_cost_usd": ("Lowest net cost at equal service", 1e-6, " million USD"),
}
"""Metrics that have a verdict: what the best strategy has, factor to the unit shown, and that unit.

The last one that is defined decides: cost per hour ignores the hours that are not delivered, so net cost is asked where
there are jobs.
"""


@dataclass(frozen=True)
class Verdict:
    """The best strategy in one metric."""

    metric: str
    best: str
    """The strategy with the best mean of those that no other one is shown to better."""
    alike: tuple[str, ...]
    """Strategies that cannot be told apart from it: the 95 % interval of the difference holds 0, or there is none."""
    no_difference: tuple[str, ...]
    """All pairs "a - b" whose 95 % interval holds 0."""
    text: str
    """One sentence."""


def verdicts(
    strategies: Mapping[str, Mapping[str, Estimate]], differences: Mapping[str, Mapping[str, Difference]]
) -> list[Verdict]:
    """The verdict of each of `SUBJECTS` that some strategy has a value of; the last is that of the study.

    `strategies`: estimates by strategy and metric.  `differences`: by metric and pair, named "a - b".
    """
    found = [
        _verdict(metric, {name: estimates[metric] for name, estimates in strategies.items()}, differences[metric])
        for metric in SUBJECTS
    ]
    return [verdict for verdict in found if verdict is not None]


def reversed_difference(e: Difference) -> Difference:
    """The difference b - a, of that of a - b."""

    def negative(value: float | None) -> float | None:
        return None if value is None else 0.0 - value  # not -value: no difference is +0

    return Difference(
        negative(e.mean),
        negative(e.ci_high),
        negative(e.ci_low),
        negative(e.raw_mean),
        negative(e.raw_ci_high),
        negative(e.raw_ci_low),
        e.n,
        e.unit,
        None if e.p_positive is None else 1 - e.p_positive,
        adjusted=e.adjusted,
    )


def _verdict(metric: str, estimates: Mapping[str, Estimate], differences: Mapping[str, Difference]) -> Verdict | None:
    means = {name: e.mean for name, e in estimates.items() if e.mean is not None}
    if not means:
        return None
    sign = 1.0 if METRICS[metric].better == "higher" else -1.0

    def of(a: str, b: str) -> Difference:
        """The difference a - b."""
        return (
            differences[f"{a} - {b}"] if f"{a} - {b}" in differences else reversed_difference(differences[f"{b} - {a}"])
        )

    def shown_better(a: str, b: str) -> bool:
        low, high = of(a, b).ci_low, of(a, b).ci_high
        return low is not None and high is not None and min(sign * low, sign * high) > 0

    unbeaten = [name for name in means if not any(shown_better(other, name) for other in means if other != name)]
    best = max(unbeaten or means, key=lambda name: sign * means[name])
    alike = tuple(name for name in means if name != best and not shown_better(best, name))
    no_difference = tuple(pair for pair, e in differences.items() if _holds_0(e))
    identical = tuple(name for name in alike if _is_0(of(best, name)))
    text = _sentence(metric, best, alike, identical, estimates[best], len(means) - 1)
    undefined = [name for name in estimates if name not in means]
    if undefined:
        text += f"  Undefined for {list_of(undefined)}."
    return Verdict(metric, best, alike, no_difference, text)


def _sentence(
    metric: str, best: str, alike: tuple[str, ...], identical: tuple[str, ...], estimate: Estimate, others: int
) -> str:
    """The verdict in words: the best one, and which of the others cannot be told apart from it."""
    subject, factor, unit = SUBJECTS[metric]
    assert estimate.mean is not None
    text = f"{subject}: {best}, {digits(estimate.mean * factor)}{unit}"
    if not others:
        return f"{text}."
    if estimate.n == 1:
        return f"{text}, in one replicate, which tells nothing apart."
    if identical == alike != ():
        rest = "" if len(alike) == others else "; each other one is worse with 95 % confidence"
        return f"{text}, and {list_of(alike)} the same in every replicate{rest}."
    if alike:
        return f"{text}, but {list_of(alike)} cannot be told apart from it with 95 % confidence."
    return f"{text}; {'the other is' if others == 1 else 'each other one is'} worse with 95 % confidence."


def _is_0(e: Difference) -> bool:
    return e.raw_mean == e.raw_ci_low == e.raw_ci_high == 0


def _holds_0(e: Difference) -> bool:
    return e.ci_low is not None and e.ci_high is not None and e.ci_low <= 0 <= e.ci_high
