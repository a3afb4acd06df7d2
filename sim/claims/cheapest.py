"""C3: orbit is the cheapest place for AI by 2028."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.claims.claim import Cell, Claim, Input, Lever, Table, Threshold
from sim.claims.energy import AI1, HOURS_PER_YEAR
from sim.claims.evidence import Evidence
from sim.claims.judging import drawn, judged, short, with_total
from sim.claims.linear import PricedCost, Prices
from sim.claims.parity import LAST_YEAR, STRATEGIES, Case
from sim.claims.viability import Optimist, alone, path
from sim.experiment import Estimate

DRAWS = 300
"""Draws of assumptions, each with replicates drawn anew: the ends of intervals are good to a tenth of their width."""
YEARS = (2030.0, 2035.0, 2040.0, 2050.0, float(LAST_YEAR))


def cheapest_place(evidence: Evidence) -> Claim:
    """C3: orbit is the cheapest place for AI by 2028."""
    case, claimed = Case(evidence), evidence.figures.claimed_parity_year
    central = {one.path: float(one.value) for one in case.inputs.values()}
    ratios, years = _over_assumptions(case, claimed)
    estimate = with_total(_by_luck(case, central, claimed), ratios)
    levers = path(case)
    words, launch = _what_would_do(case, levers)
    return Claim(
        id="C3",
        said="Within 36 months, probably closer to 30 (February 2026), orbit is the cheapest place for AI.",
        question="Is a GPU-hour in orbit cheaper than on the ground by mid-2028, and if not, when?",
        quantity=f"cost of a useful GPU-hour in {claimed:.1f}, orbit over ground, AI1 with the same chips and work",
        unit="times",
        estimate=estimate,
        interval="replicates, paired, and ranges of prices, learning, failures and the ground's costs",
        verdict=judged(estimate, 1.0, "1 where both cost the same", at_least=False, condition=words),
        threshold=Threshold(
            f"{words}; {_timing(case.parity_year(central), years)}",
            launch,
            "USD/kg",
            f"{AI1}:launch.vehicle.price",
        ),
        binding=_binding(case),
        inputs=_inputs(case),
        levers=levers,
        tables=(
            _when(years, claimed),
            _costs(case),
            _frontier(case),
            Table("Each step alone, from the design as announced", ("step", "orbit over ground"), alone(case)),
        ),
    )


def _by_luck(case: Case, values: Mapping[str, float], year: float) -> Estimate:
    """The ratio in a year at the inputs' own values, with the interval of a bootstrap of the replicates."""
    generator, count = case.evidence.generator("C3 by luck"), len(case.ground[0])
    found = [case.ratio(values, year, row) for row in generator.integers(0, count, (DRAWS, count))]
    best, (low, high) = case.ratio(values, year), np.percentile(found, [2.5, 97.5]).tolist()
    low, high = min(low, best), max(high, best)
    return Estimate(best, low, high, best, low, high, count, "times")


def _when(years: NDArray[np.float64], claimed: float) -> Table:
    """Shares of what is believed possible in which parity has come by some years."""
    rows = tuple((f"{year:.1f}".removesuffix(".0"), 100 * float(np.mean(years <= year))) for year in (claimed, *YEARS))
    return Table(
        "When a GPU-hour in orbit costs no more than on the ground",
        ("by", "share of what is believed possible %"),
        rows,
        "Launch gets cheaper with what has flown, satellites with what has been built; chips cost the same in both "
        "places.",
    )


def _over_assumptions(case: Case, year: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ratio in a year, and the year of parity, over draws of the assumptions and of the replicates."""
    generator = case.evidence.generator("C3")
    values = drawn(list(case.inputs.values()), generator, DRAWS)
    count = len(case.ground[0])
    rows = generator.integers(0, count, (DRAWS, count))
    ratios = [case.ratio(one, year, row) for one, row in zip(values, rows, strict=True)]
    years = [case.parity_year(one, row) for one, row in zip(values, rows, strict=True)]
    return np.array(ratios), np.array(years)


def _what_would_do(case: Case, levers: Sequence[Lever]) -> tuple[str, float | None]:
    """What makes today's design cost as much as the ground, in words, and the launch price that does it alone."""
    cost, today, ground = case.central[case.best], case.today, case.ground_usd_per_hour
    launch = cost.usd_per_kg_for(ground, today.bus_usd, today.gpu_usd)
    if launch > 0:
        return f"launch costs under ${short(launch)}/kg", launch
    free = cost.usd_per_hour(Prices(0.0, today.bus_usd, today.gpu_usd)) / ground
    chips = cost.usd_per_hour(Prices(0.0, 0.0, today.gpu_usd)) / ground
    alone = f"free launch alone leaves {free:.2f} times the ground, free launch and satellites {chips:.2f}"
    done = next((at for at, one in enumerate(levers) if one.ratio_to_ground <= 1), None)
    if done is None:
        return f"even more than the whole path to viability comes true ({alone})", None
    return (
        f"the first {done} steps of the path to viability all come true, down to: {levers[done].name} ({alone})",
        None,
    )


def _binding(case: Case) -> str:
    """What the cost in orbit is made of, beside the ground's."""
    cost, today = case.central[case.best], case.today
    whole, hours = float(cost.usd(today).mean()), float(cost.hours.mean())
    shares = (
        ("chips", cost.per_gpu_usd.mean() * today.gpu_usd),
        ("launch", cost.per_usd_per_kg.mean() * today.usd_per_kg),
        ("satellites", cost.per_bus_usd.mean() * today.bus_usd),
        ("operations", cost.fixed_usd.mean()),
    )
    parts = ", ".join(f"{name} ${float(usd) / hours:.2f}" for name, usd in shares)
    ground = f"on the ground all of it costs ${case.ground_usd_per_hour:.2f}"
    largest = max(shares, key=lambda one: float(one[1]))[0]
    return f"{largest}: of ${whole / hours:.2f} an hour in orbit {parts}; {ground}"


def _costs(case: Case) -> Table:
    figures, rows = case.evidence.figures, list[tuple[Cell, ...]]()
    for name in STRATEGIES:
        usd = case.central[name].usd_per_hour(case.today)
        rows.append((f"orbit, {name}", usd, usd / case.ground_usd_per_hour))
    rows.append(("the same chips and work on the ground", case.ground_usd_per_hour, 1.0))
    published = figures.published_orbit_usd_per_gpu_hour, figures.published_ground_usd_per_gpu_hour
    campus = figures.ground_tco_usd_per_gw_year / figures.ground_gpus_per_gw / HOURS_PER_YEAR
    rows += [
        ("orbit, as published", published[0], published[0] / published[1]),
        ("ground, as published", published[1], 1.0),
        ("ground, a campus of GB300 at full use, as published", campus, None),
    ]
    return Table("A useful GPU-hour today", ("where", "USD", "over ground"), tuple(rows), "Means over replicates.")


def _frontier(case: Case) -> Table:
    """Launch price at which orbit costs as much as the ground, by satellite price, failures, life and strategy."""
    kw, rows = case.scenario.satellite.full_load_w / 1000, list[tuple[Cell, ...]]()
    life, best = case.scenario.satellite.design_life_years, Optimist(case)
    prices = (0.5 * case.today.bus_usd, case.today.bus_usd, float(case.inputs["bus"].high or case.today.bus_usd))
    runs = [(level, life, level.costs) for level in case.levels]
    runs.append((case.levels[0], best.life_years, PricedCost.of_each(best.lasting)))
    for level, years, costs in runs:
        cost, hours = level.ground
        ground = float(cost.mean() / hours.mean())
        for name in STRATEGIES:
            found = (_break_even(case, costs[name], ground, bus) for bus in prices)
            rows.append((f"{100 * level.rate:g}", years, name, *found))
    heads = (f"satellite ${bus / kw / 1000:.3g}/W" for bus in prices)
    return Table(
        "Launch price at which a GPU-hour costs as much as on the ground, USD/kg",
        ("GPU failures % a year", "life years", "strategy", *heads),
        tuple(rows),
        "Satellites without their chips.  In brackets: orbit over ground if launch were free, where no price does it.",
    )


def _break_even(case: Case, cost: PricedCost, ground: float, bus_usd: float) -> Cell:
    gpu_usd = case.today.gpu_usd
    found = cost.usd_per_kg_for(ground, bus_usd, gpu_usd)
    return found if found > 0 else f"none ({cost.usd_per_hour(Prices(0.0, bus_usd, gpu_usd)) / ground:.2f})"


def _inputs(case: Case) -> tuple[Input, ...]:
    evidence = case.evidence
    scenario = evidence.scenario(AI1)
    more = (
        "economics.gpu_usd",
        "launch.vehicle.price.usd",
        "satellite.design_life_years",
        "economics.discount.orbit_per_year",
    )
    own = (
        "ground_tco_usd_per_gw_year",
        "ground_gpus_per_gw",
        "claimed_parity_year",
        "future_launch_usd_per_kg",
        "long_life_years",
        "published_orbit_usd_per_gpu_hour",
    )
    return (
        *case.inputs.values(),
        *evidence.given(scenario, *more),
        case.power,
        *evidence.own(*own, "published_ground_usd_per_gpu_hour"),
    )


def _timing(best: float, years: NDArray[np.float64]) -> str:
    """When parity comes as prices are believed to go."""
    never = 100 * float(np.mean(~np.isfinite(years)))
    rest = f"in {never:.0f} % of what is believed possible not by {LAST_YEAR}"
    if not np.isfinite(best):
        return f"as prices are believed to go, there is no parity by {LAST_YEAR}; {rest}"
    low, high = np.percentile(years, [2.5, 97.5], method="nearest").tolist()
    until = f"{high:.0f}" if np.isfinite(high) else f"after {LAST_YEAR}"
    return f"as prices are believed to go, parity comes in {best:.0f} ({low:.0f} to {until}); {rest}"
