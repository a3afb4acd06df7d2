"""Inventory policies under Poisson demand for single units, backordered: base stock, (r, Q), (R, S), two echelons.

Rates and times are in one unit of time of the caller's choice.  Palm's theorem: with a Poisson demand and independent
lead times of any law with mean L the number on order is Poisson with mean rate x L (Feeney & Sherbrooke 1966,
doi 10.1287/mnsc.12.5.391), so base stock depends on the mean alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson


@dataclass(frozen=True)
class Stock:
    """What a stock does in the long run."""

    fill: float
    """Order fill rate: share of demands met at once."""
    backorders: float
    """Expected backorders: mean number of demands that wait."""
    ready: float
    """Share of time with nobody waiting."""
    mean_wait: float
    """Mean wait of a demand, those that do not wait included."""


def expected_backorders(level: int, mean: float) -> float:
    """Return E[(X - level)+] of a Poisson number X on order with this mean; `level` may be negative.

    The sum in closed form: mean P(X >= level) - level P(X > level) (Hadley & Whitin 1963, appendix 3).
    """
    return float(mean * poisson.sf(level - 1, mean) - level * poisson.sf(level, mean))


def base_stock(level: int, rate: float, lead: float) -> Stock:
    """Return what a stock (S-1, S) of `level` S does, one ordered for each demand; `lead`: mean lead time.

    Raises `ValueError` for a negative level, rate or lead.
    """
    if level < 0:
        raise ValueError(f"level = {level}: must be at least 0")
    mean = _pipeline(rate, lead)
    late = expected_backorders(level, mean)
    return Stock(
        fill=float(poisson.cdf(level - 1, mean)),
        backorders=late,
        ready=float(poisson.cdf(level, mean)),
        mean_wait=late / rate if rate > 0 else 0.0,
    )


def reorder_quantity(reorder_point: int, quantity: int, rate: float, lead: float) -> Stock:
    """Return what a stock (r, Q) under continuous review does: `quantity` Q is ordered when the position falls to r.

    The position is uniform on r+1 .. r+Q, and each level acts as a base stock (Hadley & Whitin 1963, section 4-7).
    With unit demand it is (s, S) with s = r, S = r + Q.  Exact for a constant lead, and for leads that do not cross.
    """
    if quantity < 1:
        raise ValueError(f"quantity = {quantity}: must be at least 1")
    if reorder_point < 0:
        raise ValueError(f"reorder_point = {reorder_point}: must be at least 0")
    levels = [base_stock(level, rate, lead) for level in range(reorder_point + 1, reorder_point + quantity + 1)]
    return Stock(*(float(np.mean([getattr(one, name) for one in levels])) for name in Stock.__dataclass_fields__))


def periodic_review(level: int, rate: float, review: float, lead: float) -> tuple[float, float]:
    """Return (probability of a stockout in a cycle, order fill rate) of a stock (R, S).

    It is ordered up to `level` S every `review` R.  A cycle runs out when the demand of R + L exceeds S; unmet demand
    of a cycle is EBO(R + L) - EBO(L) (Silver, Pyke & Thomas 2017, section 6.10).  Constant lead.
    """
    if not review > 0:
        raise ValueError(f"review = {review}: must be above 0")
    long, short = _pipeline(rate, review + lead), _pipeline(rate, lead)
    unmet = expected_backorders(level, long) - expected_backorders(level, short)
    return float(poisson.sf(level, long)), 1 - unmet / (rate * review) if rate > 0 else 1.0


@dataclass(frozen=True)
class Echelons:
    """A depot and the bases that it supplies, one for one."""

    depot_backorders: float
    depot_delay: float
    """Mean wait of a base's order at the depot."""
    pipeline: float
    """Mean number on order of each base."""
    base: Stock
    """Each base."""


def metric_two_echelon(
    *, bases: int, rate: float, base_level: int, base_lead: float, depot_level: int, depot_lead: float
) -> Echelons:
    """Return the stocks of a depot and `bases` equal bases with this demand `rate` each (METRIC).

    A base's lead is `base_lead` plus its mean wait at the depot; its pipeline is taken as Poisson (Sherbrooke 1968,
    doi 10.1287/opre.16.1.122): the variance of the wait is left out, so backorders are somewhat low.
    """
    demand = bases * rate
    late = expected_backorders(depot_level, _pipeline(demand, depot_lead))
    delay = late / demand if demand > 0 else 0.0
    return Echelons(late, delay, rate * (base_lead + delay), base_stock(base_level, rate, base_lead + delay))


def _pipeline(rate: float, lead: float) -> float:
    if rate < 0 or lead < 0:
        raise ValueError(f"rate = {rate}, lead = {lead}: must not be negative")
    return rate * lead
