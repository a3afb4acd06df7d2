"""Battery of one satellite: charge through an eclipse, wear by cycles and calendar, capacity over the years.

Every function takes numbers or arrays that broadcast; time runs along the last axis where days are meant.  Bad input
raises `ValueError` with the value.  Tags of figures: [S] read in a source, [R] recalled, [A] assumption.

Capacity is lost by Miner's rule (doi:10.1115/1.4009458): a cycle to depth d uses 1 / N(d) of the fade to 80 %, in any
order; calendar fade is added.  No temperature, charge rate or knee of late life: each can double the wear [A].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.constants import DAYS_PER_YEAR
from sim.physics.checks import at_least, between, positive, positive_share

FloatArray = npt.NDArray[np.float64]

FADE_AT_EOL = 0.2
"""Share of the capacity lost when a cycle life is said to end: 80 % is left, the field's usual mark."""


@dataclass(frozen=True)
class FadeLaw:
    """How fast a battery loses capacity: N(d) = cycles (d / depth)^-exponent to 80 %, and a yearly loss beside it."""

    cycles: float = 30_000.0
    """Cycles to 80 % capacity at `depth`.  30,000, range 15,000-60,000 [A]: more than 30,000 at 20-30 % were shown in
    orbit by JAXA's lithium-ion cells [S], without a published end."""
    depth: float = 0.3
    """Depth of discharge at which `cycles` holds."""
    exponent: float = 1.5
    """1.5, range 1-2.5 [A]: no curve for these cells is published.  1 would count ampere-hours alone."""
    calendar_per_year: float = 0.01
    """Capacity lost a year at rest, of the new battery's.  .01, range 0-.03 [A]."""

    def __post_init__(self) -> None:
        for name in ("cycles", "exponent"):
            positive(name, getattr(self, name))
        positive_share("depth", self.depth)
        between("calendar_per_year", self.calendar_per_year)

    def cycles_to_eol(self, depth_of_discharge: npt.ArrayLike) -> FloatArray:
        """Return the cycles at this depth, 0 to 1, that leave 80 % of the capacity; infinite at depth 0."""
        with np.errstate(divide="ignore"):
            cycles: FloatArray = 1.0 / self._damage(between("depth_of_discharge", depth_of_discharge))
        return cycles

    def capacity_fraction(self, damage: npt.ArrayLike, years: npt.ArrayLike) -> FloatArray:
        """Return capacity as a share of the new battery's, 0 to 1, after this damage and age.

        `damage` is the sum of cycles / N(depth): 1 is a whole cycle life.  The two fades add, and stop at 0.
        """
        used = FADE_AT_EOL * at_least("damage", damage) + self.calendar_per_year * at_least("years", years)
        left: FloatArray = np.maximum(1.0 - used, 0.0)
        return left

    def _damage(self, depth: FloatArray) -> FloatArray:
        """Return the damage of one cycle."""
        damage: FloatArray = (depth / self.depth) ** self.exponent / self.cycles
        return damage


@dataclass(frozen=True, eq=False)
class BatteryLife:
    """A battery day by day, shape (..., days)."""

    capacity_fraction: FloatArray
    """Capacity at the start of the day as a share of the new battery's."""
    depth_of_discharge: FloatArray
    """Share of the day's capacity that each eclipse draws."""
    carried_share: FloatArray
    """Share of the dark load that the battery carries; below 1 the rest must be shed."""


def battery_life(
    dark_load_wh_by_day: npt.ArrayLike,
    cycles_by_day: npt.ArrayLike,
    capacity_wh: npt.ArrayLike,
    depth_limit: npt.ArrayLike,
    *,
    discharge_efficiency: npt.ArrayLike,
    fade: FadeLaw,
    age_years: npt.ArrayLike = 0.0,
    damage: npt.ArrayLike = 0.0,
    step_days: float = 1.0,
) -> BatteryLife:
    """Return how a battery wears under a load, day after day or in longer steps.

    `dark_load_wh_by_day` is the energy that an eclipse of the day asks for, at the load; `cycles_by_day` the eclipses
    of the day; both (..., days).  `capacity_wh` when new, `depth_limit` (share of the day's capacity that may be
    drawn), `discharge_efficiency`, and age and damage on day 0 broadcast over (...).  As the battery fades the same
    load draws deeper and wears faster, until the limit holds the depth and the load is shed.

    `step_days`: of each row, at its beginning: fade within a day is about 1e-4.  Time stands in a loop, planes in
    arrays: 10 years of 1,000 planes take about .3 s.  Give days and loads in float32 to get float32 back, at half the
    memory.
    """
    load, cycles = np.broadcast_arrays(np.asarray(dark_load_wh_by_day), np.asarray(cycles_by_day))
    if load.ndim == 0:
        raise ValueError(f"dark_load_wh_by_day = {load:g}: must have days along its last axis")
    at_least("dark_load_wh_by_day", load)
    at_least("cycles_by_day", cycles)
    new_wh, limit = positive("capacity_wh", capacity_wh), between("depth_limit", depth_limit)
    efficiency = positive_share("discharge_efficiency", discharge_efficiency)
    years, used = at_least("age_years", age_years), at_least("damage", damage)
    shape = np.broadcast_shapes(load.shape[:-1], *(each.shape for each in (new_wh, limit, efficiency, years, used)))

    # days first, so that every step writes one stretch of memory
    kind = np.result_type(load.dtype, np.float32)
    fraction, depth, carried = (np.empty((load.shape[-1], *shape), dtype=kind) for _ in range(3))
    worn = np.broadcast_to(used, shape).copy()
    for day in range(load.shape[-1]):
        left = np.maximum(
            1.0 - FADE_AT_EOL * worn - fade.calendar_per_year * (years + day * step_days / DAYS_PER_YEAR), 0.0
        )
        asked = load[..., day] / (efficiency * new_wh)
        drawn = np.minimum(asked, limit * left)
        fraction[day] = left
        depth[day] = drawn / np.maximum(left, _NOTHING)
        carried[day] = np.maximum(drawn, _NOTHING) / np.maximum(asked, _NOTHING)
        worn += cycles[..., day] * step_days * fade._damage(depth[day])
    return BatteryLife(*(np.moveaxis(each, 0, -1) for each in (fraction, depth, carried)))


def battery_mass_kg(capacity_wh: npt.ArrayLike, specific_energy_wh_per_kg: npt.ArrayLike) -> FloatArray:
    """Return the mass of a pack, kg; packs hold 150-200 Wh/kg [R]."""
    specific = positive("specific_energy_wh_per_kg", specific_energy_wh_per_kg)
    return at_least("capacity_wh", capacity_wh) / specific


_NOTHING = 1e-300
"""Stands for 0 below a fraction line, so that 0 / 0 gives the limit: depth 0 of a dead battery, all of no load."""
