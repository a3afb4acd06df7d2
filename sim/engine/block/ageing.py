"""Hazards as tables: from a threshold to an age, and from an age to a mission day, without a search.

The laws and clocks are those of the exact engine, sampled: ages on a grid even in the root of the hazard, since infant
mortality lies near 0; clocks on the regular grid of the environment, and back on one twice as fine.  On the laws of the
shipped scenarios a day comes out within a tenth of a day, less than the block that it falls in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.hazards import Hazard
from sim.engine.weather import Weather
from sim.environment.coarse import Coarse

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

GRID = 4096
"""Steps of the hazard from 0 to the largest that anybody reaches."""
AGES = 6000
"""Ages at which a law is evaluated, close together near 0."""
FINER = 2
"""Steps of the way back from an age for each step of the environment's days."""


class Ages:
    """The law of one hazard: what an age has accumulated, and the age at which so much has been."""

    def __init__(self, hazard: Hazard, oldest: float) -> None:
        """`oldest`: the largest age, or other exposure, that anybody reaches."""
        ages = np.concatenate([[0.0], np.geomspace(oldest * 1e-9, oldest, AGES - 1)])
        total = np.maximum.accumulate(np.asarray(hazard.law.cumulative_hazard(ages), float))
        self._ages, self._total = ages, total
        self._top = float(total[-1])
        root = np.linspace(0.0, np.sqrt(self._top), GRID + 1)
        inverse = np.asarray(hazard.law.inverse(np.minimum(root**2, self._top)), float)
        # Between the last age before a law goes flat and infinity nothing lies in between.
        self._inverse = np.minimum(np.nan_to_num(inverse, posinf=oldest), oldest).astype(np.float32)
        self._per_root = GRID / np.sqrt(self._top) if self._top > 0 else 0.0

    def hazard_at(self, age: Floats) -> Floats:
        """Cumulative hazard at these ages."""
        return np.interp(age, self._ages, self._total)

    def at(self, hazard: Floats) -> Floats:
        """Ages at which these cumulative hazards are reached; all must be within what the oldest reaches."""
        place = np.sqrt(hazard)
        place *= self._per_root
        low = place.astype(np.intp)
        place -= low
        below = np.take(self._inverse, low, mode="clip")
        low += 1
        return np.asarray(below + place * (np.take(self._inverse, low, mode="clip") - below), float)


class Clocks:
    """Exposures by mission day on one regular grid, a row each, and the way back."""

    def __init__(self, total: NDArray[np.floating], step_days: float) -> None:
        """`total`: exposure from some origin at multiples of `step_days`, shape (rows, n), growing along each row."""
        self._step, self._points = step_days, total.shape[1]
        self._total = np.ascontiguousarray(total, np.float32 if total.shape[0] > 64 else np.float64)
        self._flat = self._total.ravel()
        self.most = last = float(self._total.max())
        """The largest exposure."""
        self._back_points = FINER * (self._points - 1) + 1
        self._per_total = (self._back_points - 1) / last if last > 0 else 0.0
        grid = np.linspace(0.0, last, self._back_points)
        days = np.arange(self._points) * step_days
        beyond = days[-1] + step_days
        rows = [np.interp(grid, row, days, right=beyond) for row in np.asarray(self._total, float)]
        self._back = np.array(rows, np.float32).ravel()

    def at(self, row: Ints, day: Floats) -> Floats:
        """Exposure of each row on a day."""
        place = day / self._step
        low = np.minimum(place.astype(np.int64), self._points - 2)
        place = place - low
        low += row * self._points
        below = np.take(self._flat, low)
        return np.asarray(below + place * (np.take(self._flat, low + 1) - below), float)

    def when(self, row: Ints, exposure: Floats) -> Floats:
        """Day on which each row's exposure is reached; past the last day where it is not."""
        place = exposure * self._per_total
        np.minimum(place, self._back_points - 1.001, out=place)
        low = place.astype(np.int64)
        place -= low
        low += row * self._back_points
        below = np.take(self._back, low)
        low += 1
        return np.asarray(below + place * (np.take(self._back, low) - below), float)


@dataclass(frozen=True)
class AgeingHazard:
    """One hazard of a design, ready for whole waves of satellites."""

    hazard: Hazard
    ages: Ages
    clocks: Clocks | None
    """None: mission days."""
    row_of: NDArray[np.int32]
    """Row of the clocks of each knot of birth and plane, shape (knots x planes,)."""
    scale: Floats
    """Share of the law's hazard that each plane has, shape (planes,)."""

    @classmethod
    def of_each(
        cls, hazards: Sequence[Hazard], coarse: Coarse, weather: Weather, design: int
    ) -> tuple[AgeingHazard, ...]:
        """The hazards of a design under the weather of a replicate; those that keep time alike share their clocks."""
        made: dict[object, tuple[Clocks | None, NDArray[np.int32]]] = {}
        found = []
        for hazard in hazards:
            key = hazard.clock if hazard.clock in ("calendar", "stress", "dose") else hazard
            if key not in made:
                made[key] = _clocks(hazard, coarse, weather, design)
            found.append(cls._of(hazard, coarse, weather, design, made[key]))
        return tuple(found)

    @classmethod
    def _of(
        cls,
        hazard: Hazard,
        coarse: Coarse,
        weather: Weather,
        design: int,
        clock: tuple[Clocks | None, NDArray[np.int32]],
    ) -> AgeingHazard:
        planes = coarse.share.shape[1]
        scale = hazard.share * np.array([weather.scale(hazard, design, plane) for plane in range(planes)])
        clocks, row_of = clock
        oldest = float(coarse.stress_days[-1]) if clocks is None else clocks.most
        return cls(hazard, Ages(hazard, max(oldest, 1e-6)), clocks, row_of, scale)


def _clocks(hazard: Hazard, coarse: Coarse, weather: Weather, design: int) -> tuple[Clocks | None, NDArray[np.int32]]:
    """The clocks of a hazard, and whose is which."""
    knots, planes, _ = coarse.share.shape
    if hazard.clock == "calendar":
        return None, np.zeros(knots * planes, np.int32)
    if hazard.clock == "stress":
        total = coarse.stress_total.reshape(knots * planes, -1)
        return Clocks(total, coarse.step_days), np.arange(knots * planes, dtype=np.int32)
    # All other clocks are the same whenever a satellite was born, and most for whole shells.
    rows: dict[int, int] = {}
    tables: list[Floats] = []
    row_of = np.zeros(planes, np.int32)
    for plane in range(planes):
        clock = weather.clock(hazard, design, plane, 0.0)
        assert clock is not None
        if id(clock) not in rows:
            rows[id(clock)] = len(tables)
            tables.append(clock.at(coarse.stress_days))
        row_of[plane] = rows[id(clock)]
    return Clocks(np.array(tables), coarse.step_days), np.tile(row_of, knots)
