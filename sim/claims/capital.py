"""What a satellite weighs and costs in orbit: as it was announced, as its parts add up, or between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sim.claims.claim import Input
from sim.claims.evidence import Evidence
from sim.claims.judging import with_values
from sim.economics import Bill
from sim.environment.parts import Parts, dry_mass_kg
from sim.launch import Purchase
from sim.scenario import Scenario

PART_MASSES = (
    "satellite.array.areal_mass_kg_m2",
    "satellite.array.electronics_kg_per_kw",
    "satellite.battery.specific_energy_wh_per_kg",
    "satellite.radiator.areal_mass_kg_m2",
    "satellite.parts.mass_per_gpu_kg",
    "satellite.parts.avionics_kg",
    "satellite.parts.mass_per_link_kg",
    "satellite.parts.structure_share",
    "satellite.parts.margin_share",
)
"""What a satellite's mass follows from, beside its sizes."""
LIGHTER_IF_HIGHER = "satellite.battery.specific_energy_wh_per_kg"


@dataclass(frozen=True)
class Delivered:
    """A satellite of a scenario, brought to orbit in a full flight of the main vehicle."""

    kw: float
    """Full load."""
    kg: float
    bus_usd: float
    gpus_usd: float
    seats: int
    """Satellites of a flight."""
    flight_usd: float
    success: float
    life_years: float

    @classmethod
    def of(
        cls,
        evidence: Evidence,
        scenario: Scenario,
        *,
        kg: float | None = None,
        bus_usd: float | None = None,
        usd_per_kg: float | None = None,
    ) -> Delivered:
        """As the scenario has it, or with another mass, price, or price of launch by the kilogram."""
        design = evidence.environment(scenario).designs[0]
        bill, vehicle, satellite = Bill.of(scenario, design.parts), scenario.launch.vehicle, scenario.satellite
        mass = design.mass_kg if kg is None else kg
        seats = max(1, vehicle.satellites_per_flight(mass, min(design.payload_kg), satellite.stowed_m3))
        bought = Purchase(0.0, scenario.mission.start_year)
        flight = (
            float(vehicle.price.cost_usd(seats * mass, seats, bought))
            if usd_per_kg is None
            else seats * mass * usd_per_kg
        )
        return cls(
            kw=satellite.full_load_w / 1000,
            kg=mass,
            bus_usd=bill.bus_usd if bus_usd is None else bus_usd,
            gpus_usd=bill.gpus_usd,
            seats=seats,
            flight_usd=flight,
            success=vehicle.mean_success,
            life_years=satellite.design_life_years,
        )

    @property
    def launch_usd(self) -> float:
        """A satellite's share of a flight, USD."""
        return self.flight_usd / self.seats

    @property
    def usd(self) -> float:
        """In orbit, those that a failed flight takes borne by the others."""
        return (self.bus_usd + self.gpus_usd + self.launch_usd) / self.success

    @property
    def usd_per_kw(self) -> float:
        """Capital of a kW in orbit."""
        return self.usd / self.kw

    @property
    def launched_usd_per_kw_year(self) -> float:
        """Launched power price: launch alone, for a kW over the design life, USD per kW and year."""
        return self.launch_usd / (self.kw * self.life_years)


def announced_to_sum(evidence: Evidence, scenario: Scenario) -> tuple[Input, Input]:
    """Mass and price of a satellite as inputs, from what was announced to what its parts add up to."""
    parts = evidence.environment(scenario).designs[0].parts
    bill = Bill.of(scenario, parts)
    mass, price = evidence.given(scenario, "satellite.mass_kg", "economics.bus_usd")
    return _up_to(mass, parts.launch_mass_kg, parts.sum_kg), _up_to(price, bill.bus_usd, bill.sum_usd)


def _up_to(one: Input, value: float, total: float) -> Input:
    low, high = min(value, total), max(value, total)
    return replace(one, value=value, low=low, high=high, source=f"{one.source}; its parts add up to {total:,.0f}")


def mass_kg(scenario: Scenario, parts: Parts, evidence: Evidence, values: Mapping[str, float]) -> float:
    """Sum of the parts of a satellite with other figures for them, kg; propellant grows with the rest.

    `values`: by path in the scenario, of `PART_MASSES`.
    """
    changed = with_values(scenario, values)
    sizes = evidence.environment(scenario).sizes
    dry_kg = sum(dry_mass_kg(changed.satellite, sizes).values())
    propellant = parts.mass_kg["propellant"]
    return dry_kg * (1 + propellant / (parts.sum_kg - propellant))


def lightest(inputs: Sequence[Input]) -> dict[str, float]:
    """The figures of `PART_MASSES` at the ends of their ranges that weigh least, by path in the scenario."""
    found = {}
    for one in inputs:
        path = one.path.partition(":")[2]
        end = one.high if path == LIGHTER_IF_HIGHER else one.low
        found[path] = float(one.value if end is None else end)
    return found
