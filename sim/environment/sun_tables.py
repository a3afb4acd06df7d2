"""Light and geometry of planes by step of the tables: what power and heat are computed from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import MINUTES_PER_DAY
from sim.physics.power import array_power_w, cosine_in_light, solar_flux_w_m2
from sim.physics.thermal import absorbed_w_m2, mean_plate_views
from sim.scenario.hardware import Satellite

Floats = NDArray[np.float64]
Table = NDArray[np.floating[Any]]
_PLANES_AT_ONCE = 32


@dataclass(frozen=True)
class SunTables:
    """Light and geometry of all planes, day by day or in longer steps: what power and heat are computed from.

    The large tables are single precision: half an arc to .1 s, light to 1e-7.
    """

    days: Floats
    """Mission days on which the steps begin, shape (n,)."""
    beta_rad: Table
    """Angle between Sun and plane, shape (planes, n), as all below but the last three."""
    half_arc_rad: Table
    """Half the arc between the edges of eclipse."""
    sunlit: Table
    """Share of an orbit's sunlight that arrives: more than the share between the edges, by the penumbra."""
    sun_km: Floats
    """Distance of the Sun, shape (n,)."""
    altitude_km: Floats
    """Shape (planes, 1)."""
    period_s: Floats
    """Shape (planes, 1)."""
    step_days: float = 1.0
    """Length of a step, days: a row holds for all of it."""
    eclipsed: Table | None = None
    """Share of a step with eclipses, shape (planes, n); none: 1 where there is any."""

    @property
    def sampled_days(self) -> Floats:
        """Instants that rows are taken at, mission days, shape (n,): of a day its beginning, of a longer step the mean
        of the beginnings of its days."""
        return self.days + (self.step_days - 1) / 2

    def means(self, days: Floats, step_days: float) -> SunTables:
        """The same in longer steps, each of as many as go into one."""

        def mean(table: NDArray[Any]) -> NDArray[Any]:
            return np.asarray(table.reshape(*table.shape[:-1], len(days), -1).mean(axis=-1))

        return replace(
            self,
            days=days,
            beta_rad=mean(self.beta_rad),
            half_arc_rad=mean(self.half_arc_rad),
            sunlit=mean(self.sunlit),
            sun_km=mean(self.sun_km),
            step_days=step_days,
            eclipsed=None if self.eclipsed is None else mean(self.eclipsed),
        )

    def since(self, day: float) -> SunTables:
        """The same from a day of the tables on."""
        first = int(np.searchsorted(self.days, day))
        return replace(
            self,
            days=self.days[first:],
            beta_rad=self.beta_rad[:, first:],
            half_arc_rad=self.half_arc_rad[:, first:],
            sunlit=self.sunlit[:, first:],
            sun_km=self.sun_km[first:],
            eclipsed=None if self.eclipsed is None else self.eclipsed[:, first:],
        )

    def first(self, planes: int) -> SunTables:
        """The same of the first planes alone."""
        return self.of(slice(planes))

    def of(self, some: slice | NDArray[np.intp]) -> SunTables:
        """The same of some planes."""
        return replace(
            self,
            beta_rad=self.beta_rad[some],
            half_arc_rad=self.half_arc_rad[some],
            sunlit=self.sunlit[some],
            altitude_km=self.altitude_km[some],
            period_s=self.period_s[some],
            eclipsed=None if self.eclipsed is None else self.eclipsed[some],
        )

    def chunks(self) -> Iterator[SunTables]:
        """The same, some planes at a time, in double precision: what is computed from it then needs little memory."""
        together = int(_PLANES_AT_ONCE * self.step_days)  # as many rows in all
        for first in range(0, len(self.beta_rad), together):
            some = self.of(slice(first, first + together))
            yield replace(
                some,
                beta_rad=some.beta_rad.astype(float),
                half_arc_rad=some.half_arc_rad.astype(float),
                sunlit=some.sunlit.astype(float),
            )

    @property
    def dark(self) -> Floats:
        """Share of an orbit between the edges of eclipse."""
        return np.asarray(self.half_arc_rad, float) / np.pi

    def dark_of(self, plane: int) -> Floats:
        """The same of one plane, shape (n,)."""
        return np.asarray(self.half_arc_rad[plane], float) / np.pi

    @property
    def eclipse_s(self) -> Floats:
        """Length of an eclipse, mean over the days that have any, s; 0 in steps without."""
        length = self.dark * self.period_s
        return np.asarray(length / self.cycled)

    @property
    def cycled(self) -> Table:
        """Share of days that have eclipses, in steps that have any, and 1 elsewhere; shape (planes, n) or (1, 1)."""
        return np.ones((1, 1)) if self.eclipsed is None else np.where(self.eclipsed > 0, self.eclipsed, 1.0)

    def cycled_of(self, plane: int) -> Floats:
        """The same of one plane, shape (n,) or (1,)."""
        cycled = self.cycled
        return np.asarray(cycled[plane if len(cycled) > 1 else 0], float)

    @property
    def eclipses_per_day(self) -> Floats:
        """Eclipses of a day, mean over the step."""
        share = 1.0 if self.eclipsed is None else self.eclipsed
        return np.where(self.dark > 0, MINUTES_PER_DAY * 60 / self.period_s * share, 0.0)

    def array_w_per_m2(self, satellite: Satellite, age_years: Floats | float) -> Floats:
        """Power of a square metre of array, mean over the part of the orbit in light, W, shape (planes, n)."""
        array, rating = satellite.array, satellite.array.rating
        # The penumbra's light falls outside the edges: it belongs to the orbit's energy all the same.
        lit = np.maximum(1 - self.dark, 1e-9)
        if rating is not None and array.area_m2 != "sized":
            share = self.sunlit if rating.sunlit_share is None else rating.sunlit_share
            return np.asarray(rating.power_w / array.area_m2 * array.share_left(age_years) * (share / lit))
        flux = solar_flux_w_m2(self.sun_km)
        cosine = cosine_in_light(array.mount, self.beta_rad, self.half_arc_rad)
        return np.asarray(
            array_power_w(
                flux,
                1.0,
                array.efficiency,
                cosine,
                losses=array.losses,
                degradation_per_year=array.degradation_per_year,
                age_years=age_years,
            )
            * (self.sunlit / lit)
        )

    def absorbed_w_m2(self, satellite: Satellite, absorptance: Floats | float) -> Floats:
        """Heat that a square metre of radiator takes up from Sun and Earth, orbit mean, W, shape (planes, n)."""
        radiator = satellite.radiator
        views = mean_plate_views(radiator.attitude, radiator.sides, self.altitude_km, self.beta_rad, self.half_arc_rad)
        return absorbed_w_m2(
            views,
            solar_absorptance=absorptance,
            emittance=radiator.emittance,
            solar_flux_w_m2=solar_flux_w_m2(self.sun_km),
        )
