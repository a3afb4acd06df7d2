"""Power of one satellite: light on the array, GPUs by frequency, and the load that an orbit sustains.

Every function takes numbers or arrays that broadcast, for example (planes, days), and returns arrays.  Bad input
raises `ValueError` with the value.  Tags of figures: [S] read in a source, [R] recalled, [C] computed, [A] assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from sim.constants import ASTRONOMICAL_UNIT_KM, SECONDS_PER_HOUR, SOLAR_CONSTANT_W_M2
from sim.physics.checks import at_least, between, positive, positive_share

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Mount(StrEnum):
    """How the array is held."""

    ORBIT_NORMAL = "orbit_normal"
    """Fixed, facing along the orbit normal, on whichever side the Sun is."""
    ONE_AXIS = "one_axis"
    """Turns about the orbit normal, so it follows the Sun along the orbit but not out of its plane."""
    TWO_AXIS = "two_axis"
    """Follows the Sun."""
    ZENITH = "zenith"
    """Fixed, facing away from the Earth."""


class EclipsePolicy(StrEnum):
    """What the GPUs of a satellite do in the dark."""

    RIDE_THROUGH = "ride_through"
    """Carry on at the load of the light, from the battery."""
    THROTTLE = "throttle"
    """Run at the lowest frequency, from the battery."""
    PAUSE = "pause"
    """Stop; the battery carries the bus alone."""


def solar_flux_w_m2(sun_distance_km: npt.ArrayLike) -> FloatArray:
    """Return sunlight on a surface that faces the Sun, W/m^2: 1361 at 1 au, 1316.6 at aphelion, 1407.7 at perihelion.

    Inverse square of the geocentric distance; a low orbit's own radius changes it by at most .01 %, the solar cycle by
    .1 %.  IAU 2015 Resolution B3, arXiv:1510.07674.
    """
    return SOLAR_CONSTANT_W_M2 * (ASTRONOMICAL_UNIT_KM / positive("sun_distance_km", sun_distance_km)) ** 2


def array_cosine(mount: Mount, beta_rad: npt.ArrayLike, angle_from_noon_rad: npt.ArrayLike = 0.0) -> FloatArray:
    """Return the cosine of the Sun's angle off the array's face, 0 to 1; shapes broadcast.

    `angle_from_noon_rad` is the argument of latitude less that of the Sun's projection on the plane; only `zenith`
    depends on it.  Says nothing of shadow.  Limits: perfect pointing (5 degrees off cost .4 %), no self-shading.
    """
    beta = between("beta_rad", beta_rad, -np.pi / 2, np.pi / 2)
    angle = np.asarray(angle_from_noon_rad, dtype=float)
    match Mount(mount):
        case Mount.ORBIT_NORMAL:
            cosine = np.abs(np.sin(beta))
        case Mount.ONE_AXIS:
            cosine = np.cos(beta)
        case Mount.TWO_AXIS:
            cosine = np.ones_like(beta)
        case Mount.ZENITH:
            cosine = np.maximum(np.cos(angle), 0.0) * np.cos(beta)
    full: FloatArray = cosine + np.zeros_like(angle)
    return full


def lit_cosine_mean(mount: Mount, beta_rad: npt.ArrayLike, shadow_half_arc_rad: npt.ArrayLike) -> FloatArray:
    """Return the mean over the orbit of the array's cosine where it is lit, zero where it is dark, 0 to 1.

    `shadow_half_arc_rad` is half the arc in shadow, pi x (1 - sunlit fraction), centred opposite the Sun's projection.
    Closed form on a circular orbit; shapes broadcast.  Cosine and light belong in one mean: for an array fixed to the
    orbit normal both are low in the same season, and the product of their yearly means is off.
    """
    half_arc = between("shadow_half_arc_rad", shadow_half_arc_rad, 0.0, np.pi)
    if Mount(mount) is Mount.ZENITH:
        beta = between("beta_rad", beta_rad, -np.pi / 2, np.pi / 2)
        # the half-wave of cos(u), cut short only if the shadow reached into the day side
        mean: FloatArray = np.cos(beta) * np.sin(np.minimum(np.pi / 2, np.pi - half_arc)) / np.pi
        return mean
    return array_cosine(mount, beta_rad) * (1 - half_arc / np.pi)


def cosine_in_light(mount: Mount, beta_rad: npt.ArrayLike, shadow_half_arc_rad: npt.ArrayLike) -> FloatArray:
    """Return the mean of the array's cosine over the lit part of the orbit, 0 to 1: `lit_cosine_mean` / sunlit share.

    With it and the seconds of light, `sustainable` receives the orbit's whole energy.  0 for an orbit all in shadow.
    """
    mean = lit_cosine_mean(mount, beta_rad, shadow_half_arc_rad)
    sunlit = 1 - np.asarray(shadow_half_arc_rad, dtype=float) / np.pi + np.zeros_like(mean)
    return _ratio(mean, sunlit, 0.0)


def array_power_w(
    flux_w_m2: npt.ArrayLike,
    area_m2: npt.ArrayLike,
    efficiency: npt.ArrayLike,
    cosine: npt.ArrayLike,
    *,
    losses: npt.ArrayLike = 0.0,
    degradation_per_year: npt.ArrayLike = 0.0,
    age_years: npt.ArrayLike = 0.0,
) -> FloatArray:
    """Return electric power, W: P = S eta cos(theta) A (1 - d)^t (1 - losses); shapes broadcast.

    `efficiency` is the cells' at the beginning of life and at their temperature in orbit (.30-.32 for triple-junction
    GaAs, .22-.24 for silicon); `losses` (0-1) hold packing, wiring and conversion; `degradation_per_year` (0-1) is the
    yearly loss of what is left, about .025, .01-.03 (Wertz & Larson, Space Mission Analysis and Design, section
    11.4 [R]).  Linear in the area: the area for a power is that power over this function's value at 1 m^2.
    """
    kept = (1 - between("degradation_per_year", degradation_per_year)) ** at_least("age_years", age_years)
    share = between("efficiency", efficiency) * (1 - between("losses", losses)) * kept
    lit_area = at_least("area_m2", area_m2) * between("cosine", cosine)
    return at_least("flux_w_m2", flux_w_m2) * lit_area * share


def gpu_power_w(
    frequency: npt.ArrayLike, idle_w: npt.ArrayLike, peak_w: npt.ArrayLike, exponent: npt.ArrayLike
) -> FloatArray:
    """Return the power of a running GPU, W: idle + (peak - idle) f^exponent; shapes broadcast.

    `frequency` is a share of the highest, 0 to 1.  `exponent` is at least 1: 3 where voltage follows frequency, 1 at
    the voltage floor; a single one over the whole range is good to about 10 % [A].  `idle_w` is what a GPU that is on
    draws at no frequency; one that is off draws nothing.
    """
    idle, peak, power = _gpu(idle_w, peak_w, exponent)
    return idle + (peak - idle) * between("frequency", frequency) ** power


def most_efficient_frequency(
    idle_w: npt.ArrayLike, peak_w: npt.ArrayLike, exponent: npt.ArrayLike, lowest_frequency: npt.ArrayLike
) -> FloatArray:
    """Return the frequency with the least energy per operation, the minimum of P(f) / f from the lowest to 1.

    f*^k = idle / ((k - 1) (peak - idle)): below it the idle power is shared by too few operations.
    """
    idle, peak, power = _gpu(idle_w, peak_w, exponent)
    lowest = positive_share("lowest_frequency", lowest_frequency)
    # a GPU without dynamic power, or one that scales with exponent 1, is best at the top: a huge ratio is clipped to it
    best = _ratio(idle, (power - 1) * (peak - idle), np.inf) ** (1 / power)
    return np.clip(best, lowest, 1.0)


def best_operation(
    budget_w: npt.ArrayLike,
    gpus: npt.ArrayLike,
    idle_w: npt.ArrayLike,
    peak_w: npt.ArrayLike,
    exponent: npt.ArrayLike,
    lowest_frequency: npt.ArrayLike,
) -> tuple[FloatArray, FloatArray]:
    """Return the running share of the GPUs, 0 to 1, and their frequency, that do most work within a power budget.

    Work is running GPUs x frequency.  With less power all GPUs slow down, as far as the most efficient frequency;
    with less still, some are switched off and the rest stay there.  Exact for the power law of `gpu_power_w`; the
    share is not rounded to whole GPUs, and work that waits for memory or links loses less than its frequency.  At a
    budget of nothing the share is 0.
    """
    idle, peak, power = _gpu(idle_w, peak_w, exponent)
    per_gpu = at_least("budget_w", budget_w) / positive("gpus", gpus)
    efficient = most_efficient_frequency(idle, peak, power, lowest_frequency)
    share = np.minimum(per_gpu / gpu_power_w(efficient, idle, peak, power), 1.0)
    dynamic = _ratio(np.maximum(per_gpu - idle, 0.0), peak - idle, 1.0)
    frequency = np.clip(dynamic ** (1 / power), efficient, 1.0)
    return share, np.where(share < 1, efficient, frequency)


@dataclass(frozen=True, eq=False)
class Budget:
    """What one orbit gives, orbit after orbit; arrays of one shape.

    The rule: the dark load is at most what the policy wants (`ride_through`: `wanted_dark_w`; `throttle`: no more than
    `lowest_w`; `pause`: nothing) and what the battery can carry beside the bus.  One level, in light and dark alike,
    is then raised until the array's energy is spent: array x light = (bus + light load) x light + (bus + dark load)
    x dark / (charge x discharge efficiency).  Whichever side meets its limit stays there, and the other goes on.
    So `ride_through` holds light and dark equal while battery and array allow, `throttle` and `pause` give the light
    all that recharging leaves, and when the array is short every policy falls to equal loads.

    A watt in the dark costs 1 / efficiency watts in light, so the most work of a lone orbit would run the dark a
    little lower.  For any work that is concave in power, as `best_operation` gives, the level loses at most dark x
    (1 / efficiency - 1) / (light + dark / efficiency) of it, 3 % at a round trip of .92 and 36 % dark, and hardly
    anything while all GPUs run; for that the load is steady.  Limits: power is constant in light and in dark, the
    charger takes any power, and the battery is full at every entry.  A `zenith` array's power is a half-wave: spread
    its energy over the half orbit in which it sees the Sun, with the rest as `dark_s`, and the depth of discharge is
    about 10 % low at beta 0 for a level load; over all the sunlit part it would be 35 % low.
    """

    light_w: FloatArray
    """Compute power in light, W."""
    dark_w: FloatArray
    """Compute power in the dark, W; where there is no eclipse, what the policy wants and the array could feed."""
    charge_w: FloatArray
    """Power into the charger in light, W."""
    unused_w: FloatArray
    """Array power in light that nothing takes, W."""
    depth_of_discharge: FloatArray
    """Share of the battery's capacity drawn in each eclipse."""
    array_too_small: BoolArray
    """The array cannot feed the bus in light and store its share for the dark: no compute at all."""
    battery_too_small: BoolArray
    """The battery cannot carry the bus through the eclipse: no compute at all."""


def sustainable(
    policy: EclipsePolicy,
    *,
    array_w: npt.ArrayLike,
    lit_s: npt.ArrayLike,
    dark_s: npt.ArrayLike,
    bus_w: npt.ArrayLike,
    wanted_light_w: npt.ArrayLike,
    wanted_dark_w: npt.ArrayLike,
    lowest_w: npt.ArrayLike,
    battery_wh: npt.ArrayLike,
    depth_limit: npt.ArrayLike,
    charge_efficiency: npt.ArrayLike,
    discharge_efficiency: npt.ArrayLike,
) -> Budget:
    """Return the compute power in light and dark that a satellite can sustain orbit after orbit; shapes broadcast.

    `array_w` is the mean over the lit part, `lit_s` and `dark_s` seconds of an orbit, `bus_w` constant.  The wanted
    loads are all that the GPUs could use in light and in dark; `lowest_w` is the load of all of them at the lowest
    frequency.  `battery_wh` is the capacity of the day (faded) and `depth_limit` the share of it that may be drawn.
    The rule and its limits: `Budget`.
    """
    array, lit, dark, bus, wanted_light, wanted_dark, lowest, battery, limit, charge, discharge = np.broadcast_arrays(
        at_least("array_w", array_w),
        positive("lit_s", lit_s),
        at_least("dark_s", dark_s),
        at_least("bus_w", bus_w),
        at_least("wanted_light_w", wanted_light_w),
        at_least("wanted_dark_w", wanted_dark_w),
        at_least("lowest_w", lowest_w),
        at_least("battery_wh", battery_wh),
        between("depth_limit", depth_limit),
        positive_share("charge_efficiency", charge_efficiency),
        positive_share("discharge_efficiency", discharge_efficiency),
    )
    usable_j = battery * limit * SECONDS_PER_HOUR
    # joules in light that buy one watt of load through the dark
    dark_cost = dark / (charge * discharge)
    spare_j = (array - bus) * lit - bus * dark_cost
    carried_w = _ratio(usable_j * discharge, dark, np.inf)
    array_short = spare_j < -_TOLERANCE * (array + bus) * lit
    battery_short = carried_w < bus * (1 - _TOLERANCE)
    fed = ~(array_short | battery_short)

    asked = _asked_in_the_dark(policy, wanted_dark, lowest)
    dark_limit = np.where(fed, np.minimum(asked, np.maximum(carried_w - bus, 0.0)), 0.0)
    spare_j = np.where(fed, np.maximum(spare_j, 0.0), 0.0)
    light_w, dark_w = _levels(spare_j, lit, dark_cost, wanted_light, dark_limit)

    charge_w = np.minimum((bus + dark_w) * dark_cost / lit, np.maximum(array - bus, 0.0))
    drawn_j = np.minimum((bus + dark_w) * dark / discharge, usable_j)
    return Budget(
        light_w=light_w,
        dark_w=dark_w,
        charge_w=charge_w,
        unused_w=np.maximum(array - bus - light_w - charge_w, 0.0),
        depth_of_discharge=_ratio(drawn_j, battery * SECONDS_PER_HOUR, 0.0),
        array_too_small=array_short,
        battery_too_small=battery_short,
    )


_TOLERANCE = 1e-12
"""Relative shortfall that still counts as enough, so that a size computed for a load carries it."""


def _asked_in_the_dark(policy: EclipsePolicy, wanted_dark: FloatArray, lowest: FloatArray) -> FloatArray:
    """Return the compute power that the policy asks for in the dark, W."""
    match EclipsePolicy(policy):
        case EclipsePolicy.RIDE_THROUGH:
            return wanted_dark
        case EclipsePolicy.THROTTLE:
            return np.minimum(wanted_dark, lowest)
        case EclipsePolicy.PAUSE:
            return np.zeros_like(wanted_dark)


def _levels(
    spare_j: FloatArray, lit: FloatArray, dark_cost: FloatArray, wanted_light: FloatArray, dark_limit: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the compute power in light and in the dark, W, on which an orbit's spare energy is spent.

    One level for both; the side that meets its limit stays there, and the other takes what is left.
    """
    level = spare_j / (lit + dark_cost)
    light_w = np.minimum(wanted_light, np.maximum(level, (spare_j - dark_limit * dark_cost) / lit))
    left = _ratio(spare_j - wanted_light * lit, dark_cost, -np.inf)
    return light_w, np.minimum(dark_limit, np.maximum(level, left))


def array_needed_w(
    light_w: npt.ArrayLike,
    dark_w: npt.ArrayLike,
    *,
    lit_s: npt.ArrayLike,
    dark_s: npt.ArrayLike,
    charge_efficiency: npt.ArrayLike,
    discharge_efficiency: npt.ArrayLike,
) -> FloatArray:
    """Return the array power in light, W, that carries these whole loads (bus and compute): `sustainable` backwards."""
    charge = positive_share("charge_efficiency", charge_efficiency)
    discharge = positive_share("discharge_efficiency", discharge_efficiency)
    stored = at_least("dark_w", dark_w) * at_least("dark_s", dark_s) / (charge * discharge)
    return at_least("light_w", light_w) + stored / positive("lit_s", lit_s)


def battery_needed_wh(
    dark_w: npt.ArrayLike, dark_s: npt.ArrayLike, depth_limit: npt.ArrayLike, discharge_efficiency: npt.ArrayLike
) -> FloatArray:
    """Return the battery capacity, Wh, that carries this whole load through an eclipse within the depth limit."""
    usable = positive_share("depth_limit", depth_limit) * positive_share("discharge_efficiency", discharge_efficiency)
    return at_least("dark_w", dark_w) * at_least("dark_s", dark_s) / SECONDS_PER_HOUR / usable


def _gpu(
    idle_w: npt.ArrayLike, peak_w: npt.ArrayLike, exponent: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    idle, peak = at_least("idle_w", idle_w), positive("peak_w", peak_w)
    if (idle > peak).any():
        raise ValueError(f"idle_w = {idle.max():g}: must not exceed peak_w = {peak.min():g}")
    return idle, peak, at_least("exponent", exponent, 1.0)


def _ratio(above: npt.ArrayLike, below: npt.ArrayLike, where_zero: float) -> FloatArray:
    """Return above / below, and `where_zero` where nothing stands below."""
    top, bottom = np.broadcast_arrays(np.asarray(above, dtype=float), np.asarray(below, dtype=float))
    ratio: FloatArray = np.divide(top, bottom, out=np.full(top.shape, where_zero), where=bottom != 0)
    return ratio
