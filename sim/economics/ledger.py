"""Every payment of a run with its day and what it was for; sums of them, by year, by kind, and discounted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import DAYS_PER_YEAR

Floats = NDArray[np.float64]

MONTH_DAYS = DAYS_PER_YEAR / 12
"""What is due at any time is paid for once in so many days, at the middle of them."""


class Item(IntEnum):
    """What a payment is for; its text stands in `ITEMS`."""

    SATELLITES = 0
    GPUS = 1
    LAUNCHES = 2
    UNFLOWN = 3
    REFUND = 4
    OPERATIONS = 5
    HOLDING = 6
    GROUND_HOLDING = 7
    TRANSFERS = 8
    SERVICERS = 9
    SERVICE_PARTS = 10
    SERVICE_FLIGHTS = 11
    SERVICE_HOURS = 12
    INSURANCE = 13
    DISPOSAL = 14
    DEVELOPMENT = 15
    GROUND_SEGMENT = 16
    FACILITY = 17
    ENERGY = 18
    STAFF = 19
    NETWORK = 20
    MAINTENANCE = 21
    CREDIT = 22


ITEMS = {
    Item.SATELLITES: "satellites or hosts, without their GPUs",
    Item.GPUS: "GPUs",
    Item.LAUNCHES: "launches",
    Item.UNFLOWN: "satellites paid for in part that have not flown",
    Item.REFUND: "refunds for them",
    Item.OPERATIONS: "operations",
    Item.HOLDING: "keeping spares in orbit",
    Item.GROUND_HOLDING: "keeping satellites on the ground",
    Item.TRANSFERS: "propellant of transfers",
    Item.SERVICERS: "servicers",
    Item.SERVICE_PARTS: "parts of repairs",
    Item.SERVICE_FLIGHTS: "flights of servicers and parts",
    Item.SERVICE_HOURS: "hours of robots and technicians",
    Item.INSURANCE: "insurance",
    Item.DISPOSAL: "disposal",
    Item.DEVELOPMENT: "development",
    Item.GROUND_SEGMENT: "ground stations and relay",
    Item.FACILITY: "building, power and cooling",
    Item.ENERGY: "energy",
    Item.STAFF: "staff",
    Item.NETWORK: "network",
    Item.MAINTENANCE: "reserve for what fails",
    Item.CREDIT: "value of unexpired life",
}
"""What each item is, for people."""

SERVICING = (Item.SERVICERS, Item.SERVICE_PARTS, Item.SERVICE_FLIGHTS, Item.SERVICE_HOURS)
"""Items that mending costs."""


class Entry(NamedTuple):
    """Payments for one thing; income is negative."""

    item: Item
    day: ArrayLike
    """Mission day of each; below 0: before the mission begins."""
    usd: ArrayLike
    """Likewise, USD; broadcasts against `day`."""
    initial: ArrayLike = False
    """Whether each is for the initial deployment; broadcasts likewise."""


@dataclass(frozen=True)
class Ledger:
    """Payments as columns of equal length."""

    item: NDArray[np.uint8]
    day: Floats
    usd: Floats
    initial: NDArray[np.bool_]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Ledger:
        """The payments of all entries, in their order."""
        items, days, sums, initial = [np.zeros(0, np.uint8)], [np.zeros(0)], [np.zeros(0)], [np.zeros(0, bool)]
        for entry in entries:
            day, usd, first = np.broadcast_arrays(*(np.atleast_1d(part) for part in entry[1:]))
            items.append(np.full(len(day), entry.item, np.uint8))
            days.append(day.astype(float))
            sums.append(usd.astype(float))
            initial.append(first.astype(bool))
        return cls(np.concatenate(items), np.concatenate(days), np.concatenate(sums), np.concatenate(initial))

    def total(self, *items: Item) -> float:
        """Sum of all payments, or of those for some items, USD."""
        return float(self.usd[np.isin(self.item, items)].sum() if items else self.usd.sum())

    def without(self, *items: Item) -> Ledger:
        """The payments for all other items."""
        return self._where(~np.isin(self.item, items))

    def between(self, start: float, end: float) -> Ledger:
        """The payments from one mission day to before another."""
        return self._where((self.day >= start) & (self.day < end))

    def _where(self, keep: NDArray[np.bool_]) -> Ledger:
        return Ledger(self.item[keep], self.day[keep], self.usd[keep], self.initial[keep])

    def by_item(self) -> dict[Item, float]:
        """Sum for each item that has payments, USD."""
        sums = np.bincount(self.item, self.usd, minlength=len(Item))
        return {item: float(sums[item]) for item in Item if np.any(self.item == item)}

    def by_year(self, years: int) -> Floats:
        """Sum for each item in each year of the mission, USD, shape (items, years).

        What is paid before the mission counts in its first year, what falls due at its end in the last.
        """
        year = np.clip((self.day / DAYS_PER_YEAR).astype(np.int64), 0, years - 1)
        sums = np.bincount(self.item * years + year, self.usd, minlength=len(Item) * years)
        return np.asarray(sums.reshape(len(Item), years), float)

    def discounted(self, rate_per_year: float) -> Ledger:
        """The same payments at their value on the mission's first day."""
        return replace(self, usd=self.usd * discount(self.day, rate_per_year))


def discount(day: ArrayLike, rate_per_year: float) -> Floats:
    """Value on the mission's first day of one USD paid on a mission day; (1 + rate) to the power of minus the years."""
    return np.asarray((1.0 + rate_per_year) ** (-np.asarray(day, float) / DAYS_PER_YEAR), float)


def mean_discount(start: Floats, end: Floats, rate_per_year: float) -> Floats:
    """Mean of `discount` between days, exact."""
    log_rate = np.log1p(rate_per_year) / DAYS_PER_YEAR
    half = log_rate * (end - start) / 2
    # sinh(x) / x, which is 1 + x^2/6 within rounding where x is small.
    spread = np.where(np.abs(half) < 1e-4, 1 + half**2 / 6, np.sinh(half) / np.where(half == 0, 1.0, half))
    return np.asarray(discount((start + end) / 2, rate_per_year) * spread, float)


def annuity(rate_per_year: float, years: float) -> float:
    """Present value of 1 USD a year, paid at the end of each of so many years."""
    return years if rate_per_year == 0 else (1 - (1 + rate_per_year) ** -years) / rate_per_year


def capital_recovery(rate_per_year: float, years: float) -> float:
    """Share of a sum that is paid each year, at its end, to recover it with interest over its life."""
    return 1 / annuity(rate_per_year, years)


def value_left(age_years: ArrayLike, life_years: ArrayLike, rate_per_year: float, *, as_annuity: bool) -> Floats:
    """Share of its price that a thing of an age is worth.

    Straight line: by the share of its life that is left.  As an annuity: the present value of what capital recovery
    has still to bring in; a thing bought, used and credited with it costs that annuity for each year of use, whatever
    the horizon.
    """
    life = np.asarray(life_years, float)
    left = np.clip(life - np.asarray(age_years, float), 0.0, None)
    if as_annuity and rate_per_year > 0:
        # What so many years of an annuity are worth, but for a factor that both have.
        left, life = (-np.expm1(-np.log1p(rate_per_year) * years) for years in (left, life))
    shape = np.broadcast(left, life).shape
    return np.asarray(np.minimum(1.0, np.divide(left, life, out=np.zeros(shape), where=life > 0)), float)


def monthly(days: ArrayLike, changes: ArrayLike, horizon: float) -> tuple[Floats, Floats]:
    """Middles of the months to the horizon, and the integral over each of a level that changes on days, years.

    `days`, `changes`: in order of time, shape (n,); the level is their cumulative sum.
    """
    edges = np.append(np.arange(0.0, horizon, MONTH_DAYS), horizon)
    if horizon <= 0:
        return np.zeros(0), np.zeros(0)
    when, by = np.asarray(days, float), np.asarray(changes, float)
    moved = np.flatnonzero(by)
    when, by = when[moved], by[moved]
    before = np.searchsorted(when, edges, side="right")
    level = np.concatenate([[0.0], np.cumsum(by)])
    moments = np.concatenate([[0.0], np.cumsum(by * when)])
    # Integral to each edge: each change counts from its day.
    until = level[before] * edges - moments[before]
    return (edges[1:] + edges[:-1]) / 2, np.diff(until) / DAYS_PER_YEAR
