"""What the sky does in one replicate: storms of the Sun and breakups, and the clocks by which they strike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.engine.births import part_named
from sim.environment import Environment
from sim.environment.interruptions import hard_events, uncorrected
from sim.environment.radiation import Exposure
from sim.physics.solar_protons import STORM_DAYS, active_intervals, draw_storms
from sim.reliability import Clock
from sim.scenario.failure import DebrisEvent
from sim.scenario.models import Scenario
from sim.streams import Streams

Floats = NDArray[np.float64]


class Weather:
    """The sky of one replicate: the same for all strategies."""

    def __init__(self, scenario: Scenario, environment: Environment, streams: Streams) -> None:
        self.scenario = scenario
        self.environment = environment
        self.radiation = environment.radiation
        self.storm_days, self.storm_fluence_cm2 = np.empty(0), np.empty(0)
        if scenario.radiation.solar_protons:
            intervals = active_intervals(scenario.mission.start, environment.horizon_days)
            self.storm_days, self.storm_fluence_cm2 = draw_storms(
                streams.of("solar storms"), intervals, scenario.radiation.largest_storm_cm2
            )
        self.fluence_per_day = self._spread()
        self._breakups = [
            (float(day), event)
            for name, event in scenario.reliability.common_causes.items()
            if isinstance(event, DebrisEvent)
            for day in poisson_days(streams.of("breakups", part_named("cause", name)), event.rate_per_year, environment)
        ]
        self._clocks: dict[tuple[str, int], Clock] = {}

    def _spread(self) -> Floats:
        """Fluence above 30 MeV of each day of the tables, cm^-2, shape (n,)."""
        days = self.radiation.days
        return np.diff(self._fluence(np.append(days, days[-1] + 1)))

    def _fluence(self, days: Floats) -> Floats:
        """Fluence above 30 MeV up to some days, cm^-2: a storm spreads evenly over its days."""
        total = np.zeros(len(days))
        for begin, fluence in zip(self.storm_days, self.storm_fluence_cm2, strict=True):
            total += fluence * np.clip((days - begin) / STORM_DAYS, 0.0, 1.0)
        return total

    def dose_clock(self, plane: int) -> Clock:
        """Dose with storms, rad(Si), from mission day 0."""
        return self._clock("dose", plane, self.radiation.rad_per_day(plane), lambda exposure: exposure.storm_rad)

    def event_clock(self, plane: int, effect_position: int) -> Clock:
        """Destructive events of one kind that a target has met on average, from mission day 0."""
        name, effect = list(self.radiation.effects.items())[effect_position]
        share = hard_events(effect) * uncorrected(self.scenario, name) * effect.harmful_fraction
        daily = self.radiation.trapped_per_day(plane) + self.radiation.cosmic_per_day(plane)
        return self._clock(
            name,
            plane,
            daily[effect_position] * share,
            lambda exposure: float(exposure.storm_events[effect_position]) * share,
        )

    def _clock(self, what: str, plane: int, daily: Floats, in_storm: Callable[[Exposure], float]) -> Clock:
        key = what, int(self.radiation.exposure_index[plane])
        if key not in self._clocks:
            days = np.append(self.radiation.days, self.radiation.days[-1] + 1)
            edges = np.unique(np.concatenate([days, self.storm_days, self.storm_days + STORM_DAYS]))
            quiet = np.interp(edges, days, np.concatenate([[0.0], np.cumsum(daily)]))
            self._clocks[key] = Clock(edges, quiet + self._fluence(edges) * in_storm(self.radiation.exposure(plane)))
        return self._clocks[key]

    def debris_clock(self, per_year: float) -> Clock:
        """Hits by debris of something hit so often in usual years, from mission day 0."""
        horizon = self.environment.horizon_days
        ends = [day + event.duration_days for day, event in self._breakups]
        edges = np.unique(np.clip([0.0, horizon, *(day for day, _ in self._breakups), *ends], 0.0, horizon))
        middle = 0.5 * (edges[1:] + edges[:-1])
        factor = np.ones(len(middle))
        for (day, event), end in zip(self._breakups, ends, strict=True):
            factor += (event.flux_factor - 1) * ((middle > day) & (middle < end))
        hits = per_year / DAYS_PER_YEAR * factor * np.diff(edges)
        return Clock(edges, np.concatenate([[0.0], np.cumsum(hits)]))


def poisson_days(stream: np.random.Generator, rate_per_year: float, environment: Environment) -> Floats:
    """Days of a Poisson process over the mission, in order."""
    days = np.empty(0)
    horizon, mean = environment.horizon_days, DAYS_PER_YEAR / rate_per_year if rate_per_year > 0 else np.inf
    while rate_per_year > 0 and (len(days) == 0 or days[-1] < horizon):
        # Drawn in pieces of a fixed size, so a longer mission only appends.
        more = stream.standard_exponential(16) * mean
        days = np.concatenate([days, (days[-1] if len(days) else 0.0) + np.cumsum(more)])
    return days[days < horizon]
