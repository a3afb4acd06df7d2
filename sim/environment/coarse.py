"""What satellites of all planes do and meet, as arrays over (birth, plane, day): what a fleet in blocks is asked.

Satellites are taken as born on the nearest of a few days, `knots`, two years apart: a year more or less of age moves
the speed of an array, battery or radiator that is too small by what they lose in a year, and no other; births spread
over the mission leave a tenth of it.  Everything else is at the day of birth, death or question itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import DAYS_PER_YEAR, TAU, TROPICAL_YEAR_DAYS
from sim.environment.cache import Tables, key_of, tables
from sim.environment.design import COARSE_KNOT_DAYS, Design
from sim.environment.environment import Environment
from sim.environment.keeping import DEATH_STEP_DAYS
from sim.environment.operation import battery_fraction, operate_with
from sim.environment.planes import Plane
from sim.environment.sun_tables import Table
from sim.environment.sunlight import alike
from sim.ephemeris import secular_rates
from sim.reliability import ClockRows, Exposures

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

NODES_APART = 1 / 25
"""Planes of a shell are worked out so far apart, as a share of how far their nodes move against the Sun in a step: over
which its mean is taken.  Those between lie between."""
APART_DEG = 0.25, 2.0
"""The least and the most, degrees."""


@dataclass(frozen=True, eq=False)
class Coarse:
    """One design in all planes of an environment; parking orbits, where nobody works, come last."""

    step_days: float
    """Step of the tables."""
    days: Floats
    """Mission days on which a step begins, from 0 past the horizon, shape (n,)."""
    knots: Floats
    """Days of birth of the tables, shape (k,)."""
    share: NDArray[np.float32]
    """Work of a satellite in orbit over that of all its GPUs at full speed, mean over a step, shape (k, planes, n)."""
    stress_days: Floats
    """`days` and the end of the last step, shape (n + 1,)."""
    stress_total: Floats
    """Effective age of electronics from mission day 0 on, days, on `stress_days`, shape (k, planes, n + 1)."""
    design: Design

    @classmethod
    def of(cls, environment: Environment, design: int = 0) -> Coarse:
        """The tables of a design of an environment, on the environment's own step."""
        chosen, sun = environment.designs[design], environment.sun
        knots = COARSE_KNOT_DAYS * np.arange(round(environment.horizon_days / COARSE_KNOT_DAYS) + 1.0)
        share = np.empty((len(knots), *sun.beta_rad.shape), np.float32)
        total = np.zeros((*share.shape[:2], share.shape[2] + 1))
        among = _Between.of(chosen.planes, sun.step_days)
        left = _left_by_manoeuvres(chosen)
        for number, birth in enumerate(knots.tolist()):
            found = _births(chosen, among.known, birth)
            share[number] = among.all(found["work"]) * _left_by_dose(chosen, birth) * left
            np.cumsum(among.all(found["pace"]) * sun.step_days, axis=1, out=total[number, :, 1:])
        return cls(sun.step_days, sun.days, knots, share, chosen.clock_days, total, chosen)

    def knot_of(self, birth_days: ArrayLike) -> Ints:
        """Position in `knots` of the tables of satellites born on these days: the nearest."""
        nearest = np.rint(np.asarray(birth_days, float) / COARSE_KNOT_DAYS).astype(np.intp)
        return np.minimum(nearest, len(self.knots) - 1)

    def stress_clock(self, planes: Ints, birth_days: ArrayLike) -> ClockRows:
        """Effective age of the electronics of satellites of these planes, born on these days, by mission day."""
        return ClockRows.on(self._stress, self.knot_of(birth_days) * self.share.shape[1] + planes)

    @cached_property
    def _stress(self) -> Exposures:
        return Exposures(self.stress_days, self.stress_total.reshape(-1, len(self.stress_days)))

    # Lives

    def planned_end(
        self, planes: Ints, birth_days: ArrayLike, extended_days: ArrayLike = 0.0, spent_m_s: ArrayLike = 0.0
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Days on which lives end by plan, and whether propellant, not age, ends them; as `Design.planned_end`.

        All broadcast.  Propellant is dry at an instant, not at the end of its day.
        """
        keeping = self.design.keeping
        birth, extended = np.asarray(birth_days, float), np.asarray(extended_days, float)
        designed = birth + self.design.satellite.design_life_years * DAYS_PER_YEAR
        dry = self._dry_day(planes, birth, keeping.budget_m_s, spent_m_s)
        if (extended > 0).any():
            tank = self._dry_day(planes, birth, keeping.tank_m_s, spent_m_s)
            dry = np.where((extended > 0) & (dry > designed), np.maximum(designed, tank), dry)
        return np.minimum(designed + extended, dry), dry < designed + extended

    def _dry_day(self, planes: Ints, birth: Floats, budget_m_s: Floats, spent_m_s: ArrayLike) -> Floats:
        """Mission days on which satellites have used a budget, (planes,); infinite where not within the tables."""
        budget = budget_m_s[planes] - np.asarray(spent_m_s, float)
        if np.isinf(budget).all():
            return np.asarray(budget + np.zeros_like(birth))
        used = ClockRows.on(self._delta_v, planes)
        dry = used.when(used.at(birth) + np.where(np.isinf(budget), 0.0, budget))
        return np.where(np.isinf(budget) | (dry > self.stress_days[-1]), np.inf, dry)

    @cached_property
    def _delta_v(self) -> Exposures:
        """Delta-v used from mission day 0 on."""
        daily = self.design.keeping.delta_v_m_s
        used = np.zeros((len(daily), daily.shape[1] + 1))
        np.cumsum(daily * self.step_days, axis=1, out=used[:, 1:], dtype=float)
        return Exposures(self.stress_days, used)

    def clear_days(self, planes: Ints, death_days: ArrayLike) -> Floats:
        """Days until the air has drawn satellites that die on these days out of their slots."""
        keeping = self.design.keeping
        step = np.minimum(np.asarray(death_days, float) / self.step_days, len(self.days) - 1).astype(np.intp)
        return np.sqrt(keeping.clearance[planes] / keeping.air_kg_m3[keeping.air_of[planes], step])

    def years_aloft(self, planes: Ints, death_days: ArrayLike) -> Floats:
        """Years until satellites that die on these days have come down by themselves; infinite past what is known."""
        years = self.design.keeping.dead_years
        at = np.rint(np.asarray(death_days, float) / DEATH_STEP_DAYS).astype(np.intp)
        return np.asarray(years[planes, np.minimum(at, years.shape[1] - 1)])


@dataclass(frozen=True, eq=False)
class _Between:
    """Planes of a shell among a few of them, by node: over ten days those within a few degrees do the same."""

    known: Ints
    """The planes for which everything is worked out."""
    low: Ints
    """Position in `known` of the one before each plane, shape (planes,)."""
    high: Ints
    """Of the one after it."""
    part: Floats
    """How far between the two it lies, 0 to 1, shape (planes,)."""

    @classmethod
    def of(cls, planes: tuple[Plane, ...], step_days: float) -> _Between:
        """All planes, in steps of so many days."""
        chosen = np.zeros(len(planes), bool)
        before, after, part = np.arange(len(planes)), np.arange(len(planes)), np.zeros(len(planes))
        for members in alike(planes):
            node = np.array([planes[one].raan_deg for one in members])
            order = np.argsort(node, kind="stable")
            node, mine = node[order], members[order]
            moves = secular_rates(planes[mine[0]].elements).node_rad_per_day - TAU / TROPICAL_YEAR_DAYS
            span = ((node - node[0]) / np.clip(np.degrees(abs(moves)) * step_days * NODES_APART, *APART_DEG)).astype(
                int
            )
            # The first of each span, and the last before a gap.
            kept = np.flatnonzero((np.diff(span, prepend=-1) > 0) | (np.diff(span, append=span[-1] + 2) > 1))
            chosen[mine[kept]] = True
            low = np.minimum(np.searchsorted(kept, np.arange(len(mine)), side="right") - 1, max(len(kept) - 2, 0))
            high = np.minimum(low + 1, len(kept) - 1)
            before[mine], after[mine] = mine[kept[low]], mine[kept[high]]
            gap = node[kept[high]] - node[kept[low]]
            part[mine] = (node - node[kept[low]]) / np.where(gap > 0, gap, 1.0)
        position = np.cumsum(chosen) - 1
        return cls(np.flatnonzero(chosen), position[before], position[after], part)

    def all(self, known: Table) -> Floats:
        """A table of all planes from that of the known ones, (known, n)."""
        low, high = np.asarray(known, float)[self.low], np.asarray(known, float)[self.high]
        return np.asarray(low + self.part[:, None] * (high - low))


def _births(design: Design, planes: Ints, birth_day: float) -> Tables:
    """What `_of_births` makes, from disk where it lies there."""
    stress = design.scenario.reliability.stress.model_dump_json()
    key = key_of(design.scenario, f"born about day {birth_day:g}, {stress}")
    return tables(key, lambda: _of_births(design, planes, birth_day))


def _of_births(design: Design, planes: Ints, birth_day: float) -> Tables:
    """Work over that at full speed, dose apart, and effective days a day, of satellites born on a day, (planes, n)."""
    scenario, sizes, fine = design.scenario, design.sizes, design.light.fine.of(planes)
    fraction = battery_fraction(scenario, design.sun.of(planes), sizes, birth_day)
    steps = len(fine.days) // len(design.sun.days)
    work, pace = np.empty_like(fraction), np.empty_like(fraction)
    first = 0
    for here in fine.chunks():
        some = slice(first, first := first + len(here.beta_rad))
        made = operate_with(scenario, here, sizes, birth_day, np.repeat(fraction[some], steps, axis=1))
        cycled = here.cycled
        aged = scenario.reliability.stress.pace(made.junction_c, made.swing_k, made.cycles / cycled, cycled)
        done = made.light_speed + here.dark * (made.dark_speed - made.light_speed)
        shape = len(here.beta_rad), -1, steps
        work[some], pace[some] = done.reshape(shape).mean(axis=2), aged.reshape(shape).mean(axis=2)
    return {"work": work, "pace": pace}


def _left_by_dose(design: Design, birth_day: float) -> Floats:
    """Share of its speed that dose leaves a chip born on a day, shape (planes, n) or (1, 1)."""
    if design.scenario.radiation.wear.derating_per_krad == 0:
        return np.ones((1, 1))
    radiation = design.radiation
    first = np.unique(radiation.exposure_index, return_index=True)[1]
    by_exposure = np.array([radiation.frequency(int(plane), birth_day) for plane in first])
    return np.asarray(by_exposure[radiation.exposure_index])


def _left_by_manoeuvres(design: Design) -> Floats:
    """Share of its time that avoidance by the sky leaves a satellite, shape (planes, n) or (1, 1)."""
    if (avoidance := design.avoidance) is None:
        return np.ones((1, 1))
    return np.array([avoidance.working_share(plane.id, design.sun.sampled_days) for plane in design.planes])
