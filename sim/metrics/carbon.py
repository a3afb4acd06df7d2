"""Greenhouse gases of a run: making and launching what flies, making hosts and the energy that they draw on the ground.

Ohs et al. 2025, doi 10.1145/3757892.3757896, weigh launch, manufacture and operation in the same way.  Left out: what
black carbon and nitric oxides do in the upper air, re-entry, and buildings.
"""

from __future__ import annotations

from math import nan

import numpy as np

from sim.constants import HOURS_PER_DAY
from sim.economics import Flights
from sim.economics.facility import drawn_kwh
from sim.events import ARRIVALS, Cause
from sim.metrics.series import mean, online_capacity
from sim.result import Result


def carbon_kg(result: Result, useful_gpu_hours: float) -> dict[str, float]:
    """The metrics `carbon_kg` and `carbon_kg_per_useful_gpu_hour` of one run."""
    scenario, log = result.scenario, result.events
    kg = scenario.economics.carbon
    gpus = scenario.satellite.positions
    if scenario.campus:
        hosts = int(np.count_nonzero(log.of(*ARRIVALS) & (log.cause == Cause.DEPLOYMENT)))
        kwh, each_kwh = _energy(result)
        total = hosts * gpus * kg.gpu_kg + kwh * (kg.grid_kg_per_kwh if each_kwh is None else each_kwh)
    else:
        flights = Flights.of(result)
        mass = np.array([parts.launch_mass_kg for parts in result.parts])[flights.design]
        aboard = np.array([parts.gpus for parts in result.parts])[flights.design]
        each = mass * (kg.launch_kg_per_kg + kg.manufacture_kg_per_kg) + aboard * kg.gpu_kg
        total = float(flights.satellites @ each) if len(each) else 0.0
    return {
        "carbon_kg": total,
        "carbon_kg_per_useful_gpu_hour": total / useful_gpu_hours if useful_gpu_hours > 0 else nan,
    }


def _energy(result: Result) -> tuple[float, float | None]:
    """What a campus drew, kWh, and greenhouse gases of a kWh where it makes its own, kg."""
    scenario = result.scenario
    facility = scenario.campus.facility if scenario.campus else None
    if facility is not None:
        return drawn_kwh(result), facility.supply.carbon_kg_per_kwh
    online = mean(*online_capacity(result), result.horizon_days)
    return online * result.horizon_days * HOURS_PER_DAY * scenario.satellite.gpu.peak_w / 1000, None
