"""Every price of a scenario, wherever it stands, reaches the bill of some run, and twice the prices are twice the bill.

Prices are found by walking the models, so that a new one cannot be forgotten: its field has `usd` in its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from sim.economics import Item, costs
from sim.engine import simulate
from sim.environment import Environment
from sim.result import Result
from sim.scenario import load
from sim.scenario.models import Scenario
from sim.shipped import validation_case
from tests.conftest import make_fleet

YEARLY = {"kind": "exponential", "rate_per_year": 0.8}
LEARNING = {"kind": "learning", "usd": 3, "by": "flights", "reference": 10, "at_start": 10}
TABLE = {"kind": "table", "year": [2027, 2028], "usd": [3, 2]}
PRICES = {
    "operations_usd_per_year": 7,
    "operations_usd_per_satellite_year": 3,
    "operations_share_per_year": 0.01,
    "maintenance_share_per_year": 0.02,
    "holding_usd_per_satellite_year": 2,
    "ground_holding_share_per_year": 0.1,
    "development_usd": 50,
    "disposal_usd_per_satellite": 4,
    "insurance": {"launches": True, "launch_share": 0.05, "orbit_share_per_year": 0.01},
    "learning": {"progress_ratio": 0.85, "built_before": 10},
    "discount": {"orbit_per_year": 0.1},
}
SIZED = {"mass_kg": "sized", "links": {"reacquisition_s": 0, "links_per_satellite": 2}, "gpu": {"peak_w": 500}}
ROBOTS = {"kind": "robots", "success_probability": 1, "cartridge": {"usd": 9}}


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    strategy: str


def laid_over(scenario: Scenario, tree: dict[str, Any]) -> Scenario:
    """A scenario with some top-level parts replaced."""
    return Scenario.model_validate({**scenario.model_dump(mode="json"), **tree})


def a_fleet(**given: Any) -> Scenario:
    """Six satellites of four GPUs in one plane, which fail often, with all prices of a constellation."""
    common = {"slots": 6, "gpus": 4, "days": 500, "bus": YEARLY, "gpu": YEARLY, "lead": 40, "success": 0.8}
    return make_fleet(**{**common, "economics": PRICES, **given})


def with_price(scenario: Scenario, price: dict[str, Any], capacity_kg: float = 1e6) -> Scenario:
    """The same flown at another price."""
    tree = scenario.model_dump(mode="json")
    tree["launch"]["vehicle"] |= {"price": price, "capacity_kg": capacity_kg, "success_probability": 0.8}
    return Scenario.model_validate(tree)


def cases() -> Iterator[tuple[str, Case]]:
    """Runs in which everything that has a price is bought."""
    parts = {**PRICES, "bus_usd": "sized"}
    sized = a_fleet(economics=parts, satellite=SIZED, spare_berths=5, launch={"opportunity_interval_days": 60})
    light = {"kind": "rideshare", "usd_per_kg": 1, "minimum_usd": 1e6, "most_kg_per_satellite": 1e6}
    heavy = {**light, "usd_per_kg": 7, "minimum_usd": 1}
    ride = {"kind": "per_flight", "usd": 1e12, "rideshare": heavy}
    yield "a sized satellite and spares", Case(with_price(sized, {"kind": "per_flight", "usd": 5e6}), "on_orbit_spares")
    yield "minimum of a shared flight", Case(with_price(sized, light), "replace_on_failure")
    yield "mass on a shared flight", Case(with_price(sized, ride), "replace_on_failure")
    by_mass = {"kind": "per_kg", "usd_per_kg": LEARNING}
    yield "a learning curve by the kilogram", Case(with_price(a_fleet(), by_mass), "replace_on_failure")
    yield "by the kilogram", Case(with_price(a_fleet(), {"kind": "per_kg", "usd_per_kg": 5}), "replace_on_failure")
    by_year = {"kind": "per_flight", "usd": TABLE}
    designs = {"second": {"available_from_day": 100, "bus_usd": 5, "gpu_usd": 3}}
    yield "another design", Case(with_price(a_fleet(designs=designs, lead=200), by_year), "replace_on_failure")
    yield "robots", Case(a_fleet(servicing=ROBOTS, days=700), "robotic_servicing")
    yield "technicians", Case(a_fleet(servicing={"kind": "technicians"}, days=700), "robotic_servicing")
    station = {"name": "one", "latitude_deg": 30, "longitude_deg": 10}
    serving = {"inference": [{"name": "text", "tokens_per_s_per_gpu": 100}]}
    for name, ground in (("stations", {"stations": [station]}), ("a relay", {"relay": {}})):
        yield name, Case(laid_over(a_fleet(), {"ground": ground, "workload": serving}), "run_to_failure")
    park = [{"altitude_km": 400, "planes": 4, "berths_per_plane": 12, "raan_offset_deg": 1}]
    heavy = {"mass_kg": 900, "propulsion": {"propellant_kg": 100}}
    few = {"reorder_point": 2, "order_quantity": 2, "parking_reorder_batches": 2, "parking_order_batches": 2}
    parked = a_fleet(
        strategies={"parking_orbit": few}, parking=park, spare_berths=8, days=900, satellite=heavy, per_flight=10_000
    )
    yield "climbs from a parking orbit", Case(parked, "parking_orbit")
    short = ["mission.years=2", "campus.facility.supply.months_to_power=1", "campus.facility.build_months=1"]
    grown = "campus.facility.supply.usd_per_kwh={kind: growth, usd: 0.06, year: 2027, per_year: 0.02}"
    network = "campus.facility.network_usd_per_w=1"
    yield "a campus on the grid", Case(load("ground_stargate", set_=[*short, network]), "run_to_failure")
    yield "a price of energy that grows", Case(load("ground_stargate", set_=[*short, grown]), "run_to_failure")
    gas = load(validation_case("mccalip_ground"), set_=["campus.facility.supply.upkeep_usd_per_kwh=0.01"])
    yield "a campus on gas", Case(gas, "run_to_failure")


CASES = dict(cases())

NOT_PAID = {
    ("Service", "value_usd_per_gpu_hour"): "what work is worth, not what it costs",
}
"""Fields that hold money and belong into no bill."""


@cache
def run(name: str) -> Result:
    case = CASES[name]
    return simulate(case.scenario, Environment.build(case.scenario), case.strategy, 3, 0)


def is_price(name: str) -> bool:
    return "usd" in name.split("_")


def scaled(value: Any, times: float, only: tuple[str, str] | None = None) -> Any:
    """A tree of models with every price in it, or one field alone, so many times as high."""
    if isinstance(value, BaseModel):
        changed = {}
        for name in type(value).model_fields:
            old = getattr(value, name)
            mine = is_price(name) and (only is None or only == (type(value).__name__, name))
            changed[name] = _times(old, times) if mine else scaled(old, times, only)
        return value.model_copy(update=changed)
    if isinstance(value, tuple):
        return tuple(scaled(one, times, only) for one in value)
    if isinstance(value, dict):
        return {key: scaled(one, times, only) for key, one in value.items()}
    return value


def _times(value: Any, times: float) -> Any:
    """A price so many times as high; a path of prices is a model with a price of its own, a word is no number."""
    if isinstance(value, tuple):
        return tuple(one * times for one in value)
    if isinstance(value, BaseModel):
        return scaled(value, times)
    return value * times if isinstance(value, (int, float)) else value


def priced(name: str, times: float = 1.0, only: tuple[str, str] | None = None) -> np.ndarray:
    """Every payment of a case at scaled prices, USD."""
    result = run(name)
    return costs(replace(result, scenario=scaled(result.scenario, times, only))).ledger.usd


def fields_of_prices() -> set[tuple[str, str]]:
    """(model, field) of every price that a scenario file can hold."""
    schema = Scenario.model_json_schema()
    models = {**schema["$defs"], "Scenario": schema}
    return {(model, name) for model, found in models.items() for name in found.get("properties", {}) if is_price(name)}


@pytest.mark.parametrize("name", CASES)
def test_twice_the_prices_are_twice_every_payment(name):
    assert priced(name, 2.0) == pytest.approx(2 * priced(name), rel=1e-12)


@pytest.mark.parametrize("field", sorted(fields_of_prices() - NOT_PAID.keys()), ids=".".join)
def test_each_price_alone_reaches_a_bill(field):
    assert any(not np.array_equal(priced(name, 2.0, field), priced(name)) for name in CASES)


@pytest.mark.parametrize("field", NOT_PAID, ids=".".join)
def test_what_is_not_paid_reaches_none(field):
    assert field in fields_of_prices()
    assert all(np.array_equal(priced(name, 2.0, field), priced(name)) for name in CASES)


def test_all_that_can_be_paid_for_is():
    """Each item of the ledger stands in the books of some case."""
    seen = {item for name in CASES for item, usd in costs(run(name)).ledger.by_item().items() if usd}
    assert seen == set(Item)
