"""What satellites of all planes do and meet, as arrays over (birth, plane, day): what a fleet in blocks is asked.

Satellites are taken as born on the nearest of a few days, `knots`, two years apart: a year more or less of age moves
the speed of an array, battery or radiator that is too small by what they lose in a year, and no other; births spread
over the mission leave a tenth of it.  Everything else is at the day of birth, death or question itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import DAYS_PER_YEAR
from sim.environment.design import COARSE_KNOT_DAYS, Design
from sim.environment.environment import Environment
from sim.environment.keeping import DEATH_STEP_DAYS
from sim.reliability import ClockRows, Exposures

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


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
        numbers = range(round(environment.horizon_days / COARSE_KNOT_DAYS) + 1)
        share = np.empty((len(numbers), len(sun.beta_rad), len(sun.days)), np.float32)
        total = np.zeros((len(numbers), len(sun.beta_rad), len(sun.days) + 1))
        for number in numbers:
            for some, work, pace in _of_knot(chosen, number * COARSE_KNOT_DAYS):
                share[number, some] = work
                np.cumsum(pace * sun.step_days, axis=1, out=total[number, some, 1:])
        knots = COARSE_KNOT_DAYS * np.arange(len(numbers))
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


def _of_knot(design: Design, birth_day: float) -> Iterator[tuple[slice, Floats, Floats]]:
    """Work and effective days a day of satellites born on a day, some planes at a time, each of shape (planes, n)."""
    tables, sun, stress = design.born_on_knot(birth_day), design.sun, design.scenario.reliability.stress
    worn = design.scenario.radiation.wear.derating_per_krad > 0
    first = 0
    for here in sun.chunks():
        some = slice(first, first := first + len(here.beta_rad))
        light, dark, junction, swing, cycles = (
            np.asarray(tables[name][some], float)
            for name in ("light_speed", "dark_speed", "junction_c", "swing_k", "cycles")
        )
        work = light + here.dark * (dark - light)
        if worn:
            work *= np.array([design.radiation.frequency(plane.id, birth_day) for plane in design.planes[some]])
        yield some, work, stress.pace(junction, swing, cycles)
