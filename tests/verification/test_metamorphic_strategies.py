"""What must hold between strategies, and between scenarios that differ in one thing, when luck is the same."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sim.economics import Item, costs
from sim.engine import simulate
from sim.experiment.envelope import Envelope
from sim.metrics import measure
from sim.result import Result
from tests.conftest import environment_of, make_fleet

REPLICATES = 8
EVERY = (
    "run_to_failure",
    "replace_on_failure",
    "batch",
    "scheduled_batch",
    "on_orbit_spares",
    "block_launch",
    "condition_based",
    "age_replacement",
    "marginal_value",
    "fill_the_vehicle",
)
PRICES = {
    "bus_usd": 1e6,
    "gpu_usd": 3e4,
    "operations_usd_per_year": 1e5,
    "operations_usd_per_satellite_year": 2e4,
    "holding_usd_per_satellite_year": 5e4,
}


def _mapping(value: Any) -> Any:
    """Pairs, which may be kept in a cache, as the mapping that they stand for."""
    return {name: _mapping(one) for name, one in value} if isinstance(value, tuple) else value


@cache
def runs(strategy: str, *, worth: float = 10, flight_usd: float = 4e6, **over: Any) -> tuple[Result, ...]:
    """Two planes of eight satellites for 6 years; satellites fail at random, GPUs wear out."""
    given: dict[str, Any] = {
        "slots": 8,
        "gpus": 4,
        "spare_berths": 8,
        "days": 6 * 365.25,
        "life_days": 4 * 365.25,
        "bus": {"kind": "exponential", "rate_per_year": 0.15},
        "gpu": {"kind": "weibull", "shape": 2, "scale_years": 6},
        "lead": 90.0,
        "per_flight": 6,
        "shell": {"planes": 2},
        "jobs": [{"gpus": 4, "count": "fill"}],
    }
    given |= {name: _mapping(value) for name, value in over.items()}
    scenario = make_fleet(**given)
    price = scenario.launch.vehicle.price.model_copy(update={"usd": flight_usd})
    vehicle = scenario.launch.vehicle.model_copy(update={"price": price})
    scenario = scenario.model_copy(
        update={
            "economics": scenario.economics.model_copy(update=PRICES),
            "service": scenario.service.model_copy(update={"value_usd_per_gpu_hour": worth}),
            "launch": scenario.launch.model_copy(update={"vehicle": vehicle}),
        }
    )
    environment = environment_of(scenario)
    return tuple(simulate(scenario, environment, strategy, 11, replicate) for replicate in range(REPLICATES))


@cache
def measured(strategy: str, **over: Any) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    rows = [measure(result) for result in runs(strategy, **over)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def test_more_spares_never_lower_the_fill_rate() -> None:
    """Of a base stock whose spares do not age: each loss orders one."""
    alike = {
        "jobs": None,
        "life_days": 36_000.0,
        "dormancy": 0.0,
        "gpu": (("kind", "exponential"), ("rate_per_year", 0.0)),
    }
    stocks = []
    for spares in (1, 2, 4, 8):
        own = ("on_orbit_spares", (("spares_per_plane", spares), ("reorder_point", spares - 1)))
        stocks.append(measured("on_orbit_spares", strategies=(own,), **alike))
    for fewer, more in pairwise(stocks):
        assert (more["order_fill_rate"] >= fewer["order_fill_rate"]).all()
        assert (more["expected_backorders"] <= fewer["expected_backorders"] + 1e-12).all()
    assert (stocks[-1]["order_fill_rate"] > stocks[0]["order_fill_rate"]).all()


@pytest.mark.parametrize("strategy", ["replace_on_failure", "scheduled_batch", "on_orbit_spares"])
def test_a_shorter_lead_time_raises_neither_backorders_nor_net_cost(strategy: str) -> None:
    """Where hours are worth their replacement: else who replaces sooner loses more."""
    leads = [measured(strategy, lead=float(days), worth=300) for days in (20, 180, 500)]
    for short, long in pairwise(leads):
        assert short["expected_backorders"].mean() <= long["expected_backorders"].mean()
        dearer = short["net_cost_usd"] - long["net_cost_usd"]
        assert dearer.mean() <= 2 * dearer.std(ddof=1) / np.sqrt(REPLICATES)
    assert leads[0]["expected_backorders"].mean() < leads[-1]["expected_backorders"].mean()


@pytest.mark.parametrize("strategy", EVERY)
def test_doubling_a_price_never_helps_the_one_who_pays_it(strategy: str) -> None:
    for result in runs(strategy):
        prices, vehicle = result.scenario.economics, result.scenario.launch.vehicle
        before = costs(result)
        for name in ("bus_usd", "gpu_usd", "operations_usd_per_satellite_year", "operations_usd_per_year"):
            dearer = costs(result, economics=prices.model_copy(update={name: 2 * getattr(prices, name)}))
            assert dearer.total_usd > before.total_usd, name
        launch_price = vehicle.price.model_copy(update={"usd": 2 * vehicle.price.usd})
        dearer = costs(result, launch_price=launch_price)
        assert dearer.total_usd > before.total_usd
        assert dearer.total_usd - before.total_usd <= before[Item.LAUNCHES] * (1 + 1e-12)


@pytest.mark.parametrize("strategy", ["marginal_value", "fill_the_vehicle"])
def test_doubling_the_launch_price_never_helps_a_strategy_that_looks_at_it(strategy: str) -> None:
    usual, dear = (measured(strategy, flight_usd=usd) for usd in (4e6, 8e6))
    assert usual["net_cost_usd"].mean() < dear["net_cost_usd"].mean()
    assert dear["launches"].mean() <= usual["launches"].mean()


def test_doing_nothing_is_best_where_hours_are_worth_nothing_and_most_hours_where_they_are_worth_a_fortune() -> None:
    every = {name: measured(name) for name in EVERY}
    found = Envelope.of(
        {name: values["total_cost_usd"] for name, values in every.items()},
        {name: values["served_gpu_hours"] for name, values in every.items()},
    )
    assert found.at(0) == "run_to_failure"
    most = max(EVERY, key=lambda name: every[name]["served_gpu_hours"].mean())
    assert found.at(1e9) == most != "run_to_failure"
    assert len(found.stretches) >= 2
