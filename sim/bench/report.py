"""The benchmark: items one after another, T between them, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sim.bench.child import measured
from sim.bench.growth import growth_exponent
from sim.bench.items import GROWTHS, ITEMS, Growth, Item, Measured
from sim.bench.machine import machine
from sim.bench.yardstick import million_timeouts

_FIRST_TRIES = 3


def names() -> list[str]:
    """What can be measured."""
    return [*ITEMS, *(f"growth_{name}" for name in GROWTHS)]


def bench(
    wanted: Collection[str] | None = None,
    *,
    items: Mapping[str, Item] = ITEMS,
    growths: Mapping[str, Growth] = GROWTHS,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Measure items, all of them or those of `names()` that are wanted; `say` is told of each.

    T and the times are the least of several tries: what the machine takes when nothing else disturbs it.  T is measured
    before the first item and after each.
    """
    yardstick = [million_timeouts() for _ in range(_FIRST_TRIES)]
    took: dict[Item, Measured] = {}

    def measure(name: str, item: Item) -> Measured:
        if item not in took:
            say(f"{name}: {item.description}")
            took[item] = measured(name, item)
            yardstick.append(million_timeouts())
        return took[item]

    found = {name: measure(name, item) for name, item in items.items() if wanted is None or name in wanted}
    times = {
        name: {size: measure(f"growth_{name}", growth.at(size)).value or 0.0 for size in growth.fleets}
        for name, growth in growths.items()
        if wanted is None or f"growth_{name}" in wanted
    }
    t = min(yardstick)
    return {
        "machine": machine(),
        "t_seconds": t,
        "items": {name: _row(items[name], one, t) for name, one in found.items()},
        "exponents": {name: _exponent(growths[name], seconds, t) for name, seconds in times.items()},
    }


def _row(item: Item, found: Measured, t: float) -> dict[str, Any]:
    ratio = found.value / t if item.in_t and found.value is not None else found.value
    return {
        "ratio": ratio,
        "limit": None if ratio is None else item.limit,
        "memory_mb": found.memory_mb,
        "memory_limit_mb": item.memory_limit_mb,
        "unit": "T" if item.in_t else "1",
        "description": item.description,
    }


def _exponent(growth: Growth, seconds: dict[int, float], t: float) -> dict[str, Any]:
    return {
        "exponent": growth_exponent(list(seconds), list(seconds.values())),
        "limit": growth.limit,
        "ratios": {f"{size}": took / t for size, took in seconds.items()},
        "description": growth.description,
    }


def shortcomings(found: Mapping[str, Any]) -> list[str]:
    """What is over its limit."""
    problems = []
    for name, row in found["items"].items():
        if row["limit"] is not None and row["ratio"] > row["limit"]:
            problems.append(f"{name}: {row['ratio']:.4g}, at most {row['limit']:.4g}")
        if row["memory_limit_mb"] is not None and row["memory_mb"] > row["memory_limit_mb"]:
            problems.append(f"{name}: {row['memory_mb']:,.0f} MB, at most {row['memory_limit_mb']:,.0f}")
    for name, row in found["exponents"].items():
        if row["limit"] is not None and row["exponent"] > row["limit"]:
            problems.append(f"growth_{name}: exponent {row['exponent']:.3f}, at most {row['limit']:g}")
    return problems


def table(found: Mapping[str, Any]) -> str:
    """A line for each item and exponent."""
    on = found["machine"]
    lines = [
        f"T = {found['t_seconds']:.3f} s, one million SimPy timeouts on {on['cpu']}, Python {on['python']}",
        "",
        f"{'item':30} {'ratio':>10} {'limit':>10} {'MB':>6}",
    ]
    for name, row in found["items"].items():
        ratio, limit = (
            "-" if value is None else f"{value:.4g}{' T' if row['unit'] == 'T' else '  '}"
            for value in (row["ratio"], row["limit"])
        )
        lines.append(f"{name:30} {ratio:>10} {limit:>10} {row['memory_mb']:6.0f}")
    for name, row in found["exponents"].items():
        exponent, limit = ("-" if value is None else f"{value:.3f}  " for value in (row["exponent"], row["limit"]))
        lines.append(f"{f'growth_{name}':30} {exponent:>10} {limit:>10}")
    return "\n".join(lines)
