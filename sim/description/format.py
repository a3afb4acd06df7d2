"""Quantities as text: counts, times, money, and sentences broken into lines."""

from __future__ import annotations

from typing import Any

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY, MINUTES_PER_DAY
from sim.launch import ConstantDelay, DelayLaw, ExponentialDelay, LognormalDelay, UniformDelay

Facts = dict[str, Any]
"""Numbers by name, in nested groups."""


def clock(hours: float) -> str:
    """Hours as a time of day."""
    minutes = round(hours * 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def span(days: float) -> str:
    """A length of time in days as text, in minutes, hours, days or years."""
    if days < 1 / 12:
        return f"{days * MINUTES_PER_DAY:.3g} min"
    if days < 2:
        return f"{days * HOURS_PER_DAY:.3g} h"
    return f"{days:,.3g} days" if days < 2 * DAYS_PER_YEAR else f"{days / DAYS_PER_YEAR:,.3g} years"


def money(usd: float) -> str:
    """US dollars to three significant digits."""
    if usd < 0:
        return f"-{money(-usd)}"
    rounded = float(f"{usd:.3g}")  # 999,700 is a million
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if rounded >= size:
            return f"${rounded / size:,.10g}{unit}"
    return f"${usd:,.0f}"


def growth_text(ramp: Facts) -> str:
    """How a cadence that grows does so, after its length; empty: in a straight line."""
    return ", by the same factor each year" if ramp["growth"] == "geometric" else ""


WIDTH = 118
"""Longest line of text, characters."""


def delay_text(law: DelayLaw) -> str:
    """A law of delays as text."""
    match law:
        case ConstantDelay():
            return f"{law.days:g} days"
        case ExponentialDelay():
            least = f"{law.minimum_days:g} days, then " if law.minimum_days else ""
            return f"{least}exponential with mean {law.mean_days:g} days"
        case UniformDelay():
            return f"{law.low_days:g} to {law.high_days:g} days"
        case LognormalDelay():
            return f"log-normal with median {law.median_days:g} days"
    return f"{law.expected_days():g} days on average"
