"""Where satellites come from: the line, the ground stock and what it costs, in numbers, in words, and as warnings."""

from __future__ import annotations

from collections.abc import Iterator

from sim.description.format import Facts, delay_text, growth_text, money
from sim.economics import bills_of
from sim.environment import Environment
from sim.launch import MAIN
from sim.scenario.factory import ready_days
from sim.scenario.models import Scenario
from sim.strategies import Replenishing
from sim.strategies.base import STOCK_FIRST
from sim.text import digits, many


def factory_facts(scenario: Scenario, environment: Environment) -> Facts | None:
    """The line and the ground stock; None without a factory."""
    factory = scenario.factory
    if factory is None:
        return None
    service, prices = scenario.launch.service(MAIN), scenario.economics
    bills = dict(zip(scenario.design_names, bills_of(scenario, environment.parts), strict=True))
    stocks = {name: factory.level(name) for name in scenario.design_names if factory.level(name)}
    rate = factory.satellites_per_year
    return {
        "satellites_per_year": rate if rate is None or isinstance(rate, float) else rate.model_dump(mode="json"),
        "satellites_per_year_at_last": factory.per_year_at_last,
        "ground_stock": {
            name: {
                "satellites": level,
                "at_start": factory.at_start(name) if _available(scenario, name) == 0 else 0,
                "usd": level * bills[name].usd,
                "holding_usd_per_year": level * bills[name].usd * prices.ground_holding_share_per_year,
            }
            for name, level in stocks.items()
        },
        "build_law": None if factory.build_days is None else delay_text(factory.build_days),
        "processing_law": delay_text(factory.processing_days),
        "mean_order_to_work_days": {
            name: [service.expected_lead_days(days) for days in ready_days(factory, [name], service.lead_time_days)]
            for name in scenario.design_names
        },
        "shelf_ageing": factory.shelf_ageing,
        "ground_holding_share_per_year": prices.ground_holding_share_per_year,
    }


def _available(scenario: Scenario, name: str) -> float:
    """Mission day from which a design can be ordered."""
    return scenario.designs[name].available_from_day if name in scenario.designs else 0.0


def factory_lines(factory: Facts | None) -> Iterator[str]:
    """The same as lines."""
    if factory is None:
        return
    rate = factory["satellites_per_year"]
    if rate is None:
        line = "its line has no limit"
    elif isinstance(rate, float):
        line = f"its line takes on {rate:,.4g} satellites a year, first come, first served"
    else:
        line = (
            f"its line takes on {rate['first_per_year']:,.4g} satellites a year, growing to "
            f"{rate['last_per_year']:,.4g} within {rate['years']:g} years{growth_text(rate)}, first come, first served"
        )
    yield f"  factory: {line}; the initial fleet is built beforehand"
    for name, stock in factory["ground_stock"].items():
        from_stock, built = factory["mean_order_to_work_days"][name]
        yield (
            f"  ground stock of {many(stock['satellites'], 'satellite')} of design {name} ({money(stock['usd'])}), "
            f"{stock['at_start']:,} of them at the start; keeping them costs {money(stock['holding_usd_per_year'])} a "
            "year"
        )
        yield (
            f"    order to start of work: mean {from_stock:.0f} days from stock (processing "
            f"{factory['processing_law']}), {built:.0f} from the line (building {factory['build_law']})"
        )
    yield (
        f"  ageing rate on the ground before launch {factory['shelf_ageing']:g}; a satellite that is built and "
        f"waits costs {factory['ground_holding_share_per_year']:.3g} of its price a year"
    )


def factory_warnings(scenario: Scenario, lost_per_year: float, slots: int) -> Iterator[str]:
    """What a factory allows but its author may not intend; `lost_per_year`: by failures and at the end of lives."""
    factory = scenario.factory
    if factory is None:
        return
    rate = factory.per_year_at_last
    if rate is not None and rate < lost_per_year:
        yield (
            f"the factory's line takes on {digits(rate, 3)} satellites a year; failures and design life remove "
            f"{digits(lost_per_year, 3)}: what is ordered waits ever longer (factory.satellites_per_year)"
        )
    levels = {name: factory.level(name) for name in scenario.design_names}
    if any(levels.values()) and scenario.economics.ground_holding_share_per_year == 0:
        yield "the ground stock costs nothing to keep: economics.ground_holding_share_per_year is 0"
    for name, level in levels.items():
        if level > slots:
            yield f"factory.ground_stock.{name} keeps {level:,} satellites for {slots:,} slots"
    strategy = scenario.strategy_named(scenario.strategy)
    if any(levels.values()) and not isinstance(strategy, Replenishing):
        yield f"{scenario.strategy} orders nothing: the ground stock is bought and never used"
    elif isinstance(strategy, Replenishing) and strategy.orders_newest:
        yield from _left_over(scenario, strategy)


def _left_over(scenario: Scenario, strategy: Replenishing) -> Iterator[str]:
    """Stocks that stand unused once a newer design can be ordered."""
    factory, days = scenario.factory, {name: _available(scenario, name) for name in scenario.design_names}
    for name, day in days.items():
        newer = [other for other in days.values() if day < other < scenario.mission.days]
        if factory is not None and factory.level(name) and newer and strategy.design != STOCK_FIRST:
            yield (
                f"{scenario.strategy} orders a newer design from day {min(newer):g} on: what is left of the ground "
                f"stock of {name} is never used; strategies.{scenario.strategy}.design=stock_first uses it up first"
            )
