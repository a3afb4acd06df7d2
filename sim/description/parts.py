"""What a satellite of each design weighs and costs by part: numbers, table and warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite

from sim.description.format import Facts, money
from sim.economics import bills_of
from sim.environment import Environment
from sim.scenario import Scenario
from sim.scenario.models import FIRST_DESIGN

SHORTFALL = 0.1
"""Share of the sum of the parts by which a given figure may fall short without a warning."""
NAMED_PARTS = 4
"""Largest parts that a warning names."""
TOTALS = ("sum", "given")
"""Entries of a list of parts that are not parts."""


def design_facts(scenario: Scenario, environment: Environment) -> Facts:
    """Mass and price of a satellite of each design by part, their sum, and the figure that the scenario gives."""
    bills = bills_of(scenario, environment.parts)
    return {
        name: {
            "mass_kg": {**parts.mass_kg, "sum": parts.sum_kg, "given": parts.given_kg},
            "price_usd": {**bill.parts_usd, "sum": bill.sum_usd, "given": bill.given_usd},
            "gpus_usd": bill.gpus_usd,
        }
        for name, parts, bill in zip(scenario.design_names, environment.parts, bills, strict=True)
    }


def parts_table(designs: Facts) -> Iterator[str]:
    """The table of parts, one block for each design."""
    for name, design in designs.items():
        mass_kg, price_usd = design["mass_kg"], design["price_usd"]
        yield f"  {name:<22}{'kg':>12}{'USD':>14}"
        for part in dict.fromkeys([*_parts_of(mass_kg), *_parts_of(price_usd)]):
            yield f"    {part.replace('_', ' '):<20}{_figure(mass_kg, part, 1):>12}{_figure(price_usd, part, 0):>14}"
        yield f"    {'sum':<20}{_figure(mass_kg, 'sum', 1):>12}{_figure(price_usd, 'sum', 0):>14}"
        if mass_kg["given"] is not None or price_usd["given"] is not None:
            yield f"    {'given':<20}{_figure(mass_kg, 'given', 1):>12}{_figure(price_usd, 'given', 0):>14}"
        yield f"    GPUs beside it: {money(design['gpus_usd'])}"


def shortfalls(scenario: Scenario, designs: Facts) -> Iterator[str]:
    """Given masses and prices that fall short of the sum of the parts."""
    for name, design in designs.items():
        satellite, economics = ("satellite", "economics") if name == FIRST_DESIGN else (f"designs.{name}",) * 2
        if name != FIRST_DESIGN and scenario.designs[name].bus_usd is None:
            economics = "economics"
        whose = "its parts" if name == FIRST_DESIGN else f"its parts in design {name}"
        yield from _shortfall(f"{satellite}.mass_kg", design["mass_kg"], whose, lambda kg: f"{kg:,.0f} kg")
        yield from _shortfall(f"{economics}.bus_usd", design["price_usd"], whose, money)


def _shortfall(
    path: str, entries: Mapping[str, float | None], whose: str, shown: Callable[[float], str]
) -> Iterator[str]:
    given, total = entries["given"], entries["sum"]
    assert total is not None
    if given is None or given >= (1 - SHORTFALL) * total:
        return
    if not isfinite(total):
        yield f"{path} of {shown(given)} falls short: no mass carries {whose} and the propellant that they need"
        return
    parts = {part: value for part, value in _parts_of(entries).items() if value is not None}
    largest = sorted(parts, key=lambda part: -parts[part])[:NAMED_PARTS]
    named = ", ".join(f"{part.replace('_', ' ')} {shown(parts[part])}" for part in largest)
    yield (
        f"{path} of {shown(given)} falls {1 - given / total:.0%} short of the sum of {whose}, {shown(total)}: "
        f"{named} and others"
    )


def _parts_of(entries: Mapping[str, float | None]) -> dict[str, float | None]:
    return {part: value for part, value in entries.items() if part not in TOTALS}


def _figure(entries: Mapping[str, float | None], name: str, digits: int) -> str:
    value = entries.get(name)
    return "-" if value is None else f"{value:,.{digits}f}"
