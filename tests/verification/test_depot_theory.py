"""Spares in planes that are ordered one by one from a stock on the ground: the engine against METRIC.

Sherbrooke 1968, doi 10.1287/opre.16.1.122: bases of base stock behind a depot of base stock.  METRIC takes what is on
its way to a base for Poisson; its mean is exact, and fill rates are off by about a percent.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from sim.metrics import measure
from sim.sparing import metric_two_echelon

YEAR = 365.25
PLANES, SLOTS, YEARS, REPLICATES = 5, 150, 24, 8
CASE = {"bases": PLANES, "rate": 2.0, "base_level": 1, "base_lead": 0.1, "depot_level": 4, "depot_lead": 0.5}


BUILD = {"kind": "constant", "days": CASE["depot_lead"] * YEAR}
NO_TIME = {"kind": "constant", "days": 0}


@pytest.mark.parametrize(
    "depot_level", [pytest.param(0, marks=pytest.mark.slow), 4, pytest.param(8, marks=pytest.mark.slow)]
)
def test_planes_behind_a_ground_stock_are_bases_behind_a_depot(fleet, checked_run, depot_level: int) -> None:
    stock = {"satellites": depot_level}
    scenario = fleet(
        slots=SLOTS,
        spare_berths=1,
        days=YEARS * YEAR,
        shell={"planes": PLANES},
        dormancy=0.0,
        bus={"kind": "exponential", "rate_per_year": CASE["rate"] / SLOTS},
        lead=CASE["depot_lead"] * YEAR,
        launch={"transfer_days": CASE["base_lead"] * YEAR},
        factory={"ground_stock": {"satellite": stock}, "build_days": BUILD, "processing_days": NO_TIME}
        if depot_level
        else None,
        strategies={
            "on_orbit_spares": {"spares_per_plane": 1, "reorder_point": 0, "phasing_days": 0, "order_ahead_days": 0}
        },
    )
    theory = metric_two_echelon(**CASE | {"depot_level": depot_level})
    scenario = scenario.model_copy(update={"mission": scenario.mission.model_copy(update={"warm_up_years": 2})})
    found = [measure(checked_run(scenario, "on_orbit_spares", replicate=number)) for number in range(REPLICATES)]
    for name, expected in (
        ("order_fill_rate", theory.base.fill),
        ("expected_backorders", PLANES * theory.base.backorders),
        ("mean_on_order", PLANES * theory.pipeline),
    ):
        values = np.array([one[name] for one in found])
        error = values.std(ddof=1) / np.sqrt(REPLICATES)
        assert abs(values.mean() - expected) < 0.01 * expected + 3 * error, (name, values.mean(), error, expected)
        assert error < 0.2 * expected, name
    if depot_level:
        at_once = poisson.cdf(depot_level - 1, PLANES * CASE["rate"] * CASE["depot_lead"])
        assert np.mean([one["ground_fill_rate"] for one in found]) == pytest.approx(at_once, abs=0.03)
