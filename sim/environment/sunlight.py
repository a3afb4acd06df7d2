"""The light of all planes: day by day from their own shadows, or in longer steps for fleets of many planes.

In longer steps the light of a few planes of each shell is still worked out day by day.  Round orbits of one height and
inclination meet the shadow alike where the Sun stands alike over them, so the other planes take theirs by their signed
beta angle.  The flattened Earth and the Sun's distance leave an rms of 8e-4 of sunlight on a day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.environment.cache import Tables, key_of, tables
from sim.environment.planes import Plane, plane_shadow
from sim.environment.sun_tables import SunTables
from sim.ephemeris import sun_teme_km
from sim.physics.eclipse import DailyLight, PlaneShadow, daily_light
from sim.physics.track import beta_rad
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

PLANES_EXACT = 8
"""Planes of a shell whose light is worked out day by day; all, where it has no more."""
NEARLY_ROUND = 2e-3
"""Eccentricity up to which the beta angle says all: the height over the shadow's edge changes by 14 km."""
BETA_BINS = 1440
"""Of signed beta, an eighth of a degree each."""
FINE_DAYS = 2.0
"""Step of the tables from which means over the steps are made.  Nodes of low orbits turn by 5 degrees a day against the
Sun: what follows from light, such as wear by the depth of an eclipse, is not that of the mean light of ten days."""
_PLANES_AT_ONCE = 100


@dataclass(frozen=True, eq=False)
class Sunlight:
    """Light and shadow of the planes of a scenario."""

    sun: SunTables
    """Of all planes, in steps of `Scenario.table_step_days`."""
    fine: SunTables
    """The same day by day, or in steps of `FINE_DAYS` where `sun` has longer ones."""
    sizing_planes: tuple[Plane, ...]
    """The planes that satellites are sized for: all, or those whose light is known day by day."""
    sizing_sun: SunTables
    """Their light, day by day."""
    shadows: tuple[PlaneShadow, ...]
    """Of all planes."""

    @classmethod
    def of(cls, scenario: Scenario, planes: tuple[Plane, ...]) -> Sunlight:
        """The light of these planes, from disk where it lies there."""
        return _coarse(scenario, planes) if scenario.table_step_days > 1 else _daily(scenario, planes)


def _daily(scenario: Scenario, planes: tuple[Plane, ...]) -> Sunlight:
    """Every plane by itself."""
    days = np.arange(np.ceil(scenario.mission.days) + 1)
    grid = np.arange(-2.0, days[-1] + 3)  # eclipses at the very ends need the Sun beyond them

    def make() -> Tables:
        sun = sun_teme_km(scenario.mission.start, grid)
        light = daily_light((plane_shadow(scenario, plane, sun, grid) for plane in planes), days)
        return {**vars(light), "sun_teme_km": sun}

    found = tables(key_of(scenario), make)
    sun = _sun_tables(planes, days, found, "")
    direction = np.asarray(found["sun_teme_km"], float)
    shadows = tuple(plane_shadow(scenario, plane, direction, grid) for plane in planes)
    return Sunlight(sun, sun, planes, sun, shadows)


def _coarse(scenario: Scenario, planes: tuple[Plane, ...]) -> Sunlight:
    """A few planes of each shell by themselves, the others by their beta angle, in steps."""
    step, last = scenario.table_step_days, np.ceil(scenario.mission.days)
    days, every_day = np.arange(np.ceil(last / step) + 1) * step, np.arange(last + 1)
    grid = np.arange(-4.0, last + 4, 2.0)
    fine_days = np.arange(len(days) * round(step / FINE_DAYS), dtype=float) * FINE_DAYS

    def make() -> Tables:
        sun = sun_teme_km(scenario.mission.start, grid)
        shadows = [plane_shadow(scenario, plane, sun, grid) for plane in planes]
        groups = alike(planes)
        exact = np.sort(np.concatenate([_chosen(planes, shadows, members, every_day) for members in groups]))
        light = daily_light((shadows[plane] for plane in exact), every_day)
        known = {f"exact_{name}": table for name, table in vars(light).items()}
        others = _by_beta(shadows, groups, exact, light, fine_days)
        return {**others, **known, "exact": exact.astype(float), "sun_teme_km": sun}

    found = tables(key_of(scenario), make)
    exact = tuple(planes[int(plane)] for plane in found["exact"])
    direction = np.asarray(found["sun_teme_km"], float)
    fine = _sun_tables(planes, fine_days, found, "", FINE_DAYS)
    return Sunlight(
        fine.means(days, step),
        fine,
        exact,
        _sun_tables(exact, every_day, found, "exact_"),
        tuple(plane_shadow(scenario, plane, direction, grid) for plane in planes),
    )


def _sun_tables(
    planes: tuple[Plane, ...], days: Floats, found: Tables, which: str, step_days: float = 1.0
) -> SunTables:
    """Tables of light, as they were made or mapped."""
    return SunTables(
        days=days,
        beta_rad=found[f"{which}beta_rad"],
        half_arc_rad=found[f"{which}shadow_half_arc_rad"],
        sunlit=found[f"{which}sunlit_fraction"],
        sun_km=np.asarray(found[f"{which}sun_distance_km"], float),
        altitude_km=np.array([[plane.altitude_km] for plane in planes]),
        period_s=np.array([[plane.period_min * 60] for plane in planes]),
        step_days=step_days,
        eclipsed=found.get(f"{which}eclipsed"),
    )


def alike(planes: tuple[Plane, ...]) -> list[Ints]:
    """Planes that meet the shadow alike: of one shell, or of one entry of parking orbits, height and inclination."""
    groups: dict[tuple[int, int, int, float], list[int]] = {}
    for plane in planes:
        parking = -1 if plane.parking is None else plane.parking
        key = plane.shell, parking, round(plane.altitude_km), round(plane.inclination_deg, 1)
        groups.setdefault(key, []).append(plane.id)
    return [np.array(members) for members in groups.values()]


def _chosen(planes: tuple[Plane, ...], shadows: list[PlaneShadow], members: Ints, days: Floats) -> Ints:
    """Those of a group whose light is worked out: all of a few or of eccentric ones, or the whole range of beta."""
    if len(members) <= PLANES_EXACT or max(planes[i].elements.eccentricity for i in members) > NEARLY_ROUND:
        return members
    rough = np.concatenate([beta_rad([shadows[i].track for i in some], days[::10]) for some in _pieces(members)])
    # The extremes, so that no other plane's beta lies beyond, and the rest evenly in between.
    order = np.argsort(rough.mean(axis=1), kind="stable")
    spread = order[np.linspace(0, len(order) - 1, PLANES_EXACT - 2).round().astype(int)]
    wanted = dict.fromkeys([int(rough.min(axis=1).argmin()), int(rough.max(axis=1).argmax()), *spread.tolist()])
    return members[sorted(wanted)]


def _pieces(members: Ints) -> list[Ints]:
    return np.split(members, range(_PLANES_AT_ONCE, len(members), _PLANES_AT_ONCE))


def _by_beta(
    shadows: list[PlaneShadow], groups: list[Ints], exact: Ints, light: DailyLight, days: Floats
) -> dict[str, NDArray[np.float32]]:
    """Light of all planes, means over the steps of `FINE_DAYS` that begin on `days`.

    `exact`: the planes of `light`, whose table ends at the end of the mission: so does what is looked at.
    """
    every_day = np.minimum(days[:, None] + np.arange(FINE_DAYS), light.beta_rad.shape[1] - 1)
    own = every_day.astype(np.intp)
    known_tables = {
        "shadow_half_arc_rad": light.shadow_half_arc_rad,
        "sunlit_fraction": light.sunlit_fraction,
        "eclipsed": (light.shadow_half_arc_rad > 0).astype(np.float32),
    }
    found = {name: np.empty((len(shadows), len(days)), np.float32) for name in ("beta_rad", *known_tables)}
    for row, plane in enumerate(exact):
        for name, table in (("beta_rad", light.beta_rad), *known_tables.items()):
            found[name][plane] = table[row][own].mean(axis=1)
    for members in groups:
        known = np.flatnonzero(np.isin(exact, members))
        others = members[~np.isin(members, exact)]
        if len(others) == 0:
            continue
        curves = {name: _mean_by_beta(light.beta_rad[known], table[known]) for name, table in known_tables.items()}
        for some in _pieces(others):
            beta = beta_rad([shadows[i].track for i in some], every_day.ravel())
            shape = len(some), *every_day.shape
            found["beta_rad"][some] = beta.reshape(shape).mean(axis=2)
            for name, curve in curves.items():
                found[name][some] = np.interp(beta, *curve).reshape(shape).mean(axis=2)
    return {**found, "sun_distance_km": light.sun_distance_km[own].mean(axis=1)}


def _mean_by_beta(beta: NDArray[np.float32], values: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Mean beta and mean value in each bin of beta that has any, in order."""
    which = ((np.asarray(beta, float).ravel() / np.pi + 0.5) * BETA_BINS).astype(np.intp)
    counts = np.bincount(which)
    there = counts > 0
    means = [np.asarray(np.bincount(which, each.ravel())[there] / counts[there]) for each in (beta, values)]
    return means[0], means[1]
