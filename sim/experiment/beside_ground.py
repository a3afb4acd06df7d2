"""A fleet beside its ground twin: the same chips and the same work, the same replicates, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import Any

from sim.events import ARRIVALS
from sim.experiment import statistics
from sim.experiment.comparison import run
from sim.experiment.controls import no_controls
from sim.experiment.grid import Grid, Row, cell
from sim.experiment.sample import QUANTITIES
from sim.experiment.statistics import Difference, Estimate, Quantity, Ratio
from sim.experiment.study import Study
from sim.experiment.tasks import Progress
from sim.metrics import METRICS
from sim.scenario.models import Scenario
from sim.scenario.twin import ground_twin

_SHOWN = (
    ("compute_availability", "compute availability", 100.0, " %"),
    ("useful_gpu_hours", "useful GPU-hours, million", 1e-6, ""),
    ("total_cost_usd", "total cost, million USD", 1e-6, ""),
    ("cost_per_useful_gpu_hour_usd", "USD per useful GPU-hour", 1.0, ""),
    ("net_present_value_usd", "net present value, million USD", 1e-6, ""),
    ("carbon_kg_per_useful_gpu_hour", "kg of CO2 per useful GPU-hour", 1.0, ""),
)


_RATIO = Quantity("1", -inf)
UNLIKE = 2.0
"""Times as much useful work from which two do not do the same."""


@dataclass(frozen=True)
class BesideGround:
    """Two studies of one seed, replicate by replicate under the same failures of the same chips."""

    orbit: Study
    ground: Study

    @property
    def ratio(self) -> Estimate:
        """Levelised cost of a useful GPU-hour in orbit over that on the ground."""
        orbit, ground = (_levelised(study) for study in (self.orbit, self.ground))
        none, above, below = no_controls(self.orbit.replicates), orbit.of_means, ground.of_means
        if above is None or not below:
            return statistics.estimate(orbit.numerator * nan, none, _RATIO)
        # In first order A / B moves as (A - A0) / B0 - (A0 / B0) (B - B0) / B0: a difference of ratios, scaled.
        first, second = _scaled(orbit, 1 / below), _scaled(ground, above / below**2)
        return _shifted(statistics.difference_of_ratios(first, second, none, _RATIO), above / below)

    def difference(self, metric: str) -> Difference:
        """Orbit less ground, paired."""
        first, second = (study.samples[study.strategies[0]] for study in (self.orbit, self.ground))
        above, below = first.ratio(metric), second.ratio(metric)
        none = no_controls(self.orbit.replicates)
        if above and below:
            return statistics.difference_of_ratios(above, below, none, QUANTITIES[metric])
        return statistics.difference(first.values(metric), second.values(metric), none, QUANTITIES[metric])

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the campus does not follow of the fleet's work."""
        campus = self.ground.scenario.campus
        return campus.stands_for.left_out if campus and campus.stands_for else ()

    def grid(self) -> Grid:
        """The figures side by side."""
        orbit, ground = (study.metrics(study.strategies[0]) for study in (self.orbit, self.ground))
        rows: list[Row] = [
            (
                heading,
                cell(orbit[metric], factor, unit),
                cell(ground[metric], factor, unit),
                cell(self.difference(metric), factor, " points" if unit else "", "+"),
            )
            for metric, heading, factor, unit in _SHOWN
        ]
        return Grid(("the same chips and work", "orbit", "ground", "orbit - ground"), tuple(rows))

    def verdict(self) -> str:
        """One sentence, and another where the two did not do the same work."""
        hours = {
            place: float(study.values(study.strategies[0], "useful_gpu_hours").mean())
            for place, study in (("in orbit", self.orbit), ("on the ground", self.ground))
        }
        if idle := [place for place, useful in hours.items() if useful == 0]:
            return f"Nothing useful was done {' or '.join(idle)}: nothing can be compared."
        found = self.ratio
        if found.mean is None:
            return "A useful GPU-hour costs nothing on the ground: there is no ratio."
        interval = "" if found.ci_low is None else f" [{found.ci_low:.3g}, {found.ci_high:.3g}]"
        cheaper = found.ci_high is not None and found.ci_high < 1
        dearer = found.ci_low is not None and found.ci_low > 1
        unknown = "one replicate gives no interval" if found.n == 1 else "which is cheaper cannot be told"
        which = "orbit is cheaper" if cheaper else "the ground is cheaper" if dearer else unknown
        text = f"A useful GPU-hour costs {found.mean:.3g}{interval} times as much in orbit as on the ground: {which}."
        more = hours["on the ground"] / hours["in orbit"]
        if not 1 / UNLIKE < more < UNLIKE:
            text += f" But the ground did {more:.3g} times the useful work: it is not the same."
        return text

    def timing(self) -> str:
        """When each can begin to work: empty where both can at once."""
        campus, log = self.ground.scenario.campus, self.orbit.events(self.orbit.strategies[0])
        months = campus.facility.months_to_power if campus and campus.facility else 0.0
        first = log.time_days[log.of(*ARRIVALS)]
        if months == 0 or len(first) == 0:
            return ""
        return (
            f"The campus has power {months:g} months after the decision; the fleet's first satellite arrives on day "
            f"{first[0]:.0f}, as if its orders had been placed before."
        )

    def to_json(self) -> dict[str, Any]:
        """The output of `orbitfleet ground --json`."""
        orbit, ground = (study.metrics(study.strategies[0]) for study in (self.orbit, self.ground))
        return {
            "scenario": self.orbit.scenario.name,
            "twin": self.ground.scenario.name,
            "strategy": self.orbit.strategies[0],
            "seed": self.orbit.seed,
            "replicates": self.orbit.replicates,
            "ratio": self.ratio.to_json(),
            "verdict": self.verdict(),
            "timing": self.timing(),
            "orbit": {name: one.to_json() for name, one in orbit.items()},
            "ground": {name: one.to_json() for name, one in ground.items()},
            "differences": {name: self.difference(name).to_json() for name in METRICS},
            "left_out": list(self.left_out),
        }


def beside_ground(
    scenario: Scenario,
    template: Scenario | None = None,
    *,
    strategy: str | None = None,
    replicates: int = 20,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> BesideGround:
    """Run a fleet, and the campus that does its work with its chips (`sim.ground_twin`), under the same failures.

    Raises `ScenarioError` where the fleet has no twin.
    """
    twin = ground_twin(scenario, template)
    orbit = run(scenario, strategy=strategy, seed=seed, replicates=replicates, workers=workers, progress=progress)
    ground = run(twin, seed=seed, replicates=replicates, workers=workers, progress=progress)
    return BesideGround(orbit, ground)


def _levelised(study: Study) -> Ratio:
    """Cost and hours of each replicate of a study's one strategy."""
    found = study.samples[study.strategies[0]].ratio("cost_per_useful_gpu_hour_usd")
    assert found is not None
    return found


def _scaled(ratio: Ratio, by: float) -> Ratio:
    return Ratio(ratio.numerator * by, ratio.denominator)


def _shifted(found: Estimate, by: float) -> Estimate:
    """An estimate with a constant added."""

    def moved(value: float | None) -> float | None:
        # A cost in orbit may be 0, not less.
        return None if value is None else max(0.0, value + by)

    return Estimate(
        moved(found.mean),
        moved(found.ci_low),
        moved(found.ci_high),
        moved(found.raw_mean),
        moved(found.raw_ci_low),
        moved(found.raw_ci_high),
        found.n,
        found.unit,
    )
