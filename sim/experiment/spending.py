"""Where the money went: present value by kind and year, and for each useful GPU-hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.economics import Item, costs
from sim.experiment.grid import Grid, Row
from sim.experiment.table import WIDTH, aligned
from sim.result import Result
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

GROUPS: dict[str, tuple[Item, ...]] = {
    "satellites": (Item.SATELLITES,),
    "hosts": (Item.SATELLITES,),
    "GPUs": (Item.GPUS,),
    "launches": (Item.LAUNCHES,),
    "ordered, not flown": (Item.UNFLOWN, Item.REFUND),
    "building, power": (Item.FACILITY,),
    "network": (Item.NETWORK,),
    "energy": (Item.ENERGY,),
    "staff": (Item.STAFF,),
    "operations": (Item.OPERATIONS,),
    "spares kept": (Item.HOLDING, Item.GROUND_HOLDING, Item.TRANSFERS),
    "repairs and servicing": (Item.SERVICERS, Item.SERVICE_PARTS, Item.SERVICE_FLIGHTS, Item.SERVICE_HOURS),
    "reserve": (Item.MAINTENANCE,),
    "ground links": (Item.GROUND_SEGMENT,),
    "insurance": (Item.INSURANCE,),
    "disposal": (Item.DISPOSAL,),
    "development": (Item.DEVELOPMENT,),
    "value left": (Item.CREDIT,),
}
"""What tables and pictures show of the items of a ledger: hosts of a campus, satellites elsewhere; the last one is
income."""
LEAST_USD = 0.0005
"""Of a GPU-hour: kinds that cost less are not shown."""
HEADING = "What a useful GPU-hour costs, in present value"
MOST_COLUMNS = 5
"""Strategies side by side; of more the first ones."""


@dataclass(frozen=True)
class Spending:
    """The money of one strategy, means over replicates."""

    usd: Floats
    """Present value, USD, shape (items, years)."""
    hours: float
    """Discounted useful GPU-hours."""
    on_ground: bool = False
    """Whether it is that of a campus."""

    @classmethod
    def of(cls, scenario: Scenario, results: Iterable[Result], hours: float) -> Spending:
        """Means over some runs of one strategy, looked at one by one; `hours`: the mean of
        `discounted_useful_gpu_hours`."""
        years = max(1, ceil(scenario.mission.years - 1e-9))
        usd = np.mean([costs(result).present.by_year(years) for result in results], axis=0)
        return cls(usd, hours, scenario.campus is not None)

    def by_year(self) -> dict[str, Floats]:
        """Present value of each group that is not 0, USD, shape (years,)."""
        absent = "satellites" if self.on_ground else "hosts"
        found = {group: self.usd[list(items)].sum(axis=0) for group, items in GROUPS.items() if group != absent}
        return {group: usd for group, usd in found.items() if np.any(usd != 0)}

    def per_hour(self) -> dict[str, float]:
        """What each group is of the cost of a useful GPU-hour, USD; empty where nothing useful was done."""
        return {group: float(usd.sum()) / self.hours for group, usd in self.by_year().items()} if self.hours else {}

    def to_json(self) -> dict[str, Any]:
        """Present value by item and year, USD."""
        return {item.name.lower(): self.usd[item].tolist() for item in Item if np.any(self.usd[item] != 0)}


def spending_text(spent: Mapping[str, Spending], width: int = WIDTH) -> str:
    """The table, as text; empty where nothing useful was done."""
    grid = spending_grid(spent)
    return "\n".join(aligned(grid.text, min(width, WIDTH))) if grid.rows else ""


def spending_grid(spent: Mapping[str, Spending]) -> Grid:
    """What a useful GPU-hour costs, kind by kind."""
    shown = {name: each for name, one in list(spent.items())[:MOST_COLUMNS] if (each := one.per_hour())}
    groups = [group for group in GROUPS if any(abs(one.get(group, 0.0)) >= LEAST_USD for one in shown.values())]
    rows: list[Row] = [(group, *(f"{one.get(group, 0.0):.3f}" for one in shown.values())) for group in groups]
    if shown:
        rows.append(("in all", *(f"{sum(one.values()):.3f}" for one in shown.values())))
    return Grid((HEADING, *(["USD"] if len(shown) == 1 else shown)), tuple(rows))
