"""The sky of a fleet: what its satellites meet over the mission, solved once in the mean, and what a design does there.

Densities are those of a fleet whose losses are replaced after the mean time of an order (and, where the slots are a
sample, of the whole fleet); satellites are those of the first design.  What a strategy makes of the fleet does not come
back to the sky.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY
from sim.environment.hardware import Sizes, vulnerable_m2
from sim.environment.keeping import activity, debris_flux_of, tumbling_ballistic_kg_m2
from sim.environment.planes import Plane
from sim.physics.breakups import (
    Shells,
    build_up,
    catastrophic_length_m,
    collision_fragments,
    explosion_fragments,
)
from sim.physics.conjunctions import (
    catalogue_per_km3,
    catalogue_speed_km_s,
    collision_area_km2,
    encounter_speed_km_s,
    encounters_per_year,
    manoeuvre_area_km2,
    shell_km2,
)
from sim.physics.debris import ALTITUDE_RANGE_KM
from sim.physics.drag import DRAG_COEFFICIENT, REENTRY_ALTITUDE_KM, lifetime_years, tumbling_drag_area_m2
from sim.reliability import Clock
from sim.scenario.hardware import Satellite
from sim.scenario.models import Scenario
from sim.scenario.sky import Sky as SkyModel

Floats = NDArray[np.float64]

KNOT_DAYS = 30.0
"""Days between the times at which the sky is known; in between it is straight."""


@dataclass(frozen=True, eq=False)
class Meetings:
    """What one satellite of a size meets in each shell: encounters a year by what it is with, (times, shells)."""

    with_catalogue: Floats
    with_live: Floats
    """The fleet's own at work, as far as they are not kept apart."""
    with_dead: Floats
    with_fragments: Floats

    @property
    def total(self) -> Floats:
        """All together."""
        return self.with_catalogue + self.with_live + self.with_dead + self.with_fragments


@dataclass(frozen=True, eq=False)
class Avoidance:
    """What the sky asks of one design's satellites, by plane and day."""

    sky: Sky
    manoeuvres_per_year: Floats
    """Of a satellite, shape (times, shells)."""
    own_hits_per_year: Floats
    """Collisions that end a satellite, with the fleet's own objects, shape (times, shells)."""
    manoeuvre_m_s: float
    """Delta-v of one manoeuvre."""
    pause_min: float
    """Compute lost by one."""

    def daily_m_s(self, planes: Sequence[Plane], days: Floats) -> NDArray[np.float32]:
        """Delta-v of its manoeuvres in some planes on each day, shape (planes, n)."""
        daily = self.manoeuvres_per_year * self.manoeuvre_m_s / DAYS_PER_YEAR
        by_shell = np.array([np.interp(days, self.sky.days, column) for column in daily.T], np.float32)
        return np.asarray(by_shell[self.sky.shell_of[[plane.id for plane in planes]]])

    def working_share(self, plane: int, days: Floats) -> Floats:
        """Share of each day that its manoeuvres leave for computing in a plane, shape (n,)."""
        often = np.interp(days, self.sky.days, self.manoeuvres_per_year[:, self.sky.shell_of[plane]])
        return np.maximum(1 - often * self.pause_min / (MINUTES_PER_DAY * DAYS_PER_YEAR), 0.0)

    def own_hits(self, plane: int) -> Clock:
        """Collisions with the fleet's own objects that a satellite of a plane has met on average, from day 0 on."""
        return self._clocks[int(self.sky.shell_of[plane])]

    @cached_property
    def _clocks(self) -> tuple[Clock, ...]:
        daily = self.own_hits_per_year / DAYS_PER_YEAR
        steps = np.diff(self.sky.days)[:, None] * (daily[1:] + daily[:-1]) / 2
        total = np.concatenate([np.zeros((1, daily.shape[1])), np.cumsum(steps, axis=0)])
        return tuple(Clock(self.sky.days, column) for column in total.T)


@dataclass(frozen=True, eq=False)
class Sky:
    """What is in each shell of a fleet over the mission: all its planes within `shell_km` of altitude."""

    model: SkyModel
    days: Floats
    """Mission days at which it is known, shape (times,)."""
    altitude_km: Floats
    """Shape (shells,)."""
    shell_of: NDArray[np.intp]
    """Which plane is in which shell, shape (planes,)."""
    first_alike: NDArray[np.intp]
    """First plane in the shell of each at its altitude and inclination, to a km and a tenth of a degree, (planes,)."""
    planned: Floats
    """Satellites of all slots of the whole fleet that are up by plan, shape (times, shells)."""
    live: Floats
    """Those of them at work, but for what the fleet's own objects ended, shape (times, shells)."""
    state: Floats
    """Dead satellites, tracked fragments, and lethal ones that are not tracked, shape (times, 3, shells)."""
    shells: Shells
    own_speed_km_s: Floats
    """Encounter speed among the fleet's own objects, shape (shells,)."""
    catalogue_flux: Floats
    """Density of the catalogue x encounter speed, per km^2 and s, shape (shells,)."""
    projected_m2: float
    """What the satellites of the first design show on average."""
    body_m2: float
    """What they show of the surface on which a fragment ends them."""

    @classmethod
    def of(cls, scenario: Scenario, planes: tuple[Plane, ...], sizes: Sizes, *, mass_kg: float) -> Sky | None:
        """The sky of a scenario; none where it leaves it out.  `sizes`, `mass_kg`: of the first design, fuel apart."""
        model, satellite = scenario.sky, scenario.satellite
        if not model.conjunctions:
            return None
        altitude, shell_of = _grouped(np.array([plane.altitude_km for plane in planes]), model.shell_km)
        days = np.arange(np.ceil(scenario.mission.days) + 1)
        knots = np.unique(np.append(np.arange(0.0, days[-1] + 1, KNOT_DAYS), days[-1] + 1))
        inside = np.clip(altitude, *ALTITUDE_RANGE_KM)
        speed = np.array([_own_speed(planes, shell_of == shell, h) for shell, h in enumerate(inside)])
        met = [_catalogue_speed(planes, shell_of == shell, h) for shell, h in enumerate(inside)]
        planned = _planned(scenario, planes, shell_of, knots)
        flux = model.catalogue_factor * catalogue_per_km3(inside) * np.array(met)
        projected = projected_m2(satellite, sizes)
        f107 = float(activity(scenario, days)[0].mean())
        small = debris_flux_of(scenario, planes, f107, satellite.propulsion.lethal_size_cm)
        struck = np.bincount(shell_of, small) / np.bincount(shell_of) * vulnerable_m2(satellite, sizes)
        shells = _shells(scenario, sizes, inside, (speed, flux, projected, struck), mass_kg=mass_kg, f107=f107)
        live, state = _solved(shells, planned, knots)
        alike = _first_alike(planes, shell_of)
        body = body_m2(satellite, sizes)
        return cls(model, knots, altitude, shell_of, alike, planned, live, state, shells, speed, flux, projected, body)

    def with_feedback(self, feedback: bool) -> Sky:
        """The same sky if breakups leave fragments, or none."""
        if feedback == self.shells.feedback:
            return self
        shells = replace(self.shells, feedback=feedback)
        live, state = _solved(shells, self.planned, self.days)
        return replace(self, shells=shells, live=live, state=state)

    def avoidance(self, satellite: Satellite, sizes: Sizes) -> Avoidance:
        """What it asks of a design."""
        mine = projected_m2(satellite, sizes)
        pair_km2 = max(float(collision_area_km2(self.projected_m2, self.projected_m2)), 1e-12)
        ratio = float(collision_area_km2(mine, self.projected_m2)) / pair_km2
        rates = np.array(
            [self.shells.live_hazard(live, state) for live, state in zip(self.live, self.state, strict=True)]
        )
        with_live, with_dead, tracked, small = rates.transpose(1, 0, 2)
        share = body_m2(satellite, sizes) / self.body_m2 if self.body_m2 > 0 else 0.0
        small_km2, satellite_km2 = (self._manoeuvre_km2(mine, other) for other in (0.0, self.projected_m2))
        wanted = self.meetings(small_km2, satellite_km2).total
        return Avoidance(
            sky=self,
            manoeuvres_per_year=np.minimum(wanted, self.model.most_manoeuvres_per_day * DAYS_PER_YEAR),
            own_hits_per_year=ratio * (with_live + with_dead) + share * (tracked + small),
            manoeuvre_m_s=satellite.propulsion.manoeuvre_m_s,
            pause_min=satellite.propulsion.manoeuvre_pause_min,
        )

    def _manoeuvre_km2(self, mine_m2: float, other_m2: float) -> float:
        """Area in which a satellite gives way; by projected areas, 0 of what is small against it."""
        radius_m = (np.sqrt(mine_m2) + np.sqrt(other_m2)) / np.sqrt(np.pi)
        model = self.model
        return float(manoeuvre_area_km2(max(radius_m, 1e-3), model.miss_sigma_m, model.least_probability))

    def meetings(self, small_km2: float, satellite_km2: float) -> Meetings:
        """Encounters of a satellite within an area: with fragments and the catalogue, and with own satellites."""
        per_km2 = encounters_per_year(1 / self._volume_km3(self.band_km), self.own_speed_km_s, 1.0)
        closer = self.band_km / self.model.shell_km * self.model.own_share
        dead, tracked, _ = self.state.transpose(1, 0, 2)
        catalogue = encounters_per_year(1.0, self.catalogue_flux, small_km2)
        return Meetings(
            with_catalogue=np.broadcast_to(catalogue, self.live.shape),
            with_live=self.live * per_km2 * closer * satellite_km2,
            with_dead=dead * per_km2 * satellite_km2,
            with_fragments=tracked * per_km2 * small_km2,
        )

    @property
    def band_km(self) -> float:
        """Range of altitudes over which dead satellites and fragments are spread, km."""
        return max(self.model.debris_band_km, self.model.shell_km)

    def _volume_km3(self, thickness_km: float) -> Floats:
        return np.asarray(shell_km2(self.altitude_km) * thickness_km)

    @cached_property
    def conjunctions(self) -> Meetings:
        """Passes of a satellite within `screening_km`, a year."""
        area_km2 = np.pi * self.model.screening_km**2
        return self.meetings(area_km2, area_km2)

    @cached_property
    def reproduction(self) -> Floats:
        """Fragments that break up a satellite which one such fragment leaves in its time, shape (times, shells)."""
        pairs = zip(self.live, self.state, strict=True)
        return np.array([self.shells.reproduction(live, state) for live, state in pairs])

    @cached_property
    def broken_per_year(self) -> Floats:
        """Satellites of the whole fleet, live or dead, that collisions break up in a year, shape (times, shells)."""
        pairs = zip(self.live, self.state, strict=True)
        return np.array([np.add(*self.shells.broken(live, state)) for live, state in pairs])


def _solved(shells: Shells, planned: Floats, days: Floats) -> tuple[Floats, Floats]:
    """Satellites at work and what is beside them, at each time."""
    state = build_up(shells, planned, days / DAYS_PER_YEAR)
    return np.array([shells.live(full, there) for full, there in zip(planned, state, strict=True)]), state


def projected_m2(satellite: Satellite, sizes: Sizes) -> float:
    """Area that a satellite shows on average to what comes from anywhere, m^2."""
    return float(tumbling_drag_area_m2(2 * sizes.array_m2)) + satellite.propulsion.body_drag_area_m2


def body_m2(satellite: Satellite, sizes: Sizes) -> float:
    """Area that the surface on which a fragment ends a satellite shows on average, m^2: a quarter of it."""
    return float(tumbling_drag_area_m2(vulnerable_m2(satellite, sizes)))


def _grouped(heights_km: Floats, thickness_km: float) -> tuple[Floats, NDArray[np.intp]]:
    """Mean altitude of each shell, and which height is in which: from the lowest upwards, none thicker than that."""
    order = np.argsort(heights_km, kind="stable")
    shell_of, lowest, shell = np.zeros(len(heights_km), np.intp), -np.inf, -1
    for place in order:
        if heights_km[place] > lowest + thickness_km:
            lowest, shell = heights_km[place], shell + 1
        shell_of[place] = shell
    return np.bincount(shell_of, heights_km) / np.bincount(shell_of), shell_of


def _first_alike(planes: Sequence[Plane], shell_of: NDArray[np.intp]) -> NDArray[np.intp]:
    first: dict[tuple[int, float, float], int] = {}
    keys = [
        (int(shell), round(plane.altitude_km), round(plane.inclination_deg, 1))
        for plane, shell in zip(planes, shell_of, strict=True)
    ]
    return np.array([first.setdefault(key, number) for number, key in enumerate(keys)], np.intp)


def _weights(planes: Sequence[Plane], inside: NDArray[np.bool_]) -> dict[float, float]:
    """Share of a shell's satellites by inclination, to a tenth of a degree; of planes where it has none."""
    chosen = [plane for plane, here in zip(planes, inside, strict=True) if here]
    counts = [plane.slots for plane in chosen] if any(plane.slots for plane in chosen) else [1] * len(chosen)
    found: dict[float, float] = {}
    for plane, count in zip(chosen, counts, strict=True):
        tilt = round(plane.inclination_deg, 1)
        found[tilt] = found.get(tilt, 0.0) + count / sum(counts)
    return found


def _own_speed(planes: Sequence[Plane], inside: NDArray[np.bool_], altitude_km: float) -> float:
    shares = _weights(planes, inside)
    return sum(
        first * second * encounter_speed_km_s(altitude_km, one, other)
        for one, first in shares.items()
        for other, second in shares.items()
    )


def _catalogue_speed(planes: Sequence[Plane], inside: NDArray[np.bool_], altitude_km: float) -> float:
    shares = _weights(planes, inside)
    return sum(share * catalogue_speed_km_s(altitude_km, tilt) for tilt, share in shares.items())


def _planned(scenario: Scenario, planes: Sequence[Plane], shell_of: NDArray[np.intp], knots: Floats) -> Floats:
    """Satellites of all slots, shape (times, shells): planned flights bring a plane each, which then stays filled."""
    slots = np.array([plane.slots for plane in planes], float)
    whole = scenario.sky.fleet_satellites
    scale = 1.0 if whole is None else whole / max(slots.sum(), 1.0)
    begin = np.zeros(len(planes))
    if scenario.deployment.kind == "launched":
        begin = np.array([scenario.deployment.flight_day(number) for number in range(len(planes))])
    up = np.where(slots > 0, knots[:, None] >= begin, False)
    shares = np.equal.outer(shell_of, np.arange(shell_of.max() + 1))
    return np.asarray((up * slots * scale) @ shares)


def _shells(
    scenario: Scenario,
    sizes: Sizes,
    altitude_km: Floats,
    gas: tuple[Floats, Floats, float, Floats],
    *,
    mass_kg: float,
    f107: float,
) -> Shells:
    """Rates of the boxes; `gas`: own encounter speed, flux of the catalogue, projected area of a satellite, and hits a
    year by the debris of others that end one."""
    model, satellite = scenario.sky, scenario.satellite
    speed, flux, projected, struck = gas
    band_km = max(model.debris_band_km, model.shell_km)
    per_km2 = encounters_per_year(1 / (shell_km2(altitude_km) * band_km), speed, 1.0)
    body = body_m2(satellite, sizes)
    years = satellite.design_life_years
    failing = float(scenario.reliability.bus.cumulative_hazard(years * DAYS_PER_YEAR)) / years
    tracked_m = model.tracked_cm / 100
    lethal_m = min(satellite.propulsion.lethal_size_cm / 100, tracked_m)
    breaking = np.array([catastrophic_length_m(mass_kg, max(v, 1.0), model.fragment_m2_per_kg) for v in speed])

    def split(fragments: Callable[[float], Floats]) -> Floats:
        tracked, lethal = float(fragments(tracked_m)), float(fragments(lethal_m))
        return np.outer([tracked, lethal - tracked], np.ones_like(altitude_km))

    fragment = 1 / (DRAG_COEFFICIENT * model.fragment_m2_per_kg)
    stay = [
        _years_in_band(altitude_km, band_km, ballistic, f107)
        for ballistic in (float(tumbling_ballistic_kg_m2(scenario, sizes, mass_kg)), fragment)
    ]
    return Shells(
        dying=model.stranded_share * (struck + failing) + (1 - satellite.propulsion.disposal_success) / years,
        touch_meet=per_km2 * collision_area_km2(projected, projected),
        break_meet=per_km2 * collision_area_km2(body, projected),
        hit_meet=per_km2 * body * 1e-6,
        live_pairs=np.full(len(altitude_km), model.own_share * band_km / model.shell_km),
        catalogue_hits=encounters_per_year(1.0, flux, body * 1e-6),
        unavoided=model.avoidance_failure,
        exploding=model.explosions_per_year,
        dead_years=stay[0],
        fragment_years=stay[1],
        per_explosion=split(partial(explosion_fragments, model.explosion_scale)),
        per_collision=split(partial(collision_fragments, mass_kg)),
        breaking_share=np.minimum((breaking / tracked_m) ** -1.71, 1.0),
        stranded=model.stranded_share,
        replaced_years=max(scenario.launch.services[0].expected_lead_days(), 1.0) / DAYS_PER_YEAR,
        feedback=model.breakup_feedback,
    )


def _years_in_band(altitude_km: Floats, band_km: float, ballistic_kg_m2: float, f107: float) -> Floats:
    """Years in which the air draws an object from the middle of a band out of it, at the mission's mean activity."""
    low = np.maximum(altitude_km - band_km / 2, REENTRY_ALTITUDE_KM)
    left = lifetime_years(altitude_km, ballistic_kg_m2, f107) - lifetime_years(low, ballistic_kg_m2, f107)
    return np.maximum(left, 1e-4)
