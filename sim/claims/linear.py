"""The cost of a strategy as a straight line in prices, from runs that are priced anew, not run anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.claims.judging import with_values
from sim.experiment import Study, reprice
from sim.launch.price import PerKilogram
from sim.metrics import METRICS

Floats = NDArray[np.float64]
LEVELISED = "cost_per_useful_gpu_hour_usd"


def cost_and_hours(study: Study, strategy: str) -> tuple[Floats, Floats]:
    """What the levelised cost is the quotient of, in each replicate: USD, and GPU-hours."""
    parts = METRICS[LEVELISED].ratio_of
    assert parts is not None
    above, below = parts
    return study.values(strategy, above), study.values(strategy, below)


@dataclass(frozen=True)
class Prices:
    """What is paid for."""

    usd_per_kg: float
    """Launch."""
    bus_usd: float
    """A satellite without its chips."""
    gpu_usd: float


@dataclass(frozen=True)
class PricedCost:
    """Cost of each replicate of a strategy as a straight line in `Prices`, and its GPU-hours, shape (replicates,)."""

    fixed_usd: Floats
    per_usd_per_kg: Floats
    per_bus_usd: Floats
    per_gpu_usd: Floats
    hours: Floats

    @classmethod
    def of_each(cls, study: Study) -> dict[str, PricedCost]:
        """By strategy, of a study whose launches are bought by the kilogram: from price lists of one price each."""
        unit = 1000.0  # USD; a price of 1 would be lost beside the rest
        lists = Prices(0.0, 0.0, 0.0), Prices(unit, 0.0, 0.0), Prices(0.0, unit, 0.0), Prices(0.0, 0.0, unit)
        studies = [repriced(study, prices) for prices in lists]
        found = {}
        for name in study.strategies:
            fixed, *others = (cost_and_hours(one, name)[0] for one in studies)
            kg, bus, gpu = ((one - fixed) / unit for one in others)
            found[name] = cls(fixed, kg, bus, gpu, cost_and_hours(study, name)[1])
        return found

    def usd(self, prices: Prices) -> Floats:
        """Cost of each replicate, USD."""
        moved = self.per_usd_per_kg * prices.usd_per_kg + self.per_bus_usd * prices.bus_usd
        return np.asarray(self.fixed_usd + moved + self.per_gpu_usd * prices.gpu_usd)

    def mean(self, rows: NDArray[np.intp] | slice = slice(None)) -> PricedCost:
        """The mean over some replicates, shape (1,)."""
        columns = self.fixed_usd, self.per_usd_per_kg, self.per_bus_usd, self.per_gpu_usd, self.hours
        return PricedCost(*(np.array([column[rows].mean()]) for column in columns))

    def usd_per_hour(self, prices: Prices) -> float:
        """Levelised cost over all replicates, USD per GPU-hour: a ratio of means."""
        return float(self.usd(prices).mean() / self.hours.mean())

    def usd_per_kg_for(self, usd_per_hour: float, bus_usd: float, gpu_usd: float) -> float:
        """Price of launch at which the levelised cost is so much, USD/kg; below 0: not even free launch does it."""
        rest = usd_per_hour * self.hours.mean() - self.usd(Prices(0.0, bus_usd, gpu_usd)).mean()
        return float(rest / self.per_usd_per_kg.mean())


def between(low: PricedCost, high: PricedCost, share: float) -> PricedCost:
    """A straight line from one to the other."""
    names = "fixed_usd", "per_usd_per_kg", "per_bus_usd", "per_gpu_usd", "hours"
    return PricedCost(*((1 - share) * getattr(low, name) + share * getattr(high, name) for name in names))


def repriced(study: Study, prices: Prices) -> Study:
    """The study at other prices; no simulation runs for it."""
    changed = {
        "launch.vehicle.price": PerKilogram(usd_per_kg=prices.usd_per_kg),
        "economics.bus_usd": prices.bus_usd,
        "economics.gpu_usd": prices.gpu_usd,
    }
    return reprice(study, with_values(study.scenario, changed), workers=1)
