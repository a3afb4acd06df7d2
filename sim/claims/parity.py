"""Whether, when and under which strategy orbit is the cheapest place for AI: C3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log, log2

import numpy as np
from numpy.typing import NDArray

from sim.claims.capital import Delivered, announced_to_sum
from sim.claims.claim import Input
from sim.claims.energy import AI1
from sim.claims.evidence import Evidence
from sim.claims.judging import with_values
from sim.claims.linear import PricedCost, Prices, between, cost_and_hours
from sim.claims.price import learning_curve, learning_inputs
from sim.constants import DAYS_PER_YEAR
from sim.experiment import Study
from sim.launch.price import Purchase
from sim.scenario import Scenario
from sim.scenario.twin import ground_twin

Floats = NDArray[np.float64]

Quotient = tuple[Floats, Floats]
"""USD and GPU-hours of each replicate."""
STRATEGIES = ("run_to_failure", "scheduled_batch")
"""Nothing is replaced, or what is missing at fixed dates."""
GROUND = "ground_stargate"
GROUND_STRATEGY = "run_to_failure"
"""Of a campus, which mends its hosts by itself and ignores it."""
LAST_YEAR = 2060
"""Later parity is no answer."""
FAILURES = (
    "reliability.gpu.constant_per_year",
    "reliability.bus.constant_per_year",
    "reliability.groups.host.law.rate_per_year",
)
"""Rates that go from low to high together: how well the hardware lasts."""


@dataclass(frozen=True, eq=False)
class Level:
    """How often hardware fails, in orbit and, as far as it is the same, on the ground."""

    rate: float
    """Of a GPU in its middle years."""
    costs: Mapping[str, PricedCost]
    """In orbit, by strategy."""
    ground: Quotient


@dataclass(frozen=True, eq=False)
class Case:
    """A plane of AI1, launched by the kilogram at the price of a full flight, and the same work on the ground."""

    evidence: Evidence

    @cached_property
    def scenario(self) -> Scenario:
        """The plane; one of many, it does not pay for seats that others fill."""
        return self.evidence.scenario(AI1, set_=self.one_of_many)

    @cached_property
    def one_of_many(self) -> tuple[str, str]:
        """Settings of a plane among many: launches by the kilogram, and of flights that fail the expected number.

        Flown by itself it is all lost in three of a hundred replicates, which then cost twice as much.
        """
        price = f"launch.vehicle.price={{kind: per_kg, usd_per_kg: {self.today.usd_per_kg!r}}}"
        return price, "deployment={kind: in_place}"

    @cached_property
    def today(self) -> Prices:
        """Prices as announced."""
        scenario = self.evidence.scenario(AI1)
        one = Delivered.of(self.evidence, scenario)
        return Prices(one.launch_usd / one.kg, one.bus_usd, scenario.economics.gpu_usd)

    @cached_property
    def inputs(self) -> Mapping[str, Input]:
        """What is drawn, by a short name."""
        scenario = self.evidence.scenario(AI1)
        _, price = announced_to_sum(self.evidence, scenario)
        payload, rate = self.evidence.given(scenario, "launch.vehicle.capacity_kg.kg", FAILURES[0])
        names = (
            "ground_usd_per_gw",
            "satellite_progress_ratio",
            "satellites_built_before",
            "factory_satellites_per_year",
        )
        own = dict(zip(names, self.evidence.own(*names), strict=True))
        learning = {one.path.rpartition(".")[2]: one for one in learning_inputs(self.evidence)}
        return {"bus": price, "payload": payload, "failures": rate, **own, **learning}

    def study(self, *settings: str, replicates: int | None = None) -> Study:
        """The strategies under some settings; by default `Evidence.fewer` replicates: prices are the wider doubt."""
        scenario = self.evidence.scenario(AI1, set_=[*self.one_of_many, *settings])
        return self.evidence.study(scenario, *STRATEGIES, replicates=replicates or self.evidence.fewer)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Failures as rare, as likely and as frequent as is believed possible."""
        rates = self.evidence.given(self.evidence.scenario(AI1), *FAILURES)
        found = []
        for end in ("low", "value", "high"):
            ends = [float(one.value if getattr(one, end) is None else getattr(one, end)) for one in rates]
            settings = [f"{inside(one)}={rate!r}" for one, rate in zip(rates, ends, strict=True)]
            costs = PricedCost.of_each(self.study(*settings))
            found.append(Level(ends[0], costs, self.ground_with(settings=settings)))
        return tuple(found)

    def ground_with(self, values: Mapping[str, float] | None = None, settings: Sequence[str] = ()) -> Quotient:
        """The same work on the ground: other values at paths of the campus, settings of the fleet it stands for."""
        fleet = self.evidence.scenario(AI1, set_=[*self.one_of_many, *settings])
        twin = ground_twin(fleet, with_values(self.campus, values or {}))
        study = self.evidence.study(twin, GROUND_STRATEGY, replicates=self.evidence.fewer)
        return cost_and_hours(study, GROUND_STRATEGY)

    @cached_property
    def campus(self) -> Scenario:
        """What the twin stands on."""
        return self.evidence.scenario(GROUND)

    @cached_property
    def power(self) -> Input:
        """Price of electricity on the ground."""
        return self.evidence.given(self.campus, "campus.facility.supply.usd_per_kwh")[0]

    @property
    def ground(self) -> Quotient:
        """USD and GPU-hours of each replicate of the same work on the ground."""
        return self.levels[1].ground

    @cached_property
    def ground_usd_per_hour(self) -> float:
        """Levelised cost on the ground."""
        cost, hours = self.ground
        return float(cost.mean() / hours.mean())

    @property
    def central(self) -> Mapping[str, PricedCost]:
        """The costs as the scenario has its failures."""
        return self.levels[1].costs

    @cached_property
    def best(self) -> str:
        """The strategy with the lowest levelised cost today."""
        return min(STRATEGIES, key=lambda name: self.central[name].usd_per_hour(self.today))

    def prices(self, values: Mapping[str, float], year: float) -> Prices:
        """Prices in a year under values of the inputs: of launch by what has flown, of satellites by what was built."""
        inputs, curve = self.inputs, learning_curve(self.evidence)
        drawn_ = {name: values[inputs[name].path] for name in inputs}
        fields = "at_start", "others_per_year", "others_growth", "ratio_per_doubling"
        learning = curve.model_copy(update={name: drawn_[name] for name in fields})
        start = self.scenario.mission.start_year
        fallen = learning.at(Purchase((year - start) * DAYS_PER_YEAR, year)) / learning.at(Purchase(0.0, start))
        # A satellite that costs as much as its parts weighs as much as they do; a larger payload makes each kg cheaper.
        heavier = self.heavier(drawn_["bus"])
        roomier = float(inputs["payload"].value) / drawn_["payload"]
        built = max(year - start, 0.0) * drawn_["factory_satellites_per_year"]
        before = drawn_["satellites_built_before"]
        learnt = (1 + built / before) ** log2(drawn_["satellite_progress_ratio"])
        return Prices(
            self.today.usd_per_kg * float(fallen) * heavier * roomier, drawn_["bus"] * learnt, self.today.gpu_usd
        )

    def heavier(self, bus_usd: float) -> float:
        """Mass of a satellite of this price over the announced one: it goes with the price up to the sum of the "
        "parts."""
        mass, price = announced_to_sum(self.evidence, self.evidence.scenario(AI1))
        assert price.high is not None
        assert mass.high is not None
        share = (bus_usd - float(price.value)) / (price.high - float(price.value))
        return 1 + share * (mass.high / float(mass.value) - 1)

    def between(self, rate: float) -> tuple[Level, Level, float]:
        """The levels between which a rate of failure lies, and how far from the first, on a logarithmic scale."""
        pairs = list(pairwise(self.levels))
        first, second = next((pair for pair in pairs if rate <= pair[1].rate), pairs[-1])
        if first.rate == second.rate:
            return first, second, 0.0
        return first, second, log(rate / first.rate) / log(second.rate / first.rate)

    def ratio(self, values: Mapping[str, float], year: float, rows: NDArray[np.intp] | None = None) -> float:
        """Orbit over ground in a year, by the cheaper strategy; `rows`: replicates that count."""
        return self.ratio_at(self.prices(values, year), values, rows)

    def ratio_at(self, prices: Prices, values: Mapping[str, float], rows: NDArray[np.intp] | None = None) -> float:
        """Orbit over ground at some prices, under the failures and the ground's capital that `values` have."""
        chosen = slice(None) if rows is None else rows
        first, second, share = self.between(values[self.inputs["failures"].path])
        low, high = ((level.ground[0][chosen].mean(), level.ground[1][chosen].mean()) for level in (first, second))
        cost, hours = ((1 - share) * one + share * other for one, other in zip(low, high, strict=True))
        dearer = values[self.inputs["ground_usd_per_gw"].path] / float(self.inputs["ground_usd_per_gw"].value)
        orbit = min(
            between(first.costs[name], second.costs[name], share).mean(chosen).usd_per_hour(prices)
            for name in STRATEGIES
        )
        return orbit / (float(cost / hours) * dearer)

    def parity_year(self, values: Mapping[str, float], rows: NDArray[np.intp] | None = None) -> float:
        """First year in which orbit costs no more than the ground, to a month; infinite: not by `LAST_YEAR`."""
        low, high = self.scenario.mission.start_year, float(LAST_YEAR)
        if self.ratio(values, low, rows) <= 1:
            return low
        if self.ratio(values, high, rows) > 1:
            return np.inf
        while high - low > 1 / 12:
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self.ratio(values, middle, rows) <= 1 else (middle, high)
        return high


def inside(one: Input) -> str:
    """The path of an input in its scenario."""
    return one.path.partition(":")[2]
