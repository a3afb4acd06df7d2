"""What of a scenario are prices: figures that move no satellite, as long as no strategy looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.scenario.models import Scenario

SERVICING_PRICES = ("usd", "usd_per_hour", "resupply_price")


def unpriced_differences(one: Scenario, other: Scenario) -> list[str]:
    """Paths at which two scenarios differ, in what a run depends on where strategies do not look at prices."""
    return _differing(without_prices(one), without_prices(other))


def without_prices(scenario: Scenario) -> dict[str, Any]:
    """What a run depends on, of a scenario whose strategies do not look at prices."""
    tree: dict[str, Any] = scenario.model_dump(
        mode="json", exclude={"economics", "sources", "name", "description", "notes", "changes"}
    )
    for name in ("value_usd_per_gpu_hour", "value_decline_per_year"):
        tree["service"].pop(name)
    for service in (tree["launch"], *tree["launch"]["others"].values()):
        service["vehicle"].pop("price")
    if servicing := tree["servicing"]:
        for name in SERVICING_PRICES:
            servicing.pop(name, None)
        servicing["cartridge"].pop("usd")
    for design in tree["designs"].values():
        for name in ("bus_usd", "gpu_usd"):
            design.pop(name)
    return tree


def _differing(one: Any, other: Any, at: str = "") -> list[str]:
    """Paths at which two trees differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        paths = [_differing(one.get(key), other.get(key), f"{at}.{key}" if at else key) for key in {**one, **other}]
        return [path for found in paths for path in found]
    return [] if one == other else [at]
