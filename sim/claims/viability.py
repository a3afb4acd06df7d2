"""The path to viability: steps from today's design to parity with the ground, each at its optimistic bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sim.claims.capital import PART_MASSES, Delivered, lightest
from sim.claims.claim import Input, Lever
from sim.claims.energy import AI1
from sim.claims.judging import short, with_values
from sim.claims.linear import PricedCost, Prices
from sim.claims.parity import FAILURES, Case, Quotient, inside
from sim.economics import Bill
from sim.environment.parts import dry_mass_kg
from sim.experiment import Study, reprice
from sim.scenario.prices import PartPrices

PART_PRICES = tuple(f"economics.parts.{name}" for name in PartPrices.model_fields)
CAPITAL = "economics.discount.orbit_per_year"
POWER = "campus.facility.supply.usd_per_kwh"
EACH = "a satellite"
SHARE, LEAST = 5, 10
"""Replicates of runs that are for steps alone: one in so many of the others, and at least so many."""


@dataclass(frozen=True)
class Stand:
    """Where the path has got to."""

    costs: Mapping[str, PricedCost]
    prices: Prices
    ground: Quotient

    @property
    def ratio(self) -> float:
        """Levelised cost of the cheaper strategy, orbit over ground."""
        cost, hours = self.ground
        return min(one.usd_per_hour(self.prices) for one in self.costs.values()) / float(cost.mean() / hours.mean())


@dataclass(frozen=True, eq=False)
class Optimist:
    """What the steps need: each input at its optimistic end, and the runs that no price list replaces."""

    case: Case

    @cached_property
    def launch(self) -> float:
        """Launch on a vehicle that is used again and again, USD/kg."""
        return _low(self.case.evidence.own("future_launch_usd_per_kg")[0])

    @cached_property
    def satellite(self) -> tuple[float, float]:
        """Price of a satellite without its chips, USD, and its mass over the announced."""
        return cheapest_usd(self.case)

    @property
    def life_years(self) -> float:
        """Design life of satellites to come."""
        return self.case.evidence.figures.long_life_years

    @cached_property
    def capital(self) -> float:
        """Discount rate in orbit."""
        return _low(self.case.evidence.given(self.case.scenario, CAPITAL)[0])

    @property
    def power(self) -> float:
        """Electricity on the ground, USD/kWh."""
        return _high(self.case.power)

    @property
    def replicates(self) -> int:
        """Of the runs that are for steps alone: they are paired, and few will do."""
        return max(self.case.evidence.replicates // SHARE, min(LEAST, self.case.evidence.replicates))

    @property
    def long(self) -> Study:
        """Satellites that live longer."""
        return self.case.study(f"satellite.design_life_years={self.life_years!r}", replicates=self.replicates)

    @property
    def low(self) -> list[str]:
        """The settings under which as little fails as is believed possible."""
        rates = self.case.evidence.given(self.case.evidence.scenario(AI1), *FAILURES)
        return [f"{inside(one)}={_low(one)!r}" for one in rates]

    @property
    def lasting(self) -> Study:
        """Satellites that live longer, of which as little fails as is believed possible."""
        life = f"satellite.design_life_years={self.life_years!r}"
        return self.case.study(*self.low, life, replicates=self.replicates)

    def dear_power(self, *settings: str) -> Quotient:
        """The ground with dear power, under settings of the fleet that it stands for."""
        return self.case.ground_with({POWER: self.power}, settings)

    def at_low_capital(self, study: Study) -> dict[str, PricedCost]:
        """Costs where capital in orbit is as cheap as is believed possible."""
        return PricedCost.of_each(reprice(study, with_values(study.scenario, {CAPITAL: self.capital}), workers=1))


def path(case: Case) -> tuple[Lever, ...]:
    """The steps, which add up."""
    best, today, ground = Optimist(case), case.today, case.ground
    dear = float(case.inputs["bus"].high or today.bus_usd)
    summed = replace(today, usd_per_kg=today.usd_per_kg * case.heavier(dear), bus_usd=dear)
    launched = replace(today, usd_per_kg=best.launch)
    cheapest, lighter = best.satellite
    light = Prices(best.launch * lighter, cheapest, today.gpu_usd)
    lasting, sound = best.lasting, case.levels[0]
    cheap_capital = best.at_low_capital(lasting)
    steps = (
        (
            "today's design with the mass and the price of its parts",
            _usd(dear),
            EACH,
            Stand(case.central, summed, ground),
        ),
        ("satellites weigh and cost what was announced", _usd(today.bus_usd), EACH, Stand(case.central, today, ground)),
        ("launch on a vehicle used a hundred times", best.launch, "USD/kg", Stand(case.central, launched, ground)),
        ("every part at its cheapest and lightest", _usd(cheapest), EACH, Stand(case.central, light, ground)),
        (
            "hardware fails as rarely as is believed possible",
            100 * sound.rate,
            "% of GPUs a year",
            Stand(sound.costs, light, sound.ground),
        ),
        ("satellites live longer", best.life_years, "years", Stand(PricedCost.of_each(lasting), light, sound.ground)),
        (
            "capital as cheap as for the ground",
            100 * best.capital,
            "% a year",
            Stand(cheap_capital, light, sound.ground),
        ),
        (
            "power on the ground at its dear end",
            best.power,
            "USD/kWh",
            Stand(cheap_capital, light, best.dear_power(*best.low)),
        ),
    )
    return tuple(Lever(name, value, unit, stand.ratio) for name, value, unit, stand in steps)


def alone(case: Case) -> tuple[tuple[str, float], ...]:
    """What each step does to the design as announced by itself: orbit over ground."""
    best, today = Optimist(case), case.today
    cheapest, lighter = best.satellite
    now = Stand(case.central, today, case.ground)
    light = Prices(today.usd_per_kg * lighter, cheapest, today.gpu_usd)
    stands = (
        ("as announced", now),
        (f"launch at ${short(best.launch)}/kg", replace(now, prices=replace(today, usd_per_kg=best.launch))),
        ("every part at its cheapest and lightest", replace(now, prices=light)),
        (
            "hardware fails as rarely as is believed possible",
            replace(now, costs=case.levels[0].costs, ground=case.levels[0].ground),
        ),
        (f"satellites live {best.life_years:g} years", replace(now, costs=PricedCost.of_each(best.long))),
        ("power on the ground at its dear end", replace(now, ground=best.dear_power())),
    )
    return tuple((name, stand.ratio) for name, stand in stands)


def cheapest_usd(case: Case) -> tuple[float, float]:
    """Price of a satellite without its chips with every part at its cheapest and lightest, and its mass over the given.

    No dearer and no heavier than announced.
    """
    evidence, scenario = case.evidence, case.evidence.scenario(AI1)
    light = lightest(evidence.given(scenario, *PART_MASSES))
    cheap = {inside(one): _low(one) for one in evidence.given(scenario, *PART_PRICES)}
    other = with_values(scenario, {**light, **cheap})
    environment = evidence.environment(scenario)
    dry = dry_mass_kg(other.satellite, environment.sizes)
    parts = replace(environment.parts[0], mass_kg={**environment.parts[0].mass_kg, **dry})
    given = Delivered.of(evidence, scenario)
    return min(Bill.of(other, parts).sum_usd, given.bus_usd), min(parts.sum_kg / given.kg, 1.0)


def _low(one: Input) -> float:
    return float(one.value if one.low is None else one.low)


def _high(one: Input) -> float:
    return float(one.value if one.high is None else one.high)


def _usd(usd: float) -> str:
    return f"${usd / 1e6:.2f} million"
