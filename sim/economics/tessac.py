"""Total expected spares strategy annual cost (TESSAC), the yardstick of the theory of sparing, of any run.

Jakob, Shimizu, Yoshikawa and Ho 2019, doi 10.2514/1.A34387: manufacturing, holding, launch and manoeuvring of what
replaces satellites.  The initial deployment, operations, servicing and credits are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.economics.costs import transfer_usd
from sim.economics.ground import ground_satellite_years
from sim.economics.purchases import priced_flights
from sim.economics.spares import stored_changes
from sim.result import Result


@dataclass(frozen=True)
class Tessac:
    """The four parts, USD a year, undiscounted."""

    manufacturing: float
    """Satellites launched after the initial deployment, GPUs included."""
    holding: float
    """Spares in store, in orbit and on the ground."""
    launch: float
    """Flights after the initial deployment."""
    manoeuvring: float
    """Propellant of climbs from parking orbits, where it is not in the price of the satellite."""

    @property
    def total(self) -> float:
        """All four."""
        return self.manufacturing + self.holding + self.launch + self.manoeuvring


def tessac(result: Result, start: float = 0.0) -> Tessac:
    """What a run spent on replacements from a mission day to the horizon."""
    prices, log = result.scenario.economics, result.events
    years = (result.horizon_days - start) / DAYS_PER_YEAR
    priced = priced_flights(result)
    later = ~priced.flights.deployment & (priced.flights.day >= start)
    # Each change counts from its time, at the earliest from the start, to the horizon.
    stored_days = stored_changes(log) * (result.horizon_days - np.maximum(log.time_days, start))
    stored_usd = float(stored_days.sum()) / DAYS_PER_YEAR * prices.holding_usd_per_satellite_year
    ground_years = ground_satellite_years(result, len(priced.bills), start)
    ground_usd = float(ground_years @ [bill.usd for bill in priced.bills]) * prices.ground_holding_share_per_year
    climbs_usd = transfer_usd(result, priced.bills, prices)[log.time_days >= start]
    return Tessac(
        manufacturing=float((priced.bus_usd + priced.gpus_usd)[later].sum()) / years,
        holding=(stored_usd + ground_usd) / years,
        launch=float(priced.usd[later].sum()) / years,
        manoeuvring=float(climbs_usd.sum()) / years,
    )
