"""Storms of the Sun and breakups of one replicate, and the clocks by which they and all else wear satellites out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.engine.draws import part_named
from sim.engine.hazards import Hazard
from sim.environment import Environment
from sim.environment.interruptions import hard_events, uncorrected
from sim.environment.site import RadiationRates
from sim.physics.solar_protons import STORM_DAYS, active_intervals, draw_storms
from sim.reliability import Clock
from sim.scenario.failure import DebrisEvent
from sim.scenario.models import Scenario
from sim.streams import Streams

Floats = NDArray[np.float64]


class Weather:
    """What happens around the satellites in one replicate: the same for all strategies."""

    def __init__(self, scenario: Scenario, environment: Environment, streams: Streams) -> None:
        self.scenario = scenario
        self.environment = environment
        self._step_days = environment.sun.step_days
        self._edges = np.append(environment.days, environment.days[-1] + self._step_days)
        every_day = np.arange(self._edges[-1] + 1)
        self.storm_days, self.storm_fluence_cm2 = np.empty(0), np.empty(0)
        if scenario.radiation.solar_protons:
            intervals = active_intervals(scenario.mission.start, environment.horizon_days)
            self.storm_days, self.storm_fluence_cm2 = draw_storms(
                streams.of("solar storms"), intervals, scenario.radiation.largest_storm_cm2
            )
        self.fluence_per_day = np.diff(self._fluence(every_day))
        """Fluence above 30 MeV of each day of the tables, cm^-2, shape (days,)."""
        self._breakups = [
            (float(day), event)
            for name, event in scenario.reliability.common_causes.items()
            if isinstance(event, DebrisEvent)
            for day in poisson_days(streams.of("breakups", part_named("cause", name)), event.rate_per_year, environment)
        ]
        self._clocks: dict[tuple[str, int, int, int], Clock] = {}

    def _fluence(self, days: Floats) -> Floats:
        """Fluence above 30 MeV up to some days, cm^-2: a storm spreads evenly over its days."""
        total = np.zeros(len(days))
        for begin, fluence in zip(self.storm_days, self.storm_fluence_cm2, strict=True):
            total += fluence * np.clip((days - begin) / STORM_DAYS, 0.0, 1.0)
        return total

    def clock(self, hazard: Hazard, design: int, plane: int, birth_day: float) -> Clock | None:
        """The clock by which a hazard ages satellites of a plane born in the month of a day; none: mission days."""
        site = self.environment.sites[plane]
        match hazard.clock:
            case "calendar":
                return None
            case "stress":
                return site.stress_clock(design, birth_day)
            case "dose":
                key = "dose", design, site.exposure(design), 0
                return self._kept(key, lambda: self._radiation_clock(site.dose_rad(design), 1.0))
            case "effect":
                key = "effect", design, site.exposure(design), hazard.effect
                return self._kept(key, lambda: self._event_clock(site.single_events(design, hazard.effect), hazard))
            case "collisions" if (own := site.own_hits(design)) is not None:
                first = site.first_alike(design)  # planes of one shell, of which there may be hundreds, share a clock
                return self._kept(("collisions", design, first, 0), lambda: self._hits_clock(design, first, own))
            case "collisions" | "punctures":
                return self._kept(("debris", 0, 0, 0), self._debris_clock)
        raise ValueError(f"no clock is called {hazard.clock!r}")

    def scale(self, hazard: Hazard, design: int, plane: int) -> float:
        """Factor on a hazard at a plane, beside its clock."""
        if hazard.clock == "collisions":
            if self.environment.sites[plane].own_hits(design) is not None:
                return 1.0  # its clock counts hits
            return self.environment.sites[plane].hits_per_year(design, "collisions") / DAYS_PER_YEAR
        if hazard.clock == "punctures":
            per_year = self.environment.sites[plane].hits_per_year(design, "punctures")
            return per_year / DAYS_PER_YEAR / hazard.per_satellite
        return 1.0

    def _kept(self, key: tuple[str, int, int, int], make: Callable[[], Clock]) -> Clock:
        if key not in self._clocks:
            self._clocks[key] = make()
        return self._clocks[key]

    def _event_clock(self, rates: RadiationRates, hazard: Hazard) -> Clock:
        """Destructive events of one kind that a target has met on average, from mission day 0."""
        name, effect = list(self.scenario.radiation.active.items())[hazard.effect]
        share = hard_events(effect) * uncorrected(self.scenario, name) * effect.harmful_fraction
        return self._radiation_clock(rates, share)

    def _radiation_clock(self, rates: RadiationRates, share: float) -> Clock:
        """What a target has taken up from mission day 0 on, storms included."""
        days = self._edges
        edges = np.unique(np.concatenate([days, self.storm_days, self.storm_days + STORM_DAYS]))
        quiet = np.interp(edges, days, np.concatenate([[0.0], np.cumsum(rates.quiet_per_day * self._step_days)]))
        return Clock(edges, (quiet + self._fluence(edges) * rates.in_storm) * share)

    def _hits_clock(self, design: int, plane: int, own: Clock) -> Clock:
        """Lethal hits that a satellite of a plane has met on average, from mission day 0 on, with own objects too."""
        debris = self._kept(("debris", 0, 0, 0), self._debris_clock)
        rate = self.environment.sites[plane].hits_per_year(design, "collisions") / DAYS_PER_YEAR
        edges = np.union1d(debris.days, own.days)
        return Clock(edges, rate * debris.at(edges) + own.at(edges))

    def _debris_clock(self) -> Clock:
        """Days in which as much debris passes as in usual times, from mission day 0 on: more after a breakup."""
        horizon = self.environment.horizon_days
        ends = [day + event.duration_days for day, event in self._breakups]
        edges = np.unique(np.clip([0.0, horizon, *(day for day, _ in self._breakups), *ends], 0.0, horizon))
        middle = 0.5 * (edges[1:] + edges[:-1])
        factor = np.ones(len(middle))
        for (day, event), end in zip(self._breakups, ends, strict=True):
            factor += (event.flux_factor - 1) * ((middle > day) & (middle < end))
        return Clock(edges, np.concatenate([[0.0], np.cumsum(factor * np.diff(edges))]))


def poisson_days(stream: np.random.Generator, rate_per_year: float, environment: Environment) -> Floats:
    """Days of a Poisson process over the mission, in order."""
    horizon, last = environment.horizon_days, 0.0
    pieces = [np.empty(0)]
    while rate_per_year > 0 and last < horizon:
        # Drawn in pieces of a fixed size, so a longer mission only appends.
        pieces.append(last + np.cumsum(stream.standard_exponential(16) * (DAYS_PER_YEAR / rate_per_year)))
        last = float(pieces[-1][-1])
    days = np.concatenate(pieces)
    return days[days < horizon]
