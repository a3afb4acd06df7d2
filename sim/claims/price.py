"""What launching power costs: C12."""

from __future__ import annotations

from datetime import date

import numpy as np

from sim.claims.capital import Delivered, announced_to_sum
from sim.claims.claim import Cell, Claim, Input, Table, Threshold
from sim.claims.energy import DESIGNS, HOURS_PER_YEAR, SUNCATCHER
from sim.claims.evidence import Evidence
from sim.claims.judging import Values, crossing, drawn, over_ranges, short
from sim.constants import DAYS_PER_YEAR
from sim.environment import Environment
from sim.launch.price import LearningCurve, PerKilogram, Purchase
from sim.scenario import Scenario

LEARNING = "overlays/learning_price"
_PRICE = "launch.vehicle.price.usd_per_kg"
LATEST_YEAR = 2100.0
"""Beyond it nobody looks for a price."""


def mean_array_kw(environment: Environment) -> float:
    """Power of a satellite's new array in the first plane, mean over the mission with its dark, kW."""
    satellite = environment.scenario.satellite
    lit_w = environment.sun.array_w_per_m2(satellite, 0.0)[0] * (1 - environment.sun.dark_of(0))
    inside = environment.days < environment.horizon_days
    return float(lit_w[inside].mean()) * environment.sizes.array_m2 / 1000


def launched_power(evidence: Evidence) -> Claim:
    """C12: parity at $200/kg."""
    figures, scenario = evidence.figures, evidence.scenario(SUNCATCHER)
    satellite, claimed = scenario.satellite, figures.claimed_parity_usd_per_kg
    kw, years = mean_array_kw(evidence.environment(scenario)), satellite.design_life_years
    drawn_ = evidence.given(scenario, "satellite.mass_kg", "satellite.array.efficiency")
    mass, efficiency = (one.path for one in drawn_)

    def price(values: Values, usd_per_kg: float = claimed) -> float:
        return values[mass] * usd_per_kg / (kw * values[efficiency] / satellite.array.efficiency * years)

    central = {one.path: float(one.value) for one in drawn_}
    low, high = figures.ground_power_usd_per_kw_year_low, figures.ground_power_usd_per_kw_year_high
    at_low, at_high = (crossing(lambda usd: price(central, usd), edge, 0.0, 1e5) for edge in (low, high))
    bus_usd = Delivered.of(evidence, scenario).bus_usd
    own = "claimed_parity_usd_per_kg", "ground_power_usd_per_kw_year_low", "ground_power_usd_per_kw_year_high"
    more = "satellite.design_life_years", "economics.bus_usd", "satellite.array.area_m2"
    return Claim(
        id="C12",
        said="At $200/kg of launch, power in orbit costs no more than on the ground.",
        question="Does power in orbit cost no more than on the ground once launch costs $200 a kilogram?",
        quantity=f"launched power price at ${claimed:g}/kg: launch alone, for a kW of array over its life, Suncatcher",
        unit="USD per kW and year",
        estimate=over_ranges(price, drawn_, evidence.generator("C12"), "USD/(kW yr)"),
        interval="ranges of the satellite's mass and of its cells' efficiency",
        verdict=power_verdict(price(central), bus_usd, kw * years, high),
        threshold=Threshold(
            f"${short(at_high)}/kg for the ${high:g} a kW and year at the ground's dear end, ${short(at_low)}/kg for "
            "the "
            f"${low:g} at its cheap end; ${claimed:g}/kg comes {_when(evidence, claimed)}",
            at_high,
            "USD/kg",
            "claims:claimed_parity_usd_per_kg",
        ),
        binding=(
            f"the satellite, not its launch: without its chips it costs ${short(bus_usd / kw / years)} a kW and year "
            "more, and "
            "an array is not yet a data centre (C3)"
        ),
        inputs=(*drawn_, *evidence.own(*own), *evidence.given(scenario, *more), *learning_inputs(evidence)),
        tables=(_powers(evidence, scenario, kw), _designs(evidence)),
    )


def power_verdict(launch: float, bus_usd: float, kw_years: float, ground: float) -> str:
    """Whether launch, and launch with the satellite, cost no more a kW and year than power on the ground."""
    whole = launch + bus_usd / kw_years
    if launch > ground:
        return f"fails: launch alone costs ${short(launch)} a kW and year, power on the ground up to ${short(ground)}"
    if whole <= ground:
        return f"holds: launch and satellite cost ${short(whole)} a kW and year, the ground up to ${short(ground)}"
    allowed = (ground - launch) * kw_years
    return f"holds if the satellite without its chips costs less than ${short(allowed)}, not ${short(bus_usd)}"


def _when(evidence: Evidence, usd_per_kg: float) -> str:
    year, (first, last) = year_of_price(evidence, usd_per_kg)
    return f"in {_year(year)} ({_year(first)} to {_year(last)}) if each doubling of what has flown takes off a fifth"


def _powers(evidence: Evidence, scenario: Scenario, kw: float) -> Table:
    """The launched power price of several satellites at several prices of launch."""
    years = scenario.satellite.design_life_years
    environment = evidence.environment(scenario)
    parts, sizes = environment.parts[0], environment.sizes
    mass, _ = announced_to_sum(evidence, scenario)
    today = Delivered.of(evidence, scenario)
    load = scenario.satellite.full_load_w / 1000
    rows: list[tuple[Cell, ...]] = []
    for name, kg, power in (
        ("mass as given, power of the new array", float(mass.value), kw),
        ("mass as given, load of chips and bus", float(mass.value), load),
        ("mass of its parts, load of chips and bus", parts.sum_kg, load),
    ):
        each = kg / (power * years)
        rows.append((name, kg, power, *(each * usd for usd in (today.launch_usd / today.kg, 1000.0, 200.0, 60.0))))
    heads = (f"at today's ${short(today.launch_usd / today.kg)}/kg", "at $1,000/kg", "at $200/kg", "at $60/kg")
    return Table(
        "Launched power price, USD a kW and year",
        ("satellite", "kg", "kW", *heads),
        tuple(rows),
        f"{sizes.array_m2:g} m2 of array; launch alone, without the satellite.",
    )


def _designs(evidence: Evidence) -> Table:
    """Launch alone, of several satellites at the price of their scenario."""
    rows: list[tuple[Cell, ...]] = []
    for names in DESIGNS:
        one = Delivered.of(evidence, evidence.scenario(*names))
        usd = one.launched_usd_per_kw_year
        rows.append((names[0], one.kg, one.kw, one.launch_usd / one.kg, usd, usd / HOURS_PER_YEAR))
    return Table(
        "Launch alone, for the load of chips and bus",
        ("satellite", "kg", "kW", "USD/kg", "USD a kW and year", "USD/kWh"),
        tuple(rows),
        "In a full flight, at the price that the scenario has.",
    )


def learning_inputs(evidence: Evidence) -> list[Input]:
    """What the learning price of launch follows from."""
    scenario = evidence.scenario(SUNCATCHER, LEARNING)
    names = "at_start", "others_per_year", "others_growth", "ratio_per_doubling"
    return evidence.given(scenario, *(f"{_PRICE}.{name}" for name in names))


def learning_curve(evidence: Evidence) -> LearningCurve:
    """The learning price of launch by the kilogram."""
    price = evidence.scenario(SUNCATCHER, LEARNING).launch.vehicle.price
    assert isinstance(price, PerKilogram)
    assert isinstance(price.usd_per_kg, LearningCurve)
    return price.usd_per_kg


def year_of_price(evidence: Evidence, usd_per_kg: float) -> tuple[float | None, tuple[float | None, float | None]]:
    """The year in which the learning price of launch reaches a price, and its central 95 % over its ranges."""
    curve, inputs = learning_curve(evidence), learning_inputs(evidence)
    start = evidence.scenario(SUNCATCHER, LEARNING).mission.start

    def year(one: LearningCurve) -> float:
        found = crossing(lambda y: launch_price(one, start, y), usd_per_kg, _calendar(start), LATEST_YEAR)
        return np.inf if found is None else found

    drawn_years = [
        year(curve.model_copy(update={path.rpartition(".")[2]: value for path, value in values.items()}))
        for values in drawn(inputs, evidence.generator("C12: learning"), 200)
    ]
    first, last = np.percentile(drawn_years, [2.5, 97.5], method="nearest").tolist()
    best = year(curve)
    return _finite(best), (_finite(first), _finite(last))


def launch_price(curve: LearningCurve, start: date, year: float) -> float:
    """Launch by the kilogram in a calendar year, USD, at what others fly alone."""
    return float(curve.at(Purchase((year - _calendar(start)) * DAYS_PER_YEAR, year)))


def _calendar(start: date) -> float:
    return start.year + (start.timetuple().tm_yday - 1) / DAYS_PER_YEAR


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _year(value: float | None) -> str:
    return f"{value:.0f}" if value is not None else f"no year before {LATEST_YEAR:.0f}"
