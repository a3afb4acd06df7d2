"""What a satellite weighs, part by part: nothing else computes the mass of a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from sim.environment.hardware import Sizes, new_array_w, tubes_m2
from sim.environment.keeping import DeltaV
from sim.errors import Fault, ScenarioError
from sim.physics.battery import battery_mass_kg
from sim.physics.dose import shield_mass_kg
from sim.physics.thermal import radiator_mass_kg
from sim.scenario.hardware import MOST_KG, Satellite


@dataclass(frozen=True)
class Parts:
    """The parts of a satellite as built: how much there is of each, and what it weighs."""

    array_w: float
    """Power of the array when new, facing the Sun at 1 au."""
    battery_wh: float
    radiator_m2: float
    gpus: int
    """Accelerators aboard, spares included."""
    links: float
    """Optical terminals."""
    mass_kg: Mapping[str, float]
    """By part; `margin` and `propellant` are parts too.  Propellant is that of a satellite as heavy as the sum, and
    infinite where that would be over `MOST_KG`."""
    given_kg: float | None
    """Launch mass that the scenario gives as a number; none: it is the sum."""

    @classmethod
    def of(cls, satellite: Satellite, sizes: Sizes, needs: DeltaV) -> Parts:
        """The parts of a satellite of these sizes, in orbits with these needs.

        Raises `ScenarioError` where the mass is to be the sum and no mass carries the propellant that it needs.
        """
        mass_kg = dry_mass_kg(satellite, sizes)
        dry_kg = sum(mass_kg.values())
        propellant = satellite.propulsion.propellant_kg
        if propellant == "sized":
            closing_kg = needs.closing_mass_kg(satellite, dry_kg)
            propellant = closing_kg - dry_kg if closing_kg <= MOST_KG else inf
        if satellite.mass_kg == "sized" and dry_kg + propellant > MOST_KG:
            problem = (
                f"does not close: {dry_kg:,.4g} kg without propellant need more of it than the heaviest satellite "
                f"({MOST_KG:,.0f} kg) holds"
            )
            raise ScenarioError([Fault("scenario", "satellite.mass_kg", "sized", problem)])
        return cls(
            array_w=new_array_w(satellite, sizes),
            battery_wh=sizes.battery_wh,
            radiator_m2=sizes.radiator_m2,
            gpus=satellite.positions,
            links=satellite.links.terminals_per_satellite,
            mass_kg=mass_kg | {"propellant": float(propellant)},
            given_kg=satellite.given_launch_mass_kg,
        )

    @property
    def sum_kg(self) -> float:
        """Launch mass that the parts add up to."""
        return sum(self.mass_kg.values())

    @property
    def launch_mass_kg(self) -> float:
        """Launch mass of the satellite: as given, or the sum."""
        return self.sum_kg if self.given_kg is None else self.given_kg


def dry_mass_kg(satellite: Satellite, sizes: Sizes) -> dict[str, float]:
    """Mass of each part but propellant, kg.

    Structure and margin are shares of the dry mass, which contains both: dry = all other parts / (1 - both shares).
    """
    array, parts = satellite.array, satellite.parts
    radiator, shield = satellite.radiator, satellite.shield
    found = {
        "array": sizes.array_m2 * array.areal_mass_kg_m2,
        "power_electronics": new_array_w(satellite, sizes) / 1000 * array.electronics_kg_per_kw,
        "battery": float(battery_mass_kg(sizes.battery_wh, satellite.battery.specific_energy_wh_per_kg)),
        "radiator": float(radiator_mass_kg(sizes.radiator_m2, radiator.areal_mass_kg_m2)),
        "coolant_armour": float(shield_mass_kg(tubes_m2(satellite, sizes), radiator.tube_wall_mm)),
        "compute": satellite.positions * parts.mass_per_gpu_kg,
        "shield": float(shield_mass_kg(shield.area_m2, shield.thickness_mm)),
        "avionics": parts.avionics_kg,
        "links": satellite.links.terminals_per_satellite * parts.mass_per_link_kg,
    }
    dry_kg = sum(found.values()) / (1 - parts.structure_share - parts.margin_share)
    return found | {"structure": dry_kg * parts.structure_share, "margin": dry_kg * parts.margin_share}
