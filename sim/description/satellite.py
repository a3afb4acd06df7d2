"""One satellite as numbers: load, array, battery, radiator, propulsion and end of life."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.description.format import Facts
from sim.description.planes import born_until, limits_of, node_drift
from sim.environment import Environment
from sim.environment.hardware import memory_c, vulnerable_m2
from sim.environment.keeping import FCC_LIMIT_YEARS
from sim.physics.drag import low_thrust_delta_v_m_s, perigee_lowering_delta_v_m_s
from sim.scenario import Scenario


def satellite_facts(scenario: Scenario, environment: Environment) -> Facts:
    """The numbers of a satellite that begins work on day 0, each in the plane where it is worst."""
    return {
        "load": _load(scenario),
        "array": _array(scenario, environment),
        "battery": _battery(scenario, environment),
        "radiator": _radiator(scenario, environment),
        "propulsion": _propulsion(scenario, environment),
        "death": _death(environment),
        "limits": [
            {"plane": plane.name, **limit}
            for plane in environment.shell_planes
            for limit in limits_of(environment, plane)
        ],
        "node_drift": [
            {"plane": plane.name, "ltan_h": plane.ltan_h, **drift}
            for plane in environment.shell_planes
            if (drift := node_drift(environment, plane)) is not None
        ],
    }


def _load(scenario: Scenario) -> Facts:
    satellite = scenario.satellite
    return {
        "bus_w": satellite.bus_power_w,
        "gpu_w": satellite.gpu.peak_w,
        "gpus_w": satellite.gpus * satellite.gpu.peak_w,
        "full_w": satellite.full_load_w,
    }


def _array(scenario: Scenario, environment: Environment) -> Facts:
    satellite, array, sizes = scenario.satellite, scenario.satellite.array, environment.sizes
    new_w = environment.parts[0].array_w
    array_w = environment.designs[0].operation.array_w
    return {
        "m2": sizes.array_m2,
        "sized": array.area_m2 == "sized",
        "needed_m2": sizes.array_needed_m2,
        "mount": array.mount.value,
        "bol_w": new_w,
        "eol_w": new_w * float(array.share_left(satellite.design_life_years)),
        "rated": array.rating is not None,
        "lowest_in_light_w": _lowest(environment, array_w),
        "lowest_orbit_mean_w": _lowest(environment, array_w * (1 - environment.sun.dark)),
        "bol_kw_per_tonne": new_w / environment.designs[0].mass_kg,
    }


def _lowest(environment: Environment, table: NDArray[np.floating[Any]]) -> float:
    """Lowest value of a table (planes, days) during the life of satellites that begin work on day 0."""
    return min(
        float(table[plane.id][environment.days < born_until(environment, plane)].min())
        for plane in environment.shell_planes
    )


def _battery(scenario: Scenario, environment: Environment) -> Facts:
    battery, sizes, operation = scenario.satellite.battery, environment.sizes, environment.designs[0].operation
    depth, left, cycles, years = [], [], [], []
    for plane in environment.shell_planes:
        days = operation.days < born_until(environment, plane)
        depth.append(float(operation.depth_of_discharge[plane.id][days].max()))
        left.append(float(operation.battery_fraction[plane.id][days][-1]))
        cycles.append(float(operation.cycles[plane.id][days].mean()) * DAYS_PER_YEAR)
        years.append(np.count_nonzero(days) * environment.sun.step_days / DAYS_PER_YEAR)
    return {
        "kwh": sizes.battery_wh / 1000,
        "sized": battery.capacity_kwh == "sized",
        "needed_kwh": sizes.battery_needed_wh / 1000,
        "depth_limit": battery.depth_limit,
        "depth_of_discharge_max": max(depth),
        "cycles_per_year": max(cycles),
        "cycles_over_life": max(cycles) * scenario.satellite.design_life_years,
        "capacity_fraction_end": min(left),
        "end_years": max(years),
        "mass_kg": environment.parts[0].mass_kg["battery"],
    }


def _radiator(scenario: Scenario, environment: Environment) -> Facts:
    satellite, radiator, sizes = scenario.satellite, scenario.satellite.radiator, environment.sizes
    operation = environment.designs[0].operation
    # The hottest day of any plane during the life of satellites that begin work on day 0.
    junction, at_root, gpu_w = max(
        tuple(
            float(table[plane.id, day])
            for table in (operation.junction_c, operation.radiator_c, operation.light_w / satellite.gpus)
        )
        for plane in environment.shell_planes
        for day in [int(operation.junction_c[plane.id][operation.days < born_until(environment, plane)].argmax())]
    )
    mass_kg = environment.parts[0].mass_kg
    return {
        "m2": sizes.radiator_m2,
        "sized": radiator.area_m2 == "sized",
        "needed_m2": sizes.radiator_needed_m2,
        "sides": radiator.sides,
        "w_per_m2": satellite.full_load_w / sizes.radiator_m2,
        "junction_hottest_c": junction,
        "radiator_hottest_c": at_root,
        "junction_limit_c": radiator.junction_limit_c,
        "memory_hottest_c": memory_c(satellite, junction, gpu_w),
        "memory_limit_c": radiator.memory_limit_c,
        "tubes_kg": mass_kg["coolant_armour"],
        "mass_kg": mass_kg["radiator"] + mass_kg["coolant_armour"],
    }


def _propulsion(scenario: Scenario, environment: Environment) -> Facts:
    satellite, propulsion, keeping = scenario.satellite, scenario.satellite.propulsion, environment.keeping
    inside = environment.days < environment.horizon_days
    yearly = keeping.delta_v_m_s[:, inside].mean(axis=1) * DAYS_PER_YEAR
    density = keeping.air_kg_m3[:, inside]
    given = propulsion.propellant_kg != "sized"
    with np.errstate(divide="ignore"):
        years = np.asarray(keeping.budget_m_s) / yearly
    ends = [environment.sites[plane.id].planned_end(0, 0.0) for plane in environment.shell_planes]
    dry = [day / DAYS_PER_YEAR for day, by_propellant in ends if by_propellant]
    altitude = np.array([plane.altitude_km for plane in environment.planes])
    lowest = np.minimum(propulsion.disposal_perigee_km, altitude)
    return {
        "propellant_kg": keeping.propellant_kg,
        "sized": not given,
        "needed_kg": keeping.needed_kg,
        "delta_v_m_s_per_year_min": float(yearly.min()),
        "delta_v_m_s_per_year_max": float(yearly.max()),
        "raising_m_s": float(low_thrust_delta_v_m_s(propulsion.insertion_km(altitude), altitude).max()),
        "disposal_m_s": float(perigee_lowering_delta_v_m_s(altitude, lowest).max()),
        "manoeuvres_per_year": propulsion.manoeuvres_per_year if environment.designs[0].sky is None else None,
        "life_by_propellant_years": float(years.min()) if given and np.isfinite(years).any() else None,
        "dry_after_years": min(dry) if dry else None,
        "design_life_years": satellite.design_life_years,
        "density_min_kg_m3": float(density.min()),
        "density_max_kg_m3": float(density.max()),
    }


def _death(environment: Environment) -> Facts:
    years, hits = environment.keeping.dead_years, environment.keeping.collisions_per_year
    longest = float(years.max())
    return {
        "years_aloft_min": float(years.min()) if np.isfinite(years).any() else None,
        "years_aloft_max": longest if np.isfinite(longest) else None,
        "limit_years": FCC_LIMIT_YEARS,
        "keeps_five_year_rule": longest <= FCC_LIMIT_YEARS,
        "debris_hits_per_satellite_year": float(np.max(hits)),
        "vulnerable_m2": vulnerable_m2(environment.scenario.satellite, environment.sizes),
    }
