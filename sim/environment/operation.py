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
from sim.environment.hardware import Sizes, Sky, fade_law, heat_path, lowest_load_w, satellite_policy
from sim.physics.battery import battery_life
from sim.physics.power import Budget, best_operation, sustainable
from sim.physics.thermal import solar_absorptance_at_age
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


def operate(scenario: Scenario, sky: Sky, sizes: Sizes, birth_day: float) -> Operation:
    """Compute the operation of satellites born on a day of the sky's tables.

    The battery wears under the dark load that array and policy ask for; with what is left of it each day the orbit's
    budget is struck anew.
    """
    since = sky.since(birth_day)
    pieces = [_operate(scenario, some, sizes, birth_day) for some in since.chunks()]
    if len(pieces) == 1:
        return pieces[0]
    tables = {f.name: np.concatenate([getattr(piece, f.name) for piece in pieces]) for f in fields(Operation)[1:]}
    return Operation(since.days, **tables)


def _operate(scenario: Scenario, sky: Sky, sizes: Sizes, birth_day: float) -> Operation:
    """The operation in some planes, from the day of birth on."""
    satellite, gpu, battery = scenario.satellite, scenario.satellite.gpu, scenario.satellite.battery
    age_years = (sky.days - birth_day) / DAYS_PER_YEAR
    absorptance = solar_absorptance_at_age(
        age_years,
        satellite.radiator.solar_absorptance_bol,
        satellite.radiator.solar_absorptance_eol,
        satellite.design_life_years,
    )
    absorbed, path = sky.absorbed_w_m2(satellite, absorptance), heat_path(satellite)
    cool_w = path.heat_limit_w(
        sizes.radiator_m2,
        satellite.radiator.junction_limit_c,
        gpus=satellite.gpus,
        other_w=satellite.bus_power_w,
        absorbed_w_m2=absorbed,
    )
    full_w = satellite.gpus * gpu.peak_w
    wanted_w = np.minimum(np.maximum(cool_w - satellite.bus_power_w, 0.0), full_w)
    array_w = sizes.array_m2 * sky.array_w_per_m2(satellite, age_years)
    lit_s, dark_s = np.maximum((1 - sky.dark) * sky.period_s, 1e-6), sky.dark * sky.period_s
    eclipsed = dark_s > 0

    def budget(battery_wh: Floats | float) -> Budget:
        return sustainable(
            satellite_policy(scenario.power.eclipse_policy),
            array_w=array_w,
            lit_s=lit_s,
            dark_s=dark_s,
            bus_w=satellite.bus_power_w,
            wanted_light_w=wanted_w,
            wanted_dark_w=wanted_w,
            lowest_w=lowest_load_w(satellite),
            battery_wh=battery_wh,
            depth_limit=battery.depth_limit,
            charge_efficiency=battery.charge_efficiency,
            discharge_efficiency=battery.discharge_efficiency,
        )

    cycles = np.where(eclipsed, MINUTES_PER_DAY * 60 / sky.period_s, 0.0)
    if sizes.battery_wh > 0:
        asked = budget(1e30)
        wear = battery_life(
            (satellite.bus_power_w + asked.dark_w) * dark_s / SECONDS_PER_HOUR,
            cycles,
            sizes.battery_wh,
            battery.depth_limit,
            discharge_efficiency=battery.discharge_efficiency,
            fade=fade_law(satellite),
        )
        fraction = np.asarray(wear.capacity_fraction)
    else:
        fraction = np.zeros_like(sky.beta_rad)
    struck = budget(sizes.battery_wh * fraction)

    def speed(power_w: Floats) -> Floats:
        share, frequency = best_operation(
            power_w, satellite.gpus, gpu.idle_w, gpu.peak_w, gpu.power_exponent, gpu.lowest_frequency
        )
        full = share * frequency
        return np.where(full > FULL, 1.0, full)

    light_speed, dark_speed = speed(struck.light_w), speed(struck.dark_w)
    throttled = light_speed < 1
    wants = {"ride_through": wanted_w, "throttle": np.minimum(wanted_w, lowest_load_w(satellite))}
    short = struck.dark_w < wants.get(scenario.power.eclipse_policy, np.zeros_like(wanted_w)) * FULL
    no_battery = eclipsed & struck.battery_too_small
    limit = np.select(
        [no_battery, throttled & (wanted_w < full_w * FULL), throttled, eclipsed & short],
        [Limit.BATTERY, Limit.HEAT, Limit.ARRAY, Limit.BATTERY],
        Limit.NONE,
    )
    keeping = satellite.propulsion
    lost = keeping.manoeuvres_per_year * keeping.manoeuvre_pause_min / (MINUTES_PER_DAY * DAYS_PER_YEAR)
    heat_w = satellite.bus_power_w + struck.light_w
    junction_c = path.junction_c(heat_w, struck.light_w / satellite.gpus, sizes.radiator_m2, absorbed)
    radiator_k = path.radiator_k(heat_w, sizes.radiator_m2, absorbed)
    # In the dark the chip falls at once by what its own resistance takes up, and follows the radiator, which lags.
    dark_k = path.radiator_k(satellite.bus_power_w + struck.dark_w, sizes.radiator_m2, absorbed)
    at_once = path.junction_coolant_k_per_w * (struck.light_w - struck.dark_w) / satellite.gpus
    followed = -np.expm1(-dark_s / (60 * satellite.radiator.thermal_time_min))
    fall_k = np.minimum(at_once + followed * (radiator_k - dark_k), junction_c - satellite.radiator.coolant_min_c)
    swing_k = np.where(eclipsed, np.maximum(fall_k, 0.0), 0.0)
    lean = partial(np.asarray, dtype=np.float32)
    return Operation(
        days=sky.days,
        light_speed=lean(light_speed * max(1 - lost, 0.0)),
        dark_speed=lean(dark_speed * max(1 - lost, 0.0)),
        array_w=lean(array_w),
        light_w=lean(struck.light_w),
        dark_w=lean(struck.dark_w),
        depth_of_discharge=lean(np.where(eclipsed, struck.depth_of_discharge, 0.0)),
        battery_fraction=lean(fraction),
        cycles=lean(cycles),
        junction_c=lean(junction_c),
        swing_k=lean(swing_k),
        radiator_c=lean(radiator_k - CELSIUS_ZERO_K),
        limit=limit.astype(np.uint8),
    )
