"""Light, power, heat, air and radiation of each plane over the mission, as numbers."""

from __future__ import annotations

import datetime

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.description.format import Facts
from sim.description.radiation import chip_interruptions_per_day, radiation_facts
from sim.environment import Environment, Limit, Operation, Plane
from sim.ephemeris import secular_rates
from sim.physics.orbit import luni_solar_drift

Floats = NDArray[np.float64]


def plane_facts(environment: Environment, plane: Plane, *, daily: bool = False) -> Facts:
    """The numbers of one plane; `daily` adds tables by day.

    Power, capacity, battery and temperature are those of satellites that begin work on day 0, until the end of their
    life or of the mission.
    """
    operation, number = environment.designs[0].operation, plane.id
    life = operation.days < born_until(environment, plane)
    inside = environment.days < environment.horizon_days
    capacity = capacity_of(environment, operation, number)
    junction, radiator = (np.asarray(t[number][life], float) for t in (operation.junction_c, operation.radiator_c))
    density = environment.keeping.density_kg_m3(number)[inside]
    found: Facts = {
        "plane": plane.name,
        "slots": plane.slots,
        "altitude_km": plane.altitude_km,
        "inclination_deg": plane.inclination_deg,
        "ltan_h": plane.ltan_h,
        "raan_deg": plane.raan_deg,
        "period_min": plane.period_min,
        **vars(environment.light(number)),
        "power": _power(environment, operation, number, life),
        "capacity": {
            "mean": float(capacity[life].mean()),
            "lowest_day": float(capacity[life].min()),
            "light_speed_min": float(operation.light_speed[number][life].min()),
            "dark_speed_min": _darkest(environment, operation, number, life),
        },
        "battery": {
            "capacity_kwh": environment.sizes.battery_wh / 1000,
            "depth_of_discharge_max": float(operation.depth_of_discharge[number][life].max()),
            "capacity_fraction_end": float(operation.battery_fraction[number][life][-1]),
            "cycles_per_year": float(operation.cycles[number][life].mean() * DAYS_PER_YEAR),
        },
        "temperature": {
            "junction_c_max": float(junction.max()),
            "junction_c_mean": float(junction.mean()),
            "radiator_c_max": float(radiator.max()),
            "radiator_c_mean": float(radiator.mean()),
        },
        "density_kg_m3": {"mean": float(density.mean()), "min": float(density.min()), "max": float(density.max())},
        "delta_v_m_s_per_year": float(environment.keeping.delta_v_m_s[number][inside].mean() * DAYS_PER_YEAR),
        "radiation": radiation_facts(environment, plane),
        "limits": limits_of(environment, plane),
    }
    ground = environment.scenario.ground
    if ground is not None and ground.stations and plane.parking is None:
        found["contacts"] = vars(environment.ground_link.contacts(plane.id))
    if daily:
        found["daily"] = daily_facts(environment, plane)
    return found


def born_until(environment: Environment, plane: Plane) -> float:
    """Mission day on which the life of satellites that begin work on day 0 ends, or the mission."""
    return max(1.0, min(environment.horizon_days, environment.sites[plane.id].planned_end(0, 0.0)[0]))


def capacity_of(environment: Environment, operation: Operation, plane: int) -> Floats:
    """Share of GPUs that light, power and heat allow to run: mean over the orbit for each day, shape (days,)."""
    dark = _dark(environment, plane)
    return np.asarray((1 - dark) * operation.light_speed[plane] + dark * operation.dark_speed[plane], dtype=float)


def limits_of(environment: Environment, plane: Plane) -> list[Facts]:
    """What limits satellites that begin work on day 0 (battery, array or heat), the earliest limit first."""
    operation = environment.designs[0].operation
    kinds = operation.limit[plane.id][operation.days < born_until(environment, plane)]
    start, found = environment.scenario.mission.start, []
    for limit in (Limit.HEAT, Limit.ARRAY, Limit.BATTERY):
        days = np.flatnonzero(kinds == limit)
        if len(days) == 0:
            continue
        first = int(days[0])
        first_day = int(operation.days[first])
        # A battery that cannot supply the bus in eclipse stops the satellite in sunlight too.
        dark = limit is Limit.BATTERY and operation.light_speed[plane.id][first] > 0
        speed = (operation.dark_speed if dark else operation.light_speed)[plane.id]
        found.append(
            {
                "cause": limit.name.lower(),
                "first_day": first_day,
                "date": (start + datetime.timedelta(days=first_day)).isoformat(),
                "days": len(days) * int(environment.sun.step_days),
                "where": "in eclipse" if dark else "in sunlight",
                "speed_first": float(speed[first]),
                "speed_min": float(speed[days].min()),
            }
        )
    return sorted(found, key=lambda one: one["first_day"])


def node_drift(environment: Environment, plane: Plane) -> Facts | None:
    """Drift of the local time of a sun-synchronous plane's node over the mission; None if it is held or has none."""
    shell = environment.scenario.constellation.shells[plane.shell]
    if plane.ltan_h is None or shell.node_keeping == "held":
        return None
    _, node = luni_solar_drift(
        plane.ltan_h,
        plane.altitude_km,
        plane.inclination_deg,
        environment.days,
        inclination_error_deg=shell.inclination_error_deg,
        node_rate_rad_per_day=secular_rates(plane.elements).node_rad_per_day,
    )
    hours = np.degrees(node) / 15
    return {
        "ltan_h_end": float((plane.ltan_h + hours[-1]) % 24),
        "drift_h_end": float(hours[-1]),
        "drift_h_max": float(np.abs(hours).max()),
    }


def _dark(environment: Environment, plane: int) -> Floats:
    """Share of a plane's orbit between the edges of eclipse, day by day."""
    return np.asarray(environment.sun.half_arc_rad[plane] / np.pi, dtype=float)


def _power(environment: Environment, operation: Operation, plane: int, life: NDArray[np.bool_]) -> Facts:
    satellite = environment.scenario.satellite
    array_w, left = np.asarray(operation.array_w[plane], dtype=float), satellite.array.share_left
    bol_w = (array_w / left(operation.days / DAYS_PER_YEAR))[life]  # without ageing
    return {
        "array_w_bol": float(bol_w.mean()),
        "array_w_worst_day": float(array_w[life].min()),
        "array_w_orbit_mean_min": float((array_w * (1 - _dark(environment, plane)))[life].min()),
        "array_w_eol": float(bol_w.mean() * left(satellite.design_life_years)),
        "load_w": satellite.full_load_w,
        "compute_w_min": float(operation.light_w[plane][life].min()),
    }


def _darkest(environment: Environment, operation: Operation, plane: int, life: NDArray[np.bool_]) -> float | None:
    """Lowest speed in eclipse; None without eclipses."""
    dark = life & (_dark(environment, plane) > 0)
    return float(operation.dark_speed[plane][dark].min()) if dark.any() else None


def daily_facts(environment: Environment, plane: Plane) -> Facts:
    """The tables of one plane by day of the mission."""
    operation, number = environment.designs[0].operation, plane.id
    inside = environment.days < environment.horizon_days
    columns = {
        "sunlit_fraction": (environment.sunlit[number], 5),
        "eclipse_min": (_dark(environment, number) * plane.period_min, 3),
        "array_power_w": (operation.array_w[number], 1),
        "compute_light_w": (operation.light_w[number], 1),
        "compute_dark_w": (operation.dark_w[number], 1),
        "capacity": (capacity_of(environment, operation, number), 5),
        "depth_of_discharge": (operation.depth_of_discharge[number], 4),
        "battery_fraction": (operation.battery_fraction[number], 5),
        "junction_temperature_c": (operation.junction_c[number], 2),
        "radiator_temperature_c": (operation.radiator_c[number], 2),
        "dose_rad": (environment.radiation.rad_per_day(number), 5),
        "interruptions_per_chip": (chip_interruptions_per_day(environment, number), 7),
    }
    found: Facts = {"day": environment.days[inside].astype(int).tolist()}
    found |= {
        name: [round(value, digits) for value in np.asarray(values, float)[inside].tolist()]
        for name, (values, digits) in columns.items()
    }
    density = environment.keeping.density_kg_m3(number)[inside]
    return found | {"density_kg_m3": [float(f"{value:.4g}") for value in density.tolist()]}
