"""Where the money went: present value by kind and year, and for each useful GPU-hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.economics import Item, costs
from sim.experiment.table import WIDTH, aligned
from sim.result import Result

Floats = NDArray[np.float64]

GROUPS: dict[str, tuple[Item, ...]] = {
    "satellites without GPUs": (Item.SATELLITES,),
    "GPUs": (Item.GPUS,),
    "launches": (Item.LAUNCHES,),
    "ordered, not flown": (Item.UNFLOWN, Item.REFUND),
    "building, power, cooling": (Item.FACILITY,),
    "network": (Item.NETWORK,),
    "energy": (Item.ENERGY,),
    "staff": (Item.STAFF,),
    "operations": (Item.OPERATIONS,),
    "spares in store, transfers": (Item.HOLDING, Item.GROUND_HOLDING, Item.TRANSFERS),
    "repairs and servicing": (Item.SERVICERS, Item.SERVICE_PARTS, Item.SERVICE_FLIGHTS, Item.SERVICE_HOURS),
    "reserve for failures": (Item.MAINTENANCE,),
    "ground stations, relay": (Item.GROUND_SEGMENT,),
    "insurance": (Item.INSURANCE,),
    "disposal": (Item.DISPOSAL,),
    "development": (Item.DEVELOPMENT,),
    "value left at the end": (Item.CREDIT,),
}
"""What tables and pictures show of the items of a ledger; the last one is income."""
MOST_COLUMNS = 5
"""Strategies side by side; of more the first ones."""


@dataclass(frozen=True)
class Spending:
    """The money of one strategy, means over replicates."""

    usd: Floats
    """Present value, USD, shape (items, years)."""
    hours: float
    """Discounted useful GPU-hours."""

    @classmethod
    def of(cls, results: list[Result], hours: float) -> Spending:
        """Means over some runs of one strategy; `hours`: the mean of `discounted_useful_gpu_hours`."""
        years = max(1, ceil(results[0].scenario.mission.years - 1e-9))
        return cls(np.mean([costs(result).present.by_year(years) for result in results], axis=0), hours)

    def by_year(self) -> dict[str, Floats]:
        """Present value of each group that is not 0, USD, shape (years,)."""
        found = {group: self.usd[list(items)].sum(axis=0) for group, items in GROUPS.items()}
        return {group: usd for group, usd in found.items() if np.any(usd != 0)}

    def per_hour(self) -> dict[str, float]:
        """What each group is of the cost of a useful GPU-hour, USD; empty where nothing useful was done."""
        return {group: float(usd.sum()) / self.hours for group, usd in self.by_year().items()} if self.hours else {}

    def to_json(self) -> dict[str, Any]:
        """Present value by item and year, USD."""
        return {item.name.lower(): self.usd[item].tolist() for item in Item if np.any(self.usd[item] != 0)}


def spending_text(spent: Mapping[str, Spending], rate_per_year: float, width: int = WIDTH) -> str:
    """The table: what a useful GPU-hour costs, kind by kind; empty where nothing useful was done."""
    shown = {name: each for name, one in list(spent.items())[:MOST_COLUMNS] if (each := one.per_hour())}
    if not shown:
        return ""
    groups = [group for group in GROUPS if any(abs(one.get(group, 0.0)) >= 0.0005 for one in shown.values())]
    alone = len(shown) == 1
    head = [f"USD per useful GPU-hour, at {100 * rate_per_year:g} % a year", *([""] if alone else shown)]
    rows = [[group, *(f"{one.get(group, 0.0):.3f}" for one in shown.values())] for group in groups]
    rows.append(["in all", *(f"{sum(one.values()):.3f}" for one in shown.values())])
    return "\n".join(aligned([head, *rows], width))
