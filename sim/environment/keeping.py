"""Keeping the orbit: air, propellant and the life it gives, debris, and what becomes of the dead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY, STANDARD_GRAVITY_M_S2
from sim.environment.hardware import Sizes, tubes_m2, vulnerable_m2
from sim.environment.planes import Plane
from sim.environment.spares import spare_ways_of
from sim.environment.sun_tables import SunTables
from sim.errors import Fault, ScenarioError
from sim.physics.atmosphere import orbit_mean_density_kg_m3
from sim.physics.debris import critical_diameter_cm, debris_flux_per_m2_year
from sim.physics.drag import (
    array_drag_area_m2,
    ballistic_kg_m2,
    decay_days,
    decay_km_per_day,
    drag_make_up_m_s_per_year,
    low_thrust_delta_v_m_s,
    perigee_lowering_delta_v_m_s,
    propellant_kg,
    tumbling_drag_area_m2,
)
from sim.physics.orbit import inclination_hold_m_s_per_year
from sim.physics.solar_cycle import SolarLevel, f107_and_ap
from sim.scenario.hardware import Satellite
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

FCC_LIMIT_YEARS = 5.0
"""Longest time a satellite may stay after its mission: FCC 22-74 (2022)."""


@dataclass(frozen=True, eq=False)
class OrbitKeeping:
    """What it takes to stay, by plane and day."""

    air_kg_m3: Floats
    """Orbit-mean density of the air, shape (altitudes, n)."""
    air_of: NDArray[np.intp]
    """Which altitude is whose, shape (planes,)."""
    delta_v_m_s: NDArray[np.float32]
    """Delta-v of each day against drag, drift and debris, shape (planes, n)."""
    budget_m_s: Floats
    """Delta-v a satellite at work has for it, beside disposal, shape (planes,); infinite where it is sized."""
    tank_m_s: Floats
    """The same by the propellant aboard, sized or given."""
    propellant_kg: float
    """Propellant at launch: as given, or as needed."""
    needed_kg: float
    """Propellant that the design life needs, raising and disposal included."""
    make_dead_years: Callable[[], Floats]
    """Makes `dead_years` on first use: half of the time that a design takes, and for those that describe or bury it."""
    collisions_per_year: Floats
    """Hits that end a satellite, shape (planes,)."""
    clearance: Floats
    """Square of the days in which a dead satellite clears its slot, times the air's density, shape (planes,)."""
    punctures_per_year: Floats
    """Hits that empty one of a satellite's coolant loops, shape (planes,)."""
    step_days: float = 1.0
    """Step of the tables: of n rows, each holds for so many days."""

    @cached_property
    def dead_years(self) -> Floats:
        """Years a satellite stays up that dies on each `DEATH_STEP_DAYS`-th mission day, tumbling, (planes, k)."""
        return self.make_dead_years()

    def density_kg_m3(self, plane: int) -> Floats:
        """Orbit-mean density of the air that a plane flies through, shape (n,)."""
        return np.asarray(self.air_kg_m3[self.air_of[plane]])

    def dry_day(self, plane: int, birth_day: float, budget_m_s: Floats | None = None, spent_m_s: float = 0.0) -> float:
        """Mission day on which a satellite born on a day has used a budget; infinite if not within the tables.

        `budget_m_s`: delta-v of each plane's satellites; none: `self.budget_m_s`.  `spent_m_s`: what it has used up of
        it for other things.
        """
        budget = float((self.budget_m_s if budget_m_s is None else budget_m_s)[plane]) - spent_m_s
        if np.isinf(budget):
            return float("inf")
        first = int(birth_day / self.step_days)
        used = np.cumsum(self.delta_v_m_s[plane, first:] * np.float32(self.step_days), dtype=float)
        over = np.flatnonzero(used > budget)
        return float("inf") if len(over) == 0 else (first + float(over[0]) + 1.0) * self.step_days

    def clear_days(self, plane: int, death_day: float) -> float:
        """Days until the air has drawn a satellite that dies on a day out of its slot.

        It falls at a steady rate and so runs ahead by 3/4 n (da/dt) t^2 (King-Hele 1987, chapter 4): fine for days to
        months, in which neither the air nor the height changes much.
        """
        density = self.density_kg_m3(plane)
        return float(np.sqrt(self.clearance[plane] / density[min(int(death_day / self.step_days), len(density) - 1)]))

    def years_aloft(self, plane: int, death_day: float) -> float:
        """Years until a satellite that dies on a day has come down by itself; infinite past the solar cycle's table."""
        at = min(round(death_day / DEATH_STEP_DAYS), self.dead_years.shape[1] - 1)
        return float(self.dead_years[plane, at])


DEATH_STEP_DAYS = 90.0
"""Deaths are followed down from every third month: the solar cycle changes little within."""


@dataclass(frozen=True, eq=False)
class DeltaV:
    """Delta-v that its orbits ask of a satellite of a given mass."""

    mass_kg: float
    drag_m_s: NDArray[np.float32]
    """Of each day against the air, shape (planes, n); it goes as 1 / mass."""
    steady_m_s: NDArray[np.float32]
    """Of each day for the orbit's drift and, without `avoidance_m_s`, against debris, shape (planes,)."""
    once_m_s: Floats
    """For raising and disposal, shape (planes,): spent on the way up and kept for the way down."""
    spares_m_s: Floats
    """What a spare that waits below its plane needs beyond that to come to a slot, shape (planes,)."""
    parked: NDArray[np.bool_]
    """Parking orbits, shape (planes,): nobody spends a life there, so they size nothing."""
    avoidance_m_s: NDArray[np.float32] | None = None
    """Of each day for avoidance manoeuvres that follow from the sky, shape (planes, n); none: they are in `steady`."""

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        planes: tuple[Plane, ...],
        sun: SunTables,
        sizes: Sizes,
        *,
        mass_kg: float,
        avoidance_m_s: NDArray[np.float32] | None = None,
        fine: SunTables | None = None,
    ) -> DeltaV:
        """What satellites of a mass and of these sizes need in these planes.

        `fine`: the light in shorter steps, if it is known.
        """
        propulsion = scenario.satellite.propulsion
        flux, magnetic = activity(scenario, sun.sampled_days)
        drag, first = [], 0
        for some in sun.chunks():
            area = _array_drag_area_m2(scenario, sizes, some)
            if fine is not None:
                exact = _array_drag_area_m2(scenario, sizes, fine.of(slice(first, first + len(area))))
                area = exact.reshape(*area.shape, -1).mean(axis=2)
            drag.append(_drag_m_s_per_day(scenario, some.altitude_km, area, flux, magnetic, mass_kg=mass_kg))
            first += len(area)
        held = np.array(
            [
                0.0
                if plane.ltan_h is None or scenario.constellation.shells[plane.shell].node_keeping == "free"
                else float(inclination_hold_m_s_per_year(plane.ltan_h, plane.altitude_km, plane.inclination_deg))
                for plane in planes
            ]
        )
        dodging = propulsion.manoeuvres_per_year * propulsion.manoeuvre_m_s if avoidance_m_s is None else 0.0
        altitude = sun.altitude_km[:, 0]
        raising = low_thrust_delta_v_m_s(propulsion.insertion_km(altitude), altitude)
        for park in (plane for plane in planes if plane.parking is not None):
            served = np.array([plane.shell == park.shell and plane.parking is None for plane in planes])
            low = float(propulsion.insertion_km(park.altitude_km))
            through = low_thrust_delta_v_m_s(low, park.altitude_km) + low_thrust_delta_v_m_s(park.altitude_km, altitude)
            raising = np.where(served, np.maximum(raising, through), raising)
        lowest = np.minimum(propulsion.disposal_perigee_km, altitude)
        return cls(
            mass_kg,
            np.concatenate(drag, dtype=np.float32),
            ((held + dodging) / DAYS_PER_YEAR).astype(np.float32),
            raising + perigee_lowering_delta_v_m_s(altitude, lowest),
            spare_ways_of(scenario, planes).extra_m_s * (scenario.constellation.spare_berths_per_plane > 0),
            np.array([plane.parking is not None for plane in planes]),
            avoidance_m_s,
        )

    def at(self, mass_kg: float) -> DeltaV:
        """The same for another mass of the same sizes."""
        return replace(self, mass_kg=mass_kg, drag_m_s=self.drag_m_s * np.float32(self.mass_kg / mass_kg))

    @property
    def daily_m_s(self) -> NDArray[np.float32]:
        """Of each day, raising and disposal apart, shape (planes, n)."""
        daily = self.drag_m_s + self.steady_m_s[:, None]
        return daily if self.avoidance_m_s is None else daily + self.avoidance_m_s

    def needed_m_s(self, satellite: Satellite) -> Floats:
        """Delta-v of a whole design life with its margin, shape (planes,): raising, disposal and what a spare below
        the plane needs included."""
        steady = _over_life_m_s(satellite, self.daily_m_s)
        return np.where(self.parked, 0.0, steady + self.once_m_s + self.spares_m_s)

    def closing_mass_kg(self, satellite: Satellite, dry_kg: float) -> float:
        """Launch mass at which a dry mass and the propellant that its orbits need add up; infinite where none does.

        Drag's share of the need goes as 1 / mass: m exp(-(drag / m + rest) / exhaust) = dry grows with m, so it has one
        solution, by Lambert's function; the largest of all planes carries all.
        """
        exhaust = satellite.propulsion.isp_s * STANDARD_GRAVITY_M_S2
        drag_m_s = np.where(self.parked, 0.0, _over_life_m_s(satellite, self.drag_m_s))
        rest = np.exp(-(self.needed_m_s(satellite) - drag_m_s) / exhaust)  # share left after all but drag
        with np.errstate(divide="ignore"):
            mass_kg = dry_kg / rest * np.exp(lambertw(drag_m_s * self.mass_kg / exhaust / dry_kg * rest).real)
        return float(mass_kg.max())


def activity(scenario: Scenario, days: Floats) -> tuple[Floats, Floats]:
    """F10.7 and Ap of each mission day."""
    start, level = scenario.mission.start, scenario.space.solar_activity
    return f107_and_ap(days, start, level)


def _over_life_m_s(satellite: Satellite, daily_m_s: NDArray[np.float32]) -> Floats:
    """Delta-v of a design life from the day of the mission on which it costs most, with margin, shape (planes,)."""
    life = min(satellite.design_life_years * DAYS_PER_YEAR, daily_m_s.shape[1])
    yearly = daily_m_s.max(axis=1) * DAYS_PER_YEAR if life < 1 else _costliest(daily_m_s, int(life))
    return np.asarray(yearly * satellite.design_life_years * (1 + satellite.propulsion.margin))


def years_aloft(scenario: Scenario, planes: tuple[Plane, ...], sizes: Sizes, days: Floats, *, mass_kg: float) -> Floats:
    """Years that satellites stay up that die on each `DEATH_STEP_DAYS`-th mission day, tumbling, shape (planes, k)."""
    ballistic = float(tumbling_ballistic_kg_m2(scenario, sizes, mass_kg))
    # Planes of one shell differ by metres: they fall alike.
    heights, inverse = np.unique([round(plane.altitude_km, 1) for plane in planes], return_inverse=True)
    mission = scenario.mission.start, float(days[-1]), scenario.space.solar_activity
    return np.asarray(_fall_days(tuple(heights.tolist()), ballistic, *mission)[inverse] / DAYS_PER_YEAR)


@lru_cache(maxsize=32)  # designs and variants of a scenario often fall alike
def _fall_days(heights: tuple[float, ...], ballistic: float, start: date, last_day: float, level: SolarLevel) -> Floats:
    deaths = np.minimum(np.arange(0.0, last_day + DEATH_STEP_DAYS, DEATH_STEP_DAYS), last_day)
    return decay_days(np.array(heights)[:, None], ballistic, start, deaths[None, :], level)


def keep(
    scenario: Scenario,
    planes: tuple[Plane, ...],
    sun: SunTables,
    sizes: Sizes,
    needs: tuple[DeltaV, DeltaV],
    make_dead_years: Callable[[], Floats],
) -> OrbitKeeping:
    """Compute propellant and debris for all planes over the mission; `make_dead_years` gives those of `years_aloft`.

    `needs`: of all planes, and of those that satellites are sized for.

    Satellites of an eccentric orbit are taken at the mean altitude, where the air is thinner than at perigee: drag is
    too low by a factor that reaches 10 at eccentricity .01 and 500 km; see `warnings` in `describe`.
    """
    satellite, propulsion = scenario.satellite, scenario.satellite.propulsion
    flux, magnetic = activity(scenario, sun.sampled_days)
    heights, air_of = np.unique(np.round(sun.altitude_km[:, 0], 1), return_inverse=True)
    density = orbit_mean_density_kg_m3(heights[:, None], flux, magnetic)
    fuel, needed_kg, budget, tank = _propellant(scenario, *needs)
    by_size = partial(debris_flux_of, scenario, planes, float(flux.mean()))
    punctures = by_size(float(critical_diameter_cm(satellite.radiator.tube_wall_mm))) * tubes_m2(satellite, sizes)
    return OrbitKeeping(
        air_kg_m3=density,
        air_of=air_of,
        delta_v_m_s=needs[0].daily_m_s,
        budget_m_s=budget,
        tank_m_s=tank,
        propellant_kg=fuel,
        needed_kg=needed_kg,
        make_dead_years=make_dead_years,
        clearance=_clearance(scenario, planes, sizes, needs[0].mass_kg),
        collisions_per_year=by_size(propulsion.lethal_size_cm) * vulnerable_m2(satellite, sizes),
        punctures_per_year=punctures,
        step_days=sun.step_days,
    )


def _propellant(scenario: Scenario, needs: DeltaV, sizing: DeltaV) -> tuple[float, float, Floats, Floats]:
    """Propellant aboard and needed, kg, and delta-v to stay, m/s, (planes,): what is counted, and what the tank gives.

    `sizing`: the needs of the planes that satellites are sized for.

    Raises `ScenarioError` where a given amount does not even cover raising and disposal.
    """
    propulsion, reserved = scenario.satellite.propulsion, needs.once_m_s
    needed_kg = float(np.max(propellant_kg(needs.mass_kg, sizing.needed_m_s(scenario.satellite), propulsion.isp_s)))
    given = propulsion.propellant_kg
    fuel = needed_kg if given == "sized" else float(given)
    tank = propulsion.isp_s * STANDARD_GRAVITY_M_S2 * -np.log1p(-min(fuel / needs.mass_kg, 1 - 1e-12)) - reserved
    # One that is sized lasts as long as the satellite.
    budget = np.full(len(reserved), np.inf) if given == "sized" else tank
    if (budget <= 0).any():
        least_kg = float(np.max(propellant_kg(needs.mass_kg, reserved, propulsion.isp_s)))
        problem = (
            f"does not even cover raising and disposal: {least_kg:.3g} kg; {needed_kg:.3g} kg last the design life"
        )
        raise ScenarioError([Fault("scenario", "satellite.propulsion.propellant_kg", given, problem)])
    if (short := budget <= needs.spares_m_s).any():
        most = float(needs.spares_m_s[short].max())
        problem = (
            f"leaves {float(budget[short].min()):.3g} m/s beside raising and disposal, and a spare that waits "
            f"constellation.spares.below_km ({scenario.constellation.spares.below_km:g}) below its plane needs "
            f"{most:.3g} m/s to come to a slot; {needed_kg:.3g} kg last the design life"
        )
        raise ScenarioError([Fault("scenario", "satellite.propulsion.propellant_kg", given, problem)])
    return fuel, needed_kg, budget, tank


def _clearance(scenario: Scenario, planes: tuple[Plane, ...], sizes: Sizes, mass_kg: float) -> Floats:
    """Days^2 x density of the air in which a dead, tumbling satellite runs ahead by the slot's clearance."""
    propulsion = scenario.satellite.propulsion
    altitude = np.array([plane.altitude_km for plane in planes])
    per_day = 2 * np.pi * MINUTES_PER_DAY / np.array([plane.period_min for plane in planes])
    fall = -decay_km_per_day(altitude, 1.0, tumbling_ballistic_kg_m2(scenario, sizes, mass_kg))  # per kg/m^3 of air
    return np.asarray(propulsion.slot_clearance_km / (0.75 * per_day * fall))


def tumbling_ballistic_kg_m2(scenario: Scenario, sizes: Sizes, mass_kg: float) -> Floats:
    """m / (Cd A) of a dead satellite."""
    propulsion = scenario.satellite.propulsion
    area = tumbling_drag_area_m2(2 * sizes.array_m2) + propulsion.body_drag_area_m2
    return ballistic_kg_m2(mass_kg, np.maximum(area, 1e-4), propulsion.drag_coefficient)


def debris_flux_of(scenario: Scenario, planes: tuple[Plane, ...], mean_flux: float, size_cm: float) -> Floats:
    """Hits by debris of a size and larger in the middle of the mission, shape (planes,)."""
    middle = scenario.mission.start + timedelta(days=float(np.ceil(scenario.mission.days)) / 2)
    year = middle.year + middle.timetuple().tm_yday / DAYS_PER_YEAR
    altitude, tilt = np.array([(plane.altitude_km, plane.inclination_deg) for plane in planes]).T
    return np.asarray(debris_flux_per_m2_year(size_cm, altitude, tilt, year, mean_flux))


def _costliest(delta_v: NDArray[np.float32], life_days: int) -> Floats:
    """Largest mean delta-v of as many days as a design life has, m/s a year, shape (planes,)."""
    worst = []
    for row in delta_v:
        total = np.concatenate([[0.0], np.cumsum(row, dtype=float)])
        worst.append((total[life_days:] - total[:-life_days]).max())
    return np.asarray(worst) / life_days * DAYS_PER_YEAR


def _drag_m_s_per_day(
    scenario: Scenario, altitude_km: Floats, array_m2: Floats, flux: Floats, magnetic: Floats, *, mass_kg: float
) -> Floats:
    """Delta-v of each day against the air, shape (planes, n), of arrays that show the flow these areas."""
    propulsion = scenario.satellite.propulsion
    facing = array_m2 + propulsion.body_drag_area_m2
    # A satellite that shows the air nothing has no drag; a square centimetre keeps the division whole.
    ballistic = ballistic_kg_m2(mass_kg, np.maximum(facing, 1e-4), propulsion.drag_coefficient)
    density = orbit_mean_density_kg_m3(altitude_km, flux, magnetic)
    return np.asarray(drag_make_up_m_s_per_year(altitude_km, density, ballistic) / DAYS_PER_YEAR)


def _array_drag_area_m2(scenario: Scenario, sizes: Sizes, sun: SunTables) -> Floats:
    """Orbit-mean area that the array shows the flow, m^2, shape (planes, n)."""
    return array_drag_area_m2(sizes.array_m2, scenario.satellite.array.mount, sun.beta_rad)
