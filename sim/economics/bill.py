"""What one satellite of a design costs, part by part, and what its flights do: nothing else prices a thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from sim.environment import Parts
from sim.launch import AnyPrice, Purchase
from sim.scenario.models import Scenario
from sim.scenario.prices import PartPrices


@dataclass(frozen=True)
class Bill:
    """What one satellite of a design costs, and what its launch is priced by."""

    parts_usd: Mapping[str, float]
    """By part, without its GPUs; `integration` is a part too."""
    given_usd: float | None
    """Without its GPUs, as the scenario gives it; none: it is the sum of the parts."""
    gpu_usd: float
    """One of its GPUs that flies: it bears those that died in the burn-in beside it."""
    positions: int
    """GPUs aboard, spares included."""
    mass_kg: float

    @classmethod
    def of(cls, scenario: Scenario, parts: Parts) -> Bill:
        """The bill of the satellite of a scenario of one design, which is made of these parts."""
        reliability, prices = scenario.reliability, scenario.economics
        passes = float(reliability.gpu.survival(reliability.gpu_burn_in_days))
        return cls(
            # A host on the ground is bought whole.
            parts_usd={} if scenario.campus else _parts_usd(prices.parts, parts),
            given_usd=None if prices.bus_usd == "sized" else prices.bus_usd,
            gpu_usd=prices.gpu_usd / passes if passes > 0 else inf,
            positions=parts.gpus,
            mass_kg=parts.launch_mass_kg,
        )

    @property
    def sum_usd(self) -> float:
        """The satellite without its GPUs, by its parts."""
        return sum(self.parts_usd.values())

    @property
    def bus_usd(self) -> float:
        """The satellite without its GPUs: as given, or by its parts."""
        return self.sum_usd if self.given_usd is None else self.given_usd

    @property
    def gpus_usd(self) -> float:
        """All its GPUs."""
        return self.positions * self.gpu_usd

    @property
    def usd(self) -> float:
        """The satellite whole."""
        return self.bus_usd + self.gpus_usd

    def flight_usd(self, price: AnyPrice, satellites: float, bought: Purchase) -> float:
        """A flight with so many of them."""
        return float(price.cost_usd(satellites * self.mass_kg, satellites, bought))


def bills_of(scenario: Scenario, parts: Sequence[Parts]) -> list[Bill]:
    """The bill of a satellite of each design; `parts` of each, in the order of `Scenario.design_names`."""
    designs = zip(scenario.design_names, parts, strict=True)
    return [Bill.of(scenario.with_design(name), made_of) for name, made_of in designs]


def _parts_usd(prices: PartPrices, parts: Parts) -> dict[str, float]:
    """Price of each part, USD.

    Integration is a share of the whole, which contains it: whole = all other parts / (1 - share).  The margin of mass
    has no price: what it turns into is not known yet.
    """
    mass_kg, array_kw = parts.mass_kg, parts.array_w / 1000
    found = {
        "array": parts.array_w * prices.array_usd_per_w,
        "power_electronics": array_kw * prices.power_electronics_usd_per_kw,
        "battery": parts.battery_wh / 1000 * prices.battery_usd_per_kwh,
        "radiator": parts.radiator_m2 * prices.radiator_usd_per_m2,
        "coolant_armour": mass_kg["coolant_armour"] * prices.structure_usd_per_kg,
        "compute": parts.gpus * prices.compute_usd_per_gpu,
        "shield": mass_kg["shield"] * prices.structure_usd_per_kg,
        "avionics": prices.avionics_usd,
        "links": parts.links * prices.link_usd,
        "structure": mass_kg["structure"] * prices.structure_usd_per_kg,
        "propellant": mass_kg["propellant"] * prices.propellant_usd_per_kg,
    }
    share = prices.integration_share
    return found | {"integration": sum(found.values()) * share / (1 - share)}
