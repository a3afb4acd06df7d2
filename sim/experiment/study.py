"""A study: replicates of one or more strategies under common random numbers, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.description import facts
from sim.description.warnings import warnings_of_strategies
from sim.economics import discount_rate
from sim.errors import InputError
from sim.experiment import statistics
from sim.experiment.accounts import accounts_text
from sim.experiment.chances import Chances
from sim.experiment.decision import decision_texts
from sim.experiment.envelope import Envelope
from sim.experiment.losses import by_cause, in_a_year
from sim.experiment.over_beliefs import OverBeliefs, beliefs_text
from sim.experiment.pairs import Pair, ReplicatesNeeded
from sim.experiment.quantile_tables import quantiles_text
from sim.experiment.quantiles import quantiles_json, service_level_json
from sim.experiment.replicated import Replicated
from sim.experiment.selection import Selection
from sim.experiment.spending import Spending, spending_text
from sim.experiment.statistics import Difference, Estimate
from sim.experiment.table import WIDTH, losses, table
from sim.experiment.verdict import Verdict, verdicts
from sim.metrics import METRICS, metric_named, waterfall

Floats = NDArray[np.float64]

SCHEMA_VERSION = 1
VARIANCE_METRIC = "compute_availability"
"""The metric whose variance reduction is reported."""


@dataclass(frozen=True, eq=False, repr=False)
class Study(Replicated):
    """Replicates of strategies in one scenario under common random numbers, and what follows from them."""

    selection: Selection | None = None
    """The strategy that was selected, if that was asked for: only then strategies differ in their replicates."""
    over_beliefs: OverBeliefs | None = field(default=None, repr=False)
    """The same under draws of beliefs; none: there are none, and no interval says what beliefs leave open."""

    @cached_property
    def warnings(self) -> list[str]:
        """What the scenario allows but its author may not intend: as in `describe`, and of each strategy."""
        said = facts(self.scenario, self.environment)
        found: list[str] = list(said["warnings"])
        if self.scenario.campus is not None:
            return found
        sent = [[self.values(s, name).mean() for name in ("satellites_launched", "launches")] for s in self.strategies]
        room = said["launch"]["satellites_per_flight"]
        found += warnings_of_strategies(self.scenario, room, dict(zip(self.strategies, sent, strict=True)))
        return list(dict.fromkeys(found))

    def select(self, *strategies: str) -> Study:
        """The study of some of its strategies: the best one, say, if another were not to be had."""
        samples = {strategy: self._sample(strategy) for strategy in strategies}
        if not samples:
            raise InputError("select needs the name of a strategy")
        rows = [self.strategies.index(strategy) for strategy in samples]
        causes, took = self.losses
        return replace(
            self,
            strategies=tuple(samples),
            samples=samples,
            series={name: values[rows] for name, values in self.series.items()},
            losses_by_cause=(causes, took[rows]),
            selection=None,
            over_beliefs=self.over_beliefs and self.over_beliefs.select(list(samples)),
        )

    def metrics(self, strategy: str) -> dict[str, Estimate]:
        """The mean of every metric of a strategy."""
        sample, drawn = self._sample(strategy), self.over_beliefs
        found = {name: sample.estimate(name) for name in METRICS}
        return {name: drawn.with_total(e, strategy, sample, name) for name, e in found.items()} if drawn else found

    def causes(self, strategy: str) -> dict[str, dict[str, Estimate]]:
        """Plain means over the mission of the losses by cause (`sim.metrics.LossByCause`): no control sharpens them.

        By name, those that took most GPUs and interrupted most first; causes that never occurred are left out.
        """
        return by_cause(*self._tolls_of(strategy))

    def differences(self) -> dict[str, dict[str, Difference]]:
        """For every metric the mean paired difference of every two strategies, named "a - b"."""
        return {name: {f"{a} - {b}": self._difference(name, a, b) for a, b in self._pairs} for name in METRICS}

    def _difference(self, metric: str, a: str, b: str) -> Difference:
        pair, drawn = self._pairs[a, b], self.over_beliefs
        found = pair.difference(metric)
        return drawn.difference_with_total(found, {a: pair.a, b: pair.b}, (a, b), metric) if drawn else found

    def verdicts(self) -> list[Verdict]:
        """Which strategy is best, by each metric that has a verdict; the last one is that of the study."""
        return verdicts({strategy: self.metrics(strategy) for strategy in self.strategies}, self.differences())

    def ranking(self) -> dict[str, list[dict[str, Any]]]:
        """For every metric in what share of the replicates each strategy is best: `[{"strategy", "p_best"}]`.

        Most often first.  Often best is not best in the mean: `verdicts` follow the means.
        """
        return {
            name: statistics.ranking({s: self._in_common(s, name) for s in self.strategies}, metric.better)
            for name, metric in METRICS.items()
        }

    @cached_property
    def best_over_beliefs(self) -> dict[str, list[dict[str, Any]]]:
        """By deciding metric in what share of the draws of beliefs each strategy has the best mean; empty: no draws."""
        means = {strategy: self.metrics(strategy) for strategy in self.strategies}
        return self.over_beliefs.best(self.samples, means, self.seed) if self.over_beliefs else {}

    def envelope(self) -> Envelope | None:
        """Which strategy has the lowest net cost at which value of a GPU-hour; none: nobody computes anything."""
        if not self.scenario.workload.uses_gpus:
            return None
        return Envelope.of(
            *(
                {s: self._in_common(s, name) for s in self.strategies}
                for name in ("total_cost_usd", "discounted_served_gpu_hours")
            )
        )

    def variance_reduction(self) -> dict[str, dict[str, Any]]:
        """For every two strategies, what pairing and controls gained in the difference of `VARIANCE_METRIC`."""
        return {f"{a} - {b}": pair.variance_reduction(VARIANCE_METRIC) for (a, b), pair in self._pairs.items()}

    def replicates_for_decision(
        self, a: str, b: str, metric: str | None = None, difference: float | None = None
    ) -> ReplicatesNeeded:
        """How many replicates would tell two strategies apart, with and without pairing and controls.

        `metric`: by default that of the study's verdict.  `difference`: the true one, by default as large as seen.
        """
        metric = metric_named(metric or self.verdicts()[-1].metric).name
        return Pair.of(self._sample(a), self._sample(b)).replicates_needed(metric, difference)

    def __repr__(self) -> str:
        count = f"{self.replicates} replicate{'s' if self.replicates > 1 else ''}"
        return f"<Study of {self.scenario.title}: {', '.join(self.strategies)}; {count}, seed {self.seed}>"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.table())}</pre>"

    def table(self, width: int = WIDTH, *, quantiles: bool = False) -> str:
        """The study in words and numbers, for people, in lines of at most `width` characters (and at most 110).

        `quantiles`: with what single histories do, and the service level that is kept with some probability.
        """
        few, many = self.common_replicates, self.replicates
        count = f"{many} replicate{'s' if many > 1 else ''}" if few == many else f"{few} to {many} replicates"
        each = " of each strategy" if len(self.strategies) > 1 else ""
        years = self.scenario.mission.years
        span = "1 year" if years == 1 else f"{years:g} years"
        text = table(
            f"{self.scenario.title}: {span}, {count}{each}, seed {self.seed}",
            {strategy: self.metrics(strategy) for strategy in self.strategies},
            self.differences(),
            self.ranking(),
            self.replicates,
            width,
            (self.scenario.service, self.envelope()),
            accounts=(
                accounts_text(self.waterfall_shares(), self.samples, self.environment, width),
                spending_text(self.spending, width),
                beliefs_text(self.over_beliefs, self.metrics, self.best_over_beliefs, width),
                quantiles_text(self.samples, self.scenario.service.sla_capacity_fraction, width) if quantiles else "",
            ),
            decision=[*self.decision_texts(), *self._over_beliefs_text()],
            on_ground=self.scenario.campus is not None,
            rate_per_year=discount_rate(self.scenario),
            currency_year=self.scenario.economics.currency_year,
        )
        # One block is read, one for each of several strategies is not: theirs is the picture, and the JSON.
        if len(self.strategies) > 1:
            return text
        return f"{text}\n\n{losses(self.yearly_losses(self.strategies[0]), self.dose(), width)}"

    def _over_beliefs_text(self) -> list[str]:
        """How often the best strategy is so over draws: a sentence beside the verdict, which is by luck alone."""
        said = self.over_beliefs.verdict(self.best_over_beliefs) if self.over_beliefs else ""
        return [said] if said else []

    def to_json(self) -> dict[str, Any]:
        """The output of `run` for one strategy, of `compare` for several."""
        return self.to_json_run() if len(self.strategies) == 1 else self.to_json_compare()

    def to_json_run(self) -> dict[str, Any]:
        """The output of `orbitfleet run --json`: numbers finite or `None`."""
        strategy = self.strategies[0]
        head = self._json_head()
        return {
            "schema_version": head.pop("schema_version"),
            "scenario": head.pop("scenario"),
            "strategy": strategy,
            **head,
            "metrics": {name: estimate.to_json() for name, estimate in self.metrics(strategy).items()},
            "waterfall": self.waterfall(strategy),
            "quantiles": quantiles_json(self.samples[strategy]),
            "service_level": service_level_json(self.samples[strategy]),
            "spending": self.spending[strategy].to_json(),
            "causes": self._json_causes(strategy),
            "dose": self.dose(),
        }

    def to_json_compare(self) -> dict[str, Any]:
        """The output of `orbitfleet compare --json`: numbers finite or `None`."""
        final, value = next(reversed(self.verdicts()), None), self.scenario.service.value_usd_per_gpu_hour
        needed = (
            {f"{a} - {b}": one.replicates_needed(final.metric) for (a, b), one in self._pairs.items()} if final else {}
        )
        over_beliefs: dict[str, Any] = {}
        if drawn := self.over_beliefs:
            shares = self.best_over_beliefs
            over_beliefs = {"p_best_over_beliefs": shares, "verdict_over_beliefs": drawn.verdict(shares)}
        return {
            **self._json_head(),
            "strategies": {
                strategy: {name: estimate.to_json() for name, estimate in self.metrics(strategy).items()}
                for strategy in self.strategies
            },
            "differences": {
                name: {pair: estimate.to_json() for pair, estimate in pairs.items()}
                for name, pairs in self.differences().items()
            },
            "ranking": self.ranking(),
            **over_beliefs,
            "envelope": best.to_json() if (best := self.envelope()) else None,
            "best_by_value": chances.to_json(value, best.flips) if best and (chances := self.chances) else None,
            "selection": self.selection.to_json() if self.selection else None,
            "quantiles": {strategy: quantiles_json(sample) for strategy, sample in self.samples.items()},
            "service_level": {strategy: service_level_json(sample) for strategy, sample in self.samples.items()},
            "verdict": final.text if final else "",
            "no_difference": list(final.no_difference) if final else [],
            "variance_reduction": self.variance_reduction(),
            "replicates_needed": {name: one.to_json() for name, one in needed.items()},
            "waterfall": {strategy: self.waterfall(strategy) for strategy in self.strategies},
            "spending": {strategy: spent.to_json() for strategy, spent in self.spending.items()},
            "causes": {strategy: self._json_causes(strategy) for strategy in self.strategies},
            "dose": self.dose(),
        }

    def decision_texts(self) -> list[str]:
        """How sure a comparison is of its verdicts: sentences for the table and the page."""
        if len(self.strategies) < 2:
            return []
        worth = (self.chances, self.scenario.service.value_usd_per_gpu_hour) if self.chances else None
        return decision_texts(self._pairs, self.verdicts(), worth, self.selection)

    @cached_property
    def spending(self) -> dict[str, Spending]:
        """What the money of each strategy went for, by kind and year, means over replicates as they are."""
        return {
            strategy: Spending.of(
                self.scenario,
                (self.result(strategy, replicate) for replicate in range(len(self.samples[strategy]))),
                float(self.values(strategy, "discounted_useful_gpu_hours").mean()),
            )
            for strategy in self.strategies
        }

    def waterfall(self, strategy: str) -> dict[str, float]:
        """Where the GPU-hours went, by class (`sim.metrics.CLASSES`), means over replicates as they are."""
        return waterfall({name: one.raw_mean or 0.0 for name, one in self.metrics(strategy).items()})

    def waterfall_shares(self) -> dict[str, dict[str, float]]:
        """The same by strategy, as shares of what the planned GPUs could do over the mission."""
        all_ = self.environment.planned_gpu_hours
        return {s: {name: hours / all_ for name, hours in self.waterfall(s).items()} for s in self.strategies}

    def _json_causes(self, strategy: str) -> dict[str, Any]:
        causes = self.causes(strategy).items()
        return {cause: {loss: estimate.to_json() for loss, estimate in took.items()} for cause, took in causes}

    def yearly_losses(self, strategy: str) -> dict[str, dict[str, Estimate]]:
        """What each cause took of a strategy in a year, the smallest of many causes together."""
        return in_a_year(*self._tolls_of(strategy), self.scenario.mission.years)

    def _json_head(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario.name,
            "seed": self.seed,
            "replicates": self.replicates,
            "out": str(self.folder) if self.folder else None,
            "warnings": self.warnings,
            "provenance": dict(self.provenance),
            **({"beliefs": self.over_beliefs.to_json()} if self.over_beliefs else {}),
        }

    @cached_property
    def _pairs(self) -> dict[tuple[str, str], Pair]:
        """Every two strategies, in the order given."""
        return {(a, b): Pair.of(self.samples[a], self.samples[b]) for a, b in combinations(self.strategies, 2)}

    @cached_property
    def chances(self) -> Chances | None:
        """How likely each strategy is to have the lowest net cost; none: nobody computes anything."""
        best = self.envelope()
        return Chances.of(best) if best else None
