"""Sizes: what a satellite needs so that its whole load runs on the worst day, at the end of its design life."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.constants import CELSIUS_ZERO_K, DAYS_PER_YEAR, MINUTES_PER_DAY, SOLAR_CONSTANT_W_M2
from sim.environment.sun_tables import SunTables
from sim.errors import Fault, ScenarioError
from sim.physics.battery import FADE_AT_EOL, FadeLaw
from sim.physics.power import (
    EclipsePolicy,
    Mount,
    array_needed_w,
    array_power_w,
    battery_needed_wh,
    gpu_power_w,
)
from sim.physics.thermal import HeatPath
from sim.scenario.energy import MOST_KWH, MOST_SIZE
from sim.scenario.hardware import Satellite
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]


def heat_path(satellite: Satellite) -> HeatPath:
    """The way of the heat from junction to space."""
    radiator = satellite.radiator
    return HeatPath(
        junction_coolant_k_per_w=radiator.junction_coolant_k_per_w,
        coolant_radiator_k_m2_per_w=radiator.coolant_radiator_k_m2_per_w,
        coolant_drop_k=radiator.coolant_drop_k,
        emittance=radiator.emittance,
        sides=radiator.sides,
        fin_efficiency=radiator.fin_efficiency,
    )


def heat_limit_w(satellite: Satellite, area_m2: float, absorbed: Floats | float) -> Floats:
    """Heat at which chip or memory, whichever is first, reaches its limit behind a radiator, W; shape of `absorbed`.

    Memory sits on the same cold plate, `memory_rise` times as far above the coolant as the junction.
    """
    radiator, path = satellite.radiator, heat_path(satellite)
    limits = (
        (path, radiator.junction_limit_c),
        (
            replace(path, junction_coolant_k_per_w=radiator.memory_rise * path.junction_coolant_k_per_w),
            radiator.memory_limit_c,
        ),
    )
    return np.minimum(
        *(
            way.heat_limit_w(
                area_m2, limit_c, gpus=satellite.gpus, other_w=satellite.bus_power_w, absorbed_w_m2=absorbed
            )
            for way, limit_c in limits
        )
    )


def memory_c(satellite: Satellite, junction_c: float, gpu_w: float) -> float:
    """Temperature of the memory of a GPU whose junction is at `junction_c` under `gpu_w`, degrees C."""
    radiator = satellite.radiator
    return junction_c + (radiator.memory_rise - 1) * radiator.junction_coolant_k_per_w * gpu_w


def vulnerable_m2(satellite: Satellite, sizes: Sizes) -> float:
    """Outer surface on which a hit by lethal debris ends the satellite, m^2."""
    propulsion = satellite.propulsion
    if propulsion.vulnerable_area_m2 != "sized":
        return propulsion.vulnerable_area_m2
    faces = (
        (sizes.array_m2, propulsion.array_vulnerable_share),
        (sizes.radiator_m2, propulsion.radiator_vulnerable_share),
    )
    wings = sum(2 * area * share for area, share in faces)
    return propulsion.bus_surface_m2 + satellite.shield.area_m2 + wings


def fade_law(satellite: Satellite) -> FadeLaw:
    """How the battery wears."""
    battery = satellite.battery
    return FadeLaw(battery.cycles, battery.at_depth, battery.exponent, battery.calendar_fade_per_year)


def lowest_load_w(satellite: Satellite) -> float:
    """All GPUs at their lowest frequency, W."""
    gpu = satellite.gpu
    return float(satellite.gpus * gpu_power_w(gpu.lowest_frequency, gpu.idle_w, gpu.peak_w, gpu.power_exponent))


def satellite_policy(policy: str) -> EclipsePolicy:
    """What one satellite does under a fleet's eclipse policy: one that hands its work over is as dark as one paused."""
    return EclipsePolicy.PAUSE if policy == "migrate" else EclipsePolicy(policy)


@dataclass(frozen=True)
class Sizes:
    """A satellite's sizes in numbers: as given, or as needed."""

    array_m2: float
    battery_wh: float
    radiator_m2: float
    array_needed_m2: float
    """What the whole load would need, whatever was given; infinite where no area is enough."""
    battery_needed_wh: float
    radiator_needed_m2: float

    @classmethod
    def of(cls, scenario: Scenario, sun: SunTables) -> Sizes:
        """Size what the scenario leaves open, for all planes alike.

        Raises `ScenarioError` where no size is enough.
        """
        satellite = scenario.satellite
        needs = {
            "array": max(array_needed_m2(scenario, some) for some in sun.chunks()),
            "battery": max(needed_battery_wh(scenario, some) for some in sun.chunks()),
            "radiator": max(radiator_needed_m2(satellite, some) for some in sun.chunks()),
        }
        area = MOST_SIZE, f"{MOST_SIZE:g} m2"
        largest = {"array": area, "battery": (1000 * MOST_KWH, f"{MOST_KWH:g} kWh"), "radiator": area}
        needs = {part: need if need <= largest[part][0] else float("inf") for part, need in needs.items()}
        given = {
            "array": satellite.array.area_m2,
            "battery": satellite.battery.capacity_kwh,
            "radiator": satellite.radiator.area_m2,
        }
        reasons = {
            "array": f"array.mount {satellite.array.mount} sees no Sun on some day of these orbits",
            "battery": "it would be worn out before the end of the design life",
            "radiator": "junction_limit_c or memory_limit_c is below what the way to the radiator alone takes up",
        }
        faults = [
            Fault(
                "scenario",
                f"satellite.{part}",
                "sized",
                f"no size is enough, not even {largest[part][1]}: {reasons[part]}",
            )
            for part, need in needs.items()
            if given[part] == "sized" and not np.isfinite(need)
        ]
        if faults:
            raise ScenarioError(faults)
        margins = {part: 1 + getattr(satellite, part).margin for part in needs}
        battery = satellite.battery.capacity_kwh
        return cls(
            _size(given["array"], needs["array"] * margins["array"]),
            needs["battery"] * margins["battery"] if battery == "sized" else 1000.0 * battery,
            _size(given["radiator"], needs["radiator"] * margins["radiator"]),
            needs["array"],
            needs["battery"],
            needs["radiator"],
        )


def new_array_w(satellite: Satellite, sizes: Sizes) -> float:
    """Power of the array when new, facing the Sun at 1 au, or as rated, W."""
    array = satellite.array
    if array.rating is not None:
        return array.rating.power_w
    return float(array_power_w(SOLAR_CONSTANT_W_M2, sizes.array_m2, array.efficiency, 1.0, losses=array.losses))


def tubes_m2(satellite: Satellite, sizes: Sizes) -> float:
    """Area of the radiating faces behind which coolant runs, m^2."""
    radiator = satellite.radiator
    return sizes.radiator_m2 * radiator.sides * radiator.tube_fraction * radiator.loops_per_gpu


def _size(given: float | str, needed: float) -> float:
    return needed if isinstance(given, str) else given


def _dark_load_w(scenario: Scenario) -> float:
    """What the eclipse policy asks for in the dark, bus included, W."""
    satellite = scenario.satellite
    match satellite_policy(scenario.power.eclipse_policy):
        case EclipsePolicy.RIDE_THROUGH:
            return satellite.full_load_w
        case EclipsePolicy.THROTTLE:
            return satellite.bus_power_w + lowest_load_w(satellite)
        case EclipsePolicy.PAUSE:
            return satellite.bus_power_w


def array_needed_m2(scenario: Scenario, sun: SunTables) -> float:
    """Area of cells that carries the whole load on the worst day, at the end of the design life, m^2."""
    satellite = scenario.satellite
    per_m2 = sun.array_w_per_m2(satellite, satellite.design_life_years)
    need_w = array_needed_w(
        satellite.full_load_w,
        _dark_load_w(scenario),
        lit_s=np.maximum((1 - sun.dark) * sun.period_s, 1e-6),
        dark_s=sun.dark * sun.period_s,
        charge_efficiency=satellite.battery.charge_efficiency,
        discharge_efficiency=satellite.battery.discharge_efficiency,
    )
    with np.errstate(divide="ignore"):
        area = need_w / per_m2
    # A fixed array on a plane that the Sun crosses meets days without power: a size for them would be absurd.
    worst = float(area.max())
    return worst if worst < 100 * float(np.median(area)) or satellite.array.mount is Mount.TWO_AXIS else float("inf")


def needed_battery_wh(scenario: Scenario, sun: SunTables) -> float:
    """Capacity when new that carries the policy's dark load through the longest eclipse to the end of life, Wh.

    Taken as if every eclipse drew to the depth limit, so the wear is an upper bound.
    """
    satellite = scenario.satellite
    longest_s = float((sun.dark * sun.period_s).max())
    if longest_s == 0:
        return 0.0
    a_day = (MINUTES_PER_DAY * 60 / sun.period_s) * (sun.dark > 0)
    cycles = float(a_day.mean(axis=1).max()) * DAYS_PER_YEAR * satellite.design_life_years
    law, limit = fade_law(satellite), satellite.battery.depth_limit
    years = satellite.design_life_years
    left = 1 - FADE_AT_EOL * cycles / float(law.cycles_to_eol(limit)) - law.calendar_per_year * years
    if left < 0.1:
        return float("inf")
    need = battery_needed_wh(_dark_load_w(scenario), longest_s, limit, satellite.battery.discharge_efficiency)
    return float(need) / left


def radiator_needed_m2(satellite: Satellite, sun: SunTables) -> float:
    """Area of plate that rejects the whole load on the hottest day with an old coating, m^2."""
    radiator, peak_w = satellite.radiator, satellite.gpu.peak_w
    absorbed = float(sun.absorbed_w_m2(satellite, radiator.solar_absorptance_eol).max())

    # The plate itself cannot be hotter than chip and memory less the steps that do not depend on its area.
    rise_k = radiator.junction_coolant_k_per_w * peak_w
    top_c = min(radiator.junction_limit_c - rise_k, radiator.memory_limit_c - radiator.memory_rise * rise_k)
    if top_c + CELSIUS_ZERO_K - radiator.coolant_drop_k <= 0:
        return float("inf")
    load_w = satellite.full_load_w
    low, high = 1e-3, 1e-3
    while heat_limit_w(satellite, high, absorbed) < load_w:
        low, high = high, 2 * high
        if high > 1e9:
            return float("inf")
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if heat_limit_w(satellite, middle, absorbed) < load_w else (low, middle)
    return high
