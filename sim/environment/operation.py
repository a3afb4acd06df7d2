"""What a satellite can do on each day of its life: power through the orbit, battery, heat, and the speed they allow.

Power and heat are shared out for a satellite with all its GPUs alive: the share of dead ones is not handed on to the
others, which understates a throttled satellite by at most its share of dead GPUs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.constants import CELSIUS_ZERO_K, DAYS_PER_YEAR, MINUTES_PER_DAY, SECONDS_PER_HOUR
from sim.environment.cache import Tables
from sim.environment.hardware import Sizes, fade_law, heat_limit_w, heat_path, lowest_load_w, satellite_policy
from sim.environment.sun_tables import SunTables, Table
from sim.physics.battery import battery_life
from sim.physics.power import Budget, best_operation, sustainable
from sim.physics.thermal import solar_absorptance_at_age
from sim.scenario.hardware import Satellite
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
FULL = 1 - 1e-9
"""From this speed on a GPU runs at full speed: the rest is rounding."""


class Limit(IntEnum):
    """What keeps a satellite from running all its GPUs at full speed in light; the first that does."""

    NONE = 0
    HEAT = 1
    ARRAY = 2
    BATTERY = 3  # in the dark: the policy would run more than the battery can carry


@dataclass(frozen=True, eq=False)
class Operation:
    """Satellites of one birth day in all planes, day by day; arrays of shape (planes, n), day 0 the day of birth.

    A speed is work done over that of all GPUs at the highest frequency, 0 to 1.
    """

    days: Floats
    """Mission days, shape (n,)."""
    light_speed: Singles
    dark_speed: Singles
    array_w: Singles
    """Power of the array, mean over the part of the orbit in light."""
    light_w: Singles
    """Compute power in light."""
    dark_w: Singles
    """Compute power in the dark."""
    depth_of_discharge: Singles
    """Share of the day's battery capacity that an eclipse draws; 0 on days without."""
    battery_fraction: Singles
    """Battery capacity as a share of the new one."""
    cycles: Singles
    """Eclipses of the day, each a charge cycle, and a thermal one where the load changes with it."""
    junction_c: Singles
    """Junction of a GPU in light, all of them running, degrees C."""
    swing_k: Singles
    """Fall of the junction's temperature in an eclipse; 0 on days without."""
    radiator_c: Singles
    """Radiator at its root in light, degrees C."""
    limit: NDArray[np.uint8]
    """`Limit` of the day."""


def operate(scenario: Scenario, sun: SunTables, sizes: Sizes, birth_day: float) -> Operation:
    """Compute the operation of satellites born on a day of the tables.

    The battery wears under the dark load that array and policy ask for; each day's power budget then has what is left
    of it.
    """
    since = sun.since(birth_day)
    pieces = [_operate(scenario, some, sizes, birth_day) for some in since.chunks()]
    if len(pieces) == 1:
        return pieces[0]
    joined = {f.name: np.concatenate([getattr(piece, f.name) for piece in pieces]) for f in fields(Operation)[1:]}
    return Operation(since.days, **joined)


KEPT_AT_KNOTS = ("light_speed", "dark_speed", "junction_c", "swing_k", "cycles", "limit")
"""Columns of an operation from which what satellites of any birth do is interpolated."""


def operate_at_every_age(scenario: Scenario, sun: SunTables, sizes: Sizes, birth_day: float) -> Tables:
    """`KEPT_AT_KNOTS` of satellites born on a day, on all days of the tables: before their birth they are new."""
    pieces = [_operate(scenario, some, sizes, birth_day) for some in sun.chunks()]
    return {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in KEPT_AT_KNOTS}


def battery_fraction(scenario: Scenario, sun: SunTables, sizes: Sizes, birth_day: float) -> Singles:
    """Battery capacity of satellites born on a day as a share of the new one, shape (planes, n)."""
    pieces = [_operate(scenario, some, sizes, birth_day).battery_fraction for some in sun.chunks()]
    return np.concatenate(pieces)


def operate_with(scenario: Scenario, sun: SunTables, sizes: Sizes, birth_day: float, fraction: Table) -> Operation:
    """The operation in some planes in each step of the tables with a battery of which so much is left."""
    return _operate(scenario, sun, sizes, birth_day, np.asarray(fraction, float))


def _operate(
    scenario: Scenario, sun: SunTables, sizes: Sizes, birth_day: float, fraction: Floats | None = None
) -> Operation:
    """The operation in some planes on each day of the tables; before their birth satellites are new.

    `fraction`: what is left of the battery's capacity; none: it is followed from step to step.
    """
    satellite, gpu = scenario.satellite, scenario.satellite.gpu
    age_years = np.maximum(sun.sampled_days - birth_day, 0.0) / DAYS_PER_YEAR
    absorbed = _absorbed_w_m2(satellite, sun, age_years)
    cool_w = heat_limit_w(satellite, sizes.radiator_m2, absorbed)
    wanted_w = np.minimum(np.maximum(cool_w - satellite.bus_power_w, 0.0), satellite.gpus * gpu.peak_w)
    array_w = sizes.array_m2 * sun.array_w_per_m2(satellite, age_years)
    budget = partial(_budget, scenario, sun, array_w, wanted_w)
    cycles = sun.eclipses_per_day
    if fraction is None:
        fraction = _battery_fraction(satellite, sun, sizes, cycles, budget(1e30).dark_w, birth_day)
    balance = budget(sizes.battery_wh * fraction)
    light_speed, dark_speed = _speed(satellite, balance.light_w), _speed(satellite, balance.dark_w)
    junction_c, swing_k, radiator_c = _temperatures(satellite, sun, sizes, absorbed, balance)
    manoeuvres = satellite.propulsion
    # Where manoeuvres follow from the sky, `Design` takes their pauses off by plane and day.
    often = 0.0 if scenario.sky.conjunctions else manoeuvres.manoeuvres_per_year
    paused = often * manoeuvres.manoeuvre_pause_min / (MINUTES_PER_DAY * DAYS_PER_YEAR)
    single = partial(np.asarray, dtype=np.float32)
    return Operation(
        days=sun.days,
        light_speed=single(light_speed * max(1 - paused, 0.0)),
        dark_speed=single(dark_speed * max(1 - paused, 0.0)),
        array_w=single(array_w),
        light_w=single(balance.light_w),
        dark_w=single(balance.dark_w),
        depth_of_discharge=single(np.where(sun.dark > 0, balance.depth_of_discharge, 0.0)),
        battery_fraction=single(fraction),
        cycles=single(cycles),
        junction_c=single(junction_c),
        swing_k=single(swing_k),
        radiator_c=single(radiator_c),
        limit=_limits(scenario, sun, balance, wanted_w, light_speed),
    )


def _absorbed_w_m2(satellite: Satellite, sun: SunTables, age_years: Floats) -> Floats:
    """Heat that a square metre of radiator takes up as its coating darkens, W."""
    absorptance = solar_absorptance_at_age(
        age_years,
        satellite.radiator.solar_absorptance_bol,
        satellite.radiator.solar_absorptance_eol,
        satellite.design_life_years,
    )
    return sun.absorbed_w_m2(satellite, absorptance)


def _budget(
    scenario: Scenario, sun: SunTables, array_w: Floats, wanted_w: Floats, battery_wh: Floats | float
) -> Budget:
    """Power through the orbit with a battery of this capacity."""
    satellite = scenario.satellite
    return sustainable(
        satellite_policy(scenario.power.eclipse_policy),
        array_w=array_w,
        lit_s=np.maximum((1 - sun.dark) * sun.period_s, 1e-6),
        dark_s=sun.dark * sun.period_s,
        bus_w=satellite.bus_power_w,
        wanted_light_w=wanted_w,
        wanted_dark_w=wanted_w,
        lowest_w=lowest_load_w(satellite),
        battery_wh=battery_wh,
        depth_limit=satellite.battery.depth_limit,
        charge_efficiency=satellite.battery.charge_efficiency,
        discharge_efficiency=satellite.battery.discharge_efficiency,
    )


def _battery_fraction(
    satellite: Satellite, sun: SunTables, sizes: Sizes, cycles: Floats, asked_w: Floats, birth_day: float
) -> Floats:
    """Battery capacity as a share of the new one: it wears under the dark load that array and policy ask for."""
    if sizes.battery_wh == 0:
        return np.zeros_like(cycles)
    first = int(np.searchsorted(sun.days, birth_day))
    if first == len(sun.days):
        return np.ones_like(cycles)
    dark_s = sun.eclipse_s
    wear = battery_life(
        ((satellite.bus_power_w + asked_w) * dark_s / SECONDS_PER_HOUR)[:, first:],
        cycles[:, first:],
        sizes.battery_wh,
        satellite.battery.depth_limit,
        discharge_efficiency=satellite.battery.discharge_efficiency,
        fade=fade_law(satellite),
        step_days=sun.step_days,
    )
    fraction = np.ones_like(cycles)
    fraction[:, first:] = wear.capacity_fraction
    return fraction


def _speed(satellite: Satellite, power_w: Floats) -> Floats:
    """Work at this compute power over that of all GPUs at the highest frequency."""
    gpu = satellite.gpu
    share, frequency = best_operation(
        power_w, satellite.gpus, gpu.idle_w, gpu.peak_w, gpu.power_exponent, gpu.lowest_frequency
    )
    speed = share * frequency
    return np.where(speed > FULL, 1.0, speed)


def _temperatures(
    satellite: Satellite, sun: SunTables, sizes: Sizes, absorbed: Floats, balance: Budget
) -> tuple[Floats, Floats, Floats]:
    """Junction in light, its fall in an eclipse (K), and the radiator's root in light, degrees C."""
    path = heat_path(satellite)
    heat_w = satellite.bus_power_w + balance.light_w
    junction_c = path.junction_c(heat_w, balance.light_w / satellite.gpus, sizes.radiator_m2, absorbed)
    radiator_k = path.radiator_k(heat_w, sizes.radiator_m2, absorbed)
    # In the dark the chip falls at once by what its own resistance takes up, and follows the radiator, which lags.
    dark_k = path.radiator_k(satellite.bus_power_w + balance.dark_w, sizes.radiator_m2, absorbed)
    at_once = path.junction_coolant_k_per_w * (balance.light_w - balance.dark_w) / satellite.gpus
    followed = -np.expm1(-sun.eclipse_s / (60 * satellite.radiator.thermal_time_min))
    fall_k = np.minimum(at_once + followed * (radiator_k - dark_k), junction_c - satellite.radiator.coolant_min_c)
    swing_k = np.where(sun.dark > 0, np.maximum(fall_k, 0.0), 0.0)
    return junction_c, swing_k, radiator_k - CELSIUS_ZERO_K


def _limits(
    scenario: Scenario, sun: SunTables, balance: Budget, wanted_w: Floats, light_speed: Floats
) -> NDArray[np.uint8]:
    """What keeps the satellite from all that was asked of it, the first that does."""
    satellite, eclipsed = scenario.satellite, sun.dark > 0
    throttled = light_speed < 1
    wants = {"ride_through": wanted_w, "throttle": np.minimum(wanted_w, lowest_load_w(satellite))}
    short = balance.dark_w < wants.get(scenario.power.eclipse_policy, np.zeros_like(wanted_w)) * FULL
    hot = throttled & (wanted_w < satellite.gpus * satellite.gpu.peak_w * FULL)
    return np.select(
        [eclipsed & balance.battery_too_small, hot, throttled, eclipsed & short],
        [Limit.BATTERY, Limit.HEAT, Limit.ARRAY, Limit.BATTERY],
        Limit.NONE,
    ).astype(np.uint8)
