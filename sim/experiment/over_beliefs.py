"""What a study says where its figures are only believed: total intervals and the best strategy over draws, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.experiment.beliefs import Draw
from sim.experiment.grid import Grid, decimals, list_of
from sim.experiment.sample import QUANTITIES, Sample
from sim.experiment.statistics import Difference, Estimate, Ratio
from sim.experiment.table import aligned, wrapped
from sim.experiment.total import Layout, Repeated, best_over_beliefs, coverage, total_interval
from sim.experiment.verdict import SUBJECTS
from sim.metrics import METRICS
from sim.scenario.beliefs import Beliefs
from sim.streams import Streams
from sim.text import many

Floats = NDArray[np.float64]
AnyEstimate = TypeVar("AnyEstimate", bound=Estimate)

DECIDING = (*SUBJECTS, "total_cost_usd")
"""Metrics of which it is said how often each strategy is best over the draws."""
_HEADS = {
    "compute_availability": "compute availability, %",
    "cost_per_useful_gpu_hour_usd": "USD per useful GPU-hour",
    "net_cost_usd": "net cost, million USD",
}
"""What stands over the names of strategies, in the unit of the metric's verdict."""
BESIDE = ("95 % by luck and beliefs", "median of draws", "best in % of draws")
"""Columns beside a mean and its Monte Carlo interval."""
NAMED = 6
"""Figures drawn that are named one by one; more are counted by section."""
HOW_TO_DRAW = (
    "The intervals are of luck alone. Figures of the scenario are only believed to lie in ranges: run and compare with "
    "--draws 40 add what those leave open to every interval, and how often each strategy is best; the command is below."
)


@dataclass(frozen=True, eq=False)
class OverBeliefs:
    """Replicates of a study's strategies under draws of its figures."""

    beliefs: Beliefs
    draws: tuple[Draw, ...]
    metrics: Mapping[str, Floats]
    """By strategy, shape (draws, replicates, metrics), in the order of `METRICS`, NaN where undefined."""
    prices_only: bool
    """Whether runs were priced anew, not run anew."""

    @property
    def replicates(self) -> int:
        """Of each strategy under each draw."""
        return int(next(iter(self.metrics.values())).shape[1])

    def select(self, strategies: Sequence[str]) -> OverBeliefs:
        """Those of some strategies."""
        return replace(self, metrics={strategy: self.metrics[strategy] for strategy in strategies})

    def repeated(self, strategy: str, sample: Sample, metric: str) -> Repeated:
        """A metric of a strategy, of which `sample` are the replicates at the scenario's own figures."""
        parts = METRICS[metric].ratio_of
        if parts is None:
            return Repeated(sample.values(metric), self.values(strategy, metric))
        own = sample.ratio(metric)
        assert own is not None
        return Repeated(own, Ratio(self.values(strategy, parts[0]), self.values(strategy, parts[1])))

    def with_total(self, e: Estimate, strategy: str, sample: Sample, metric: str) -> Estimate:
        """A mean with its total interval."""
        return _with_total(e, self.repeated(strategy, sample, metric).layout, metric)

    def difference_with_total(
        self, e: Difference, samples: Mapping[str, Sample], pair: tuple[str, str], metric: str
    ) -> Difference:
        """The difference of two strategies, under the same draws, with its total interval."""
        first, second = (self.repeated(name, samples[name], metric) for name in pair)
        return _with_total(e, first.less(second), metric, of_difference=True)

    def best(
        self, samples: Mapping[str, Sample], means: Mapping[str, Mapping[str, Estimate]], seed: int
    ) -> dict[str, list[dict[str, Any]]]:
        """By metric in what share of the draws each strategy is best; `means`: estimates by strategy and metric."""
        return {
            metric: best_over_beliefs(
                {s: means[s][metric].mean for s in samples},
                {s: self.repeated(s, sample, metric) for s, sample in samples.items()},
                METRICS[metric].better,
                Streams(seed, 0).of("bootstrap over beliefs", list(METRICS).index(metric)),
            )
            for metric in DECIDING
        }

    def to_json(self) -> dict[str, Any]:
        """Draws, what was drawn, and what was not, as in the output of `compare`."""
        return {
            "draws": len(self.draws),
            "replicates_per_draw": self.replicates,
            "drawn_anew": self.drawn_anew,
            "coverage": coverage(len(self.draws)),
            "prices_only": self.prices_only,
            **self.beliefs.to_json(),
        }

    @property
    def drawn_anew(self) -> int:
        """Draws whose figures did not fit together, which others took the place of."""
        return sum(draw.tries - 1 for draw in self.draws)

    @property
    def line(self) -> str:
        """How many draws of what."""
        inputs = self.beliefs.drawn
        if len(inputs) <= NAMED:
            what = list_of([one.path for one in inputs])
        else:
            sections = Counter(one.path.partition(".")[0] for one in inputs)
            what = f"{len(inputs)} figures ({', '.join(f'{name} {count}' for name, count in sections.most_common())})"
        how = "the same runs, priced anew" if self.prices_only else f"{many(self.replicates, 'replicate')} each"
        text = f"Beliefs: {many(len(self.draws), 'draw')} of {what} from the ranges of their sources, {how}"
        if self.drawn_anew:
            text += f"; {self.drawn_anew} more did not fit together and were drawn anew"
        share = coverage(len(self.draws))
        few = "" if share >= 0.95 else f"  The range of so few draws holds {100 * share:.0f} % of what is believed."
        return f"{text}.{few}"

    def grids(
        self, means: Mapping[str, Mapping[str, Estimate]], best: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> list[Grid]:
        """For each metric that has a verdict, both intervals side by side, and how often each strategy is best."""
        grids = []
        for metric, (_, factor, _) in SUBJECTS.items():
            if all(estimates[metric].mean is None for estimates in means.values()):
                continue
            shares = {row["strategy"]: row for row in best[metric]}
            several = len(means) > 1
            rows = []
            for name, estimates in means.items():
                mean, *others = _intervals(estimates[metric], factor)
                rows.append((name, mean, *others, *([_share(shares[name])] if several else [])))
            heads = (_HEADS[metric], "mean", "95 % by luck", *BESIDE)
            grids.append(Grid(heads if several else heads[:-1], tuple(rows)))
        return grids

    def beside(self, e: Estimate, factor: float, share: Mapping[str, Any]) -> tuple[str, ...]:
        """What stands under `BESIDE` of a strategy: of its estimate, and of how often it is best."""
        return (*_intervals(e, factor)[2:], _share(share))

    def verdict(self, best: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
        """How often the strategy that is most often best is so, by the metric that decides."""
        for metric in reversed(SUBJECTS):
            rows = best[metric]
            if len(rows) > 1 and rows[0]["p_best"] is not None:
                first = rows[0]
                low, high = 100 * first["ci_low"], 100 * first["ci_high"]
                alike = [row["strategy"] for row in rows if row["p_best"] == first["p_best"]]
                who, each = list_of(alike), " each" if len(alike) > 1 else ""
                return (
                    f"{SUBJECTS[metric][0]} over beliefs: {who} in {100 * first['p_best']:.0f} % of the draws{each} "
                    f"({low:.0f} to {high:.0f} %)."
                )
        return ""

    def values(self, strategy: str, metric: str) -> Floats:
        """One metric of each replicate under each draw, shape (draws, replicates)."""
        return np.ascontiguousarray(self.metrics[strategy][..., list(METRICS).index(metric)])


def _with_total(e: AnyEstimate, layout: Layout, metric: str, *, of_difference: bool = False) -> AnyEstimate:
    """The estimate with its total interval, where it has one."""
    quantity = QUANTITIES[metric].of_differences() if of_difference else QUANTITIES[metric]
    ends = total_interval(e, layout, quantity)
    return e if ends is None else replace(e, total_low=ends.low, total_median=ends.median, total_high=ends.high)


def _intervals(e: Estimate, factor: float) -> tuple[str, str, str, str]:
    """Mean, Monte Carlo and total interval, and the draws' median, to the digits that the narrower gives meaning to."""
    if e.mean is None:
        return "undefined", "-", "-", "-"
    ends = [(e.ci_low, e.ci_high), (e.total_low, e.total_high)]
    known = [(low * factor, high * factor) for low, high in ends if low is not None and high is not None]
    widths = [high - low for low, high in known if high > low]
    places = decimals(0.5 * min(widths), 2) if widths else decimals(e.mean * factor, 4)

    def shown(value: float) -> str:
        return f"{value * factor:,.{places}f}"

    luck, total = ("-" if low is None or high is None else f"[{shown(low)}, {shown(high)}]" for low, high in ends)
    return shown(e.mean), luck, total, "-" if e.total_median is None else shown(e.total_median)


def _share(row: Mapping[str, Any]) -> str:
    if row["p_best"] is None:
        return "-"
    return f"{100 * row['p_best']:.0f} [{100 * row['ci_low']:.0f}, {100 * row['ci_high']:.0f}]"


def beliefs_text(
    drawn: OverBeliefs | None,
    metrics: Callable[[str], Mapping[str, Estimate]],
    best: Mapping[str, Sequence[Mapping[str, Any]]],
    width: int,
) -> str:
    """Both intervals of every metric that has a verdict, of what they are, and the best over beliefs; empty: no draws.

    `metrics`: the estimates of a strategy.
    """
    if drawn is None:
        return ""
    lines = wrapped(drawn.line, width)
    for grid in drawn.grids({strategy: metrics(strategy) for strategy in drawn.metrics}, best):
        lines += ["", *aligned(grid.text, width)]
    verdict = drawn.verdict(best)
    return "\n".join([*lines, *(["", *wrapped(verdict, width)] if verdict else [])])
